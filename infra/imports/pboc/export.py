"""A filing given back: its .dat byte for byte, its .log as it was sent, and the .zip of both.

What was never kept cannot be given back: fields about a person that no event needs, and the
numbers of identity cards sent in clear. Where that is so, the answer says it.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from infra.imports.pboc.archive import DONE, Archive, Filing
from infra.imports.pboc.filing_log import read_log
from infra.imports.pboc.filing_name import DAT, LOG, ZIP_SUFFIX
from infra.imports.pboc.filing_report import FilingReport, ToldFault
from infra.imports.pboc.package_writer import write_files
from infra.imports.pboc.survey import RESIDENT_RULES
from infra.imports.pboc.table_spec import SPECS, TableSpec, spec_of

Form = Literal["all", "dat", "zip"]
_SUFFIXES: dict[Form, tuple[str, ...]] = {
    "all": (DAT, LOG, ZIP_SUFFIX),
    "dat": (DAT, LOG),
    "zip": (ZIP_SUFFIX,),
}


_STATES = {
    True: ("已导入", "imported"),
    False: ("未完成，请重新导入", "unfinished: import it again"),
}


class ExportError(ValueError):
    """A filing that cannot be given back, and why."""


class Exported(NamedTuple):
    """Files that were written, and what about them is not as it was sent."""

    filing: Filing
    files: tuple[Path, ...]
    is_whole: bool  # The .dat is byte for byte what was sent.
    remarks: tuple[ToldFault, ...]


def filing_of(archive: Archive, bank_id: str, table: str, period: dt.date, batch: int) -> Filing:
    """Return a batch of a filing, the newest where ``batch`` is 0; raise ExportError for none."""
    if table not in SPECS:
        raise ExportError(f"table was {table!r}, expected one of {', '.join(SPECS)}")
    batches = {filing.batch: filing for filing in archive.batches(bank_id, table, period)}
    stem = f"{bank_id}_{table}_{period:%Y%m%d}"
    if not batches:
        raise ExportError(
            f"filing {stem}: nothing is kept of it; puhui export --pboc --list shows what is"
        )
    wanted = batch or max(batches)
    if wanted not in batches:
        known = ", ".join(str(number) for number in batches)
        raise ExportError(f"filing {stem}: batch was {batch}, expected one of {known}")
    return batches[wanted]


def export_filing(archive: Archive, filing: Filing, folder: Path, form: Form = "all") -> Exported:
    """Write ``filing`` into ``folder`` under the name it came with.

    A file that is there is never written over. ExportError where one is, or where what is kept
    is not what was sent and nothing that is never kept explains it.
    """
    stem = Path(filing.file_name).stem
    suffixes = _SUFFIXES[form]
    if form == "dat" and not filing.log_text:
        suffixes = (DAT,)
    targets = [folder / f"{stem}{suffix}" for suffix in suffixes]
    for target in targets:
        if target.exists():
            raise ExportError(f"{target}: is there already; remove it, or choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    log = filing.log_text.encode() or None
    # Beside the targets, so that each can be put in its place at once when all is written.
    with tempfile.TemporaryDirectory(prefix=".puhui-", dir=folder) as beside:
        written = write_files(
            Path(beside), stem, archive.pieces(filing), _log_time(filing), log_content=log
        )
        is_whole = written.facts.sha256 == filing.sha256
        remarks = tuple(_remarks(filing, is_whole=is_whole))
        for target in targets:
            (Path(beside) / target.name).replace(target)
    return Exported(filing, tuple(targets), is_whole, remarks)


def kept_filings(archive: Archive, bank_id: str = "") -> list[dict[str, Any]]:
    """Return a row for every batch that is kept: of one bank, or of all."""
    rows = []
    for filing in archive.listed(bank_id):
        spec = spec_of(filing.table)
        state_zh, state_en = _STATES[filing.state == DONE]
        rows.append({
            "bank_id": filing.bank_id,
            "table": filing.table,
            "name_zh": spec.name_zh,
            "name_en": spec.name_en,
            "period": filing.period.isoformat(),
            "batch": filing.batch,
            "row_count": filing.row_count,
            "refused_row_count": int(filing.refused.sum()),
            "size_bytes": filing.size_bytes,
            "has_log": bool(filing.log_text),
            "received_at": f"{_received_at(filing).isoformat(sep=' ')}Z",
            "state": filing.state,
            "state_zh": state_zh,
            "state_en": state_en,
            "file_name": filing.file_name,
            "sha256": filing.sha256,
        })  # fmt: skip
    return rows


def told_export(exported: Exported) -> dict[str, Any]:
    """Return what was written as plain values, for a program or another process."""
    filing = exported.filing
    return {
        "bank_id": filing.bank_id,
        "table": filing.table,
        "period": filing.period.isoformat(),
        "batch": filing.batch,
        "row_count": filing.row_count,
        "refused_row_count": int(filing.refused.sum()),
        "sha256": filing.sha256,
        "is_whole": exported.is_whole,
        "files": [str(path) for path in exported.files],
        "remarks": msgspec.to_builtins(exported.remarks),
    }


def _log_time(filing: Filing) -> dt.datetime:
    """Return when the files were made: as the bank's log says, else when they came."""
    if filing.log_text:
        return read_log(filing.file_name, filing.log_text.encode()).written_at
    return _received_at(filing)


def _received_at(filing: Filing) -> dt.datetime:
    """Return when it came, in UTC, to the second."""
    received_at = dt.datetime.fromtimestamp(filing.received_at_ms // 1000, dt.UTC)
    return received_at.replace(tzinfo=None)


def _remarks(filing: Filing, *, is_whole: bool) -> Iterator[ToldFault]:
    spec = spec_of(filing.table)
    if not filing.log_text:
        yield ToldFault(
            rule="3",
            zh="报送时未附 .log；压缩包中的 .log 由本系统生成",
            en="no .log came with it; the one in the .zip was made here",
        )
    if is_whole:
        return
    has_residents = _has_residents(filing)
    if not spec.withheld and not has_residents:
        raise ExportError(
            f"filing {filing.stem}, batch {filing.batch}: what is kept is not what was sent, "
            "a part of the store is lost; bring the data folder back from a copy of it"
        )
    if spec.withheld:
        yield _withheld(spec)
    if has_residents:
        yield ToldFault(
            rule=RESIDENT_RULES[0],
            zh="未脱敏的个人证件号码从未保存，除前几位外均为 *",
            en="numbers of persons sent in clear were never kept: but for the first few "
            "characters stand *",
        )
    if filing.log_text:
        yield ToldFault(
            rule="3",
            zh=".log 为报送时原文，其 MD5 和字节数是原 .dat 的，与导出的 .dat 不符",
            en="the .log is as it was sent: its MD5 and size are those of the .dat as sent",
        )


def _withheld(spec: TableSpec) -> ToldFault:
    names = {field.name: field.zh for field in spec.fields if field.name in spec.withheld}
    return ToldFault(
        rule="",
        zh=f"以下个人信息字段从未保存，导出为空：{'、'.join(names.values())}；"
        "字段个数不符的行只保留分隔符",
        en=f"never kept and blank: {', '.join(names)}; of lines that are no rows only the "
        "separators were kept",
    )


def _has_residents(filing: Filing) -> bool:
    """Return whether numbers may have stood in clear; of a filing not yet reported: perhaps."""
    if not filing.report:
        return True
    report = msgspec.json.decode(filing.report, type=FilingReport)
    return any(found.rule in RESIDENT_RULES or not found.field for found in report.finding_counts)
