"""Every batch of every filing, kept as it was sent and given back byte for byte.

The bytes are kept in pieces. What must not be kept is the exception, and the only
one: fields about a person that no event needs, and numbers of identity documents sent in clear.
"""

import datetime as dt
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from infra.imports.pboc.table_spec import TableSpec
from infra.imports.pboc.without_persons import without_persons
from schemas.columns import Ids
from schemas.table import TEXT
from schemas.tables import FILING_PIECES, FILINGS
from schemas.units import BoolArray
from streams.ports import Clock, Store

PIECE_BYTES = 4 * 2**20
CODEC = "zstd"
KEPT, DONE = "kept", "done"  # ``done``: its events have been sent.


class Filing(NamedTuple):
    """One batch of one filing."""

    bank_id: str
    table: str
    period: dt.date
    batch: int
    file_name: str
    spec_version: str
    sha256: str
    size_bytes: int
    row_count: int
    log_text: str
    received_at_ms: int
    state: str = KEPT
    report: str = ""
    refused_lines: bytes = b""

    @property
    def stem(self) -> str:
        return f"{self.bank_id}_{self.table}_{self.period:%Y%m%d}"

    @property
    def refused(self) -> BoolArray:
        """By line, from line 1: which rows were held back."""
        if not self.refused_lines:
            return np.zeros(self.row_count, np.bool_)
        packed = np.frombuffer(zlib.decompress(self.refused_lines), np.uint8)
        return np.unpackbits(packed, count=self.row_count).astype(np.bool_)


def packed_lines(refused: BoolArray) -> bytes:
    """Return ``refused`` as it is stored."""
    return zlib.compress(np.packbits(refused).tobytes()) if refused.any() else b""


class ToKeep(NamedTuple):
    """A file on its way into the archive."""

    filing: Filing
    dat_path: Path
    spec: TableSpec
    has_residents: bool  # Identifiers of persons may stand in it in clear.

    def contents(self) -> Iterator[bytes]:
        """Yield what is kept of the file, in pieces."""
        if self.spec.withheld or self.has_residents:
            return without_persons(
                self.dat_path, self.spec, PIECE_BYTES, has_residents=self.has_residents
            )
        return _blocks(self.dat_path)


class Archive:
    """The filings of all banks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def batches(self, bank_id: str, table: str, period: dt.date) -> list[Filing]:
        """Return all batches, oldest first."""
        return self._read({"bank_id": bank_id, "table_code": table, "period": period.isoformat()})

    def newest(self, bank_id: str, table: str, period: dt.date) -> Filing | None:
        found = self.batches(bank_id, table, period)
        return found[-1] if found else None

    def listed(self, bank_id: str = "") -> list[Filing]:
        """Return every batch of a bank, of all banks where none is named, without the reports."""
        return self._read({"bank_id": bank_id} if bank_id else {}, has_reports=False)

    def keep(self, files: Sequence[ToKeep]) -> list[Filing]:
        """Keep files as batches of their filings, and return these with the time.

        Where a file may hold identifiers of persons in clear, they are not kept.

        A process killed in here leaves pieces without a filing: the next attempt writes over them,
        and ``pieces`` knows what is left by its age.
        """
        received_at_ms = self._clock.now_ms()
        kept = [file.filing._replace(received_at_ms=received_at_ms) for file in files]
        held: list[_Piece] = []
        held_bytes = 0
        for filing, file in zip(kept, files, strict=True):
            for number, content in enumerate(file.contents()):
                held.append(_Piece(filing, number, content))
                held_bytes += len(content)
                if held_bytes >= PIECE_BYTES:
                    self._keep_pieces(held)
                    held, held_bytes = [], 0
        self._keep_pieces(held)
        self.mark(kept)
        return kept

    def mark(self, filings: Sequence[Filing]) -> None:
        """Write what is known of filings; a later mark replaces an earlier one."""
        if not filings:
            return
        numbers = ("size_bytes", "row_count", "received_at_ms")
        texts = ("file_name", "spec_version", "sha256", "log_text", "state", "report")
        version = np.full(len(filings), self._clock.now_ms(), np.int64)
        self._store.insert(
            FILINGS,
            _places_of(filings)
            | {name: Ids.of([getattr(one, name) for one in filings]) for name in texts}
            | {name: np.array([getattr(one, name) for one in filings]) for name in numbers}
            | {"refused_lines": [one.refused_lines for one in filings], "version": version},
        )

    def note_refused(self, filing: Filing, refused: BoolArray) -> None:
        """Note which rows of a filing are held back now; all else of it stays as it is."""
        stored = self.batches(filing.bank_id, filing.table, filing.period)[filing.batch - 1]
        self.mark([stored._replace(refused_lines=packed_lines(refused))])

    def pieces(self, filing: Filing) -> Iterator[bytes]:
        """Yield the bytes of a filing."""
        where: dict[str, int | str] = _place_of(filing)
        for number in range(2**31):
            columns = ("size_bytes", "content", "version")
            rows = self._store.read(FILING_PIECES, where | {"piece": number}, columns=columns)
            # Older than the filing is what a killed process left of another file.
            if not (rows["version"] >= filing.received_at_ms).any():
                return
            (size_bytes,), (content,) = rows["size_bytes"].tolist(), rows["content"]
            yield pa.decompress(content, size_bytes, codec=CODEC, asbytes=True)

    def write_to(self, filing: Filing, path: Path) -> Path:
        """Write the bytes of a filing to ``path`` and return it."""
        with path.open("wb") as file:
            for content in self.pieces(filing):
                file.write(content)
        return path

    def _keep_pieces(self, pieces: Sequence["_Piece"]) -> None:
        if not pieces:
            return
        content = [pa.compress(piece.content, codec=CODEC, asbytes=True) for piece in pieces]
        self._store.insert(
            FILING_PIECES,
            _places_of([piece.filing for piece in pieces])
            | {
                "piece": np.array([piece.number for piece in pieces], np.int64),
                "size_bytes": np.array([len(piece.content) for piece in pieces], np.int64),
                "content": content,
                "version": np.full(len(pieces), self._clock.now_ms(), np.int64),
            },
        )

    def _read(self, where: dict[str, int | str], *, has_reports: bool = True) -> list[Filing]:
        columns = [name for name in FILINGS.columns if name != "report" or has_reports]
        rows = self._store.read(FILINGS, where, columns=columns)
        of = {name: rows[name].to_list() for name in columns if FILINGS.columns[name] == TEXT}
        return [
            Filing(
                bank_id=of["bank_id"][row],
                table=of["table_code"][row],
                period=dt.date.fromisoformat(of["period"][row]),
                batch=int(rows["batch"][row]),
                file_name=of["file_name"][row],
                spec_version=of["spec_version"][row],
                sha256=of["sha256"][row],
                size_bytes=int(rows["size_bytes"][row]),
                row_count=int(rows["row_count"][row]),
                log_text=of["log_text"][row],
                received_at_ms=int(rows["received_at_ms"][row]),
                state=of["state"][row],
                report=of["report"][row] if has_reports else "",
                refused_lines=rows["refused_lines"][row],
            )
            for row in range(rows["batch"].size)
        ]


class _Piece(NamedTuple):
    """Some bytes of a filing."""

    filing: Filing
    number: int
    content: bytes


def _place_of(filing: Filing) -> dict[str, int | str]:
    return {
        "bank_id": filing.bank_id,
        "table_code": filing.table,
        "period": filing.period.isoformat(),
        "batch": filing.batch,
    }


def _places_of(filings: Sequence[Filing]) -> dict[str, Any]:
    """Return the columns by which the rows of filings are known."""
    return {
        "bank_id": Ids.of([filing.bank_id for filing in filings]),
        "table_code": Ids.of([filing.table for filing in filings]),
        "period": Ids.of([filing.period.isoformat() for filing in filings]),
        "batch": np.array([filing.batch for filing in filings], np.int64),
    }


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(PIECE_BYTES):
            yield block
