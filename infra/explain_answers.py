"""Answers to "why": an explanation as rows and tree, the bridge and the events below a value."""

from typing import Any

import msgspec
import numpy as np

from infra.bridge_answers import bridge_rows
from infra.store_node import StoreNode
from processors.events_behind import balance_effect_minor, is_inside, is_new_lending
from processors.exact import MBP_PER_PERCENT, decimal_text
from processors.growth import base_ordinal
from schemas.codes import LOAN_KINDS, Basis
from schemas.explanation import Explanation, Node
from schemas.grading import POINTS_SCALE, GradingRun
from schemas.methodology import Column, Methodology
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import Results
from schemas.tables import CREDIT_LINES, EVENTS, PROFILES
from schemas.units import Int64Array

Row = dict[str, Any]

FEN_PER_YUAN = 100
# Measures of new lending, and since when: the quarter, or the year's start. Others: of balances.
NEW_LENDING_MEASURES: dict[str, Basis] = {
    "new_rate": Basis.QOQ,
    "new_lending": Basis.QOQ,
    "unsecured_share": Basis.QOQ,
    "lpr_spread": Basis.QOQ,
    "first_loan_borrowers": Basis.QOQ,
    "new_rate_ytd": Basis.YTD,
}


def explain_answer(
    told: Explanation, run: GradingRun, methodology: Methodology, results: Results
) -> Row:
    """Return an explanation for pages, programs and the command line.

    ``rows`` is the tree as lines, each with its depth; ``tree`` the tree itself.
    """
    bank = next(bank for bank in run.banks if bank.bank_id == told.bank_id)
    return {
        "run_id": run.run_id,
        "quarter": run.quarter,
        "methodology": run.methodology,
        "methodology_version": run.methodology_version,
        "is_illustrative": run.is_illustrative,
        "is_what_if": run.is_what_if,
        "is_to_date": run.is_to_date,
        "bank_id": bank.bank_id,
        "name_zh": bank.name_zh,
        "name_en": bank.name_en,
        "grade": bank.grade,
        "grade_zh": bank.grade_zh,
        "grade_en": bank.grade_en,
        "total_points": bank.total_points,
        "rank": bank.rank,
        "group": bank.group,
        "group_size_count": bank.group_size_count,
        "caps": msgspec.to_builtins(bank.caps),
        "reasons": [_reason(reason) for reason in bank.reasons],
        "rows": lines_of(told.root),
        "tree": msgspec.to_builtins(told.root),
        "peers": msgspec.to_builtins(told.peers),
        "bridges": bridges_of(told.bank_id, run, methodology, results),
        "has_moved": results.data_version != run.data_version,
    }


def lines_of(node: Node, depth: int = 0) -> list[Row]:
    """Return the tree as rows, each node before its children."""
    row: Row = {
        "depth": depth,
        "key": node.key,
        "operation": node.operation,
        "name": node.zh,
        "name_en": node.en,
        "value": node.value,
        "printed": node.printed,
        "unit": node.unit,
        "formula": node.formula_zh,
        "formula_en": node.formula_en,
        "numbers": node.numbers,
        "note": node.note_zh,
        "note_en": node.note_en,
    }
    return [row, *(line for child in node.children for line in lines_of(child, depth + 1))]


def bridges_of(
    bank_id: str, run: GradingRun, methodology: Methodology, results: Results
) -> list[Row]:
    """Return the balance bridge below each column that is a growth, as the figures are now.

    ``is_same`` says whether it closes at the balance that the run graded.
    """
    bank = next(bank for bank in run.banks if bank.bank_id == bank_id)
    graded = {entry.name: entry for entry in (*bank.facts, *bank.indicators)}
    found = []
    for column in methodology.columns:
        if column.population is None or column.basis is None or column.measure in {"", "given"}:
            continue
        quarter = Quarter.from_ordinal(Quarter.parse(run.quarter).ordinal - column.quarters_ago)
        entry = graded[column.name]
        latest = entry.inputs.get("latest_minor")
        if entry.value_exact and latest is None:
            continue  # Not of balances.
        rows = bridge_rows(
            results, quarter=quarter, population=column.population, basis=column.basis,
            bank_id=bank_id,
        )  # fmt: skip
        found += [
            {**row, "column": column.name, "is_same": latest in {None, row["closing_minor"]}}
            for row in rows
        ]
    return found


def event_rows(
    node: StoreNode, run: GradingRun, column: Column, bank_id: str, *, limit: int
) -> Row:
    """Return the stored events that make up a bank's figure, the largest amounts first.

    Of a growth those that moved the balance since the base, of a balance all that ever did, of a
    rate of new lending the lending itself.
    """
    assert column.population is not None
    quarter = Quarter.parse(run.quarter).ordinal - column.quarters_ago
    since = NEW_LENDING_MEASURES.get(column.measure, column.basis)
    is_of_lending = column.measure in NEW_LENDING_MEASURES
    # A balance without a base is made by everything that ever moved it.
    first = FIRST_ORDINAL if since is None else base_ordinal(since, quarter) + 1
    where: dict[str, int | str] = {"generation": node.generation, "bank_id": bank_id}
    events = node.store.read(
        EVENTS, where, within=("quarter", first - FIRST_ORDINAL, quarter - FIRST_ORDINAL + 1)
    )
    inside = is_inside(
        events, node.store.read(PROFILES, where), node.store.read(CREDIT_LINES, where),
        column.population,
    )  # fmt: skip
    moved = balance_effect_minor(events)
    counts = inside & (is_new_lending(events) if is_of_lending else moved != 0)
    chosen = np.flatnonzero(counts)
    order = chosen[np.argsort(-np.abs(moved[chosen]), kind="stable")]
    rows = _event_lines(events, moved, order[:limit].tolist())
    rates = [int(rate) for rate in events["rate_mbp"][chosen].tolist()]
    amounts = [int(amount) for amount in moved[chosen].tolist()]
    return {
        "run_id": run.run_id,
        "bank_id": bank_id,
        "column": column.name,
        "population": column.population.value,
        "first_quarter": str(Quarter.from_ordinal(first)),
        "last_quarter": str(Quarter.from_ordinal(quarter)),
        "event_count": int(chosen.size),
        "shown_count": len(rows),
        "moved_minor": sum(amounts),
        "amount_rate_minor_mbp": str(
            sum(rate * amount for rate, amount in zip(rates, amounts, strict=True))
        ),
        "rows": rows,
    }


_PLACE = ("partition", "offset", "position")
_TEXTS = ("event_id", "event_type", "reversed_event_id", "borrower_id", "occurred_on")


def _event_lines(events: dict[str, Any], moved: Int64Array, chosen: list[int]) -> list[Row]:
    texts = {name: events[name].to_list() for name in _TEXTS}
    return [
        {
            **{name: texts[name][n] for name in _TEXTS},
            "quarter": str(Quarter.from_ordinal(int(events["quarter"][n]) + FIRST_ORDINAL)),
            "loan_kind": LOAN_KINDS[int(events["loan_kind"][n])].value,
            "sign": int(events["sign"][n]),
            "amount_cny_minor": int(events["amount_cny_minor"][n]),
            "moved_minor": int(moved[n]),
            "moved_yuan": decimal_text(int(moved[n]), FEN_PER_YUAN, 2),
            "sign_text": "冲销 / reversal" if int(events["sign"][n]) < 0 else "",
            "rate_percent": decimal_text(int(events["rate_mbp"][n]), MBP_PER_PERCENT, 5),
            "rate_mbp": int(events["rate_mbp"][n]),
            "place": "/".join(str(int(events[name][n])) for name in _PLACE),
        }
        for n in chosen
    ]


def _reason(reason: Any) -> Row:
    return {
        **msgspec.to_builtins(reason),
        "points": decimal_text(reason.points_millionths, POINTS_SCALE, 2),
    }
