"""What is kept of a file in which something stands that may not be kept.

Of a table of persons, the fields that no event needs are left blank. An identifier of a person
sent in clear is blotted out in its own field, and in names, addresses and purposes: such a row
was held back, so nothing is told of it. Other fields stay, whatever they look like: a receipt must
keep its number. In a line that is no row anything may stand anywhere, so numbers are blotted out
wherever they stand.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from infra.imports.pboc.parties import parties_of, shown_identifier
from infra.imports.pboc.rows import Piece, lines_of, pieces_of
from infra.imports.pboc.rules.free_text import FREE_TEXTS
from infra.imports.pboc.table_spec import TableSpec
from schemas.identifiers import without_residents

_SEPARATOR = b"|"


def without_persons(
    path: Path, spec: TableSpec, piece_bytes: int, *, has_residents: bool
) -> Iterator[bytes]:
    """Yield the bytes of ``path`` in pieces, all lines and line ends in their places.

    Without ``has_residents`` identifiers are known to be masked and are not looked at.
    """
    fields = _Fields(spec, has_residents=has_residents)
    with path.open("rb") as file, path.open("rb") as again:
        for piece in pieces_of(file, piece_bytes=piece_bytes):
            if piece.is_too_long:  # Of the line only the beginning is in the piece.
                yield from _parts_of_line(again, spec, piece_bytes)
            else:
                again.seek(len(piece.content), 1)
                yield _cleaned(piece, spec, fields)


def _parts_of_line(again: BinaryIO, spec: TableSpec, part_bytes: int) -> Iterator[bytes]:
    while part := again.readline(part_bytes):
        yield _cleaned_line(part, spec)
        if part.endswith(b"\n"):
            return


def _cleaned(piece: Piece, spec: TableSpec, fields: "_Fields") -> bytes:
    lines = lines_of(piece, len(spec.names))
    out: list[bytes] = []
    place = 0
    for begin, end, is_row in zip(
        lines.begin.tolist(), lines.end.tolist(), lines.is_row.tolist(), strict=True
    ):
        line = piece.content[begin:end]
        out += (
            piece.content[place:begin],
            fields.cleaned(line) if is_row else _cleaned_line(line, spec),
        )
        place = end
    out.append(piece.content[place:])
    return b"".join(out)


def _cleaned_line(line: bytes, spec: TableSpec) -> bytes:
    """Return what is kept of a line, or a part of one, that is no row of its table."""
    if not spec.withheld:
        return without_residents(line)
    return _SEPARATOR * line.count(_SEPARATOR) + b"\n" * line.endswith(b"\n")


class _Fields:
    """The fields of a table that are not kept as they are."""

    def __init__(self, spec: TableSpec, *, has_residents: bool) -> None:
        place_of = {name: place for place, name in enumerate(spec.names)}
        self._withheld = [place_of[name] for name in spec.withheld]
        self._parties = [
            (place_of[party.id_field], place_of.get(party.type_field))
            for party in (parties_of(spec.names) if has_residents else ())
        ]

        self._free_texts = [
            place_of[name] for name in FREE_TEXTS if has_residents and name in place_of
        ]

    def cleaned(self, row: bytes) -> bytes:
        cells = row.split(_SEPARATOR)
        for place in self._withheld:
            cells[place] = b""
        for place, type_place in self._parties:
            kind = "" if type_place is None else cells[type_place].decode()
            shown = shown_identifier(cells[place].decode(), kind)
            cells[place] = without_residents(shown.encode())
        for place in self._free_texts:
            cells[place] = without_residents(cells[place])
        return _SEPARATOR.join(cells)
