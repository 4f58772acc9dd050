"""How one bank of the demo takes over all loans of another, which closes."""

import numpy as np

from infra.demo.banks import Merger
from infra.demo.event_rows import What
from infra.demo.loan_book import BILLS, BOUGHT, SEGMENTS
from infra.demo.new_loans import Lender, introduce


def take_over(lender: Lender, merger: Merger) -> None:
    """Move every loan on the last day of the month; the books must be closed.

    A loan is transferred out of the one bank and acquired by the other, under a new number; a
    bill is recovered by the one and rediscounted by the other.
    """
    book, day = lender.book, lender.month.last_day
    place = np.flatnonzero(book.loans["bank"] == merger.closing)
    moved = book.loans[place]
    moved["bank"] = merger.absorbing
    moved["account"] = book.world.accounts.successor[moved["account"]]
    is_bill = moved["segment"] == BILLS
    moved["discount"][is_bill] = BOUGHT
    days = np.full(place.size, day, np.int64)
    for what, is_such in ((What.TRANSFERRED, ~is_bill), (What.RECOVERED, is_bill)):
        chosen = place[is_such]
        book.reduce(what, chosen, book.loans["balance"][chosen], days[is_such])
    # Who knew only the closing bank until now has come with it.
    book.has_arrived[moved["account"]] = True
    introduce(lender, moved["account"].astype(np.int64), days)
    moved = book.add(moved)
    book.tell(What.ACQUIRED, moved[~is_bill], day)
    book.tell(What.REDISCOUNTED, moved[is_bill], day)
    book.tell_bank(np.array([merger.closing]), day, closed_day=day)
    book.is_closed[book.world.accounts.bank == merger.closing] = True
    _join_pools(lender, merger)
    book.close()


def _join_pools(lender: Lender, merger: Merger) -> None:
    successor = lender.book.world.accounts.successor
    for segment in range(SEGMENTS):
        old = lender.pools[merger.closing, segment]
        joined = np.union1d(lender.pools[merger.absorbing, segment], successor[old])
        lender.pools[merger.absorbing, segment] = joined
        lender.pools[merger.closing, segment] = old[:0]
