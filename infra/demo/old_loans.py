"""What becomes of loans once they are made: the steps of a month, in this order.

first day     the rate follows the LPR
any day       the loan matures: repaid, renewed, extended, or overdue
5th to 14th   instalments
15th to 18th  early repayments
19th to 23rd  reclassification
24th to 27th  written off, transferred, securitised, settled in kind
last day      dollars are revalued, in the last month of a quarter
"""

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import What
from infra.demo.loan_book import BILLS, QUARTERLY, YEARLY, LoanBook, Loans
from infra.demo.market import Market
from schemas.codes import LOAN_CLASSES
from schemas.units import Float64Array, Int64Array

RATE_MIN_MBP = 10_000
PASS, MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(len(LOAN_CLASSES))
QUARTER_MONTHS = (3, 6, 9, 12)


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
    due = np.flatnonzero(loans["matures"] <= month.last_day)
    is_bill = loans["segment"][due] == BILLS
    is_bad = loans["loan_class"][due] > MENTION
    loans["matures"][due[is_bad]] = month.last_day + 180  # Waits to be written off.
    bills = due[is_bill]
    book.reduce(What.RECOVERED, bills, loans["balance"][bills], loans["matures"][bills])

    due = due[~is_bad & ~is_bill]
    luck = rng.random(due.size)
    bad_ratio = book.world.banks.bad_ratio[loans["bank"][due]]
    is_overdue = luck < bad_ratio
    is_extended = ~is_overdue & (luck < bad_ratio + 0.02)
    is_renewed = ~is_overdue & ~is_extended & (luck < 0.68) & (loans["instalment"][due] == 0)
    is_repaid = ~is_overdue & ~is_extended & ~is_renewed

    _fall_overdue(book, due[is_overdue], month)
    extended = due[is_extended]
    old_matures = loans["matures"][extended].copy()
    loans["matures"][extended] = month.last_day + 30 * rng.integers(3, 13, extended.size)
    book.tell(What.EXTENDED, loans[extended], old_matures, old_matures=old_matures)

    renewed, repaid = loans[due[is_renewed]], loans[due[is_repaid]]
    for what, chosen in ((What.REFINANCED, due[is_renewed]), (What.REPAID, due[is_repaid])):
        book.reduce(what, chosen, loans["balance"][chosen], loans["matures"][chosen])
    return renewed, repaid[rng.random(repaid.size) < 0.45]


def _fall_overdue(book: LoanBook, place: Int64Array, month: Month) -> None:
    """Nobody pays: overdue on the day, substandard at once, and kept until written off."""
    loans = book.loans
    day = loans["matures"][place].copy()
    old_class = loans["loan_class"][place].copy()
    book.tell(What.OVERDUE, loans[place], day)
    loans["loan_class"][place] = SUBSTANDARD
    book.tell(What.RECLASSIFIED, loans[place], day, old_class=old_class)
    loans["matures"][place] = month.last_day + 400
    loans["instalment"][place] = 0


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
    place = np.flatnonzero(is_moved)
    loans["loan_class"][place] = (old + is_worse - is_better)[place]
    day = month.first_day + rng.integers(18, 23, place.size)
    is_cured = is_better[place] & (old[place] == SUBSTANDARD)
    book.tell(What.CURED, loans[place[is_cured]], day[is_cured])
    book.tell(What.RECLASSIFIED, loans[place], day, old_class=old[place])


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
    """Carry dollar loans at the exchange rate of the quarter's last day."""
    if month.number not in QUARTER_MONTHS:
        return
    loans = book.loans
    fx = market.fx_millionths(month.last_day)
    value = np.rint(loans["balance"] * (fx / 1_000_000)).astype(np.int64)
    is_moved = loans["is_usd"] & (loans["balance"] > 0) & (value > 0) & (value != loans["cny"])
    place = np.flatnonzero(is_moved)
    change = value[place] - loans["cny"][place]
    loans["cny"][place] = value[place]
    book.tell(What.REVALUED, loans[place], month.last_day, amount=change, fx=fx)
