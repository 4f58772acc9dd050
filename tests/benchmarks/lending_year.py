"""A million lending events for the benchmark: 200 banks, 100,000 borrowers, eight quarters.

In order of the business date, as banks report, two in a hundred late by up to a year. Every
borrower who is told of has a profile and a credit line before the first loan.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

from stdnum.cn import uscc

from schemas.event import Event
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.loan_disbursed import LoanDisbursed
from schemas.events.loan_repaid import LoanRepaid
from schemas.events.loan_repriced import LoanRepriced
from schemas.events.loan_written_off import LoanWrittenOff

FIRST_DAY, DAYS = dt.date(2020, 1, 1), 731
GUARANTEES = ("pledge", "mortgage", "guarantee", "credit", "combined")


def _uscc(prefix: str, number: int) -> str:
    body = f"{prefix}{number:09d}"[:17]
    return body + uscc.calc_check_digit(body)


def ids(prefix: str, count: int) -> list[str]:
    return [_uscc(prefix, number) for number in range(count)]


def events(
    count: int, *, banks: int = 200, borrowers: int = 100_000, days: int = DAYS, seed: int = 1
) -> Iterator[Event]:
    """Yield ``count`` events in the order in which they arrive, spread over ``days``."""
    rng = random.Random(seed)
    bank_ids = ids("91370000", banks)
    borrower_ids = ids("91370100", borrowers)
    dates = [(FIRST_DAY + dt.timedelta(days=day)).isoformat() for day in range(DAYS + 3660)]
    home: dict[int, str] = {}
    told = 0
    while told < count:
        day = min(days - 1, told * days // count)
        if rng.random() < 0.02:
            day = max(0, day - rng.randrange(30, 366))
        borrower = rng.randrange(borrowers)
        for event in _told(rng, told, dates, day, bank_ids, borrower_ids, borrower, home):
            yield event
            told += 1
            if told == count:
                return


def _told(
    rng: random.Random,
    number: int,
    dates: Sequence[str],
    day: int,
    bank_ids: Sequence[str],
    borrower_ids: Sequence[str],
    borrower: int,
    home: dict[int, str],
) -> Iterator[Event]:
    who = {"borrower_id": borrower_ids[borrower], "occurred_on": dates[day]}
    if borrower not in home:
        home[borrower] = rng.choice(bank_ids)
        if borrower % 2 == 0:  # Half of the borrowers are told of, the others stay unprofiled.
            yield BorrowerProfiled(
                event_id=f"{number:030d}P",
                bank_id=home[borrower],
                borrower_kind="firm",
                holding=rng.choice(("private", "state")),
                firm_size=rng.choice(("medium", "small", "micro")),
                industry="C39",
                city="370100",
                **who,
            )
            yield CreditLineSet(
                event_id=f"{number:030d}L",
                bank_id=home[borrower],
                limit_cny_minor=rng.randrange(10**7, 3 * 10**9),
                **who,
            )
    loan = {
        **who,
        "event_id": f"{number:031d}",
        "bank_id": home[borrower],
        "loan_id": f"XJ{number:010d}",
        "loan_kind": "corporate",
    }
    kind = rng.random()
    amount, rate = rng.randrange(10**6, 10**9), rng.randrange(300_000, 700_000)
    if kind < 0.45:
        yield LoanDisbursed(
            **loan,
            amount_minor=amount,
            rate_mbp=rate,
            loan_class="FQ01",
            matures_on=dates[day + rng.choice((180, 365, 1096, 2920))],
            guarantee_kind=rng.choice(GUARANTEES),
            is_first_loan=rng.random() < 0.02,
        )
    elif kind < 0.85:
        yield LoanRepaid(**loan, amount_minor=amount // 2, rate_mbp=rate, loan_class="FQ01")
    elif kind < 0.97:
        yield LoanRepriced(**loan, balance_minor=amount, old_rate_mbp=rate, rate_mbp=rate - 5_000)
    else:
        yield LoanWrittenOff(**loan, amount_minor=amount // 20, rate_mbp=rate, loan_class="FQ05")
