"""The board of a quarter: a stored run with the grades before it, and the runs to choose from."""

from typing import Any

import msgspec

from infra.grade_answers import grade_rows, run_facts
from infra.requests import Request
from infra.verb import Access, Context, Verb
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_RUNS
from schemas.methodology import Grading
from schemas.quarter import Quarter
from streams.grading_run import read_methodology, read_run, run_with_methodology
from streams.ports import Store
from streams.published import newest_published, published_runs


class BoardRequest(Request, frozen=True, kw_only=True):
    """Which run. Without an id: the newest official one of the quarter, by this methodology."""

    quarter: str = ""
    run_id: str = ""
    methodology: str = ""


def board(context: Context, asked: BoardRequest) -> dict[str, Any]:
    """Return the run's rows, its levels, and what else there is of its quarter.

    Raises LookupError where ``run_id`` names no run, or more than one.
    """
    store = context.node.store
    shown: GradingRun | None
    if asked.run_id:
        shown, _ = run_with_methodology(store, asked.run_id)
    else:
        shown = _official(store, asked.quarter, asked.methodology)
    if shown is None:
        return {"quarter": asked.quarter, "run": {}, "runs": [], "levels": [], "rows": []}
    grading = _grading_of(store, shown)
    quarter = Quarter.parse(shown.quarter)
    # By the same methodology where there is one: grades by another are not the same grades.
    before = _official(store, str(quarter.minus(1)), shown.methodology)
    return {
        "quarter": shown.quarter,
        "run": run_facts(shown),
        "runs": [
            run_facts(run) | {"graded_at_ms": at_ms} for at_ms, run in _runs_of(store, str(quarter))
        ],
        "levels": [_level(grading, place) for place in range(len(grading.levels))]
        if grading
        else [],
        "rows": grade_rows(shown, grading=grading, before=before),
    }


def _runs_of(store: Store, quarter: str) -> list[tuple[int, GradingRun]]:
    """Return the runs of a quarter, newest first."""
    rows = store.read(
        GRADING_RUNS, {"quarter": quarter}, columns=("run_id", "graded_at_ms", "body")
    )
    columns = (rows["graded_at_ms"].tolist(), rows["run_id"].to_list(), rows["body"].to_list())
    made = sorted(zip(*columns, strict=True), reverse=True)
    return [(at_ms, msgspec.json.decode(body, type=GradingRun)) for at_ms, _, body in made]


def _official(store: Store, quarter: str, methodology: str) -> GradingRun | None:
    """Return what was published last for ``quarter``, else the newest run."""
    published = newest_published(published_runs(store)).get(quarter)
    if published is not None:
        run = read_run(store, published.run_id)
        if run is not None and methodology in {"", run.methodology}:
            return run
    return _newest(_runs_of(store, quarter), methodology)


def _newest(runs: list[tuple[int, GradingRun]], methodology: str) -> GradingRun | None:
    """Return the newest run; one that supposes nothing and knows all before any other."""
    named = [run for _, run in runs if methodology in ("", run.methodology)]
    official = [run for run in named if not (run.is_what_if or run.as_of)]
    return next(iter([*official, *named]), None)


def _grading_of(store: Store, run: GradingRun) -> Grading | None:
    methodology = read_methodology(store, run.methodology_hash)
    return methodology.grading if methodology else None


def _level(grading: Grading, place: int) -> dict[str, Any]:
    level = grading.levels[place]
    points_min = "" if level.points_min is None else str(level.points_min)
    return {
        "name": level.name,
        "zh": level.zh,
        "en": level.en,
        "points_min": points_min,
        "is_bound_included": grading.is_bound_included,
    }


VERBS = {"board": Verb(BoardRequest, board, Access.READ)}
