"""The story of the demo: what happens adds up to the books, and the books make sense."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from infra.demo.economy import Economy
from infra.demo.event_rows import CREDIT_SUPPORT, DEFERRAL, FIRST_LOAN, REFINANCED, RENEWED, What
from infra.demo.loan_book import (
    BANK_BILL,
    BILLS,
    FIXED,
    TRADE_BILL,
    Loans,
    ends_on,
    repricing_day,
)
from infra.demo.market import Market
from infra.demo.story import MonthEnd, Story
from infra.reference_data import load_lpr
from schemas.codes import (
    FIRM_SIZES,
    LOAN_CLASSES,
    LOAN_KINDS,
    FirmSize,
    LoanClass,
    LoanKind,
)

SUBSTANDARD = LOAN_CLASSES.index(LoanClass.SUBSTANDARD)
INCREASES = (
    What.BROUGHT_FORWARD,
    What.DISBURSED,
    What.ACQUIRED,
    What.DISCOUNTED,
    What.REDISCOUNTED,
)
DECREASES = (
    What.REPAID, What.REFINANCED, What.WRITTEN_OFF, What.TRANSFERRED, What.SECURITISED,
    What.IN_KIND, What.RECOVERED,
)  # fmt: skip


def told(months: int) -> Iterator[tuple[Story, MonthEnd]]:
    """Yield a small story month by month."""
    story = Economy(3, lpr=load_lpr(), banks=10, borrowers=2_000, quarters=5).story()
    for _ in range(months):
        yield story, story.next_month()


@pytest.fixture(scope="module")
def months() -> list[MonthEnd]:
    return [month._replace(loans=month.loans.copy()) for _, month in told(14)]


def by_loan(loans: Loans, name: str) -> dict[int, int]:
    return dict(zip(loans["loan"].tolist(), loans[name].tolist(), strict=True))


def test_the_books_open_a_month_before_the_first_that_is_reported(months: list[MonthEnd]) -> None:
    opening, first = months[:2]

    assert opening.month == (2019, 11)
    assert set(opening.rows["day"].tolist()) == {opening.month.last_day}
    assert set(What) >= {What(what) for what in np.unique(opening.rows["what"]).tolist()}
    assert (opening.rows["what"] == What.BROUGHT_FORWARD).sum() == opening.loans.size
    assert (first.rows["what"] == What.DISBURSED).sum() > 50
    assert not any((month.rows["what"] == What.BROUGHT_FORWARD).any() for month in months[1:])


def test_each_loan_closes_at_its_opening_and_what_moved_it(months: list[MonthEnd]) -> None:
    for before, after in itertools.pairwise(months):
        for name, amount in (("balance", "amount"), ("cny", "amount_cny")):
            moved = by_loan(before.loans, name)
            for kinds, sign in ((INCREASES, 1), (DECREASES, -1)):
                rows = after.rows[np.isin(after.rows["what"], kinds)]
                for loan, change in zip(rows["loan"].tolist(), rows[amount].tolist(), strict=True):
                    moved[loan] = moved.get(loan, 0) + sign * change
            if name == "cny":
                rows = after.rows[after.rows["what"] == What.REVALUED]
                for loan, change in zip(
                    rows["loan"].tolist(), rows["amount"].tolist(), strict=True
                ):
                    moved[loan] += change
            assert {loan: left for loan, left in moved.items() if left} == by_loan(
                after.loans, name
            )


def test_running_sums_are_those_of_the_loans() -> None:
    for story, month in told(14):
        book, loans = story.book, month.loans
        ordinary = loans[~loans["is_planted"]]
        outstanding = np.zeros((10, 4), np.int64)
        np.add.at(outstanding, (ordinary["bank"], ordinary["segment"]), ordinary["cny"])
        owed = loans[loans["segment"] != BILLS]
        exposure = np.zeros(book.world.accounts.size, np.int64)
        np.add.at(exposure, owed["account"], owed["cny"])

        assert (book.outstanding_minor() == outstanding).all()
        assert (book.exposure_minor() == exposure).all()


def test_every_loan_of_a_month_is_in_the_stock_or_among_those_that_ended(
    months: list[MonthEnd],
) -> None:
    for month in months:
        known = set(month.loans["loan"].tolist()) | set(month.ended["loan"].tolist())
        assert set(month.rows["loan"][month.rows["loan"] > 0].tolist()) <= known
        assert (month.loans["balance"] > 0).all()


def test_dates_of_the_stock_are_in_order(months: list[MonthEnd]) -> None:
    for month, _, loans, _ in months:
        assert (loans["disbursed"] <= month.last_day).all()
        assert (loans["disbursed"] < loans["matures"]).all()
        is_extended = loans["extended_to"] > 0
        assert (loans["extended_to"][is_extended] > loans["matures"][is_extended]).all()
        is_past = ends_on(loans) <= month.last_day
        assert ((loans["overdue"] > 0) | ~is_past).all()
        assert (loans["loan_class"][loans["overdue"] > 0] >= SUBSTANDARD).all()
        next_day = repricing_day(loans, month.last_day)
        is_fixed = loans["reprices"] == FIXED
        assert (next_day[is_fixed] == ends_on(loans)[is_fixed]).all()
        assert (next_day >= loans["disbursed"]).all()
        assert (next_day <= ends_on(loans)).all()


def test_extensions_and_what_is_overdue_can_be_told_from_two_stocks(
    months: list[MonthEnd],
) -> None:
    for before, after in itertools.pairwise(months):
        both = set(before.loans["loan"].tolist()) & set(after.loans["loan"].tolist())
        for name, what, is_so in (
            ("extended_to", What.EXTENDED, lambda old, new: new > old),
            ("overdue", What.OVERDUE, lambda old, new: new > 0 == old),
            ("overdue", What.CURED, lambda old, new: old > 0 == new),
            ("rate", What.REPRICED, lambda old, new: new != old),
            ("loan_class", What.RECLASSIFIED, lambda old, new: new != old),
        ):
            old, new = by_loan(before.loans, name), by_loan(after.loans, name)
            found = {loan for loan in both if is_so(old[loan], new[loan])}
            rows = after.rows[after.rows["what"] == what]
            assert found == set(rows["loan"].tolist()) & both, (after.month, what)


def test_dollars_are_carried_at_the_rate_of_the_month_end(months: list[MonthEnd]) -> None:
    seen = 0
    for month, rows, loans, _ in months[1:]:
        dollars = loans[loans["is_usd"]]
        fx = int(Market(load_lpr()).fx_millionths(month.last_day))
        assert (np.abs(dollars["cny"] - dollars["balance"] * (fx / 1_000_000)) <= 0.5).all()
        paid_out = rows[(rows["what"] == What.DISBURSED) & rows["is_usd"]]
        ratio = paid_out["amount_cny"] / paid_out["amount"]
        on_the_day = Market(load_lpr()).fx_millionths(paid_out["day"]) / 1_000_000
        assert np.allclose(ratio, on_the_day, rtol=1e-6)
        seen += paid_out.size
    assert seen > 10


def test_a_renewal_ends_one_loan_and_begins_another_on_the_same_day(
    months: list[MonthEnd],
) -> None:
    for month in months[1:]:
        rows = month.rows
        ended = rows[rows["what"] == What.REFINANCED]
        begun = rows[(rows["what"] == What.DISBURSED) & (rows["restructuring"] > 0)]
        assert sorted(ended[["account", "day", "restructuring"]].tolist()) == sorted(
            begun[["account", "day", "restructuring"]].tolist()
        )
    assert {RENEWED, REFINANCED} == set(ended["restructuring"].tolist())


def test_several_receipts_may_stand_under_one_contract(months: list[MonthEnd]) -> None:
    loans = months[-1].loans
    is_shared = loans["contract"] != loans["loan"]

    assert 0.03 < is_shared.mean() < 0.2
    owner = by_loan(loans, "account")
    for loan in loans[is_shared]:
        assert owner.get(int(loan["contract"]), loan["account"]) == loan["account"]


def test_bills_have_a_drawer_and_an_acceptor(months: list[MonthEnd]) -> None:
    bills = months[-1].loans[months[-1].loans["segment"] == BILLS]

    assert (bills["loan_kind"] == LOAN_KINDS.index(LoanKind.BILL_FINANCING)).all()
    assert set(bills["bill_kind"].tolist()) == {BANK_BILL, TRADE_BILL}
    assert (bills["balance"] == bills["original"]).all()
    assert (bills["acceptor"][bills["bill_kind"] == BANK_BILL] < 10).all()


def test_only_persons_lack_a_credit_line_or_a_kind_and_kinds_become_known() -> None:
    *_, (story, _) = told(14)
    book = story.book
    accounts, borrowers = book.world.accounts, book.world.borrowers

    for lacks in (book.limit_minor < 0, ~book.is_kind_known):
        places = accounts.borrower[lacks & book.is_known].tolist()
        assert {len(borrowers.ids[place]) for place in places} == {46}  # Masked: a person.
    assert (book.is_kind_known & ~accounts.is_kind_known).any()


def test_firms_outgrow_their_size_and_their_credit_lines() -> None:
    line_minor = 10**9  # 10 million yuan: above it, lending is not inclusive.
    (story, _), *_, (_, _) = told(30)
    book = story.book
    was_under = book.world.accounts.limit_minor <= line_minor
    is_firm = book.world.borrowers.size < FIRM_SIZES.index(FirmSize.NOT_APPLICABLE)

    assert (was_under & book.is_known & (book.limit_minor > line_minor)).sum() > 10
    # The sizes are listed from large to micro.
    grown = (book.size < book.world.borrowers.size) & is_firm
    shrunk = (book.size > book.world.borrowers.size) & is_firm
    assert grown.sum() > shrunk.sum() > 5


def test_a_deferral_and_a_support_loan_come_only_while_they_are_policy() -> None:
    months = [month for _, month in told(30)]
    marked = {
        mark: [m.month for m in months if ((m.rows["marks"] & mark) > 0)[drawn(m)].any()]
        for mark in (DEFERRAL, CREDIT_SUPPORT)
    }

    assert (min(marked[DEFERRAL]), max(marked[DEFERRAL])) == ((2020, 2), (2021, 12))
    assert (min(marked[CREDIT_SUPPORT]), max(marked[CREDIT_SUPPORT])) == ((2020, 3), (2021, 12))


def test_nothing_is_told_of_a_borrower_before_it_comes_to_the_bank(
    months: list[MonthEnd],
) -> None:
    accounts = Economy(3, lpr=load_lpr(), banks=10, borrowers=2_000, quarters=5).world.accounts
    opening = months[0].month
    came = 0
    for month, rows, *_ in months:
        account = rows["account"][rows["account"] >= 0]
        arrival = accounts.arrival_month_count[account]
        assert (arrival <= month.since(opening)).all()
        came += np.unique(account[arrival > 0]).size
    assert came > 50


def test_every_quarter_some_borrow_for_the_first_time_after_the_history_too() -> None:
    economy = Economy(1, lpr=load_lpr())
    story = economy.story()
    borrower_of, first_loans = economy.world.accounts.borrower, 0
    borrower_counts = []
    for number in range(3 * 21 - 1):  # Up to the end of 2024, a year after the history.
        end = story.next_month()
        first_loans += int(((end.rows["marks"] & FIRST_LOAN) > 0)[drawn(end)].sum())
        if end.month.number % 3 == 0:
            borrower_counts.append(np.unique(borrower_of[end.loans["account"]]).size)
            if number > 2:
                assert 0.004 < first_loans / borrower_counts[-1] < 0.02, end.month
            first_loans = 0
    years = borrower_counts[::4]
    growth = [after / before - 1 for before, after in itertools.pairwise(years)]
    assert all(0.02 < ratio < 0.15 for ratio in growth), growth


def drawn(month: MonthEnd) -> np.ndarray:
    return month.rows["what"] == What.DISBURSED
