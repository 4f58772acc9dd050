"""How loans are made in the demo.

Those the story opens with, renewals, and as much new lending as it takes for each bank to grow
as its character says.
"""

from typing import NamedTuple

import numpy as np

from infra.demo.banks import LARGER, PERSONAL, SMALL
from infra.demo.borrowers import FEN_PER_YUAN
from infra.demo.calendar import Month
from infra.demo.event_rows import CREDIT_SUPPORT, DEFERRAL, FIRST_LOAN, RENEWAL, What
from infra.demo.loan_book import BILLS, FIXED, LOAN, QUARTERLY, YEARLY, LoanBook, Loans
from infra.demo.market import Market
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
BILL_DISCOUNT_MBP = -110_000
_FIRMS = (BORROWER_KINDS.index(Who.FIRM), BORROWER_KINDS.index(Who.OTHER_UNIT))
_OWNER, _FARMER = BORROWER_KINDS.index(Who.SMALL_MICRO_OWNER), BORROWER_KINDS.index(Who.FARMER)
_KIND = {kind: LOAN_KINDS.index(kind) for kind in Kind}
_CREDIT = GUARANTEE_KINDS.index(Guarantee.CREDIT)
_DEFERRAL_MONTHS = (Month(2020, 2), Month(2021, 12))
_SUPPORT_MONTHS = (Month(2020, 3), Month(2021, 12))


class Lender(NamedTuple):
    """All that making a loan takes."""

    book: LoanBook
    market: Market
    rng: np.random.Generator
    month: Month
    spread_mbp: Int64Array  # (banks,): of this year.

    def is_between(self, months: tuple[Month, Month]) -> bool:
        return months[0] <= self.month <= months[1]

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
    loans["balance"] = loans["cny"] = amount_minor
    loans["matures"] = day + term * 365 // 12
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
    return loans


def introduce(lender: Lender, account: Int64Array, day: Int64Array) -> None:
    """Tell who the borrowers are and what their credit lines are, where the bank has not yet."""
    book, rng = lender.book, lender.rng
    account, first = np.unique(account, return_index=True)
    is_new = ~book.is_known[account]
    account, day = account[is_new], day[first[is_new]]
    book.is_known[account] = True
    borrower = book.world.accounts.borrower[account]
    # A few profiles are taken down only a quarter later: those borrowers count in no population.
    known_day = day + np.where(rng.random(account.size) < 0.006, 92, 0)
    about = {"holding": book.holding[borrower], "size": book.size[borrower]}
    book.tell_account(What.PROFILED, account, known_day, **about)
    has_line = book.limit_minor[account] >= 0
    account, day = account[has_line], day[has_line]
    book.tell_account(What.LINE_SET, account, day, amount=book.limit_minor[account])


def disburse(lender: Lender, loans: Loans, day: Int64Array, marks: Int64Array) -> None:
    """Pay out ``loans``: into the book, and told with their marks."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    introduce(lender, loans["account"].astype(np.int64), day)
    borrower = world.accounts.borrower[loans["account"]]
    segment = int(loans["segment"][0]) if loans.size else SMALL
    guarantee = rng.choice(len(GUARANTEE_KINDS), loans.size, p=GUARANTEE_SHARES[segment])
    _, first = np.unique(borrower, return_index=True)
    is_first = np.zeros(loans.size, np.bool_)
    is_first[first] = ~book.has_borrowed[borrower[first]] & (segment != PERSONAL)
    book.has_borrowed[borrower] = True
    marks |= FIRST_LOAN * is_first
    if lender.is_between(_SUPPORT_MONTHS) and segment == SMALL:
        is_local = world.banks.is_local[loans["bank"]]
        is_helped = (guarantee == _CREDIT) & is_local & (rng.random(loans.size) < 0.35)
        marks |= CREDIT_SUPPORT * is_helped
    _in_dollars(lender, loans)
    loans = book.add(loans)
    book.tell(What.DISBURSED, loans, day, guarantee=guarantee, marks=marks)


def _in_dollars(lender: Lender, loans: Loans) -> None:
    """Turn a few loans of national banks to firms into dollar loans of the same value."""
    is_firm = loans["loan_kind"] == _KIND[Kind.CORPORATE]
    is_national = ~lender.book.world.banks.is_local[loans["bank"]]
    is_chosen = is_firm & is_national & (lender.rng.random(loans.size) < 0.03)
    fx = lender.market.fx_millionths(lender.month.first_day)
    place = np.flatnonzero(is_chosen)
    dollars = (loans["balance"][place] * 1_000_000 // (fx * 100_000)) * 100_000
    place, dollars = place[dollars > 0], dollars[dollars > 0]
    loans["is_usd"][place], loans["instalment"][place] = True, 0
    loans["balance"][place] = dollars
    loans["cny"][place] = dollars * fx // 1_000_000


def renew(lender: Lender, old: Loans) -> None:
    """Replace loans that ended by new ones on the same day, somewhat larger or smaller."""
    for segment in (SMALL, LARGER, PERSONAL):
        ended = old[old["segment"] == segment]
        day = ended["matures"].astype(np.int64)
        size = ended["cny"] * lender.rng.uniform(0.9, 1.12, ended.size)
        account = ended["account"].astype(np.int64)
        loans = make(lender, account, segment, round_minor(size), day)
        luck = lender.rng.random(ended.size)
        marks = RENEWAL * (luck < 0.5).astype(np.int64)
        if lender.is_between(_DEFERRAL_MONTHS):
            marks |= DEFERRAL * ((luck > 0.25) & (luck < 0.4))
        disburse(lender, loans, day, marks)


def draw_again(lender: Lender, old: Loans) -> None:
    """Let borrowers who have just repaid draw again some days later."""
    wait = lender.rng.integers(1, 11, old.size)
    again = old[old["matures"] + wait <= lender.month.last_day]
    wait = wait[old["matures"] + wait <= lender.month.last_day]
    for segment in (SMALL, LARGER, PERSONAL):
        is_of_segment = again["segment"] == segment
        ended = again[is_of_segment]
        day = ended["matures"].astype(np.int64) + wait[is_of_segment]
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

    Borrowers without a loan come first, so that growth brings new customers as well. Nobody
    draws more than the credit line leaves, unless that is not enough for the bank to grow.
    """
    rng, scale = lender.rng, lender.book.world.accounts.scale_yuan
    owed_minor = exposure_minor[pool]
    limit_minor = lender.book.limit_minor[pool]
    room = np.where(limit_minor < 0, np.inf, limit_minor - owed_minor)
    size = scale[pool] * rng.uniform(0.35, 1.1, pool.size) * FEN_PER_YUAN
    size = np.minimum(size, room)
    order = np.argsort(rng.random(pool.size) + 0.6 * (owed_minor > 0), kind="stable")
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


def grow(
    lender: Lender, pools: dict[tuple[int, int], Int64Array], target_minor: Int64Array
) -> None:
    """Lend until each bank has in each segment what it aims at by the end of the month."""
    book, rng = lender.book, lender.rng
    now_minor = book.outstanding_minor()
    exposure_minor = book.exposure_minor()
    for segment in (SMALL, LARGER, PERSONAL):
        accounts, amounts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for bank in range(target_minor.shape[0]):
            needed = int(target_minor[bank, segment] - now_minor[bank, segment])
            if needed >= DRAW_MIN_MINOR and pools[bank, segment].size:
                account, amount = draws_of(lender, pools[bank, segment], exposure_minor, needed)
                accounts.append(account)
                amounts.append(amount)
        account, amount = np.concatenate(accounts), np.concatenate(amounts)
        is_bought = rng.random(account.size) < 0.004
        day = draw_days(lender, account.size)
        loans = make(lender, account, segment, amount, day)
        disburse(lender, loans[~is_bought], day[~is_bought], np.zeros((~is_bought).sum(), np.int64))
        introduce(lender, account[is_bought], day[is_bought])
        book.tell(What.ACQUIRED, book.add(loans[is_bought]), day[is_bought])


def discount_bills(
    lender: Lender, pools: dict[tuple[int, int], Int64Array], target_minor: Int64Array
) -> None:
    """Discount bills of firms until each bank has the bill financing it aims at."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    now_minor = book.outstanding_minor()[:, BILLS]
    for bank in range(target_minor.size):
        pool = pools[bank, BILLS]
        needed = int(target_minor[bank] - now_minor[bank])
        if needed <= 0 or not pool.size:
            continue
        account = pool[
            rng.integers(0, pool.size, 1 + needed // (60_000_000 * FEN_PER_YUAN) * 40 + 40)
        ]
        size = world.accounts.scale_yuan[account] * rng.uniform(0.1, 0.5, account.size)
        amount = round_minor(size * FEN_PER_YUAN)
        account = account[: int(np.searchsorted(np.cumsum(amount), needed)) + 1]
        day = draw_days(lender, account.size)
        introduce(lender, account, day)
        loans = np.zeros(account.size, LOAN)
        loans["account"], loans["bank"], loans["segment"] = account, bank, BILLS
        loans["loan_kind"] = _KIND[Kind.BILL_FINANCING]
        loans["balance"] = loans["cny"] = amount[: account.size]
        loans["matures"] = day + rng.integers(90, 181, account.size)
        lpr = lender.market.lpr_mbp(day, loans["is_long"])
        noise = rng.normal(0, 25, account.size).astype(np.int64) * STEP_MBP
        loans["rate"] = np.maximum(lpr + BILL_DISCOUNT_MBP + noise, RATE_MIN_MBP)
        loans = book.add(loans)
        is_bought = rng.random(account.size) < 0.2
        book.tell(What.DISCOUNTED, loans[~is_bought], day[~is_bought])
        book.tell(What.REDISCOUNTED, loans[is_bought], day[is_bought])


def open_book(lender: Lender, pools: dict[tuple[int, int], Int64Array], day: int) -> None:
    """Bring forward the loans that are there when the banks begin to report."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    for segment in (SMALL, LARGER, PERSONAL):
        every = np.concatenate([pool for key, pool in pools.items() if key[1] == segment])
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
        loans["matures"] = day + np.maximum(5, (term * rng.random(account.size)).astype(np.int64))
        shares = (0.945, 0.04, 0.007, 0.005, 0.003)
        loans["loan_class"] = rng.choice(len(shares), account.size, p=shares)
        book.tell(What.BROUGHT_FORWARD, book.add(loans), day)
        book.has_borrowed[world.accounts.borrower[account]] = True
