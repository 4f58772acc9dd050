"""Up to which month a bank has sent everything it reports."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from infra.imports.pboc.archive import DONE, Filing
from infra.imports.pboc.filing_month import FilingMonth, date_text
from infra.imports.pboc.month_settling import FLOWS_OF, STOCK_OF
from schemas.tables import CHECKPOINTS
from streams.ports import Store


def complete_month(filings: Sequence[Filing]) -> dt.date | None:
    """Return the last day of the last month without a gap; None before there is one.

    A month is there when flow and stock have come of every kind of loan that the bank has begun
    to report. After a month that is missing nothing is complete: the balances miss its flows.
    """
    there = {(filing.table, filing.period) for filing in filings if filing.state == DONE}
    begun: dict[str, dt.date] = {}
    for family in STOCK_OF:
        periods = [p for table, p in there if table in {STOCK_OF[family], FLOWS_OF[family]}]
        if periods:
            begun[family] = min(periods)
    complete: dt.date | None = None
    month = min(begun.values(), default=None)
    while month is not None:
        needed = [family for family, first in begun.items() if first <= month]
        tables = [STOCK_OF[family] for family in needed] + [FLOWS_OF[family] for family in needed]
        if not all((table, month) in there for table in tables):
            return complete
        bank_month = FilingMonth("", month)
        complete = dt.date.fromisoformat(bank_month.last_date)
        month = _next_month(complete)
    return complete


def announced_complete_to(store: Store, generation: int) -> dict[str, str]:
    """Return up to which day each bank has been said to be complete."""
    announced: dict[str, str] = {}
    lanes = store.read(CHECKPOINTS, {"generation": generation}, columns=("lanes",))["lanes"]
    for text in lanes.to_list():
        for lane in msgspec.json.decode(text) if text else []:
            bank_id, day = lane["bank"], lane["complete_to"]
            announced[bank_id] = min(announced.get(bank_id, day), day)
    return announced


def _next_month(last: dt.date) -> dt.date:
    """Return the last day of the month after the one that ends on ``last``."""
    following = FilingMonth("", last + dt.timedelta(days=1))
    return dt.date.fromisoformat(date_text(following.last_day))
