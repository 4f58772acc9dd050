"""The name of a filing: which bank's which table of which month.

``{institution}_{table}_{period end}``, the same for the ``.dat``, its ``.log`` and the ``.zip`` of
both. Some banks' systems put a prefix such as ``JS_101_`` before the table: it is read and means
nothing.
"""

import calendar
import datetime as dt
import re
from pathlib import Path, PurePath
from typing import NamedTuple

from infra.imports.pboc.filing_fault import RULE_NAME, FileFault, FilingError, shown
from infra.imports.pboc.table_spec import SPECS
from schemas.quarter import FIRST_YEAR, LAST_YEAR

DAT, LOG, ZIP_SUFFIX = ".dat", ".log", ".zip"
SUFFIXES = (DAT, LOG, ZIP_SUFFIX)
_PREFIX = r"(?P<prefix>JS_(?:101|102|201|202|205)_)?"
_STEM = re.compile(
    rf"(?P<institution>[0-9A-Z]{{18}})_{_PREFIX}(?P<table>[A-Z]{{5,6}})_(?P<period>[0-9]{{8}})"
)
# Wider than a name may be, so that a slip in it is told as one and not as an unknown file.
_LIKE_A_STEM = re.compile(
    r"[0-9A-Z]{8,24}_(?:JS_[0-9]+_)?[A-Z]{5,6}_[0-9]{6,8}(?![0-9]).*", re.IGNORECASE
)
EXAMPLE = "91310000XXBANK018C_DWDKFS_20260930"


class FilingName(NamedTuple):
    """One table of one institution for one month."""

    institution_id: str
    table: str
    period: dt.date  # The last day of the month.

    @property
    def stem(self) -> str:
        return f"{self.institution_id}_{self.table}_{self.period:%Y%m%d}"

    @property
    def period_first(self) -> dt.date:
        return self.period.replace(day=1)


def looks_like_filing(path: PurePath) -> bool:
    """Return whether ``path`` is named as a filing is, perhaps with a slip in the name."""
    stem_fits = _LIKE_A_STEM.fullmatch(path.stem) is not None
    return stem_fits and path.suffix.lower() in SUFFIXES


def filing_name_of(path: PurePath | str) -> FilingName:
    """Return what the name of ``path`` says; raise FilingError (rule 1) when it is no such name.

    A folder before it does not matter, nor does the ending: a bare stem will do.
    """
    given = Path(path)
    file = given.name
    stem = given.stem if given.suffix.lower() in SUFFIXES else file
    match = _STEM.fullmatch(stem)
    if match is None:
        raise FilingError(_malformed(file))
    table = match["table"]
    if table not in SPECS:
        raise FilingError(_unknown_table(file, table))
    period = _month_end(match["period"])
    if period is None:
        raise FilingError(_no_month_end(file, match["period"]))
    return FilingName(match["institution"], table, period)


def has_prefix(stem: str) -> bool:
    """Return whether a system's prefix stands before the table in ``stem``."""
    match = _STEM.fullmatch(stem)
    return match is not None and match["prefix"] is not None


def month_end(year: int, month: int) -> dt.date:
    """Return the last day of a month: the period of its filings."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _month_end(digits: str) -> dt.date | None:
    try:
        period = dt.datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a date only.
    except ValueError:
        return None
    is_in_reach = FIRST_YEAR <= period.year <= LAST_YEAR
    return period if is_in_reach and period == month_end(period.year, period.month) else None


def _malformed(file: str) -> FileFault:
    return FileFault(
        rule=RULE_NAME,
        file=shown(file),
        wrong_zh="文件名不符合规则",
        wrong_en="the name of the file does not follow the rule",
        found=shown(file),
        expected_zh=f"18位金融机构代码_表代码_报告期末日期，例如 {EXAMPLE}.zip",
        expected_en=f"18 characters of the institution, table, period end, such as {EXAMPLE}.zip",
        remedy_zh="请按规则重新命名（大写字母，不加其他字符）后再导入。",
        remedy_en="Rename it so, in capitals and without other characters, and import it again.",
    )


def _unknown_table(file: str, table: str) -> FileFault:
    tables = ", ".join(SPECS)
    return FileFault(
        rule=RULE_NAME,
        file=shown(file),
        wrong_zh="文件名中的表代码不在可导入的表中",
        wrong_en="the table in the name is none that can be imported",
        found=table,
        expected_zh=f"下列之一：{tables}",
        expected_en=f"one of {tables}",
        remedy_zh="请核对表代码；其他表无需导入。",
        remedy_en="Check the table; other tables need not be imported.",
    )


def _no_month_end(file: str, digits: str) -> FileFault:
    return FileFault(
        rule=RULE_NAME,
        file=shown(file),
        wrong_zh=f"文件名中的日期不是 {FIRST_YEAR} 至 {LAST_YEAR} 年的月末日期",
        wrong_en=f"the date in the name is not the end of a month of {FIRST_YEAR} to {LAST_YEAR}",
        found=digits,
        expected_zh="报告期最后一日，例如 20260930",
        expected_en="the last day of the reporting month, such as 20260930",
        remedy_zh="请将日期改为报告期末后再导入。",
        remedy_en="Correct the date and import the file again.",
    )
