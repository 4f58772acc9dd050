"""The state model holds on 1,000 seeds, with kills between any two rows and a new generation."""

import random

import pytest

from tests.simulation.state_model import Died, Disk, Event, Submission, Worker

LANES = 3


def events_of(rng: random.Random) -> list[Event]:
    events: list[Event] = []
    for number in range(40):
        borrower, quarter = rng.randrange(4), rng.randrange(5)
        fate = rng.random()
        if fate < 0.25:
            event = Event(
                f"e{number}", borrower, quarter, 0, rng.randrange(1, 10**6), rng.random() < 0.5
            )
        elif fate < 0.35 and events and events[-1].amount and not events[-1].reverses:
            last = events[-1]
            event = last._replace(
                event_id=f"e{number}", amount=-last.amount, reverses=last.event_id
            )
        elif fate < 0.42 and events:
            event = rng.choice(events)  # Its id once more.
        else:
            event = Event(f"e{number}", borrower, quarter, rng.choice([-30, 50, 70, 110]))
        events.append(event)
        if event.reverses and rng.random() < 0.4:  # A second reversal.
            events.append(event._replace(event_id=f"s{number}"))
    return events


def log_of(rng: random.Random, partitions: int) -> list[list[tuple[int, Submission]]]:
    """Submissions of a lane go to one partition; some come twice, some late, some never."""
    waiting: dict[int, list[Event]] = {lane: [] for lane in range(LANES)}
    seqs = dict.fromkeys(waiting, 0)
    arriving: list[tuple[float, Submission]] = []
    for number, event in enumerate(events_of(rng)):
        lane = event.borrower % LANES
        waiting[lane].append(event)
        if len(waiting[lane]) >= rng.randint(1, 4):
            seqs[lane] += 1
            submission = Submission(lane, seqs[lane], tuple(waiting[lane]))
            waiting[lane] = []
            if rng.random() < 0.05:
                continue
            arriving.append((number + rng.uniform(0, 4), submission))
            if rng.random() < 0.15:
                arriving.append((number + rng.uniform(0, 8), submission))
    log: list[list[tuple[int, Submission]]] = [[] for _ in range(partitions)]
    for _, submission in sorted(arriving, key=lambda row: row[0]):
        partition = log[submission.lane % partitions]
        partition.append((len(partition), submission))
    return log


def run(disk: Disk, log: list, generation: int, rng: random.Random) -> int:
    """Live and die until the log is read to its end; return the deaths."""
    deaths = 0
    while True:
        try:
            for partition, messages in enumerate(log):
                worker = Worker(disk, generation, partition)
                while worker.next_offset < len(messages):
                    start = worker.next_offset
                    worker.handle(messages[start : start + rng.randint(1, 6)])
        except Died:
            deaths += 1
        else:
            return deaths


def total(disk: Disk, generation: int, partitions: int) -> dict:
    """Totals over partitions; a row of zero is as good as none."""
    added: dict = {}
    for partition in range(partitions):
        for key, (_, change) in disk.read(generation, f"totals{partition}").items():
            added[key] = added.get(key, 0) + change
    return {key: change for key, change in added.items() if change}


def by_hand(log: list) -> dict:
    """What the totals must be: the events once each, profiles by order, balances by prefix sum."""
    seen_ids, reversed_ids, seqs = set(), set(), set()
    cells: dict = {}
    profiles: dict = {}
    for _, submission in (row for messages in log for row in messages):
        if (submission.lane, submission.seq) in seqs:
            continue
        seqs.add((submission.lane, submission.seq))
        for event in submission.events:
            if event.event_id in seen_ids or event.reverses in reversed_ids - {""}:
                seen_ids.add(event.event_id)
                continue
            seen_ids.add(event.event_id)
            reversed_ids.add(event.reverses)
            key = event.borrower, event.quarter
            if event.amount:
                cells[key] = cells.get(key, 0) + event.amount
            else:
                profiles[key] = max(profiles.get(key, (-1, False)), (event.order, event.is_small))
    added: dict = {}
    for who in range(4):
        before = {"all": 0, "small": 0}
        balance, is_small = 0, False
        for quarter in range(5):
            balance += cells.get((who, quarter), 0)
            is_small = profiles.get((who, quarter), (0, is_small))[1]
            for population, level in {"all": balance, "small": balance * is_small}.items():
                change = level - before[population]
                added[population, quarter] = added.get((population, quarter), 0) + change
                before[population] = level
    return {key: change for key, change in added.items() if change}


@pytest.mark.parametrize("hundred", range(10))
def test_a_hundred_seeds_of_deaths_change_no_total(hundred: int) -> None:
    deaths = 0
    for seed in range(hundred * 100, hundred * 100 + 100):
        rng = random.Random(seed)
        log = log_of(rng, 2)
        disk = Disk(rng, chance=0.03)
        deaths += run(disk, log, 0, rng)
        expected = by_hand(log)
        assert total(disk, 0, 2) == expected, seed
        # A new generation over another number of partitions; readers see it at one stroke.
        again = [[(n, s) for n, (_, s) in enumerate(row for messages in log for row in messages)]]
        deaths += run(disk, again, 1, rng)
        assert total(disk, 0, 2) == expected, seed
        assert total(disk, 1, 1) == expected, seed
    assert deaths > 100
