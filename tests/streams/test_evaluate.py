import numpy as np
import pytest

from infra.answers import coverage_rows, growth_rows, overview
from infra.reference_data import load_lpr, load_methodology
from processors.exact import join
from schemas.codes import Basis, Population
from schemas.grading_tables import GRADING_RUNS
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import population_place
from schemas.tables import POINTERS, TOTALS
from streams.evaluate import evaluate, read_snapshot
from streams.grading_run import (
    TotalsDifferError,
    newest_run,
    run_grading,
    run_with_methodology,
)
from streams.memory_store import MemoryStore
from tests.processors.test_grading import add, eight
from tests.stored_totals import FEN_PER_YI, StoredTotals, limbs

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)
INCLUSIVE = population_place(Population.INCLUSIVE)


class FakeClock:
    def __init__(self, ms: int = 1_640_000_000_000) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


def test_an_empty_store_gives_results_without_quarters() -> None:
    results = evaluate(read_snapshot(MemoryStore()), load_lpr())

    assert (results.quarters, results.banks, results.latest_quarter) == ([], (), None)
    for basis in Basis:
        asked = {"quarter": Q4, "population": Population.INCLUSIVE, "basis": basis}
        assert growth_rows(results, **asked) == []
    assert overview(results, quarter=Q4)["alerts"] == []


def test_registered_banks_without_a_single_event_are_shown_as_not_reported() -> None:
    stored = StoredTotals()
    stored.bank("A")
    stored.bank("B", "2021-12-31")

    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)

    assert [row["status"] for row in rows[:2]] == ["not_reported", "not_reported"]


def test_partitions_add_up_and_the_versions_of_their_markers_are_the_vector() -> None:
    one, two = StoredTotals(partition=0), StoredTotals(partition=3)
    two.store = one.store
    one.bank("A", "2021-12-31", lane=0, lanes=2)
    two.bank("A", "2021-12-31", lane=1, lanes=2, is_registered=False)
    amount, rate = 10**15 + 999_999, 434_567
    for part in (one, two):
        hi, lo = limbs(amount, rate)
        part.balance("A", "2021Q3", amount, 60)
        for population in (Population.ALL, Population.INCLUSIVE):
            sums = {"balance_rate_change_hi": hi, "balance_rate_change_lo": lo}
            part.total("A", "2021Q3", population, **sums)
        part.write()

    results = one.results()

    at = (0, INCLUSIVE, results.quarter_place(Q4))
    totals = results.totals
    assert results.vector == {0: 7, 3: 7}
    assert results.data_version == 14
    assert int(totals.balance_minor[at]) == 2 * amount
    assert join(totals.balance_rate_hi[at], totals.balance_rate_lo[at]) == 2 * amount * rate
    assert bool(results.presence.loan_level[0, at[2]])


def test_readers_see_the_generation_of_the_pointer_only() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q3", YI, 60)
    store = stored.write()
    pointer = {"name": ["generation"], "value": np.array([1]), "version": np.array([1])}
    store.insert(POINTERS, pointer)

    snapshot = read_snapshot(store)

    assert (snapshot.generation, snapshot.bank_ids, snapshot.rows.tag.size) == (1, (), 0)


def test_a_balance_before_the_first_complete_quarter_counts_in_the_level() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    for quarter in ("1998Q2", "2010Q1", "2021Q4"):
        stored.balance("A", quarter, YI, 60)

    results = stored.results()

    assert str(results.quarters[0]) == "1998Q2"
    assert int(results.totals.balance_minor[0, INCLUSIVE, results.quarter_place(Q4)]) == 3 * YI


def test_the_rules_speak_in_both_languages() -> None:
    stored = StoredTotals()
    stored.bank("A", "2022-01-31")
    stored.balance("A", "2021Q1", 200 * YI, 60)
    stored.balance("A", "2021Q3", -10 * YI)
    stored.balance("A", "2021Q4", -19 * YI)
    stored.bank("late", "2021-11-30")
    stored.balance("late", "2021Q1", 200 * YI, 60)

    alerts = {row["rule"]: row for row in overview(stored.results(), quarter=Q4)["alerts"]}

    assert alerts["growth_slump"]["message_zh"] == (
        "A银行：普惠型小微企业贷款连续2个季度下降，2021Q4环比-10.0%。"
    )
    assert alerts["growth_slump"]["key"] == "growth_slump/A/inclusive/2021Q4"
    assert alerts["late_report"]["bank_id"] == "late"
    assert alerts["late_report"]["message_en"] == (
        "Bank late: 2021Q4 is not complete, the bank is at 2021-11-30; the most advanced bank "
        "is at 2022-01-31."
    )


def test_one_weak_quarter_or_one_without_a_figure_is_no_slump() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q2", 200 * YI, 60)
    stored.balance("A", "2021Q4", -19 * YI)

    assert overview(stored.results(), quarter=Q4)["alerts"] == []


def test_a_bank_that_owes_a_quarter_nobody_has_left_behind_is_not_late() -> None:
    stored = StoredTotals()
    stored.bank("A", "2022-01-05")  # Three working days after the quarter's end.
    stored.bank("B", "2021-12-30")
    for bank_id in "AB":
        stored.balance(bank_id, "2021Q1", 200 * YI, 60)

    assert overview(stored.results(), quarter=Q4)["alerts"] == []


def test_a_grading_is_stored_once_and_the_same_input_gives_the_stored_run() -> None:
    store, clock, rule = eight().write(), FakeClock(), load_methodology()

    first = run_grading(store, load_lpr(), rule, Q4, clock)
    made_at = store.read(GRADING_RUNS)["graded_at_ms"].tolist()
    second = run_grading(store, load_lpr(), rule, Q4, clock)

    assert first == second
    assert store.read(GRADING_RUNS)["graded_at_ms"].tolist() == made_at
    assert newest_run(store, Q4) == first
    assert newest_run(store, Quarter(2021, 3)) is None


def test_a_correction_is_another_run_and_the_first_one_stays() -> None:
    stored, clock, rule = eight(), FakeClock(), load_methodology()
    first = run_grading(stored.write(), load_lpr(), rule, Q4, clock)
    stored.total("B0", "2021Q4", Population.PRIVATE, balance_change_minor=YI)

    second = run_grading(stored.write(), load_lpr(), rule, Q4, clock)

    assert second.run_id != first.run_id
    assert store_ids(stored.store) == {first.run_id, second.run_id}
    assert newest_run(stored.store, Q4, rule.name) == second


def store_ids(store: MemoryStore) -> set[str]:
    return set(store.read(GRADING_RUNS)["run_id"].to_list())


def test_a_recomputation_that_agrees_lets_the_grading_pass() -> None:
    store = eight().write()
    # In other partitions and another order, as a recomputation may have it.
    again = StoredTotals(partition=5, store=MemoryStore())
    fill = eight()
    again._rows = dict(reversed(fill._rows.items()))
    recomputed = again.write().read(TOTALS)

    run = run_grading(
        store, load_lpr(), load_methodology(), Q4, FakeClock(), recompute=lambda _: recomputed
    )

    assert len(run.banks) == 8


@pytest.mark.parametrize("is_row_missing", [False, True])
def test_totals_that_differ_from_the_events_stop_the_grading_and_name_the_first(
    is_row_missing: bool,
) -> None:
    store = eight().write()
    other = eight()
    key = ("B3", "private", Q4.ordinal - FIRST_ORDINAL, 0)
    live = other._rows[key]["disbursed_minor"]
    other._rows[key]["disbursed_minor"] += 1
    other.total("B7", "2021Q4", Population.PRIVATE, repaid_minor=5)
    if is_row_missing:
        del other._rows[key]
    recomputed = other.write().read(TOTALS)

    with pytest.raises(TotalsDifferError) as caught:
        run_grading(
            store, load_lpr(), load_methodology(), Q4, FakeClock(), recompute=lambda _: recomputed
        )

    text = str(caught.value)
    assert "bank B3, private, 2021Q4, tag 0: " in text
    if not is_row_missing:
        assert f"disbursed_minor is {live} in the live totals and {live + 1} when" in text
        assert "2 rows differ" in text
    assert store.row_count(GRADING_RUNS) == 0


def test_limbs_that_carry_differently_are_the_same_total() -> None:
    one, two = eight(), eight()
    one.total("B0", "2021Q4", Population.PRIVATE, disbursed_rate_lo=10**6)
    two.total("B0", "2021Q4", Population.PRIVATE, disbursed_rate_hi=1)
    recomputed = two.write().read(TOTALS)

    first = run_grading(
        one.write(), load_lpr(), load_methodology(), Q4, FakeClock(), recompute=lambda _: recomputed
    )
    second = run_grading(two.store, load_lpr(), load_methodology(), Q4, FakeClock())

    assert first.run_id == second.run_id


def test_every_bank_population_and_quarter_has_its_place() -> None:
    stored = StoredTotals()
    for n in range(20):
        add(stored, f"B{n:03}", n, 400_000 + n, city=f"370{n % 3 + 1}00")

    results = stored.results()
    rows = coverage_rows(results, quarter=Q4, population=Population.PRIVATE)

    assert results.totals.balance_minor.shape == (20, len(Population), 13)
    assert sum(row["kind"] == "bank" for row in rows) == 20
    assert {row["coverage_percent"] for row in rows if row["kind"] == "aggregate"} == {"100.00"}


def test_the_sender_of_a_published_total_is_no_bank() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", 5 * YI, 60)
    stored.published("rural", "2021Q4", 7 * YI)
    stored.lane(bank="rural", lane=0, lanes=1, seen=[[1, 1, ""]], complete_to="")

    results = stored.results()

    assert [bank.bank_id for bank in results.banks] == ["A"]
    rows = growth_rows(results, quarter=Q4, population=Population.INCLUSIVE)
    assert [row["kind"] for row in rows if row["bank_id"] == "rural"] == ["published"]


@pytest.mark.parametrize(
    ("complete_to", "is_to_date"), [("2021-12-31", False), ("2021-11-30", True)]
)
def test_a_grading_of_a_quarter_that_is_not_over_says_so(
    complete_to: str, is_to_date: bool
) -> None:
    stored = eight()
    for entry in stored._lanes:
        entry |= {"complete_to": complete_to, "seen": [[1, 1, complete_to]]}
    run = run_grading(stored.write(), load_lpr(), load_methodology(), Q4, FakeClock())
    assert run.is_to_date is is_to_date
    assert len(run.banks) == 8


def test_a_run_is_kept_with_the_methodology_it_used() -> None:
    store, rule = eight().write(), load_methodology()
    run = run_grading(store, load_lpr(), rule, Q4, FakeClock())

    assert run_with_methodology(store, run.run_id[:12]) == (run, rule)
    with pytest.raises(LookupError, match="0 runs have an id"):
        run_with_methodology(store, "no such run")
