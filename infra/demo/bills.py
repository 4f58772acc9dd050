"""How banks of the demo discount bills of firms."""

import numpy as np

from infra.demo.borrowers import FEN_PER_YUAN
from infra.demo.event_rows import What
from infra.demo.loan_book import (
    BANK_BILL,
    BILL_DAYS,
    BILLS,
    BOUGHT,
    DIRECT,
    LOAN,
    TRADE_BILL,
    Loans,
)
from infra.demo.new_loans import (
    RATE_MIN_MBP,
    STEP_MBP,
    Lender,
    draw_days,
    introduce,
    round_minor,
)
from schemas.codes import BORROWER_KINDS, LOAN_KINDS, BorrowerKind, LoanKind
from schemas.units import Int64Array

DISCOUNT_MBP = -110_000  # Over the LPR.
TRADE_BILL_RATIO = 0.2
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)
_BILL_FINANCING = LOAN_KINDS.index(LoanKind.BILL_FINANCING)


def discount_bills(lender: Lender, target_minor: Int64Array) -> None:
    """Discount bills of firms until each bank has the bill financing it aims at."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    now_minor = book.outstanding_minor()[:, BILLS]
    for bank in range(target_minor.size):
        pool = lender.pool(bank, BILLS)
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
        loans["loan_kind"] = _BILL_FINANCING
        loans["original"] = loans["balance"] = loans["cny"] = amount[: account.size]
        loans["disbursed"] = day
        loans["matures"] = loans["due"] = day + rng.integers(90, BILL_DAYS + 1, account.size)
        lpr = lender.market.lpr_mbp(day, loans["is_long"])
        noise = rng.normal(0, 25, account.size).astype(np.int64) * STEP_MBP
        loans["rate"] = np.maximum(lpr + DISCOUNT_MBP + noise, RATE_MIN_MBP)
        is_bought = rng.random(account.size) < 0.2
        loans["discount"] = np.where(is_bought, BOUGHT, DIRECT)
        _draw_and_accept(lender, loans)
        loans = book.add(loans)
        book.tell(What.DISCOUNTED, loans[~is_bought], day[~is_bought])
        book.tell(What.REDISCOUNTED, loans[is_bought], day[is_bought])


def _draw_and_accept(lender: Lender, bills: Loans) -> None:
    """Say who drew each bill and who accepted it: another firm, and a bank or that firm."""
    rng, world = lender.rng, lender.book.world
    firms = np.flatnonzero(world.borrowers.kind == _FIRM)
    drawer = firms[rng.integers(0, firms.size, bills.size)]
    is_trade = rng.random(bills.size) < TRADE_BILL_RATIO
    bills["drawer"] = drawer
    bills["bill_kind"] = np.where(is_trade, TRADE_BILL, BANK_BILL)
    bank = rng.integers(0, len(world.banks.banks), bills.size)
    bills["acceptor"] = np.where(is_trade, drawer, bank)
