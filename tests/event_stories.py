"""Random but seeded events of every kind, as banks might send them, good and odd.

For the simulation: balances mostly stay positive but need not, events come late, come twice,
are reversed before they arrive, or twice. Everything here passes the checks, so that what a
test finds is the arithmetic's fault. Same seed, same events.
"""

import datetime as dt
import functools
import random
import zlib
from collections.abc import Callable, Sequence

import msgspec

from schemas.event import Event
from schemas.event_types import EVENT_TYPES
from schemas.message import Draft, draft_of, lane_of
from schemas.quarter import Quarter
from tests.story_teller import TYPES, Teller

# Quarters at which a definition changes, with holes between them that no event fills.
QUARTERS = ("2018Q4", "2019Q1", "2019Q3", "2019Q4", "2020Q1", "2023Q4", "2024Q1", "2024Q2")
DECODER = msgspec.json.Decoder(type=functools.reduce(lambda a, b: a | b, EVENT_TYPES))
# How often each kind comes up; what is not named comes up once.
WEIGHTS = {
    "loan_disbursed": 24, "loan_repaid": 16, "balance_brought_forward": 6, "borrower_profiled": 12,
    "credit_line_set": 10, "loan_reclassified": 6, "loan_repriced": 5, "balance_revalued": 4,
    "bill_discounted": 5, "bill_recovered": 5, "loan_acquired": 3, "loan_refinanced": 3,
    "loan_written_off": 3, "bill_rediscounted": 3, "position_reported": 2, "bank_registered": 2,
    "reversal": 0,
}  # fmt: skip


def body_of(event: Event) -> Event:
    """The event that a reversal carries; any other event itself."""
    body = getattr(event, "body", None)
    return event if body is None else DECODER.decode(body)


def borrower_of(event: Event) -> str:
    return getattr(body_of(event), "borrower_id", "")


def reversal_of(event: Event, event_id: str, occurred_on: str) -> Event:
    return TYPES["reversal"](
        event_id=event_id,
        bank_id=event.bank_id,
        occurred_on=occurred_on,
        body=msgspec.Raw(msgspec.json.encode(event)),
    )


def random_events(
    seed: int,
    count: int,
    banks: int = 3,
    borrowers: int = 12,
    quarters: Sequence[str] = QUARTERS,
) -> list[Event]:
    """About ``count`` events (a few more) in the order in which they arrive.

    From about 150 on, every kind of event is among them.
    """
    teller = Teller(seed, banks, borrowers, quarters)
    rng = teller.rng
    names = [name for name in TYPES if name != "reversal"]
    told = [*names, *rng.choices(names, [WEIGHTS.get(name, 1) for name in names], k=count)]
    told = told[: int(count * 0.9)] if count >= 50 else told[-count:]
    rng.shuffle(told)
    spans = [(q.first_day, (q.last_day - q.first_day).days) for q in teller.quarters]
    days = sorted(
        first + dt.timedelta(days=rng.randint(0, length))
        for first, length in rng.choices(spans, k=len(told))
    )
    arrivals: list[tuple[float, int, Event]] = []  # (when, tie, event)

    def arrive(when: float, event: Event) -> None:
        arrivals.append((when, len(arrivals), event))

    for number, (name, day) in enumerate(zip(told, days, strict=True)):
        event = teller.event(name, day)
        late = rng.uniform(0, len(told)) if rng.random() < 0.12 else 0.0
        arrive(number + late, event)
        if rng.random() < 0.05:  # The same event once more.
            arrive(number + late + rng.uniform(0, 60), event)
        if event.IS_REVERSIBLE and rng.random() < 0.08:
            when = number + late + rng.uniform(-20, 60)  # Before 0: earlier than its event.
            arrive(when, reversal_of(event, teller.next_id(), "2024-06-28"))
            if rng.random() < 0.25:
                again = reversal_of(event, teller.next_id(), "2024-06-30")
                arrive(when + rng.uniform(0, 60), again)
    return [event for _, _, event in sorted(arrivals, key=lambda row: row[:2])]


def submissions(
    events: Sequence[Event],
    seed: int = 0,
    lanes: int = 2,
    partitions: int = 3,
    events_per_submission: int = 7,
    encode: Callable[[Sequence[Event]], bytes] = lambda events: b"\n".join(
        msgspec.json.encode(event) for event in events
    ),
) -> list[Draft]:
    """Deal ``events`` to the lanes of their banks; within a lane they keep their order.

    Every lane of every bank is heard of at least once, if only by an empty submission, and
    ``complete_to`` never falls.
    """
    rng = random.Random(seed)
    banks = sorted({event.bank_id for event in events})
    waiting: dict[tuple[str, int], list[Event]] = {(b, n): [] for b in banks for n in range(lanes)}
    seqs = dict.fromkeys(waiting, 0)
    complete_to = dict.fromkeys(waiting, dt.date(2018, 9, 30))
    drafts: list[Draft] = []

    def send(key: tuple[str, int]) -> None:
        batch, waiting[key] = waiting[key], []
        days = [Quarter.of_date(dt.date.fromisoformat(e.occurred_on[:7] + "-01")) for e in batch]
        ends = [quarter.minus(1).last_day for quarter in days]
        complete_to[key] = max([complete_to[key], *ends])
        seqs[key] += 1
        drafts.append(
            draft_of(
                encode(batch),
                bank_id=key[0],
                seq=seqs[key],
                complete_to=complete_to[key],
                lane=key[1],
                lanes=lanes,
                partition=zlib.crc32(f"{key[0]}/{key[1]}".encode()) % partitions,
            )
        )

    for event in events:
        key = (event.bank_id, lane_of(borrower_of(event), lanes))
        waiting[key].append(event)
        if len(waiting[key]) >= rng.randint(1, events_per_submission):
            send(key)
    for key, left in list(waiting.items()):
        if left or not seqs[key]:
            send(key)
    return drafts
