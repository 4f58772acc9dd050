"""What was known by the end of a day: late events, profiles and corrections, before and after."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from infra.grading import RunDiffersError, check_run, grade_quarter
from infra.operations import Operations
from infra.replaying import ReplayRequest, replay
from infra.wiring import Node
from processors.grading.table import Cell
from schemas.codes import Status
from schemas.event import Event
from schemas.grading import GradingRun, IndicatorGrade
from schemas.grading_tables import GRADING_RUNS
from schemas.message import RELEASE, control_of, draft_of
from schemas.quarter import Quarter
from schemas.table import Table
from schemas.tables import TOTALS
from streams.as_of import read_as_of
from streams.grading_run import TotalsDifferError
from streams.ports import Rows
from tests.told_province import (
    BANKS,
    PAPER,
    YI,
    SetClock,
    loan,
    openings,
    paper,
    position,
    profile,
    sent,
    undone,
)

Q4 = Quarter(2021, 4)
GROWTH = "private_growth_ytd"


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2022-01-10")


@pytest.fixture
def node(tmp_path: Path, clock: SetClock) -> Iterator[Node]:
    with Node(tmp_path / "data", clock=clock, future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        yield node


def later(node: Node, clock: SetClock, events: Sequence[Event], seq: int = 2) -> None:
    clock.set("2022-01-20")
    node.ingest.take_drafts([sent(events, 0, seq)])


def figure(run: GradingRun, name: str = GROWTH, bank: int = 0) -> IndicatorGrade:
    (found,) = [one for one in run.banks if one.bank_id == BANKS[bank]]
    return next(one for one in found.indicators if one.name == name)


def run_count(node: Node) -> int:
    return len(node.store.read(GRADING_RUNS, columns=("run_id",))["run_id"].to_list())


def test_as_of_a_day_after_which_nothing_came_the_run_is_the_plain_one(node: Node) -> None:
    plain = grade_quarter(node, Q4)

    assert grade_quarter(node, Q4, as_of="2022-01-10") == plain
    assert [figure(plain, bank=n).value for n in range(4)] == ["5.0", "6.0", "7.0", "8.0"]
    assert {one.source for bank in plain.banks for one in bank.indicators} == {"loan_level"}
    assert run_count(node) == 1


def test_a_late_loan_is_in_the_run_of_today_and_not_in_that_as_of_the_day_before(
    node: Node, clock: SetClock
) -> None:
    before = grade_quarter(node, Q4)
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)])
    after = grade_quarter(node, Q4)

    assert (figure(before).value, figure(after).value) == ("5.0", "9.0")
    for as_of in ("2022-01-10", "2022-01-19", "2022-01-20T11:59:59+08:00"):
        assert grade_quarter(node, Q4, as_of=as_of).run_id == before.run_id
    clock.set("2022-01-21")
    for as_of in ("2022-01-20", "2022-01-20T12:00:01+08:00", "2022-01-20T04:00:01+00:00"):
        assert grade_quarter(node, Q4, as_of=as_of).run_id == after.run_id


def test_a_run_as_of_a_past_day_that_nobody_made_then_is_made_now_and_says_so(
    node: Node, clock: SetClock
) -> None:
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)])

    then = grade_quarter(node, Q4, as_of="2022-01-19")

    assert (figure(then).value, then.as_of) == ("5.0", "2022-01-19")
    assert then.data_version == 4


def test_a_late_profile_changes_whose_loans_they_are_only_from_then_on(
    node: Node, clock: SetClock
) -> None:
    later(node, clock, [profile("grown", 0, "2021-10-01", "medium", revision=1)])
    then, now = (grade_quarter(node, Q4, as_of=day) for day in ("2022-01-19", "2022-01-20"))

    # 100 at the start; 46 of 105 are now with a firm of medium size, no small one.
    assert (figure(then, "small_micro_growth_ytd").value) == "5.0"
    assert (figure(now, "small_micro_growth_ytd").inputs["latest_minor"]) == 59 * YI
    assert figure(now).value == figure(then).value == "5.0"


def test_an_event_that_was_taken_back_later_still_counts_as_of_the_day_before(
    node: Node, clock: SetClock
) -> None:
    wrong = loan("new-0", 0, "2021-11-15", 5 * YI, 450_000)
    later(node, clock, [undone(wrong, "undoing"), loan("right", 0, "2021-11-15", 3 * YI)])
    then, now = (grade_quarter(node, Q4, as_of=day) for day in ("2022-01-19", "2022-01-20"))

    assert (figure(then).value, figure(now).value) == ("5.0", "3.0")


def test_a_corrected_position_is_as_it_was_told_by_the_day(node: Node, clock: SetClock) -> None:
    private = {"population": "private", "borrower_count": 99}
    corrected = position("again", PAPER, "2021Q4", 130 * YI, **private, revision=1)
    node.ingest.take_drafts([sent(paper(120 * YI), PAPER, 1)])
    clock.set("2022-01-20")
    node.ingest.take_drafts([sent([corrected], PAPER, 2)])

    then, now = (grade_quarter(node, Q4, as_of=day) for day in ("2022-01-19", "2022-01-20"))

    told = [(figure(run, bank=PAPER).value, figure(run, bank=PAPER).source) for run in (then, now)]
    assert told == [("20.0", "position"), ("30.0", "position")]


def test_as_of_a_day_before_anything_came_names_the_first_one(node: Node) -> None:
    with pytest.raises(ValueError, match=r"as of 2022-01-09 .* first message came on 2022-01-10"):
        grade_quarter(node, Q4, as_of="2022-01-09")
    assert run_count(node) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2022-01-11", "that is still to come, expected 2022-01-10 or earlier"),
        ("2022-13-01", "expected a day such as 2022-01-20"),
        ("2022-01-10T10:00:00", "a moment with its zone"),
        ("soon", "expected a day"),
        ("9999-12-31", "expected"),
    ],
)
def test_a_day_that_is_none_or_not_yet_over_the_horizon_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_as_of(text, now_ms=SetClock("2022-01-10").now_ms())


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    clock = SetClock("2022-01-10")
    clock.set("2022-01-11", hour=0)

    assert read_as_of("2022-01-10", now_ms=clock.ms).before_ms == clock.ms


def test_what_came_after_a_gap_counts_as_of_then_as_it_did_live(
    node: Node, clock: SetClock
) -> None:
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)], seq=3)  # Seq 2 never came.
    clock.set("2022-01-21")
    node.ingest.take_drafts([sent([loan("last", 0, "2021-12-30", YI)], 0, 4)])

    assert figure(grade_quarter(node, Q4, as_of="2022-01-20")).value == "9.0"
    assert figure(grade_quarter(node, Q4)).value == "10.0"


def test_after_a_replay_into_another_generation_the_runs_are_the_same(
    node: Node, clock: SetClock
) -> None:
    before = grade_quarter(node, Q4)
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)])
    after = grade_quarter(node, Q4)
    replay(node, ReplayRequest(is_shown=True))

    assert node.generation == 1
    assert grade_quarter(node, Q4, as_of="2022-01-19").run_id == before.run_id
    assert grade_quarter(node, Q4, as_of="2022-01-20").run_id == after.run_id


def test_a_lane_that_was_kept_out_by_then_is_kept_out_as_of_then(
    node: Node, clock: SetClock
) -> None:
    wrong = [b'{"type":"nonsense"}'] * 2_000
    value = b"\n".join(wrong)
    node.ingest.take_drafts([draft_of(value, bank_id=BANKS[0], seq=2, complete_to=None)])
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)], seq=3)
    clock.set("2022-01-25")
    node.ingest.send([control_of(RELEASE, bank_id=BANKS[0], lane=0)])
    clock.set("2022-01-26")
    node.ingest.take_drafts([sent([loan("after", 0, "2021-12-30", 2 * YI)], 0, 4)])

    values = [
        figure(grade_quarter(node, Q4, as_of=f"2022-01-{day}")).value for day in (10, 20, 25, 26)
    ]

    assert values == ["5.0", "5.0", "5.0", "7.0"]


def test_figures_are_shown_as_of_a_day_too(node: Node, clock: SetClock) -> None:
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)])
    asked = {"quarter": "2021Q4", "population": "private"}
    operations = Operations(node)

    def growth(**more: str) -> str:
        rows = operations.run("growth", asked | more)["rows"]
        return next(row["growth_percent"] for row in rows if row["bank_id"] == BANKS[0])

    assert (growth(), growth(as_of="2022-01-20"), growth(as_of="2022-01-19")) == (
        "9.0",
        "9.0",
        "5.0",
    )
    for verb in ("rates", "bridge", "coverage"):
        assert operations.run(verb, asked | {"as_of": "2022-01-19"})["as_of"] == "2022-01-19"
    with pytest.raises(ValueError, match="leave --distinct or --as-of out"):
        operations.run("growth", asked | {"as_of": "2022-01-19", "is_distinct": True})


def test_a_run_that_stored_data_still_give_may_be_published(node: Node, clock: SetClock) -> None:
    run = grade_quarter(node, Q4)
    check_run(node, run)
    later(node, clock, [loan("late", 0, "2021-12-30", 4 * YI)])

    check_run(node, run, as_of="2022-01-10")
    with pytest.raises(RunDiffersError, match=r"2021Q4: the stored data \(all .* Nothing was pub"):
        check_run(node, run)


def test_totals_that_differ_from_the_events_stop_a_run_and_its_publication(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = grade_quarter(node, Q4)
    read = type(node.store).read

    def off_by_one(store: object, table: Table, *args: object, **more: object) -> Rows:
        rows = read(store, table, *args, **more)  # type: ignore[arg-type]
        if table is TOTALS and "disbursed_minor" in rows:
            rows["disbursed_minor"] = rows["disbursed_minor"] + (rows["disbursed_minor"] != 0)
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(type(node.store), "read", off_by_one)
        with pytest.raises(TotalsDifferError, match="Nothing was graded"):
            grade_quarter(node, Q4, as_of="2022-01-10")
        with pytest.raises(TotalsDifferError):
            check_run(node, run)
    check_run(node, run)


def test_a_run_with_a_value_by_hand_is_checked_with_that_value(node: Node) -> None:
    given = {(GROWTH, BANKS[0]): Cell(Fraction(12), Status.OK, "conferred")}
    run = grade_quarter(node, Q4, given=given)

    assert (figure(run).value, figure(run).source) == ("12.0", "conferred")
    check_run(node, run, given=given)
