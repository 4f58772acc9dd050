"""The second pass over a bank's month: every row that was not held back becomes its events."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from infra.imports.pboc import records as r
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.month_settling import (
    DERIVED_LINES,
    FLOWS_OF,
    STOCK_OF,
    LinesToTell,
    Sources,
)
from infra.imports.pboc.rows import Piece, pieces_of
from infra.imports.pboc.spill import Records, Spill
from infra.imports.pboc.survey import OnBytes, Source
from infra.imports.pboc.tell_derived import needed_columns, tell_derived
from infra.imports.pboc.tell_rows import (
    Told,
    tell_credit_lines,
    tell_flows,
    tell_profiles,
    tell_stock,
)

_SOURCES = 3
# Fields of which no event says anything: not read again.
_UNTOLD = frozenset((
    "internal_org_no", "institution_region", "purpose_text", "fiscal_support", "rate_kind",
    "benchmark_kind", "benchmark_rate_pct", "reprices_on", "borrower_region", "borrower_sector",
    "borrower_industry", "borrower_ownership", "borrower_size", "transaction_no", "acceptor_name",
    "acceptor_id", "acceptor_id_type", "drawer_name", "drawer_id", "drawer_id_type", "issued_on",
    "applicant_sector", "applicant_industry", "applicant_region", "applicant_ownership",
    "applicant_size", "discount_currency", "discount_amount_cny", "bill_kind", "bill_medium",
    "basic_account_no", "basic_account_bank", "business_scope", "registered_address",
    "registered_capital", "paid_in_capital", "total_assets", "revenue", "employees", "is_listed",
    "first_credit_on", "founded_on", "operating_status", "controller_id_types", "controller_ids",
    "rating_levels", "rating", "is_related_party", "institution_id", "customer_name", "contract_no",
    "extended_to", "loan_status", "overdue_kind",
))  # fmt: skip


class ToldOf(NamedTuple):
    """Events, and the filing that their lines belong to."""

    source: Source
    told: Told


def tell_month(
    month: FilingMonth,
    sources: Sources,
    lines: dict[str, LinesToTell],
    derived: dict[str, Spill],
    on_bytes: OnBytes,
) -> Iterator[ToldOf]:
    """Yield all events of the month: customers, what is derived, balances, flows."""
    for table in ("FTYKHX", "GRKHXX"):
        if table in lines:
            yield from _tell_customers(month, sources.current[table], lines[table], on_bytes)
    for family, spill in derived.items():
        yield from _tell_derived(month, sources, family, spill)
        stock, flows = STOCK_OF[family], FLOWS_OF[family]
        if stock in lines:
            yield from _tell_stock(month, sources.current[stock], lines[stock], on_bytes)
        if flows in lines:
            yield from _tell_flows(month, sources.current[flows], lines[flows], on_bytes)


def _told_columns(source: Source) -> tuple[str, ...]:
    return tuple(name for name in source.spec.names if name not in _UNTOLD)


def _pieces(source: Source, on_bytes: OnBytes) -> Iterator[Piece]:
    with source.path.open("rb") as file:
        for piece in pieces_of(file):
            yield piece
            on_bytes(len(piece.content))


def _tell_customers(
    month: FilingMonth, source: Source, lines: LinesToTell, on_bytes: OnBytes
) -> Iterator[ToldOf]:
    revision = source.filing.batch - 1
    columns = tuple(
        name
        for name in source.spec.names
        if name not in _UNTOLD or name in {"sector", "ownership", "size", "industry", "region"}
    )
    for piece in _pieces(source, on_bytes):
        for wanted, tell in ((lines.profile, tell_profiles), (lines.credit, tell_credit_lines)):
            rows, _ = source.chosen_rows(piece, wanted, columns)
            if rows.size:
                yield ToldOf(source, tell(rows, month, revision))


def _tell_stock(
    month: FilingMonth, source: Source, lines: LinesToTell, on_bytes: OnBytes
) -> Iterator[ToldOf]:
    columns = _told_columns(source)
    for piece in _pieces(source, on_bytes):
        rows, raws = source.chosen_rows(piece, ~lines.refused, columns)
        if rows.size:
            yield ToldOf(source, tell_stock(rows, raws, month))


def _tell_flows(
    month: FilingMonth, source: Source, lines: LinesToTell, on_bytes: OnBytes
) -> Iterator[ToldOf]:
    columns = _told_columns(source)
    for piece in _pieces(source, on_bytes):
        rows, raws = source.chosen_rows(piece, ~lines.refused, columns)
        if rows.size:
            at = rows.line - 1
            rate_mbp, loan_class = lines.carried_rate_mbp[at], lines.carried_class[at]
            yield ToldOf(source, tell_flows(rows, raws, rate_mbp, loan_class, month))


def _tell_derived(
    month: FilingMonth, sources: Sources, family: str, spill: Spill
) -> Iterator[ToldOf]:
    of_source = {
        r.BEFORE: sources.before.get(STOCK_OF[family]),
        r.NOW: sources.current.get(STOCK_OF[family]),
        r.FLOW: sources.current.get(FLOWS_OF[family]),
    }
    for number, source in of_source.items():
        if source is None:
            continue
        columns = needed_columns(source.spec.names)
        for piece in _pieces(source, lambda _: None):
            last = piece.first_line + piece.line_count - 1
            derived = _derived_between(spill, number, piece.first_line, last)
            if not derived.size:
                continue
            wanted = np.zeros(last, np.bool_)
            wanted[derived["line"] - 1] = True
            rows, _ = source.chosen_rows(piece, wanted, columns)
            # A row may have several derived events: each gets the row's texts.
            place = np.searchsorted(rows.line, derived["line"])
            yield ToldOf(source, tell_derived(rows.at(place), derived, month))


def _derived_between(spill: Spill, source: int, first: int, last: int) -> Records:
    """Return the derived events whose row is on one of these lines of a source, by line."""
    numbers = range(first // DERIVED_LINES, last // DERIVED_LINES + 1)
    found = np.concatenate([spill.bucket(number * _SOURCES + source) for number in numbers])
    found = found[(found["line"] >= first) & (found["line"] <= last)]
    return found[np.lexsort((found["kind"], found["line"]))]
