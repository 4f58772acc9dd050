"""What is missing is named by bank, lane and number; a silent bank is silent, not at 0 % growth."""

from typing import Any

import pytest

from infra.answers import coverage_rows, growth_rows
from infra.gap_answers import gap_rows, silence_counts
from infra.reference_data import load_lpr
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from streams.evaluate import evaluate, read_snapshot
from tests.infra.web_client import client_of
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI


def rows_of(stored: StoredTotals, received: dict | None = None) -> list[dict[str, Any]]:
    stored.results()  # Writes what was told.
    snapshot = read_snapshot(stored.store)
    return gap_rows(snapshot, evaluate(snapshot, load_lpr()), received or {})


def states(stored: StoredTotals) -> dict[str, str]:
    return {row["bank_id"]: row["state"] for row in rows_of(stored)}


def test_missing_numbers_are_named_by_lane() -> None:
    stored = StoredTotals()
    stored.bank("A")
    seen = [[3, 4, "2021-11-30"], [7, 7, "2021-12-31"]]
    stored.lane(bank="A", lane=1, lanes=2, complete_to="", seen=seen)
    stored.lane(bank="A", lane=0, lanes=2, complete_to="2021-12-31", seen=[[1, 9, "2021-12-31"]])

    rows = rows_of(stored, {("A", 1): 1_640_966_399_000})

    told = [(row["lane"], row["seen"], row["missing"], row["missing_count"]) for row in rows]
    assert told == [(0, ["1-9"], [], 0), (1, ["3-4", "7"], ["1-2", "5-6"], 4)]
    assert [row["complete_to"] for row in rows] == ["2021-12-31", ""]
    assert [row["state"] for row in rows] == ["complete", "gaps"]
    assert [row["last_received_at"] for row in rows] == ["", "2021-12-31 23:59:59"]
    assert silence_counts(rows) == (0, 4)


def test_a_bank_is_complete_up_to_the_least_of_its_lanes() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31", lane=0, lanes=2)
    stored.bank("A", "2021-10-15", lane=1, lanes=2, is_registered=False)

    assert {row["bank_complete_to"] for row in rows_of(stored)} == {"2021-10-15"}


def test_a_lane_that_was_never_heard_of_keeps_the_bank_incomplete() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31", lane=0, lanes=3)

    rows = rows_of(stored)

    assert [(row["lane"], row["state"]) for row in rows] == [
        (0, "complete"),
        (1, "unheard"),
        (2, "unheard"),
    ]
    assert {row["bank_complete_to"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("complete_to", "is_silent"),
    [
        ("2021-11-12", False),  # As far as anybody.
        ("2021-10-01", False),  # Behind, and not silent: something of the quarter is there.
        ("2021-09-30", True),
        ("2021-03-31", True),
        ("", True),  # Registered, and never heard of.
    ],
)
def test_who_has_completed_nothing_of_the_newest_quarter_is_silent(
    complete_to: str, is_silent: bool
) -> None:
    stored = StoredTotals()
    stored.bank("newest", "2021-11-12")
    stored.bank("A", complete_to)

    assert (states(stored)["A"] == "silent") is is_silent
    assert silence_counts(rows_of(stored))[0] == int(is_silent)


def test_in_the_first_days_of_a_quarter_nobody_is_silent_yet() -> None:
    stored = StoredTotals()
    stored.bank("newest", "2022-01-05")
    stored.bank("A", "2021-12-31")

    assert states(stored)["A"] == "complete"


def test_a_bank_with_a_position_for_the_quarter_is_not_silent() -> None:
    stored = StoredTotals()
    stored.bank("newest", "2021-12-31")
    stored.bank("A")
    stored.position("A", "2021Q4", 5 * YI)

    assert states(stored)["A"] == "unheard"


def test_a_bank_that_is_closed_or_not_registered_is_not_called_silent() -> None:
    stored = StoredTotals()
    stored.bank("newest", "2021-12-31")
    stored.bank("closed", "2021-03-31", closed_on="2021-06-30")
    stored.bank("stray", "2021-03-31", is_registered=False)

    assert states(stored) == {"newest": "complete", "closed": "complete", "stray": "complete"}


def test_a_lane_in_quarantine_is_said_to_be() -> None:
    stored = StoredTotals()
    stored.bank("A")
    seen = [[1, 1, "2021-12-31"]]
    stored.lane(bank="A", lane=0, lanes=1, complete_to="2021-12-31", seen=seen, quarantined=True)

    (row,) = rows_of(stored)

    assert (row["state"], row["state_zh"], row["is_quarantined"]) == ("quarantined", "隔离中", True)


def silent_province() -> StoredTotals:
    """Two banks of which one fell silent after the third quarter, its balance still standing."""
    stored = StoredTotals()
    for bank, complete_to in (("A", "2021-12-31"), ("B", "2021-09-30")):
        stored.bank(bank, complete_to)
        stored.balance(bank, "2020Q4", 100 * YI, 60 * YI)
        stored.balance(bank, "2021Q3", 110 * YI, 66 * YI)
    stored.balance("A", "2021Q4", 120 * YI, 70 * YI)
    return stored


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("population", [Population.ALL, Population.INCLUSIVE])
def test_a_silent_bank_has_no_growth_and_is_not_at_zero(
    basis: Basis, population: Population
) -> None:
    results = silent_province().results()

    rows = growth_rows(results, quarter=Quarter(2021, 4), population=population, basis=basis)

    (silent,) = [row for row in rows if row["bank_id"] == "B"]
    assert (silent["growth_percent"], silent["latest_minor"]) == ("", "")
    assert (silent["status"], silent["status_zh"]) == ("not_reported", "未报送")
    covered = coverage_rows(results, quarter=Quarter(2021, 4), population=population)
    assert {row["bank_id"]: row["is_present"] for row in covered if row["kind"] == "bank"} == {
        "A": True,
        "B": False,
    }


def test_the_pages_are_told_the_same_of_a_silent_bank() -> None:
    from infra.web.live import LiveView

    live = LiveView()
    live.publish(silent_province().results())
    reader = client_of(live)

    for route in ("growth", "history"):
        rows = reader.get(f"/api/{route}?bank=B&quarter=2021Q4&basis=qoq").json()["rows"]
        newest = rows[-1]
        assert (newest["quarter"], newest["growth_percent"]) == ("2021Q4", "")
        assert newest["status"] == "not_reported"
    (covered,) = reader.get("/api/coverage?bank=B&quarter=2021Q4").json()["rows"]
    assert (covered["is_present"], covered["complete_to"]) == (False, "2021-09-30")
    overview = reader.get("/api/overview?quarter=2021Q4").json()["rows"][0]
    assert overview["bank_not_reported_count"] == 1
