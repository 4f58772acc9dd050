"""A bank's own totals at quarter-ends (报表): CSV, one row a bank, quarter and population."""

from collections.abc import Iterator

import msgspec

from infra.imports.csv_table import Row, columns_of, read_table
from infra.imports.event_ids import EventIds
from infra.imports.format import Format, OnBytes, OnDate
from infra.imports.parcel import EventRow, Packed, pack
from infra.imports.source_file import SourceFile
from schemas.codes import Population
from schemas.events.position_reported import PositionReported
from schemas.results import UNTOLD
from schemas.units import RATE_MBP_MAX

NEEDED = ("bank_id", "quarter", "population", "balance_minor")
OPTIONAL = ("borrower_count", "new_lending_minor", "new_lending_rate_mbp", "revision")
REPORTABLE = tuple(
    population.value
    for population in Population
    if population not in {Population.UNPROFILED, *UNTOLD}
)


def recognises(source: SourceFile) -> bool:
    """Tell whether the first line names the columns of positions."""
    return set(NEEDED) <= set(columns_of(source))


def read(source: SourceFile, on_bytes: OnBytes, _on_date: OnDate) -> Iterator[Packed]:
    """Yield parcels of position_reported events."""
    ids = EventIds("positions")

    def make(row: Row) -> EventRow:
        bank_id, quarter = row.text("bank_id"), row.quarter("quarter")
        position = PositionReported(
            event_id=ids.id_of(institution=bank_id, period=str(quarter), row=row.cells),
            bank_id=bank_id,
            occurred_on=quarter.last_day.isoformat(),
            quarter=str(quarter),
            population=row.word("population", REPORTABLE),  # type: ignore[arg-type]
            revision=row.optional_whole_number("revision", most=1_000_000) or 0,
            balance_minor=row.whole_number("balance_minor"),
            borrower_count=row.optional_whole_number("borrower_count", most=10**10),
            new_lending_minor=row.optional_whole_number("new_lending_minor"),
            new_lending_rate_mbp=row.optional_whole_number(
                "new_lending_rate_mbp", most=RATE_MBP_MAX
            ),
        )
        return EventRow(row.line, bank_id, msgspec.json.encode(position))

    return pack(read_table(source, make, known=NEEDED + OPTIONAL, on_bytes=on_bytes))


FORMAT = Format(
    name="positions_csv",
    name_zh="期末余额报表 (CSV)",
    name_en="positions at quarter-ends (CSV)",
    expected=f"CSV with the columns {', '.join(NEEDED)}",
    is_lending=False,
    recognises=recognises,
    read=read,
)
