"""How loans are made in the demo.

Those the story opens with, renewals, and as much new lending as it takes for each bank to grow
as its character says.
"""

from typing import NamedTuple

import numpy as np

from infra.demo.banks import LARGER, PERSONAL, SMALL
from infra.demo.borrowers import FEN_PER_YUAN
from infra.demo.calendar import Month
from infra.demo.event_rows import CREDIT_SUPPORT, DEFERRAL, FIRST_LOAN, RENEWAL, RENEWED, What
from infra.demo.loan_book import FIXED, LOAN, QUARTERLY, YEARLY, LoanBook, Loans
from infra.demo.market import Market
from infra.demo.purposes import (
    CONSUMPTION,
    FIXED_ASSETS,
    MORTGAGE,
    PURPOSES,
    TRADE_FINANCE,
    WORKING_CAPITAL,
)
from schemas.codes import BORROWER_KINDS, GUARANTEE_KINDS, LOAN_KINDS
from schemas.codes import BorrowerKind as Who
from schemas.codes import GuaranteeKind as Guarantee
from schemas.codes import LoanKind as Kind
from schemas.units import Float64Array, Int64Array

# By segment: terms in months, how often each, and how often a loan is paid in instalments.
TERMS = {
    SMALL: ((6, 12, 24, 36), (0.12, 0.63, 0.10, 0.15), 0.2),
    LARGER: ((12, 24, 36, 60), (0.5, 0.2, 0.2, 0.1), 0.25),
    PERSONAL: ((36, 240, 300), (0.3, 0.4, 0.3), 1.0),
}
GUARANTEE_SHARES = {
    SMALL: (0.07, 0.40, 0.30, 0.18, 0.05, 0.0),
    LARGER: (0.10, 0.32, 0.30, 0.22, 0.06, 0.0),
    PERSONAL: (0.02, 0.78, 0.05, 0.15, 0.0, 0.0),
}
SEGMENT_SPREAD_MBP = {SMALL: 0, LARGER: -45_000, PERSONAL: -60_000}
RATE_MIN_MBP = 100_000
DRAW_MIN_MINOR = 10_000 * FEN_PER_YUAN
STEP_MBP = 1_000  # Banks quote in whole basis points.
_FIRMS = (BORROWER_KINDS.index(Who.FIRM), BORROWER_KINDS.index(Who.OTHER_UNIT))
_OWNER, _FARMER = BORROWER_KINDS.index(Who.SMALL_MICRO_OWNER), BORROWER_KINDS.index(Who.FARMER)
_KIND = {kind: LOAN_KINDS.index(kind) for kind in Kind}
UNIT_PURPOSE = PURPOSES.index("S911")  # Below it every industry has two purposes.
_CREDIT = GUARANTEE_KINDS.index(Guarantee.CREDIT)
_DEFERRAL_MONTHS = (Month(2020, 2), Month(2021, 12))
_SUPPORT_MONTHS = (Month(2020, 3), Month(2021, 12))


# The accounts a bank ever lends to, by bank and segment; each from its arrival on.
Pools = dict[tuple[int, int], Int64Array]


class Lender(NamedTuple):
    """All that making a loan takes."""

    book: LoanBook
    market: Market
    rng: np.random.Generator
    month: Month
    spread_mbp: Int64Array  # (banks,): of this year.
    purpose: Int64Array  # (borrowers,): what each mostly borrows for.
    pools: Pools

    def is_between(self, months: tuple[Month, Month]) -> bool:
        return months[0] <= self.month <= months[1]

    def pool(self, bank: int, segment: int) -> Int64Array:
        """Return the accounts that a bank lends to this month in a segment."""
        every = self.pools[bank, segment]
        return every[self.book.has_arrived[every]]

    def grades_of(self, account: Int64Array) -> Int64Array:
        """Return the kind of borrower of each account."""
        world = self.book.world
        return world.borrowers.kind[world.accounts.borrower[account]]


def round_minor(amount_minor: Float64Array) -> Int64Array:
    """Return amounts as people ask for them: whole ten thousands, or thousands below that."""
    yuan = amount_minor / FEN_PER_YUAN
    step = np.where(yuan >= 100_000, 10_000, 1_000)
    return (np.maximum(np.rint(yuan / step), 1) * step).astype(np.int64) * FEN_PER_YUAN


def loan_kinds(lender: Lender, account: Int64Array, segment: int) -> Int64Array:
    """Return the loan kind of loans of one segment: what the borrower is and takes it for."""
    who = lender.grades_of(account)
    person = Kind.PERSONAL_OTHER if segment == PERSONAL else Kind.PERSONAL_BUSINESS
    kind = np.full(account.size, _KIND[person], np.int64)
    kind[np.isin(who, _FIRMS)] = _KIND[Kind.CORPORATE]
    kind[who == _FARMER] = _KIND[Kind.PERSONAL_BUSINESS]
    return kind


def make(
    lender: Lender, account: Int64Array, segment: int, amount_minor: Int64Array, day: Int64Array
) -> Loans:
    """Return new loans, priced and with a term; not yet in the book, and not yet told."""
    rng, world = lender.rng, lender.book.world
    months, shares, instalment_share = TERMS[segment]
    loans = np.zeros(account.size, LOAN)
    term = rng.choice(months, account.size, p=shares)
    loans["account"], loans["bank"] = account, world.accounts.bank[account]
    loans["segment"], loans["loan_kind"] = segment, loan_kinds(lender, account, segment)
    loans["original"] = loans["balance"] = loans["cny"] = amount_minor
    loans["disbursed"] = day
    loans["matures"] = loans["due"] = day + term * 365 // 12
    loans["is_long"] = term > 60
    pays_monthly = rng.random(account.size) < instalment_share
    loans["instalment"] = np.where(pays_monthly, amount_minor // term, 0)
    loans["benchmark"] = lender.market.lpr_mbp(day, loans["is_long"])
    spread = lender.spread_mbp[loans["bank"]] + SEGMENT_SPREAD_MBP[segment]
    if segment == PERSONAL:  # Mortgages are priced alike everywhere.
        spread = np.where(loans["is_long"], 55_000, spread)
    spread += world.borrowers.risk_mbp[world.accounts.borrower[account]]
    spread += rng.normal(0, 15, account.size).astype(np.int64) * STEP_MBP
    loans["rate"] = np.maximum(loans["benchmark"] + spread, RATE_MIN_MBP)
    mode = rng.choice((FIXED, QUARTERLY, YEARLY), account.size, p=(0.6, 0.1, 0.3))
    loans["reprices"] = np.where(term > 12, mode, FIXED)
    guarantees = GUARANTEE_SHARES[segment]
    loans["guarantee"] = rng.choice(len(guarantees), account.size, p=guarantees)
    purpose = lender.purpose[world.accounts.borrower[account]]
    loans["purpose"] = purpose + ((rng.random(account.size) < 0.15) & (purpose < UNIT_PURPOSE))
    is_personal_other = loans["loan_kind"] == _KIND[Kind.PERSONAL_OTHER]
    builds = (term > 24) & (rng.random(account.size) < 0.5)
    loans["product"] = np.where(
        is_personal_other,
        np.where(loans["is_long"], MORTGAGE, CONSUMPTION),
        np.where(builds, FIXED_ASSETS, WORKING_CAPITAL),
    )
    return loans


def introduce(lender: Lender, account: Int64Array, day: Int64Array) -> None:
    """Tell who the borrowers are and what their credit lines are, where the bank has not yet."""
    book = lender.book
    account, first = np.unique(account, return_index=True)
    is_new = ~book.is_known[account]
    account, day = account[is_new], day[first[is_new]]
    book.is_known[account] = True
    book.first_credit_day[account] = day
    is_kind_known = book.is_kind_known[account]
    profile(book, account[is_kind_known], day[is_kind_known])
    has_line = book.limit_minor[account] >= 0
    account, day = account[has_line], day[has_line]
    book.tell_account(What.LINE_SET, account, day, amount=book.limit_minor[account])


def profile(book: LoanBook, account: Int64Array, day: Int64Array) -> None:
    """Tell who the borrowers are, as they are now."""
    borrower = book.world.accounts.borrower[account]
    about = {"holding": book.holding[borrower], "size": book.size_of(account)}
    book.tell_account(What.PROFILED, account, day, **about)


def disburse(lender: Lender, loans: Loans, day: Int64Array, marks: Int64Array) -> None:
    """Pay out ``loans``: into the book, and told with their marks."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    introduce(lender, loans["account"].astype(np.int64), day)
    borrower = world.accounts.borrower[loans["account"]]
    segment = int(loans["segment"][0]) if loans.size else SMALL
    _, first = np.unique(borrower, return_index=True)
    is_first = np.zeros(loans.size, np.bool_)
    is_first[first] = ~book.has_borrowed[borrower[first]] & (segment != PERSONAL)
    book.has_borrowed[borrower] = True
    account, first = np.unique(loans["account"], return_index=True)
    is_first[first] |= book.claims_first[account]
    book.claims_first[account] = False
    marks |= FIRST_LOAN * is_first
    if lender.is_between(_SUPPORT_MONTHS) and segment == SMALL:
        is_local = world.banks.is_local[loans["bank"]]
        is_helped = (loans["guarantee"] == _CREDIT) & is_local & (rng.random(loans.size) < 0.35)
        marks |= CREDIT_SUPPORT * is_helped
    loans["marks"] = marks
    _in_dollars(lender, loans, day)
    book.tell(What.DISBURSED, book.add(loans), day)


def _in_dollars(lender: Lender, loans: Loans, day: Int64Array) -> None:
    """Turn a few loans of national banks to firms into dollar loans of the same value."""
    is_firm = loans["loan_kind"] == _KIND[Kind.CORPORATE]
    is_national = ~lender.book.world.banks.is_local[loans["bank"]]
    is_chosen = is_firm & is_national & (lender.rng.random(loans.size) < 0.03)
    place = np.flatnonzero(is_chosen)
    fx = lender.market.fx_millionths(day[place])
    dollars = (loans["balance"][place] * 1_000_000 // (fx * 100_000)) * 100_000
    place, dollars, fx = place[dollars > 0], dollars[dollars > 0], fx[dollars > 0]
    loans["is_usd"][place], loans["instalment"][place] = True, 0
    loans["product"][place] = TRADE_FINANCE
    loans["original"][place] = loans["balance"][place] = dollars
    loans["cny"][place] = np.rint(dollars * (fx / 1_000_000)).astype(np.int64)


def renew(lender: Lender, old: Loans) -> None:
    """Replace loans that ended by new ones on the same day, somewhat larger or smaller."""
    for segment in (SMALL, LARGER, PERSONAL):
        ended = old[old["segment"] == segment]
        day = ended["due"].astype(np.int64)
        size = ended["cny"] * lender.rng.uniform(0.9, 1.12, ended.size)
        account = ended["account"].astype(np.int64)
        loans = make(lender, account, segment, round_minor(size), day)
        loans["restructuring"], loans["is_planted"] = ended["restructuring"], ended["is_planted"]
        marks = RENEWAL * (ended["restructuring"] == RENEWED).astype(np.int64)
        if lender.is_between(_DEFERRAL_MONTHS):
            marks |= DEFERRAL * (lender.rng.random(ended.size) < 0.15)
        disburse(lender, loans, day, marks)


def draw_again(lender: Lender, old: Loans) -> None:
    """Let borrowers who have just repaid draw again some days later."""
    wait = lender.rng.integers(1, 11, old.size)
    is_again = (old["due"] + wait <= lender.month.last_day) & ~old["is_planted"]
    again, wait = old[is_again], wait[is_again]
    for segment in (SMALL, LARGER, PERSONAL):
        is_of_segment = again["segment"] == segment
        ended = again[is_of_segment]
        day = ended["due"].astype(np.int64) + wait[is_of_segment]
        size = ended["cny"] * lender.rng.uniform(0.8, 1.3, ended.size)
        account = ended["account"].astype(np.int64)
        loans = make(lender, account, segment, round_minor(size), day)
        disburse(lender, loans, day, np.zeros(ended.size, np.int64))


def draw_days(lender: Lender, count: int) -> Int64Array:
    """Return days of the month, later ones somewhat more often."""
    length = lender.month.last_day - lender.month.first_day + 1
    luck = lender.rng.random(count) ** 0.8
    return lender.month.first_day + (luck * length).astype(np.int64)


def draws_of(
    lender: Lender, pool: Int64Array, exposure_minor: Int64Array, needed_minor: int
) -> tuple[Int64Array, Int64Array]:
    """Return accounts of ``pool`` and amounts that add up to about ``needed_minor``.

    Borrowers without a loan come somewhat sooner, so that who is new to a bank soon borrows. Nobody
    draws more than the credit line leaves, unless that is not enough for the bank to grow.
    """
    rng, scale = lender.rng, lender.book.world.accounts.scale_yuan
    owed_minor = exposure_minor[pool]
    limit_minor = lender.book.limit_minor[pool]
    room = np.where(limit_minor < 0, np.inf, limit_minor - owed_minor)
    size = scale[pool] * rng.uniform(0.35, 1.1, pool.size) * FEN_PER_YUAN
    size = np.minimum(size, room)
    order = np.argsort(rng.random(pool.size) + 0.15 * (owed_minor > 0), kind="stable")
    order = order[size[order] >= DRAW_MIN_MINOR]
    account, size = pool[order], size[order]
    size *= max(1.0, needed_minor / max(float(size.sum()), 1.0))
    amount = round_minor(size)
    total = np.cumsum(amount)
    count = int(np.searchsorted(total, needed_minor)) + 1
    account, amount = account[:count], amount[:count]
    if amount.size and total[amount.size - 1] > needed_minor:
        rest = needed_minor - int(total[amount.size - 1] - amount[-1])
        amount[-1] = round_minor(np.array([float(rest)]))[0]
    return account, amount


def grow(lender: Lender, target_minor: Int64Array) -> None:
    """Lend until each bank has in each segment what it aims at by the end of the month."""
    book, rng = lender.book, lender.rng
    now_minor = book.outstanding_minor()
    exposure_minor = book.exposure_minor()
    for segment in (SMALL, LARGER, PERSONAL):
        accounts, amounts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for bank in range(target_minor.shape[0]):
            needed = int(target_minor[bank, segment] - now_minor[bank, segment])
            pool = lender.pool(bank, segment)
            if needed >= DRAW_MIN_MINOR and pool.size:
                account, amount = draws_of(lender, pool, exposure_minor, needed)
                accounts.append(account)
                amounts.append(amount)
        account, amount = np.concatenate(accounts), np.concatenate(amounts)
        is_bought = rng.random(account.size) < 0.004
        day = draw_days(lender, account.size)
        loans = make(lender, account, segment, amount, day)
        disburse(lender, loans[~is_bought], day[~is_bought], np.zeros((~is_bought).sum(), np.int64))
        introduce(lender, account[is_bought], day[is_bought])
        bought = loans[is_bought]  # Another bank, not of this province, made them some time ago.
        bought["disbursed"] -= rng.integers(30, 150, bought.size)
        book.tell(What.ACQUIRED, book.add(bought), day[is_bought])


def _known_since(lender: Lender, loans: Loans) -> None:
    """Let borrowers of the opening books have had credit since their oldest loan."""
    first = lender.book.first_credit_day
    np.minimum.at(first, loans["account"], loans["disbursed"])


def open_book(lender: Lender, day: int) -> None:
    """Bring forward the loans that are there when the banks begin to report."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    for segment in (SMALL, LARGER, PERSONAL):
        every = np.concatenate([pool for key, pool in lender.pools.items() if key[1] == segment])
        every = np.sort(every[world.accounts.is_open[every]])
        if segment == PERSONAL:  # Few owners have their mortgage at the bank of their firm.
            is_owner = lender.grades_of(every) == _OWNER
            every = every[~is_owner | (rng.random(every.size) < 0.3)]
        account = np.repeat(every, 1 + rng.binomial(2, 0.2, every.size))
        scale = world.accounts.scale_yuan[account] * FEN_PER_YUAN
        amount = round_minor(scale * rng.uniform(0.35, 1.1, account.size))
        drawn = np.full(account.size, day, np.int64)
        introduce(lender, account, drawn)
        loans = make(lender, account, segment, amount, drawn)
        term = loans["matures"] - day
        rest = np.maximum(5, (term * rng.random(account.size)).astype(np.int64))
        loans["matures"] = loans["due"] = day + rest
        loans["disbursed"] = day + rest - term
        months_paid = (term - rest) * 12 // 365
        loans["original"] += loans["instalment"] * months_paid
        _known_since(lender, loans)
        shares = (0.945, 0.04, 0.007, 0.005, 0.003)
        loans["loan_class"] = rng.choice(len(shares), account.size, p=shares)
        book.tell(What.BROUGHT_FORWARD, book.add(loans), day)
        book.has_borrowed[world.accounts.borrower[account]] = True
