"""What becomes of loans once they are made: the steps of a month, in this order.

first day     the rate follows the LPR
any day       the loan matures: repaid, renewed, extended, or overdue
5th to 14th   instalments
15th to 18th  early repayments
19th to 23rd  reclassification
24th to 27th  written off, transferred, securitised, settled in kind
last day      dollars are revalued
"""

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import OVERDUE_KINDS, REFINANCED, RENEWED, What
from infra.demo.loan_book import BILLS, QUARTERLY, YEARLY, LoanBook, Loans, ends_on
from infra.demo.market import Market
from schemas.codes import LOAN_CLASSES
from schemas.units import AnyArray, Float64Array, Int64Array

RATE_MIN_MBP = 10_000
WAIT_DAYS = 400  # So long after a loan fell overdue, it comes up again.
PASS, MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(len(LOAN_CLASSES))
PRINCIPAL, INTEREST = OVERDUE_KINDS.index("principal"), OVERDUE_KINDS.index("interest")


def reprice(book: LoanBook, market: Market, month: Month) -> None:
    """Let rates follow the LPR where it has moved since they were last set."""
    loans = book.loans
    lpr = market.lpr_mbp(month.first_day, loans["is_long"])
    is_due = (loans["reprices"] == QUARTERLY) & (month.number % 3 == 1)
    is_due |= (loans["reprices"] == YEARLY) & (month.number == 1)
    place = np.flatnonzero(is_due & (lpr != loans["benchmark"]))
    old_rate = loans["rate"][place]
    moved = old_rate + lpr[place] - loans["benchmark"][place]
    loans["rate"][place] = np.maximum(moved, RATE_MIN_MBP)
    loans["benchmark"][place] = lpr[place]
    book.tell(What.REPRICED, loans[place], month.first_day, old_rate=old_rate)


def mature(book: LoanBook, rng: np.random.Generator, month: Month) -> tuple[Loans, Loans]:
    """End what is due; return what is to be renewed, and what is to be drawn anew."""
    loans = book.loans
    due = np.flatnonzero(loans["due"] <= month.last_day)
    is_bill = loans["segment"][due] == BILLS
    is_bad = loans["loan_class"][due] > MENTION
    _fall_overdue(book, due[is_bad], month)
    bills = due[is_bill]
    book.reduce(What.RECOVERED, bills, loans["balance"][bills], loans["due"][bills])

    due = due[~is_bad & ~is_bill]
    luck = rng.random(due.size)
    bad_ratio = book.world.banks.bad_ratio[loans["bank"][due]]
    is_overdue = luck < bad_ratio
    is_extended = ~is_overdue & (luck < bad_ratio + 0.02)
    is_renewed = ~is_overdue & ~is_extended & (luck < 0.68) & (loans["instalment"][due] == 0)
    is_repaid = ~is_overdue & ~is_extended & ~is_renewed

    _fall_overdue(book, due[is_overdue], month)
    extended = due[is_extended]
    to_day = month.last_day + 30 * rng.integers(3, 13, extended.size)
    _extend(book, extended, loans["due"][extended].copy(), to_day)

    ends = due[is_renewed]
    how = np.where(rng.random(ends.size) < 0.7, RENEWED, REFINANCED)
    renewed, repaid = loans[ends], loans[due[is_repaid]]
    renewed["restructuring"] = how
    book.reduce(
        What.REFINANCED, ends, loans["balance"][ends], loans["due"][ends], restructuring=how
    )
    ends = due[is_repaid]
    book.reduce(What.REPAID, ends, loans["balance"][ends], loans["due"][ends])
    return renewed, repaid[rng.random(repaid.size) < 0.45]


def _fall_overdue(book: LoanBook, place: Int64Array, month: Month) -> None:
    """Nobody pays: overdue on the day, substandard at once, and kept until written off."""
    loans = book.loans
    day = loans["due"][place].copy()
    is_newly = loans["overdue"][place] == 0
    loans["overdue"][place] = np.where(is_newly, PRINCIPAL, loans["overdue"][place])
    book.tell(What.OVERDUE, loans[place[is_newly]], day[is_newly])
    is_good = loans["loan_class"][place] < SUBSTANDARD
    fallen, old_class = place[is_good], loans["loan_class"][place[is_good]].copy()
    loans["loan_class"][fallen] = SUBSTANDARD
    book.tell(What.RECLASSIFIED, loans[fallen], day[is_good], old_class=old_class)
    loans["due"][place] = month.last_day + WAIT_DAYS
    loans["instalment"][place] = 0


def _extend(book: LoanBook, place: Int64Array, day: AnyArray, to_day: Int64Array) -> None:
    """Give loans a later last day; told on ``day``."""
    loans = book.loans
    old_matures = ends_on(loans[place])
    loans["extended_to"][place] = loans["due"][place] = to_day
    book.tell(What.EXTENDED, loans[place], day, old_matures=old_matures, matures=to_day)


def pay_instalments(book: LoanBook, rng: np.random.Generator, month: Month) -> None:
    """Collect the month's instalments of performing loans."""
    loans = book.loans
    is_paying = (loans["instalment"] > 0) & (loans["balance"] > loans["instalment"])
    place = np.flatnonzero(is_paying & book.is_good())
    day = month.first_day + rng.integers(4, 14, place.size)
    book.reduce(What.REPAID, place, loans["instalment"][place], day)


def prepay(book: LoanBook, rng: np.random.Generator, month: Month) -> None:
    """Let some borrowers pay back early, all or a part."""
    loans = book.loans
    is_chosen = (rng.random(loans.size) < 0.006) & book.is_good() & (loans["segment"] != BILLS)
    place = np.flatnonzero(is_chosen & (loans["balance"] > 1_000_000))
    balance = loans["balance"][place]
    part = (balance * rng.uniform(0.2, 0.8, place.size) / 1_000_000).astype(np.int64) * 1_000_000
    amount = np.where(rng.random(place.size) < 0.4, balance, np.maximum(part, 1_000_000))
    day = month.first_day + rng.integers(14, 18, place.size)
    book.reduce(What.REPAID, place, np.minimum(amount, balance), day)


def migrate(book: LoanBook, rng: np.random.Generator, month: Month) -> None:
    """Move loans between the five classes; banks differ in how often that goes badly."""
    loans = book.loans
    old = loans["loan_class"].astype(np.int64)
    worse = np.array([0.003, 0.0, 0.08, 0.08, 0.0])[old]
    worse += (old == MENTION) * book.world.banks.bad_ratio[loans["bank"]] * 2.0
    better = np.array([0.0, 0.06, 0.02, 0.0, 0.0])[old]
    luck: Float64Array = rng.random(loans.size)
    is_worse = luck < worse
    is_better = ~is_worse & (luck < worse + better)
    is_moved = (is_worse | is_better) & (loans["segment"] != BILLS) & (loans["balance"] > 0)
    # What fell overdue this month has been moved already.
    is_moved &= (loans["overdue"] == 0) | (loans["due"] != month.last_day + WAIT_DAYS)
    place = np.flatnonzero(is_moved)
    loans["loan_class"][place] = (old + is_worse - is_better)[place]
    day = month.first_day + rng.integers(18, 23, place.size)
    misses_interest = is_worse[place] & (old[place] == MENTION) & (loans["overdue"][place] == 0)
    fallen = place[misses_interest]
    loans["overdue"][fallen] = INTEREST
    book.tell(What.OVERDUE, loans[fallen], day[misses_interest])
    is_cured = is_better[place] & (old[place] == SUBSTANDARD) & (loans["overdue"][place] > 0)
    _cure(book, place[is_cured], day[is_cured], month)
    book.tell(What.RECLASSIFIED, loans[place], day, old_class=old[place])


def _cure(book: LoanBook, place: Int64Array, day: Int64Array, month: Month) -> None:
    """Somebody pays what was overdue; a loan past its last day gets a later one."""
    loans = book.loans
    loans["overdue"][place] = 0
    book.tell(What.CURED, loans[place], day)
    is_past = ends_on(loans[place]) <= month.last_day
    past = place[is_past]
    _extend(book, past, day[is_past], np.full(past.size, month.last_day + 180))


def leave(book: LoanBook, rng: np.random.Generator, month: Month) -> None:
    """Take loans off the book without a repayment."""
    loans = book.loans
    luck = rng.random(loans.size)
    loan_class, is_left = loans["loan_class"], loans["balance"] > 0
    is_written_off = ((loan_class == LOSS) & (luck < 0.15)) | (
        (loan_class == DOUBTFUL) & (luck < 0.05)
    )
    is_bad_left = (loan_class > MENTION) & ~is_written_off
    ends = {
        What.WRITTEN_OFF: is_written_off,
        What.TRANSFERRED: is_bad_left & (luck > 0.98),
        What.IN_KIND: is_bad_left & (luck > 0.975) & (luck <= 0.98),
        What.SECURITISED: (loan_class == PASS) & (luck > 0.9997) & (loans["segment"] != BILLS),
    }
    for what, is_ending in ends.items():
        place = np.flatnonzero(is_ending & is_left)
        balance = loans["balance"][place]
        is_half = (what == What.WRITTEN_OFF) & (loan_class[place] == DOUBTFUL) & (balance > 1)
        day = month.first_day + rng.integers(23, 27, place.size)
        book.reduce(what, place, np.where(is_half, balance // 2, balance), day)


def revalue(book: LoanBook, market: Market, month: Month) -> None:
    """Carry dollar loans at the exchange rate of the month's last day."""
    loans = book.loans
    fx = market.fx_millionths(month.last_day)
    value = np.rint(loans["balance"] * (fx / 1_000_000)).astype(np.int64)
    is_moved = loans["is_usd"] & (loans["balance"] > 0) & (value > 0) & (value != loans["cny"])
    place = np.flatnonzero(is_moved)
    change = value[place] - loans["cny"][place]
    book.revalue(place, value[place])
    book.tell(What.REVALUED, loans[place], month.last_day, amount=change, fx=fx)
