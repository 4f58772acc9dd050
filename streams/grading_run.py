"""A quarterly grading: checked against the stored events, stored once, never changed.

The live totals are not trusted: where a recomputation from the stored events is handed in,
it must give the same totals, or nothing is graded and the first difference is named.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from processors.grading.measuring import Given
from processors.grading.run import grade
from processors.lpr import LprTable
from processors.measure import PublishedBalances
from processors.panel import FirstDifference, TotalRows, first_difference
from schemas.codes import POPULATIONS
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_RUNS, METHODOLOGIES
from schemas.methodology import Methodology, methodology_json
from schemas.quarter import Quarter
from schemas.results import Results
from streams.evaluate import Snapshot, evaluate, read_snapshot, rows_of_totals
from streams.ports import Clock, Store

Recompute = Callable[[Snapshot], Mapping[str, Any]]
"""From a snapshot's generation and vector to the rows of totals that its events give."""


class Beside(NamedTuple):
    """What a run stands on beside the live totals."""

    as_of: str = ""  # Known by then; empty: all that has come in.
    results_then: Callable[[], Results] | None = None  # The figures of then; None: those of now.
    given: Given | None = None  # Cells entered by hand.
    published: PublishedBalances | None = None  # Balances that earlier runs published.


class TotalsDifferError(RuntimeError):
    """The live totals are not what the stored events give."""

    def __init__(self, found: FirstDifference, snapshot: Snapshot) -> None:
        self.vector = snapshot.vector
        population = POPULATIONS[found.population_place].value
        super().__init__(
            f"bank {found.bank_id}, {population}, {found.quarter}, tag {found.tag}: "
            f"{found.measure} is {found.live} in the live totals and {found.recomputed} when "
            "computed again from the stored events (generation "
            f"{snapshot.generation}, {found.row_count} rows differ). Nothing was graded; rebuild "
            "the totals into a new generation, then grade again"
        )


def run_grading(
    store: Store,
    lpr: LprTable,
    methodology: Methodology,
    quarter: Quarter,
    clock: Clock,
    *,
    recompute: Recompute | None = None,
    beside: Beside | None = None,
) -> GradingRun:
    """Grade ``quarter`` and store the run; the same input gives the run that is already there.

    Raises TotalsDifferError when ``recompute`` gives other totals than the live ones,
    MethodologyError or ValueError when the quarter cannot be graded.
    """
    run = make_run(store, lpr, methodology, quarter, recompute=recompute, beside=beside)
    return store_run(store, run, methodology, clock)


def make_run(
    store: Store,
    lpr: LprTable,
    methodology: Methodology,
    quarter: Quarter,
    *,
    recompute: Recompute | None = None,
    beside: Beside | None = None,
) -> GradingRun:
    """Grade ``quarter`` and store nothing. Errors: those of ``run_grading``."""
    snapshot = read_snapshot(store)
    if recompute is not None:
        again = rows_of_totals(recompute(snapshot))
        found = compare(snapshot, again)
        if found is not None:
            raise TotalsDifferError(found, snapshot)
    known = beside or Beside()
    results = known.results_then() if known.results_then else evaluate(snapshot, lpr)
    return grade(
        results,
        methodology,
        quarter,
        given=known.given,
        published=known.published,
        as_of=known.as_of,
    )


def compare(snapshot: Snapshot, again: tuple[TotalRows, tuple[str, ...]]) -> FirstDifference | None:
    """Return the first difference between live and recomputed totals, None when they agree."""
    rows, bank_ids = again
    return first_difference(snapshot.rows, snapshot.bank_ids, rows, bank_ids)


def store_run(store: Store, run: GradingRun, methodology: Methodology, clock: Clock) -> GradingRun:
    """Store ``run`` and its methodology unless they are there, and return what is stored."""
    stored = read_run(store, run.run_id)
    if stored is not None:
        return stored
    now_ms = clock.now_ms()
    # First: a run whose methodology is not there could not be explained.
    store.insert(
        METHODOLOGIES,
        {
            "methodology_hash": [run.methodology_hash],
            "name": [methodology.name],
            "number": np.array([methodology.version], np.int64),
            "body": [methodology_json(methodology).decode()],
            "version": np.array([1], np.int64),
        },
    )
    store.insert(
        GRADING_RUNS,
        {
            "run_id": [run.run_id],
            "quarter": [run.quarter],
            "methodology": [run.methodology],
            "methodology_hash": [run.methodology_hash],
            "input_digest": [run.input_digest],
            "formula_version": [run.formula_version],
            "graded_at_ms": np.array([now_ms], np.int64),
            "body": [msgspec.json.encode(run).decode()],
            "version": np.array([now_ms], np.int64),
        },
    )
    return run


def read_run(store: Store, run_id: str) -> GradingRun | None:
    """Return the stored run of this id, None where there is none."""
    bodies = store.read(GRADING_RUNS, {"run_id": run_id}, columns=("body",))["body"].to_list()
    return msgspec.json.decode(bodies[0], type=GradingRun) if bodies else None


def read_methodology(store: Store, methodology_hashed: str) -> Methodology | None:
    """Return the methodology of this hash as a run used it, None where no run did."""
    equal: dict[str, int | str] = {"methodology_hash": methodology_hashed}
    bodies = store.read(METHODOLOGIES, equal, columns=("body",))["body"].to_list()
    return msgspec.json.decode(bodies[0], type=Methodology) if bodies else None


def run_with_methodology(store: Store, run_id: str) -> tuple[GradingRun, Methodology]:
    """Return a stored run and what it was graded by; raise LookupError where either is missing.

    The first characters of the id are enough where they name one run.
    """
    run = read_run(store, _whole_id(store, run_id))
    assert run is not None
    methodology = read_methodology(store, run.methodology_hash)
    if methodology is None:
        raise LookupError(
            f"run {run_id}: its methodology {run.methodology_hash[:12]}… is not stored; grade the "
            "quarter again"
        )
    return run, methodology


def _whole_id(store: Store, run_id: str) -> str:
    known: list[str] = store.read(GRADING_RUNS, columns=("run_id",))["run_id"].to_list()
    found = [one for one in known if one.startswith(run_id)]
    if len(found) != 1 or not run_id:
        raise LookupError(
            f"run {run_id!r}: {len(found)} runs have an id that begins so, expected one; "
            "see puhui runs list"
        )
    return found[0]


def newest_run(store: Store, quarter: Quarter, methodology: str | None = None) -> GradingRun | None:
    """Return the run of ``quarter`` that was made last, None where there is none."""
    equal: dict[str, int | str] = {"quarter": str(quarter)}
    if methodology is not None:
        equal["methodology"] = methodology
    rows = store.read(GRADING_RUNS, equal, columns=("run_id", "graded_at_ms", "body"))
    columns = (rows["graded_at_ms"].tolist(), rows["run_id"].to_list(), rows["body"].to_list())
    made = list(zip(*columns, strict=True))
    return msgspec.json.decode(max(made)[2], type=GradingRun) if made else None
