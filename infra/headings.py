"""Which columns a table for people shows, and what they are called in both languages.

CSV and JSON hold every column under its own key; this is only the selection for a terminal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.explanation_headings import EXPLANATION_COLUMNS
from infra.heading_column import Column, text_column
from infra.methodology_headings import METHODOLOGY_COLUMNS
from infra.quarter_headings import QUARTER_COLUMNS
from infra.run_headings import RUN_COLUMNS
from infra.tables_for_people import Heading
from infra.upkeep_headings import UPKEEP_COLUMNS
from schemas.codes import Status
from schemas.words import (
    MIXED_SOURCE,
    MIXED_SOURCE_WORDS,
    PERSON_SOURCE_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    Words,
)

Row = Mapping[str, Any]

_text = text_column

_WHO = _text("bank_name", "机构", "Bank")
_SOURCE = _text("source", "来源", "Source")
_MARKS = Column("marks", "标记", "Marks", is_number=False, is_optional=True)

COLUMNS: dict[str, tuple[Column, ...]] = (
    {
        "growth": (
            _WHO,
            Column("base_minor", "基期余额(亿元)", "Base balance (100m CNY)", status_key="status"),
            Column(
                "latest_minor", "贷款余额(亿元)", "Balance (100m CNY)", status_key="latest_status"
            ),
            Column("growth_percent", "增速(%)", "Growth (%)", status_key="status"),
            Column("gap_to_all_pp", "与各项贷款增速差(百分点)", "Gap to all loans (pp)"),
            Column("borrower_count", "贷款户数", "Borrowers", status_key="borrower_count_status"),
            Column(
                "distinct_borrower_count",
                "去重户数",
                "Distinct",
                status_key="distinct_borrower_status",
                is_optional=True,
            ),
            _SOURCE,
            _MARKS,
        ),
        "rates": (
            _WHO,
            Column(
                "new_lending_minor",
                "本季新发放(亿元)",
                "New lending (100m CNY)",
                status_key="new_lending_status",
            ),
            Column(
                "new_rate_percent",
                "新发放利率(%)",
                "New-lending rate (%)",
                status_key="new_rate_status",
            ),
            Column(
                "ytd_rate_percent",
                "本年新发放利率(%)",
                "Year-to-date rate (%)",
                status_key="ytd_rate_status",
            ),
            Column(
                "outstanding_rate_percent",
                "存量利率(%)",
                "Outstanding rate (%)",
                status_key="outstanding_rate_status",
            ),
            Column(
                "lpr_spread_bp", "LPR 利差(bp)", "LPR spread (bp)", status_key="lpr_spread_status"
            ),
            Column(
                "non_performing_percent",
                "不良率(%)",
                "NPL ratio (%)",
                status_key="non_performing_status",
            ),
            Column("lacking", "缺数机构", "Without a figure", is_number=False, is_optional=True),
            _MARKS,
        ),
        "bridge": (
            _WHO,
            Column("opening_minor", "期初", "Opening", status_key="status"),
            Column("brought_forward_minor", "结转", "Brought forward"),
            Column("disbursed_minor", "+发放", "+Disbursed"),
            Column("acquired_minor", "+受让", "+Acquired"),
            Column("repaid_minor", "-收回", "-Repaid"),
            Column("written_off_minor", "-核销", "-Written off"),
            Column("moved_out_minor", "-转出", "-Moved out"),
            Column("revalued_minor", "±汇率重估", "±Revalued"),
            Column("reclassified_minor", "±口径划转", "±Reclassified"),
            Column("closing_minor", "期末", "Closing", status_key="status"),
            Column("difference_minor", "差额", "Difference"),
        ),
        "coverage": (
            _WHO,
            _text("complete_to", "报送截至", "Complete to"),
            Column("coverage_percent", "覆盖率(%)", "Coverage (%)"),
            _text("coverage_status", "状态", "State"),
            _SOURCE,
            _text("missing", "缺报机构", "Missing banks"),
        ),
        "grade": (
            _WHO,
            _text("group", "比较组", "Compared in"),
            Column("points", "得分", "Points"),
            _text("grade", "档次", "Grade"),
            Column(
                "caps",
                "封顶",
                "Held down by",
                is_number=False,
                is_optional=True,
                is_first_only=True,
            ),
            Column("reasons", "评估理由", "Reasons", is_number=False, is_first_only=True),
        ),
        "kept_filings": (
            _text("bank_id", "机构", "Bank"),
            _text("table", "表", "Table"),
            _text("name", "表名", "Name"),
            _text("period", "报告期", "Period"),
            Column("batch", "批次", "Batch"),
            Column("row_count", "行数", "Rows"),
            Column("refused_row_count", "退回行数", "Held back"),
            _text("received_at", "收到时间", "Received"),
            _text("state", "状态", "State"),
        ),
    }
    | UPKEEP_COLUMNS
    | QUARTER_COLUMNS
    | METHODOLOGY_COLUMNS
    | RUN_COLUMNS
    | EXPLANATION_COLUMNS
)

_MARK_WORDS = {
    "is_preliminary": Words("初步", "preliminary"),
    "is_to_date": Words("截至目前", "to date"),
}

# Of a table whose amounts are all of one unit: said once above it, so that its heads stay short.
UNITS = {"bridge": Words("单位: 亿元", "Amounts in 100m CNY")}


def unit_line(verb: str, lang: str) -> str:
    """Return the line above a verb's table that names its unit; empty where heads name theirs."""
    words = UNITS.get(verb, Words("", ""))
    return words.zh if lang == "zh" else words.en


def headings(verb: str, rows: Sequence[Row], lang: str) -> list[Heading]:
    """Return the headings of a verb's table of ``rows``."""
    return [
        Heading(column.key, column.zh if lang == "zh" else column.en, column.is_number)
        for column in _columns(verb, rows)
    ]


def shown(verb: str, rows: Sequence[Row], lang: str) -> list[dict[str, Any]]:
    """Return ``rows`` with names in ``lang``, and words where a figure is missing."""
    columns = _columns(verb, rows)
    return [{column.key: _cell(column, row, lang) for column in columns} for row in rows]


def _columns(verb: str, rows: Sequence[Row]) -> list[Column]:
    return [
        column
        for column in COLUMNS[verb]
        if not column.is_optional or any(_is_told(column, row) for row in rows)
    ]


def _is_told(column: Column, row: Row) -> bool:
    if column is _MARKS:
        return bool(_marks(row, "zh"))
    return row.get(column.key, "") not in ("", [])


def _marks(row: Row, lang: str) -> str:
    """Return what a reader must know before quoting the figures of a row."""
    marks = [words for key, words in _MARK_WORDS.items() if row.get(key)]
    return ", ".join(words.zh if lang == "zh" else words.en for words in marks)


def _cell(column: Column, row: Row, lang: str) -> Any:
    if column is _MARKS:
        return _marks(row, lang)
    named = row.get(f"{column.key}_{lang}", "")
    value = named or row.get(column.key, "")
    if column.key == "source":
        return _source(str(value), lang)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        texts = [str(part.get(lang, part)) for part in value]
        return texts[0] if column.is_first_only else texts
    if not column.status_key:
        return "" if value == [] else value
    if value != "":
        return value
    # A row may say more than the word for its status: what exactly is not known.
    said = str(row.get(f"{column.status_key}_{lang}", ""))
    return said or _words(str(row.get(column.status_key, "")), lang)


def _source(source: str, lang: str) -> str:
    by_code = {member.value: words for member, words in SOURCE_WORDS.items()}
    by_code |= PERSON_SOURCE_WORDS
    by_code[MIXED_SOURCE] = MIXED_SOURCE_WORDS
    words = by_code.get(source, Words(source, source))
    return words.zh if lang == "zh" else words.en


def _words(status: str, lang: str) -> str:
    if status.upper() not in Status.__members__:
        return status
    words = STATUS_WORDS[Status[status.upper()]]
    return words.zh if lang == "zh" else words.en
