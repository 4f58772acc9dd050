"""Verbs of explanations and of how sure a grade is: why, from which events, what would change it.

Source: docs/method.md#explanation
"""

import base64
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from infra.explain_answers import event_rows, explain_answer
from infra.publish.explanation_xlsx import explanation_workbook
from infra.requests import Request
from infra.verb import Access, Answer, Context, Verb
from processors.exact import decimal_text
from processors.grading.explanation import explain
from processors.grading.rebuilt import table_of
from processors.leave_one_out import leave_one_out
from processors.next_grade import next_grade
from processors.sensitivity import how_sure
from processors.sensitivity_words import NOT_OFFICIAL, assumptions
from schemas.codes import Grade
from schemas.grading import GradingRun
from schemas.methodology import GIVEN, MANUAL, Methodology
from schemas.quarter import Quarter
from schemas.sensitivity import Alternative, Choices, Uncertainty
from schemas.words import GRADE_WORDS, Words
from streams.grading_run import newest_run, run_with_methodology


class RunRequest(Request, frozen=True, kw_only=True):
    """A run by its id or the beginning of it, else the newest of a quarter."""

    run_id: str = ""
    quarter: str = ""
    methodology: str = ""


class BankRequest(RunRequest, frozen=True, kw_only=True):
    """One bank of a run."""

    bank_id: str


class EventsRequest(BankRequest, frozen=True, kw_only=True):
    """The events behind one column of one bank."""

    column: str
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


class FileRequest(BankRequest, frozen=True, kw_only=True):
    """An explanation as a workbook: in one language, or in both where none is named."""

    lang: Literal["", "zh", "en"] = ""


class UncertaintyRequest(RunRequest, frozen=True, kw_only=True):
    """What to vary; what is left out is as schemas.sensitivity.Choices says."""

    draws: Annotated[int, Meta(ge=1, le=100_000)] = 1_000
    seed: Annotated[int, Meta(ge=0, lt=2**62)] = 1
    weight_spread_percent: Decimal = Decimal(20)
    cut_off_spread_points: Decimal = Decimal(1)
    normalisers: tuple[Alternative, ...] = Choices().normalisers
    is_missing_drawn: bool = True


def explain_bank(context: Context, asked: BankRequest) -> Answer:
    """Return why a bank has its grade: reasons, tree, peers' values, bridges."""
    run, methodology = _run_of(context, asked)
    told = explain(run, methodology, asked.bank_id)
    return explain_answer(told, run, methodology, context.results())


def explain_events(context: Context, asked: EventsRequest) -> Answer:
    """Return the stored events behind one column of one bank."""
    run, methodology = _run_of(context, asked)
    column = next((one for one in methodology.columns if one.name == asked.column), None)
    measured = [one.name for one in methodology.columns if one.measure not in {GIVEN, MANUAL}]
    if column is None or column.name not in measured:
        raise ValueError(
            f"column {asked.column!r}: no event makes it, expected one of {', '.join(measured)}"
        )
    _place(run, asked.bank_id)
    answer = event_rows(context.node, run, column, asked.bank_id, limit=asked.limit)
    inputs = next(
        entry.inputs
        for bank in run.banks
        if bank.bank_id == asked.bank_id
        for entry in (*bank.facts, *bank.indicators)
        if entry.name == column.name
    )
    return {**answer, "inputs": inputs}


def explain_file(context: Context, asked: FileRequest) -> Answer:
    """Return an explanation as a workbook with live formulas."""
    run, methodology = _run_of(context, asked)
    told = explain(run, methodology, asked.bank_id)
    content = explanation_workbook(told, methodology, lang=asked.lang)
    return {
        "run_id": run.run_id,
        "quarter": run.quarter,
        "bank_id": asked.bank_id,
        "file_name": f"{run.quarter}-{asked.bank_id}-{run.run_id[:12]}.xlsx",
        "content_base64": base64.b64encode(content).decode(),
    }


def uncertainty(context: Context, asked: UncertaintyRequest) -> Answer:
    """Return how sure the grades of a run are, with every assumption."""
    run, methodology = _run_of(context, asked)
    choices = Choices(
        draw_count=asked.draws,
        seed=asked.seed,
        weight_spread_percent=_checked("weight_spread_percent", asked.weight_spread_percent, 99),
        cut_off_spread_points=_checked("cut_off_spread_points", asked.cut_off_spread_points, 100),
        normalisers=asked.normalisers,
        is_missing_drawn=asked.is_missing_drawn,
    )
    rng = np.random.default_rng(choices.seed)
    found = how_sure(table_of(run), methodology, run.banks, choices, rng)
    told = Uncertainty(
        run_id=run.run_id,
        quarter=run.quarter,
        methodology=run.methodology,
        methodology_version=run.methodology_version,
        is_illustrative=run.is_illustrative,
        choices=choices,
        assumptions=assumptions(methodology, choices, found.variants),
        banks=found.banks,
        effects=found.effects,
    )
    answer: dict[str, Any] = msgspec.to_builtins(told)
    rows = [_stability_row(methodology, row) for row in answer.pop("banks")]
    for effect in answer["effects"]:
        effect["effect_zh"], effect["effect_en"] = effect["zh"], effect["en"]
    return {**answer, **_not_official(), "rows": rows}


def next_grade_of(context: Context, asked: BankRequest) -> Answer:
    """Return how far a bank is from the next grade, and what alone would lift it."""
    run, methodology = _run_of(context, asked)
    found = next_grade(table_of(run), methodology, _place(run, asked.bank_id))
    answer: dict[str, Any] = msgspec.to_builtins(found)
    rows = [row | _grades(methodology, row, "grade") for row in answer.pop("lifts")]
    answer |= _grades(methodology, answer, "grade", "next_grade")
    return {"run_id": run.run_id, "quarter": run.quarter, **answer, **_not_official(), "rows": rows}


def leave_one_out_of(context: Context, asked: RunRequest) -> Answer:
    """Return every bank whose grade would be another without an indicator."""
    run, methodology = _run_of(context, asked)
    found: list[dict[str, Any]] = msgspec.to_builtins(
        leave_one_out(table_of(run), methodology, run.banks)
    )
    rows = [row | _grades(methodology, row, "grade", "grade_without") for row in found]
    return {"run_id": run.run_id, "quarter": run.quarter, **_not_official(), "rows": rows}


def _run_of(context: Context, asked: RunRequest) -> tuple[GradingRun, Methodology]:
    if asked.run_id:
        return run_with_methodology(context.node.store, asked.run_id)
    if not asked.quarter:
        raise ValueError("neither run_id nor quarter was given, expected one; see puhui runs list")
    quarter = Quarter.parse(asked.quarter)
    run = newest_run(context.node.store, quarter, asked.methodology or None)
    if run is None:
        by = f" by {asked.methodology}" if asked.methodology else ""
        raise ValueError(
            f"quarter {quarter}: it was not graded{by}; puhui grade {quarter} does, then ask again"
        )
    return run_with_methodology(context.node.store, run.run_id)


def _place(run: GradingRun, bank_id: str) -> int:
    place = next((n for n, bank in enumerate(run.banks) if bank.bank_id == bank_id), None)
    if place is None:
        first = ", ".join(bank.bank_id for bank in run.banks[:3]) or "none"
        raise ValueError(f"bank {bank_id!r}: not in the run, expected a bank_id such as {first}")
    return place


def _checked(name: str, spread: Decimal, most: int) -> Decimal:
    if not 0 <= spread <= most:
        raise ValueError(f"{name} was {spread}, expected 0 to {most}")
    return spread


def _grades(methodology: Methodology, row: dict[str, Any], *keys: str) -> dict[str, str]:
    """Return what the grades under ``keys`` are called, as KEY_zh and KEY_en."""
    levels = {level.name: Words(level.zh, level.en) for level in methodology.grading.levels}
    levels |= {Grade.NOT_RATED.value: GRADE_WORDS[Grade.NOT_RATED], "": Words("", "")}
    return {
        f"{key}_{lang}": getattr(levels[row[key]], lang) for key in keys for lang in ("zh", "en")
    }


def _stability_row(methodology: Methodology, row: dict[str, Any]) -> dict[str, Any]:
    named = {"bank_name": row.pop("name_zh"), "bank_name_en": row.pop("name_en")}
    ranks = f"{row['rank_low']}-{row['rank_high']}" if row["rank_low"] else ""
    return {**row, **named, "ranks": ranks, **_shares(methodology, row["draws_by_grade"])}


def _shares(methodology: Methodology, draws_by_grade: dict[str, int]) -> dict[str, str]:
    """Return the share of the draws with each grade, as text."""
    every = max(sum(draws_by_grade.values()), 1)
    told = [
        (level, decimal_text(draws_by_grade[level.name] * 100, every, 1))
        for level in methodology.grading.levels
        if draws_by_grade.get(level.name)
    ]
    return {
        "grades_text_zh": "，".join(f"{level.zh}{share}" for level, share in told),
        "grades_text_en": ", ".join(f"{level.en} {share}" for level, share in told),
    }


def _not_official() -> Answer:
    return {
        "is_official": False,
        "note_zh": NOT_OFFICIAL.zh,
        "note_en": NOT_OFFICIAL.en,
    }


VERBS = {
    "explain": Verb(BankRequest, explain_bank, Access.READ),
    "explain_events": Verb(EventsRequest, explain_events, Access.READ),
    "explain_file": Verb(FileRequest, explain_file, Access.READ),
    "uncertainty": Verb(UncertaintyRequest, uncertainty, Access.READ),
    "next_grade": Verb(BankRequest, next_grade_of, Access.READ),
    "leave_one_out": Verb(RunRequest, leave_one_out_of, Access.READ),
}
