"""A province of a few small banks, told loan by loan, with the time at which each was received."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.event import Event
from schemas.message import Draft, draft_of
from streams.as_of import SHANGHAI
from tests.event_stories import reversal_of
from tests.identities import bank_id, firm_id
from tests.story_teller import TYPES

YI = 10**10  # Fen in 1 亿元.
BANKS = tuple(bank_id(n) for n in range(1, 6))
FIRMS = tuple(firm_id(500 + n) for n in range(1, 6))
PAPER = 4  # The bank that sends positions and no loans.


OTHER_FIRMS = 59


class SetClock:
    """A clock that stands where it was set; days are those of Shanghai."""

    def __init__(self, day: str = "2022-01-10") -> None:
        self.set(day)

    def set(self, day: str, hour: int = 12) -> None:
        noon = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), SHANGHAI)
        self.ms = round(noon.timestamp() * 1000)

    def now_ms(self) -> int:
        return self.ms


def told(name: str, type_name: str, bank: int, day: str, **fields: Any) -> Event:
    head = {"event_id": f"told-province-{name}", "bank_id": BANKS[bank], "occurred_on": day}
    return TYPES[type_name](**(head | fields))


def loan(name: str, bank: int, day: str, amount_minor: int, rate_mbp: int = 450_000) -> Event:
    """New lending to the bank's one firm."""
    return told(
        name, "loan_disbursed", bank, day, **_money(name, bank, amount_minor, rate_mbp),
        guarantee_kind="credit", matures_on="2023-12-20",
    )  # fmt: skip


def profile(name: str, bank: int, day: str, size: str = "micro", revision: int = 0) -> Event:
    return told(
        name, "borrower_profiled", bank, day, borrower_id=FIRMS[bank], borrower_kind="firm",
        holding="private", firm_size=size, industry="C13", city="370100", revision=revision,
    )  # fmt: skip


def position(name: str, bank: int, quarter: str, balance_minor: int, **fields: Any) -> Event:
    day = {"2020Q4": "2020-12-31", "2021Q4": "2021-12-31"}[quarter]
    asked = {"quarter": quarter, "balance_minor": balance_minor}
    return told(name, "position_reported", bank, day, **asked, **fields)


def undone(event: Event, name: str) -> Event:
    return reversal_of(event, f"told-province-{name}", "2022-01-15")


def registered(bank: int) -> Event:
    return told(
        f"bank-{bank}", "bank_registered", bank, "2019-01-01", name_zh=f"示例{bank}银行",
        name_en=f"Example Bank {bank}", peer_group="rural", city="370100", is_qingdao=False,
    )  # fmt: skip


def opening(bank: int) -> list[Event]:
    """A bank with 100 亿元 at the end of 2020, which then grew by 5 percent and one a number."""
    before = _money(f"old-{bank}", bank, 40 * YI, 500_000)
    others = [event for n in range(OTHER_FIRMS) for event in _other_firm(bank, n)]
    return [
        *others,
        registered(bank),
        profile(f"profile-{bank}", bank, "2019-12-31"),
        told(f"old-{bank}", "balance_brought_forward", bank, "2019-12-31", **before),
        loan(f"past-{bank}", bank, "2020-10-15", YI, 480_000),
        loan(f"new-{bank}", bank, "2021-11-15", (5 + bank) * YI, 450_000 - 1_000 * bank),
    ]


def sent(events: Sequence[Event], bank: int, seq: int, complete_to: str = "2021-12-31") -> Draft:
    value = b"\n".join(msgspec.json.encode(event) for event in events)
    to = dt.date.fromisoformat(complete_to)
    return draft_of(value, bank_id=BANKS[bank], seq=seq, complete_to=to)


def openings() -> list[Draft]:
    """Everything but the bank of positions."""
    return [sent(opening(bank), bank, 1) for bank in range(PAPER)]


def paper(latest_minor: int) -> list[Event]:
    """The bank of positions, with 100 亿元 at the end of 2020."""
    private = {"population": "private", "borrower_count": 99}
    return [
        registered(PAPER),
        position("paper-2020", PAPER, "2020Q4", 100 * YI, **private),
        position("paper-2021", PAPER, "2021Q4", latest_minor, **private),
    ]


def _other_firm(bank: int, number: int) -> list[Event]:
    """One of many, so that the bank's base is none that is too small for a growth."""
    firm = {"borrower_id": firm_id(1_000 + 100 * bank + number)}
    name = f"{bank}-{number}"
    known = msgspec.structs.replace(profile(f"firm-{name}", bank, "2019-12-31"), **firm)
    lent = _money(f"firm-{name}", bank, YI, 500_000) | firm
    return [known, told(f"lent-{name}", "balance_brought_forward", bank, "2019-12-31", **lent)]


def _money(name: str, bank: int, amount_minor: int, rate_mbp: int) -> dict[str, Any]:
    return {
        "loan_id": f"L-{name}",
        "borrower_id": FIRMS[bank],
        "loan_kind": "corporate",
        "amount_minor": amount_minor,
        "currency": "CNY",
        "rate_mbp": rate_mbp,
        "loan_class": "FQ01",
    }
