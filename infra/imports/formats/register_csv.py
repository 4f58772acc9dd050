"""The register of reporting institutions, as CSV with one row a bank."""

from collections.abc import Iterator
from typing import get_args, get_type_hints

import msgspec

from infra.imports.csv_table import CellError, Row, columns_of, read_table
from infra.imports.event_ids import EventIds
from infra.imports.format import Format, OnBytes, OnDate
from infra.imports.parcel import EventRow, Packed, pack
from infra.imports.source_file import SourceFile
from schemas.events.bank_registered import BankRegistered

# The day from which an entry holds orders it among the entries of one bank, so it must be there.
NEEDED = ("bank_id", "occurred_on", "name_zh", "name_en", "peer_group", "city", "is_qingdao")
OPTIONAL = ("revision", "legal_entity_id", "opened_on", "closed_on", "event_id", "type")
PEER_GROUPS: tuple[str, ...] = get_args(get_type_hints(BankRegistered)["peer_group"])
_CITY_DIGITS = 6


def recognises(source: SourceFile) -> bool:
    """Tell whether the first line has the columns that only a register has."""
    return {"bank_id", "peer_group", "name_zh"} <= set(columns_of(source))


def read(source: SourceFile, on_bytes: OnBytes, _on_date: OnDate) -> Iterator[Packed]:
    """Yield parcels of bank_registered events."""
    ids = EventIds("register")

    def make(row: Row) -> EventRow:
        bank_id, occurred_on = row.text("bank_id"), row.date("occurred_on")
        derived_id = ids.id_of(institution=bank_id, period=occurred_on, row=row.cells)
        bank = BankRegistered(
            event_id=row.optional_text("event_id") or derived_id,
            bank_id=bank_id,
            occurred_on=occurred_on,
            revision=row.optional_whole_number("revision", most=1_000_000) or 0,
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            peer_group=row.word("peer_group", PEER_GROUPS),  # type: ignore[arg-type]
            city=_city(row),
            is_qingdao=row.yes_or_no("is_qingdao"),
            legal_entity_id=row.optional_text("legal_entity_id"),
            opened_on=row.optional_date("opened_on"),
            closed_on=row.optional_date("closed_on"),
        )
        return EventRow(row.line, bank_id, msgspec.json.encode(bank))

    return pack(read_table(source, make, known=NEEDED + OPTIONAL, on_bytes=on_bytes))


def _city(row: Row) -> str:
    found = row.text("city")
    if not (found.isascii() and found.isdigit() and len(found) == _CITY_DIGITS):
        raise CellError("city", "not_a_city", found, "370100")
    return found


FORMAT = Format(
    name="register_csv",
    name_zh="机构名录 (CSV)",
    name_en="register of banks (CSV)",
    expected=f"CSV with the columns {', '.join(NEEDED)}",
    is_lending=False,
    recognises=recognises,
    read=read,
)
