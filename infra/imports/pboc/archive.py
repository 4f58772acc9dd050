"""Every batch of every filing, kept as it was sent and given back byte for byte.

The bytes are kept in pieces. What must not be kept is the exception, and the only
one: fields about a person that no event needs, and numbers of identity documents sent in clear.
"""

import datetime as dt
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from infra.imports.pboc.table_spec import TableSpec
from infra.imports.pboc.without_persons import without_persons
from schemas.columns import Ids
from schemas.tables import FILING_PIECES, FILINGS, TEXT
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

    def of_bank(self, bank_id: str) -> list[Filing]:
        """Return every batch of a bank, by table, period and batch."""
        return self._read({"bank_id": bank_id})

    def listed(self, bank_id: str = "") -> list[Filing]:
        """Return every batch of a bank, of all banks where none is named, without the reports."""
        return self._read({"bank_id": bank_id} if bank_id else {}, has_reports=False)

    def keep(
        self, filing: Filing, dat_path: Path, spec: TableSpec, *, has_residents: bool
    ) -> Filing:
        """Keep the bytes of ``dat_path`` as the next batch and return it with its number.

        Where it may hold identifiers of persons in clear, they are not kept.

        A process killed in here leaves pieces without a filing: the next attempt writes over them,
        and ``pieces`` knows what is left by its age.
        """
        earlier = self.batches(filing.bank_id, filing.table, filing.period)
        kept = filing._replace(batch=len(earlier) + 1, received_at_ms=self._clock.now_ms())
        if spec.withheld or has_residents:
            contents = without_persons(dat_path, spec, PIECE_BYTES, has_residents=has_residents)
        else:
            contents = _blocks(dat_path)
        for number, content in enumerate(contents):
            self._keep_piece(kept, number, content)
        self.mark(kept)
        return kept

    def mark(self, filing: Filing) -> None:
        """Write what is known of a filing; a later mark replaces an earlier one."""
        text = {
            "bank_id": filing.bank_id,
            "table_code": filing.table,
            "period": filing.period.isoformat(),
            "file_name": filing.file_name,
            "spec_version": filing.spec_version,
            "sha256": filing.sha256,
            "log_text": filing.log_text,
            "state": filing.state,
            "report": filing.report,
        }
        numbers = {
            "batch": filing.batch,
            "size_bytes": filing.size_bytes,
            "row_count": filing.row_count,
            "received_at_ms": filing.received_at_ms,
            "version": self._clock.now_ms(),
        }
        self._store.insert(
            FILINGS,
            {name: Ids.of([value]) for name, value in text.items()}
            | {name: np.array([value], np.int64) for name, value in numbers.items()}
            | {"refused_lines": [filing.refused_lines]},
        )

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

    def _keep_piece(self, filing: Filing, number: int, content: bytes) -> None:
        place = _place_of(filing)
        self._store.insert(
            FILING_PIECES,
            {name: Ids.of([str(place[name])]) for name in ("bank_id", "table_code", "period")}
            | {
                "batch": np.array([filing.batch], np.int64),
                "piece": np.array([number], np.int64),
                "size_bytes": np.array([len(content)], np.int64),
                "content": [pa.compress(content, codec=CODEC, asbytes=True)],
                "version": np.array([self._clock.now_ms()], np.int64),
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


def _place_of(filing: Filing) -> dict[str, int | str]:
    return {
        "bank_id": filing.bank_id,
        "table_code": filing.table,
        "period": filing.period.isoformat(),
        "batch": filing.batch,
    }


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(PIECE_BYTES):
            yield block
