"""Verbs about grading runs: make one, look at them, compare them, suppose something."""

from infra.answers import grade_rows
from infra.grading import beside_of, grade_quarter
from infra.intake.receipt import shanghai_text
from infra.reference_data import (
    DEFAULT_METHODOLOGY,
    load_methodology,
    methodology_names,
    methodology_of,
)
from infra.requests import GradeRequest
from infra.run_answers import (
    comparison_rows,
    history_rows,
    matrix_rows,
    run_rows,
    transition_rows,
)
from infra.run_requests import (
    CompareRequest,
    HistoryRequest,
    MethodsRequest,
    RunRequest,
    RunsRequest,
    WhatIfRequest,
)
from infra.store_node import StoreNode
from infra.supposed_file import supposed_of
from infra.verb import Access, Answer, Context, Verb
from processors.grading.comparison import BankMove, Cause, Graded, compare_runs
from processors.grading.run import grade as grade_results
from processors.grading.supposing import NOT_OFFICIAL, what_if
from schemas.grading import GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from schemas.results import Results
from streams.as_of import read_as_of
from streams.grading_run import run_with_methodology
from streams.late_events import Arrived, arrived_between, first_events
from streams.run_list import grade_history, graded_at_ms, list_runs, named_run_id, versions_of

_BANKS_WITH_EVENTS_MAX = 20  # Of a comparison of all banks; of one bank they are always listed.


def grade(context: Context, asked: GradeRequest) -> Answer:
    """Grade a quarter and store the run; the same data gives the run that is there."""
    quarter = Quarter.parse(asked.quarter)
    run = grade_quarter(context.node, quarter, asked.methodology, as_of=asked.as_of)
    return run_head(run) | {"as_of": asked.as_of, "rows": grade_rows(run)}


def suppose(context: Context, asked: WhatIfRequest) -> Answer:
    """Grade again with something supposed, beside what it was; store nothing."""
    base = _base(context, asked)
    run, methodology = what_if(base.run, base.methodology, supposed_of(asked.supposed))
    moves = compare_runs(base, Graded(run, methodology))
    notice = {"notice_zh": NOT_OFFICIAL.zh, "notice_en": NOT_OFFICIAL.en}
    mark = {"is_what_if": True} | notice
    return (
        run_head(run)
        | notice
        | {
            "base_run_id": base.run.run_id,
            "supposed_zh": run.supposed_zh,
            "supposed_en": run.supposed_en,
            "rows": [row | mark for row in grade_rows(run)],
            "changes": [row | mark for row in comparison_rows(moves)],
            "transitions": transition_rows(moves, base, Graded(run, methodology)),
        }
    )


def runs_list(context: Context, asked: RunsRequest) -> Answer:
    """List the stored runs, newest first."""
    quarter = Quarter.parse(asked.quarter) if asked.quarter else None
    return {"quarter": asked.quarter, "rows": run_rows(list_runs(context.node.store, quarter))}


def runs_show(context: Context, asked: RunRequest) -> Answer:
    """Show one stored run with all that went into it."""
    store = context.node.store
    found = _stored(context.node, asked.run_id)
    run = found.run
    made_at_ms = graded_at_ms(store, run.run_id)
    return run_head(run) | {
        "methodology_hash": run.methodology_hash,
        "methodology_zh": run.label_zh,
        "methodology_en": run.label_en,
        "input_digest": run.input_digest,
        "formula_version": run.formula_version,
        "data_version": run.data_version,
        "graded_at": shanghai_text(made_at_ms),
        "graded_at_ms": made_at_ms,
        "published_versions": list(versions_of(store, run.run_id)),
        "rows": grade_rows(run),
    }


def runs_compare(context: Context, asked: CompareRequest) -> Answer:
    """Say of every bank what moved between two stored runs, and why."""
    node = context.node
    before, after = _stored(node, asked.before), _stored(node, asked.after)
    answer = _compared(before, after, asked.bank_id)
    spans = sorted(_known_by_ms(node, one.run) for one in (before, after))
    arrived = arrived_between(node.store, node.generation, *spans)
    is_late_told = before.run.quarter == after.run.quarter
    shown = 0
    for row in answer["rows"]:
        came = arrived.get(row["bank_id"], Arrived(0, {})) if is_late_told else Arrived(0, {})
        row["late_event_count"] = came.event_count
        row["late_events"] = []
        by_data = Cause.DATA in {cause["name"] for cause in row["causes"]}
        if came.event_count and by_data and shown < _BANKS_WITH_EVENTS_MAX:
            row["late_events"] = first_events(node.store, node.generation, came)
            shown += 1
    return answer


def methods_compare(context: Context, asked: MethodsRequest) -> Answer:
    """Grade one quarter by two methodologies, as the figures stand; store nothing."""
    quarter = Quarter.parse(asked.quarter)
    before, after = (
        _graded_now(context, quarter, _methodology(name, text))
        for name, text in (
            (asked.methodology, asked.methodology_text),
            (asked.other, asked.other_text),
        )
    )
    return _compared(before, after)


def history(context: Context, asked: HistoryRequest) -> Answer:
    """Show a bank's grades by quarter: of what was published last, else of the newest run."""
    rows = history_rows(grade_history(context.node.store, asked.bank_id))
    if not rows:
        raise ValueError(
            f"bank {asked.bank_id!r}: no run grades it, expected a bank_id of puhui runs show RUN"
        )
    return {"bank_id": asked.bank_id, "rows": rows}


def run_head(run: GradingRun) -> Answer:
    """Return what an answer about a run says before its rows."""
    return {
        "run_id": run.run_id,
        "quarter": run.quarter,
        "methodology": run.methodology,
        "methodology_version": run.methodology_version,
        "is_illustrative": run.is_illustrative,
        "is_to_date": run.is_to_date,
        "is_what_if": run.is_what_if,
        "as_of": run.as_of,
    }


def _compared(before: Graded, after: Graded, bank_id: str = "") -> Answer:
    moves = compare_runs(before, after)
    chosen = [move for move in moves if bank_id in {"", move.bank.bank_id}]
    if not chosen:
        raise ValueError(
            f"bank {bank_id!r}: neither run grades it, expected a bank_id such as "
            f"{', '.join(move.bank.bank_id for move in moves[:3]) or 'none'}"
        )
    return {
        "before": run_head(before.run),
        "after": run_head(after.run),
        "is_other_method": before.run.methodology_hash != after.run.methodology_hash,
        "is_same_run": before.run.run_id == after.run.run_id,
        "bank_count": len(moves),
        "moved_count": sum(move.has_moved for move in moves),
        "grade_moved_count": sum(_is_grade_moved(move) for move in moves),
        "transitions": transition_rows(moves, before, after),
        "matrix": matrix_rows(moves, before, after),
        "rows": comparison_rows(chosen),
    }


def _is_grade_moved(move: BankMove) -> bool:
    grades = [one.grade if one else "" for one in (move.before, move.after)]
    return grades[0] != grades[1]


def _stored(node: StoreNode, run_id: str) -> Graded:
    try:
        return Graded(*run_with_methodology(node.store, named_run_id(node.store, run_id)))
    except LookupError as error:
        # The web takes a LookupError for a verb that is not there.
        raise ValueError(str(error.args[0])) from error


def _base(context: Context, asked: WhatIfRequest) -> Graded:
    if bool(asked.run_id) == bool(asked.quarter):
        raise ValueError(
            "what-if: expected either run_id or quarter, of which something is supposed"
        )
    if asked.run_id:
        return _stored(context.node, asked.run_id)
    methodology = _methodology(asked.methodology, asked.methodology_text)
    return _graded_now(context, Quarter.parse(asked.quarter), methodology, as_of=asked.as_of)


def _graded_now(
    context: Context, quarter: Quarter, methodology: Methodology, *, as_of: str = ""
) -> Graded:
    beside = beside_of(context.node, quarter, methodology, as_of=as_of)
    results: Results = beside.results_then() if beside.results_then else context.results()
    run = grade_results(
        results, methodology, quarter, given=beside.given, published=beside.published, as_of=as_of
    )
    return Graded(run, methodology)


def _methodology(name: str, text: str) -> Methodology:
    """Return a methodology that comes with puhui, or what was handed in; never a file of ours."""
    if text:
        return methodology_of(text.encode(), "handed in")
    wanted = name or DEFAULT_METHODOLOGY
    if wanted.partition("@")[0] not in methodology_names():
        raise ValueError(
            f"methodology {name!r}: expected one of {', '.join(methodology_names())}, with or "
            "without a version such as @2; of a file, hand in the text"
        )
    return load_methodology(wanted)


def _known_by_ms(node: StoreNode, run: GradingRun) -> int:
    """Return the moment up to which the messages of a run were known."""
    if run.as_of:
        return read_as_of(run.as_of, now_ms=node.clock.now_ms()).before_ms
    # What had come by that very millisecond was known.
    return graded_at_ms(node.store, run.run_id) + 1


VERBS: dict[str, Verb] = {
    "grade": Verb(GradeRequest, grade, Access.OPERATOR, is_grading=True),
    "what_if": Verb(WhatIfRequest, suppose, Access.READ),
    "runs_list": Verb(RunsRequest, runs_list, Access.READ),
    "runs_show": Verb(RunRequest, runs_show, Access.READ),
    "runs_compare": Verb(CompareRequest, runs_compare, Access.READ),
    "methods_compare": Verb(MethodsRequest, methods_compare, Access.READ),
    "grade_history": Verb(HistoryRequest, history, Access.READ),
}
