"""A bank of the demo closes, and another takes over all its loans."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from infra.demo.banks import Merger
from infra.demo.economy import Economy
from infra.demo.event_rows import What
from infra.demo.loan_book import BILLS, Loans
from infra.demo.story import MonthEnd, Story
from infra.reference_data import load_lpr
from schemas.tables import TOTALS
from tests.infra.demo.reading import events_in
from tests.job import added_up, run_job


def province() -> Economy:
    return Economy(4, lpr=load_lpr(), banks=20, borrowers=1_500, quarters=10, troubles=())


@pytest.fixture(scope="module")
def economy() -> Economy:
    return province()


@pytest.fixture(scope="module")
def merger(economy: Economy) -> Merger:
    assert economy.world.banks.merger is not None
    return economy.world.banks.merger


@pytest.fixture(scope="module")
def around(economy: Economy, merger: Merger) -> list[MonthEnd]:
    """Return the month before the merger, its month, and the one after."""
    story = economy.story()
    for _ in range(merger.month_count - 1):
        story.next_month()
    return [month._replace(loans=month.loans.copy()) for month in _told(story, 3)]


def _told(story: Story, months: int) -> Iterator[MonthEnd]:
    for _ in range(months):
        yield story.next_month()


def test_every_loan_moves_with_its_balance_and_its_terms(
    economy: Economy, merger: Merger, around: list[MonthEnd]
) -> None:
    month = around[1]
    last_day = month.rows[month.rows["day"] == month.month.last_day]
    left = last_day[np.isin(last_day["what"], (What.TRANSFERRED, What.RECOVERED))]
    left = left[left["bank"] == merger.closing]
    came = last_day[np.isin(last_day["what"], (What.ACQUIRED, What.REDISCOUNTED))]
    came = came[(came["bank"] == merger.absorbing) & np.isin(came["account"], _successors(economy))]

    assert left.size > 30
    assert left["amount_cny"].sum() == came["amount_cny"].sum()
    assert not (month.loans["bank"] == merger.closing).any()
    gone = month.ended[np.isin(month.ended["loan"], left["loan"])]
    new = month.loans[np.isin(month.loans["loan"], came["loan"])]
    assert terms_of(economy, gone) == terms_of(economy, new)


def terms_of(economy: Economy, loans: Loans) -> Counter:
    """Return how often each borrower has a loan on each terms."""
    names = ("rate", "loan_class", "disbursed", "matures", "extended_to", "overdue", "segment")
    borrower = economy.world.accounts.borrower[loans["account"]].tolist()
    return Counter(zip(borrower, *(loans[name].tolist() for name in names), strict=True))


def _successors(economy: Economy) -> np.ndarray:
    successor = economy.world.accounts.successor
    return successor[successor >= 0]


def test_the_closed_bank_lends_no_more_and_the_other_goes_on(
    economy: Economy, merger: Merger, around: list[MonthEnd]
) -> None:
    before, _, after = around

    assert not economy.world.accounts.is_later[before.rows["account"]].any()
    assert economy.world.accounts.is_later[after.loans["account"]].any()
    assert (before.loans["bank"] == merger.closing).sum() > 30
    assert not (after.rows["bank"] == merger.closing).any()
    assert (after.loans["bank"] == merger.absorbing).sum() > (
        before.loans["bank"] == merger.absorbing
    ).sum()
    assert (after.loans["segment"][after.loans["bank"] == merger.absorbing] == BILLS).any()


def test_the_merger_is_registered_and_leaves_no_balance(economy: Economy, merger: Merger) -> None:
    closing = economy.world.banks.banks[merger.closing].bank_id
    drafts = list(province().history())
    closed = [
        event
        for event in events_in(drafts)
        if event["type"] == "bank_registered" and event.get("closed_on")
    ]
    last_day = economy.story().closed_day(merger.closing)

    assert [(event["bank_id"], event["revision"]) for event in closed] == [(closing, 1)]
    assert np.datetime64(closed[0]["closed_on"]).astype(int) == last_day
    rows = added_up(run_job(drafts), TOTALS)
    balance = sum(
        sums["balance_change_minor"]
        for (bank, population, _, tag), sums in rows.items()
        if bank == closing and population == "all" and tag == 0
    )
    assert balance == 0
    last_complete = {d.headers["bank"]: d.headers["complete-to"] for d in drafts}
    assert last_complete[closing] < max(last_complete.values())
