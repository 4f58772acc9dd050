"""The regulator's published balances by type of bank (普惠型小微企业贷款情况表), as they are.

Balances come in 亿元 with as many decimals as were published, and are taken exactly, to the
fen. Rows that somebody computed (confidence "derived") were not published: they are left out.
"""

import re
from collections.abc import Iterator

import msgspec

from infra.imports.csv_table import CellError, Row, columns_of, read_table
from infra.imports.event_ids import EventIds
from infra.imports.format import Format, OnBytes, OnDate
from infra.imports.parcel import EventRow, LeftOut, Packed, pack
from infra.imports.source_file import SourceFile
from schemas.events.aggregate_published import AggregatePublished
from schemas.units import AMOUNT_MINOR_MAX

NEEDED = ("quarter", "period_end", "bank_type_cn", "bank_type_en", "balance", "unit")
OPTIONAL = ("source", "confidence")
DERIVED = "derived"
UNIT_DECIMALS = {
    "100m_CNY(亿元)": 10,
    "亿元": 10,
    "10k_CNY(万元)": 6,
    "万元": 6,
    "元": 2,
}  # To fen.
_NUMBER = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,18}))?")
_BANK_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def recognises(source: SourceFile) -> bool:
    """Tell whether the first line names the columns of the published table."""
    return set(NEEDED) <= set(columns_of(source))


def fen_of(text: str, unit: str) -> int:
    """Return a balance in fen, exactly; raise CellError where that is not possible."""
    if unit not in UNIT_DECIMALS:
        raise CellError("unit", "unknown_word", unit, " | ".join(UNIT_DECIMALS))
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise CellError("balance", "not_a_number", text, "125542.3358")
    decimals = UNIT_DECIMALS[unit]
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise CellError("balance", "finer_than_fen", text, f"{decimals} decimals")
    balance_minor = int(match[1] + fraction.ljust(decimals, "0"))
    if balance_minor > AMOUNT_MINOR_MAX:
        raise CellError("balance", "too_large", text, f"{AMOUNT_MINOR_MAX} fen")
    return balance_minor


def read(source: SourceFile, on_bytes: OnBytes, _on_date: OnDate) -> Iterator[Packed]:
    """Yield parcels of aggregate_published events."""
    ids = EventIds("published_balances")

    def make(row: Row) -> EventRow | LeftOut:
        if row.optional_text("confidence") == DERIVED:
            return LeftOut(row.line, "derived_row")
        bank_id, quarter = row.text("bank_type_en"), row.quarter("quarter")
        if not _BANK_TYPE.fullmatch(bank_id):
            raise CellError("bank_type_en", "not_a_bank_type", bank_id, "large_commercial")
        period_end = row.date("period_end")
        if period_end != quarter.last_day.isoformat():
            raise CellError("period_end", "not_the_quarter_end", period_end, str(quarter.last_day))
        published = AggregatePublished(
            event_id=ids.id_of(institution=bank_id, period=str(quarter), row=row.cells),
            bank_id=bank_id,
            occurred_on=period_end,
            name_zh=row.text("bank_type_cn"),
            name_en=bank_id.replace("_", " ").capitalize(),
            quarter=str(quarter),
            population="inclusive",
            balance_minor=fen_of(row.text("balance"), row.text("unit")),
            source=row.optional_text("source"),
        )
        return EventRow(row.line, bank_id, msgspec.json.encode(published))

    return pack(read_table(source, make, known=NEEDED + OPTIONAL, on_bytes=on_bytes))


FORMAT = Format(
    name="published_balances_csv",
    name_zh="监管部门公布余额 (CSV)",
    name_en="balances published by the regulator (CSV)",
    expected=f"CSV with the columns {', '.join(NEEDED)}",
    is_lending=False,
    recognises=recognises,
    read=read,
)
