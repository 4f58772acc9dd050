"""What the files of one month are made from: what happened, the books, and the customers."""

from typing import NamedTuple

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import Rows, What
from infra.demo.loan_book import BILLS, LOAN, LoanBook, Loans
from infra.demo.story import MonthEnd
from infra.demo.telling import World
from schemas.units import BoolArray, Int32Array, Int64Array

INCREASES = (What.DISBURSED, What.ACQUIRED, What.DISCOUNTED, What.REDISCOUNTED)
DECREASES = (
    What.REPAID, What.REFINANCED, What.WRITTEN_OFF, What.TRANSFERRED, What.SECURITISED,
    What.IN_KIND, What.RECOVERED,
)  # fmt: skip


class MonthBooks(NamedTuple):
    """A month that is over. The arrays by account and borrower are the book's own: it goes on."""

    world: World
    month: Month
    flows: Rows  # What moved a balance, by bank and in the order of telling.
    flow_loans: Loans  # The loan of each of them, as it stands at the end of the month.
    loans: Loans  # The stock, by bank.
    is_known: BoolArray  # By account, as are the next four: is a customer.
    is_kind_known: BoolArray
    limit_minor: Int64Array
    used_minor: Int64Array
    first_credit_day: Int32Array
    size: Int64Array  # By account: as the bank says.
    holding: Int64Array  # By borrower, as is the next.
    true_size: Int64Array


def month_books(book: LoanBook, end: MonthEnd) -> MonthBooks:
    """Return what the files of a month are made from."""
    world = book.world
    loans = _by_bank(end.loans)
    flows = end.rows[np.isin(end.rows["what"], INCREASES + DECREASES)]
    flows = flows[np.lexsort((flows["number"], flows["bank"]))]
    every = np.concatenate([end.loans, end.ended, np.zeros(1, LOAN)])
    order = np.argsort(every["loan"], kind="stable")
    place = order[np.searchsorted(every["loan"], flows["loan"], sorter=order)]
    assert np.array_equal(every["loan"][place], flows["loan"])
    owed = loans[loans["segment"] != BILLS]
    used_minor = np.zeros(world.accounts.size, np.int64)
    np.add.at(used_minor, owed["account"], owed["cny"])
    return MonthBooks(
        world, end.month, flows, every[place], loans, book.is_known, book.is_kind_known,
        book.limit_minor, used_minor, book.first_credit_day,
        book.size_of(np.arange(world.accounts.size)), book.holding, book.size,
    )  # fmt: skip


def _by_bank(loans: Loans) -> Loans:
    return loans[np.argsort(loans["bank"], kind="stable")]
