"""Three months of five loans of one bank, and of an owner with two, worked by hand.

Small enough to follow with a pencil. All amounts here are in yuan and rates in percent, as
text, so that a banker can compare them with the table in tests/golden/five_loans.txt.

    loan 1  brought forward, then part repaid
    loan 2  in US dollars, revalued at the year's end
    loan 3  repriced, then part repaid; its borrower's credit line is over 10 million
    loan 4  brought forward, goes bad, is written off in part
    loan 5  sent with a wrong amount, reversed, sent again
    owner   a small-business owner with a mortgage of 2 million and an operating loan of 0.3
            million: only the latter is an inclusive loan
"""

import datetime as dt
from typing import Any

import msgspec

from schemas.event import Event
from schemas.message import Draft, draft_of
from tests.event_stories import reversal_of
from tests.identities import bank_id, firm_id, person_id
from tests.story_teller import TYPES

BANK = bank_id(1)
FIRM_1, FIRM_2, FIRM_3, FIRM_4, FIRM_5 = (firm_id(number) for number in range(101, 106))
OWNER = person_id(106)


def fen(yuan: str) -> int:
    whole, _, cents = yuan.replace(",", "").partition(".")
    return int(whole + (cents or "00"))


def mbp(percent: str) -> int:
    """4.35 → 435_000."""
    return fen(percent) * 1_000


def event(event_id: str, type_name: str, day: str, **fields: Any) -> Event:
    """Fields named in yuan or percent become fen and thousandths of a basis point."""
    for name in [name for name in fields if name.endswith("_yuan")]:
        fields[name.removesuffix("_yuan") + "_minor"] = fen(fields.pop(name))
    for name in [name for name in fields if name.endswith("_percent")]:
        fields[name.removesuffix("_percent") + "_mbp"] = mbp(fields.pop(name))
    head = {"event_id": f"five-loans-2021-{event_id}", "bank_id": BANK, "occurred_on": day}
    return TYPES[type_name](**head, **fields)


def known(number: int, borrower: str, kind: str, size: str, line_yuan: str) -> list[Event]:
    """A borrower's profile and credit line at this bank, as of the end of September."""
    is_firm = kind == "firm"
    return [
        event(
            f"profile-{number}", "borrower_profiled", "2021-09-30", borrower_id=borrower,
            borrower_kind=kind, firm_size=size, city="370100",
            holding="private" if is_firm else "not_applicable",
            industry="C13" if is_firm else "100",
        ),
        event(
            f"line-{number}", "credit_line_set", "2021-09-30", borrower_id=borrower,
            limit_cny_minor=fen(line_yuan),
        ),
    ]  # fmt: skip


def loan(number: int, borrower: str, kind: str = "corporate") -> dict[str, Any]:
    return {"borrower_id": borrower, "loan_id": f"LOAN-{number}", "loan_kind": kind}


LOAN_1, LOAN_2, LOAN_3, LOAN_4, LOAN_5 = (
    loan(number, firm_id(100 + number)) for number in range(1, 6)
)
MORTGAGE, OPERATING = loan(6, OWNER, "personal_other"), loan(7, OWNER, "personal_business")
WRONG = event(
    "loan-5-wrong", "loan_disbursed", "2021-11-05", **LOAN_5, amount_yuan="800,000.00",
    rate_percent="5.00", loan_class="FQ01", matures_on="2022-11-04", guarantee_kind="credit",
)  # fmt: skip

OPENING = [
    event(
        "bank-registration", "bank_registered", "2021-09-30", name_zh="甲农商银行",
        name_en="Rural Bank A", peer_group="rural", city="370100", is_qingdao=False,
    ),
    *known(1, FIRM_1, "firm", "micro", "8,000,000.00"),
    *known(2, FIRM_2, "firm", "small", "9,500,000.00"),
    *known(3, FIRM_3, "firm", "small", "12,000,000.00"),  # Over 10 million: not inclusive.
    *known(4, FIRM_4, "firm", "micro", "3,000,000.00"),
    *known(5, FIRM_5, "firm", "micro", "10,000,000.00"),  # On the line: the central bank's < is not met.
    *known(6, OWNER, "small_micro_owner", "not_applicable", "2,300,000.00"),
    event(
        "loan-1-opening", "balance_brought_forward", "2021-09-30", **LOAN_1,
        amount_yuan="5,000,000.00", rate_percent="4.35", loan_class="FQ01",
    ),
    event(
        "loan-4-opening", "balance_brought_forward", "2021-09-30", **LOAN_4,
        amount_yuan="900,000.00", rate_percent="5.22", loan_class="FQ02",
    ),
]  # fmt: skip

OCTOBER = [
    event(  # 500,000.00 dollars at 6.4450
        "loan-2-drawn", "loan_disbursed", "2021-10-11", **LOAN_2, amount_yuan="500,000.00",
        currency="USD", amount_cny_minor=fen("3,222,500.00"), rate_percent="3.00",
        loan_class="FQ01", matures_on="2022-10-10", guarantee_kind="pledge",
    ),
    event(
        "loan-3-drawn", "loan_disbursed", "2021-10-15", **LOAN_3, amount_yuan="6,000,000.00",
        rate_percent="4.85", loan_class="FQ01", matures_on="2023-10-14",
        guarantee_kind="mortgage", use_industry="C131",
    ),
    event(
        "loan-1-repaid", "loan_repaid", "2021-10-20", **LOAN_1, amount_yuan="1,200,000.00",
        rate_percent="4.35", loan_class="FQ01",
    ),
    event(
        "mortgage-drawn", "loan_disbursed", "2021-10-28", **MORTGAGE, amount_yuan="2,000,000.00",
        rate_percent="4.90", loan_class="FQ01", matures_on="2046-10-27",
        guarantee_kind="mortgage",
    ),
]  # fmt: skip

NOVEMBER = [
    event(
        "operating-drawn", "loan_disbursed", "2021-11-01", **OPERATING, amount_yuan="300,000.00",
        rate_percent="5.00", loan_class="FQ01", matures_on="2022-10-31", guarantee_kind="credit",
        is_first_loan=True,
    ),
    WRONG,
    reversal_of(WRONG, "five-loans-2021-loan-5-reversed", "2021-11-08"),
    event(
        "loan-5-drawn", "loan_disbursed", "2021-11-05", **LOAN_5, amount_yuan="880,000.00",
        rate_percent="5.00", loan_class="FQ01", matures_on="2022-11-04", guarantee_kind="credit",
    ),
    event(
        "loan-3-repriced", "loan_repriced", "2021-11-22", **LOAN_3, balance_yuan="6,000,000.00",
        old_rate_mbp=mbp("4.85"), rate_percent="4.60",
    ),
    event(
        "loan-4-gone-bad", "loan_reclassified", "2021-11-30", **LOAN_4,
        balance_yuan="900,000.00", old_loan_class="FQ02", loan_class="FQ04",
    ),
]  # fmt: skip

DECEMBER = [
    event(
        "loan-3-repaid", "loan_repaid", "2021-12-10", **LOAN_3, amount_yuan="1,000,000.00",
        rate_percent="4.60", loan_class="FQ01",
    ),
    event(
        "loan-4-written-off", "loan_written_off", "2021-12-20", **LOAN_4,
        amount_yuan="400,000.00", rate_percent="5.22", loan_class="FQ04",
    ),
    event(  # To 6.3757: 3,187,850.00 − 3,222,500.00
        "loan-2-revalued", "balance_revalued", "2021-12-31", **LOAN_2, currency="USD",
        change_cny_minor=-fen("34,650.00"), exchange_rate_millionths=6_375_700,
        rate_percent="3.00", loan_class="FQ01",
    ),
]  # fmt: skip

MONTHS = (
    (dt.date(2021, 9, 30), OPENING),
    (dt.date(2021, 10, 31), OCTOBER),
    (dt.date(2021, 11, 30), NOVEMBER),
    (dt.date(2021, 12, 31), DECEMBER),
)
EVENTS = [event for _, events in MONTHS for event in events]


def drafts() -> list[Draft]:
    """One submission a month, complete to its last day."""
    return [
        draft_of(
            b"\n".join(msgspec.json.encode(event) for event in events),
            bank_id=BANK,
            seq=seq,
            complete_to=complete_to,
        )
        for seq, (complete_to, events) in enumerate(MONTHS, 1)
    ]
