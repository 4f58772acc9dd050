"""Distinct borrowers for the pages: counted in the background, told with their version."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from litestar.testing import TestClient

import infra.distinct_counts as module
from infra.distinct_counts import DistinctCounts
from infra.reference_data import load_lpr
from infra.web.app import create_app
from infra.web.live import LiveView
from schemas.codes import Population
from schemas.events.bank_registered import BankRegistered
from schemas.quarter import Quarter
from streams.distinct_borrowers import DistinctBorrowers
from streams.evaluate import evaluate, read_snapshot
from streams.memory_store import MemoryStore
from tests.event_stories import submissions
from tests.identities import bank_id, firm_id
from tests.infra.web_client import client_of, live_with
from tests.job import run_job
from tests.schemas.decoding import draw

BANKS = (bank_id(1), bank_id(2))
BORROWERS = {BANKS[0]: (1, 2, 3), BANKS[1]: (3, 4)}  # One borrows from both.
QUARTER = "2021Q1"


def events() -> Iterator[Any]:
    for bank, borrowers in BORROWERS.items():
        yield BankRegistered(
            event_id=f"register-{bank}",
            bank_id=bank,
            occurred_on="2019-01-01",
            name_zh="示例银行",
            name_en="Example Bank",
            peer_group="rural",
            city="370100",
            is_qingdao=False,
        )
        # The last one, in April, says that the first quarter is complete.
        days = ["2021-03-15"] * len(borrowers) + ["2021-04-01"]
        for n, day in zip((*borrowers, 9), days, strict=True):
            loan = {"bank_id": bank, "borrower_id": firm_id(n), "loan_id": f"L{n}"}
            yield draw(**loan, event_id=f"draw-{bank}-{n}", occurred_on=day)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return run_job(submissions(list(events()), 1, 1, 1, 20))


def live_of(store: MemoryStore) -> LiveView:
    live = LiveView()
    live.publish(evaluate(read_snapshot(store), load_lpr()))
    return live


@pytest.fixture
def source(store: MemoryStore) -> Iterator[DistinctCounts]:
    counts = DistinctCounts(store, live_of(store), gap_s=0.3)
    counts.start()
    yield counts
    counts.stop()


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def client(source: DistinctCounts, live: LiveView) -> TestClient:
    app = create_app(live, token="t", is_synthetic=True, distinct=source)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def test_whoever_asks_first_is_answered_at_once_and_finds_the_count_later(
    store: MemoryStore, source: DistinctCounts
) -> None:
    live = source._live
    reader = client(source, live)
    address = f"/api/distinct?quarter={QUARTER}&population=all"

    first = reader.get(address).json()
    assert (first["state"], first["data_version"], first["rows"]) == ("counting", 0, [])
    assert wait_for(lambda: reader.get(address).json()["state"] == "current")

    told = reader.get(address).json()
    rows = {row["bank_id"]: row for row in told["rows"]}
    assert told["data_version"] == told["newest_data_version"] == live.current.results.data_version
    assert {row["basis"] for row in told["rows"]} == {told["basis"]} == {"ytd"}
    assert rows["region:province"]["borrower_count"] == 5
    assert rows["region:province"]["distinct_borrower_count"] == 4
    cli = DistinctBorrowers(store, 0)(BANKS, Population.ALL, Quarter.parse(QUARTER))
    assert cli == 4


def test_an_older_count_is_shown_with_its_version_until_the_new_one_is_there(
    source: DistinctCounts,
) -> None:
    assert wait_for(lambda: source.counted(1, QUARTER, "all").data_version > 0)
    version = source.counted(1, QUARTER, "all").data_version

    stale = source.counted(version + 1, QUARTER, "all")

    assert (stale.state, stale.data_version) == ("counting", version)
    assert stale.rows != []


def test_while_data_move_a_quarter_is_not_counted_more_often_than_once_a_gap(
    source: DistinctCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[float] = []
    count = module.read_counted
    monkeypatch.setattr(
        module, "read_counted", lambda *args: (starts.append(time.monotonic()), count(*args))[1]
    )

    deadline = time.monotonic() + 1.2
    while time.monotonic() < deadline:
        source.counted(10**9, QUARTER, "all")  # Always newer than what was counted.
        time.sleep(0.01)

    gaps = [b - a for a, b in pairwise(starts)]
    assert 2 <= len(starts) <= 5
    assert all(gap >= 0.3 for gap in gaps)


def test_a_count_that_fails_is_said_and_tried_again(
    source: DistinctCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_broken = threading.Event()
    is_broken.set()
    count = module.read_counted

    def read(*args: Any) -> Any:
        if is_broken.is_set():
            raise OSError("disk full")
        return count(*args)

    monkeypatch.setattr(module, "read_counted", read)
    version = source._live.current.results.data_version

    assert wait_for(lambda: source.counted(version, QUARTER, "all").state == "failed")
    is_broken.clear()
    assert wait_for(lambda: source.counted(version, QUARTER, "all").state == "current")


def test_a_server_that_counts_nothing_says_so() -> None:
    told = client_of(live_with()).get("/api/distinct").json()

    assert (told["state"], told["rows"], told["quarter"]) == ("off", [], "2021Q4")
