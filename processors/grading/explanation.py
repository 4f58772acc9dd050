"""Why a bank has its grade: a tree from the grade down to the figures it was made from.

grade ← caps ← total ← regular, bonus, deductions ← weighted points ← points ← normaliser, the
group's values, rules ← value ← inputs in fen and fen × rate. It is made from a stored run alone,
and every figure in it is the run's: one that is not stops it.

Source: docs/method.md#explanation
"""

from processors.grading.explained_case import Case
from processors.grading.explained_totals import grade_node, not_rated_node
from processors.grading.grade import Outcome, outcomes
from processors.grading.rebuilt import table_of
from processors.grading.table import Table
from schemas.explanation import Explanation
from schemas.grading import GradingRun
from schemas.methodology import Methodology


def explain(
    run: GradingRun,
    methodology: Methodology,
    bank_id: str,
    *,
    graded: tuple[Table, list[Outcome]] | None = None,
) -> Explanation:
    """Return why ``bank_id`` has its grade in ``run``.

    Args:
        run: as stored.
        methodology: that it was graded by.
        bank_id: which bank.
        graded: the run's table and outcomes, where somebody has them already.

    Raises LookupError for a bank that the run does not have, ExplanationError where a figure is
    not that of the run.

    Source: docs/method.md#explanation

    """
    place = next((n for n, bank in enumerate(run.banks) if bank.bank_id == bank_id), None)
    if place is None:
        first = ", ".join(bank.bank_id for bank in run.banks[:3]) or "none"
        raise LookupError(
            f"bank {bank_id!r}: not in run {run.run_id[:12]}…, expected one of its banks, such as "
            f"{first}"
        )
    table, found = graded or graded_again(run, methodology)
    bank = run.banks[place]
    case = Case(table, methodology, place, bank, found, {})
    root = grade_node(case) if case.outcome.sum is not None else not_rated_node(case)
    return Explanation(
        run_id=run.run_id,
        quarter=run.quarter,
        methodology=run.methodology,
        methodology_version=run.methodology_version,
        is_illustrative=run.is_illustrative,
        is_what_if=run.is_what_if,
        bank_id=bank_id,
        name_zh=bank.name_zh,
        name_en=bank.name_en,
        group=bank.group,
        grade=bank.grade,
        root=root,
        peers=list(case.peers.values()),
        reasons=bank.reasons,
    )


def graded_again(run: GradingRun, methodology: Methodology) -> tuple[Table, list[Outcome]]:
    """Return the table of a run and what the kernel makes of it."""
    table = table_of(run)
    return table, outcomes(table, methodology)
