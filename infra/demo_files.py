"""The demo's world as files: what its banks send to the central bank, and what is true.

    banks.csv                   the register of the banks
    filings/2019-12/1/*.zip     by month and batch; the second mends what was wrong in the first
    events.arrow                the same world as events, each once and right
    truth.json                  what was planted, and which files were wrong at first

Imports of the banks' files in the order of their folders give the figures of events.arrow.
"""

import csv
import datetime as dt
import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from infra.demo.calendar import date_of
from infra.demo.event_rows import Rows, What
from infra.demo.event_table import EventTables
from infra.demo.filings.sent_filings import Resubmission, SentFilings
from infra.demo.filings.tables import Filing
from infra.demo.planted import Truth
from infra.demo.telling import events_of
from infra.imports.pboc.filing_log import log_text, read_log
from infra.imports.pboc.package_writer import WrittenPackage, write_package
from infra.live_demo import DemoSpec
from processors.lpr import LprTable
from schemas.event import Event
from schemas.events.bank_registered import BankRegistered
from schemas.wire_arrow import ARROW_SCHEMA

EVENTS_AT_ONCE = 50_000
_REGISTER = (
    "bank_id", "occurred_on", "revision", "name_zh", "name_en", "peer_group", "city", "is_qingdao",
    "closed_on",
)  # fmt: skip
_SENT_AT = dt.time(9)

OnMonth = Callable[[int, int], None]


class FilesError(ValueError):
    """Files that cannot be written; says why and what to do."""


class DemoTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of the files is to find out."""

    demo: DemoSpec
    planted: list[Truth]
    resubmitted: list[dict[str, Any]]


def write_demo_files(
    folder: Path,
    spec: DemoSpec,
    lpr: LprTable,
    *,
    wrong_share: float,
    is_zipped: bool,
    on_month: OnMonth = lambda _done, _all: None,
) -> dict[str, Any]:
    """Write the world of ``spec`` into ``folder`` and return how much there is of it.

    Args:
        folder: empty, or not there yet.
        spec: which world.
        lpr: by which its banks price.
        wrong_share: of the months of banks, in which some files are sent wrongly at first.
        is_zipped: write archives, else a .dat and a .log of each file.
        on_month: told how many months are written, and of how many.

    """
    if folder.exists() and any(folder.iterdir()):
        raise FilesError(
            f"folder {folder}: expected an empty one, found files in it; name another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    economy = spec.economy(lpr)
    story = economy.story()
    sent = SentFilings(story, wrong_share=wrong_share)
    tables = EventTables(economy.world)
    counts: Counter[str] = Counter()
    register: list[Event] = []
    month_count = 3 * spec.quarters - 1
    packed = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(folder / "events.arrow", ARROW_SCHEMA, options=packed) as events:
        for number in range(month_count):
            end = story.next_month()
            rows = sent.final_rows(end)
            counts["event_count"] += rows.size
            register += events_of(economy.world, rows[rows["what"] == What.REGISTERED])
            for batch in _event_batches(tables, rows):
                events.write_batch(batch)
            # The month in which the books open is not reported.
            for filing in sent.of_month(end) if number else ():
                counts["filing_count"] += 1
                counts["row_count"] += _row_count(filing.content)
                counts["dat_bytes"] += len(filing.content)
                write_filing(folder / "filings", filing, is_zipped=is_zipped)
            on_month(number + 1, month_count)
    _write_register(folder / "banks.csv", register)
    _write_truth(folder / "truth.json", spec, story.truth(), sent.resubmissions)
    return {
        "folder": str(folder),
        "months": month_count - 1,
        **counts,
        "resubmitted_count": len(sent.resubmissions),
        "planted": sorted({truth.trouble for truth in story.truth()}),
    }


def _event_batches(tables: EventTables, rows: Rows) -> Iterator[pa.RecordBatch]:
    for begin in range(0, rows.size, EVENTS_AT_ONCE):
        batch = tables.batch_of(rows[begin : begin + EVENTS_AT_ONCE])
        names = set(batch.schema.names)
        # All batches of a stream have the same columns.
        columns = [
            batch[field.name].cast(field.type)
            if field.name in names
            else pa.nulls(batch.num_rows, field.type)
            for field in ARROW_SCHEMA
        ]
        yield pa.record_batch(columns, schema=ARROW_SCHEMA)


def _row_count(content: bytes) -> int:
    return content.count(b"\n") + (len(content) > 0 and not content.endswith(b"\n"))


def write_filing(folder: Path, filing: Filing, *, is_zipped: bool) -> Path:
    """Write a filing into the folder of its month and batch, and return the .zip or the .dat."""
    place = folder / f"{filing.name.period:%Y-%m}" / str(filing.batch)
    place.mkdir(parents=True, exist_ok=True)
    sent_at = dt.datetime.combine(date_of(filing.sent_day), _SENT_AT)
    written = write_package(place, filing.name, [filing.content], sent_at)
    if filing.is_log_wrong:
        _spoil_log(written, sent_at)
    if is_zipped:
        written.dat.unlink()
        written.log.unlink()
        return written.zip
    written.zip.unlink()
    return written.dat


def _spoil_log(written: WrittenPackage, sent_at: dt.datetime) -> None:
    """Let the log be of another .dat, as when one of the two was made anew."""
    log = read_log(written.log.name, written.log.read_bytes())
    other = hashlib.md5(log.md5.encode(), usedforsecurity=False).hexdigest()
    written.log.write_bytes(log_text(log._replace(md5=other)).encode())
    with zipfile.ZipFile(written.zip, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (written.dat, written.log):
            entry = zipfile.ZipInfo(path.name, sent_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def _write_register(path: Path, banks: list[Event]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_REGISTER)
        for bank in banks:
            told = msgspec.to_builtins(bank) | {"is_qingdao": _said(bank)}
            writer.writerow([told.get(name, "") for name in _REGISTER])


def _said(bank: Event) -> str:
    assert isinstance(bank, BankRegistered)
    return "true" if bank.is_qingdao else "false"


def _write_truth(
    path: Path, spec: DemoSpec, planted: list[Truth], resubmissions: list[Resubmission]
) -> None:
    resubmitted = [
        {"file": one.name.stem, "wrong": one.wrong.value, "is_corrected": one.is_corrected}
        for one in resubmissions
    ]
    truth = DemoTruth(demo=spec, planted=planted, resubmitted=resubmitted)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=2))
