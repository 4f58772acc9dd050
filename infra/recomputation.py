"""Computes a packed run again, from totals to grades, with the program that is installed.

Source: docs/method.md#grading
"""

import msgspec

from infra.input_pack import Inputs
from processors.grading.run import grade, run_id_of
from processors.panel import FirstDifference, first_difference
from schemas.grading import GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from streams.evaluate import evaluate, rows_of_totals
from streams.recompute import totals_of_events


def recompute(inputs: Inputs, methodology: Methodology, certified: GradingRun) -> GradingRun:
    """Return the run that ``inputs`` give, under the id that its own formulas and file give.

    The id is made with the formula version and the methodology's hash of ``certified``: a program
    that writes a methodology down another way can still prove an old run.
    """
    quarter = Quarter.parse(certified.quarter)
    made = grade(
        evaluate(inputs.snapshot, inputs.lpr),
        methodology,
        quarter,
        given=inputs.given,
        published=inputs.published,
        as_of=certified.as_of,
    )
    hashed, version = certified.methodology_hash, certified.formula_version
    run_id = run_id_of(quarter, hashed, made.input_digest, version)
    return msgspec.structs.replace(
        made, run_id=run_id, methodology_hash=hashed, formula_version=version
    )


def events_difference(inputs: Inputs) -> FirstDifference | None:
    """Return where the packed totals are not what the packed events give, None where they are."""
    assert inputs.events is not None
    snapshot = inputs.snapshot
    again = totals_of_events(
        inputs.events.store(),
        inputs.lpr,
        generation=snapshot.generation,
        vector=snapshot.vector,
    )
    rows, bank_ids = rows_of_totals(again)
    return first_difference(snapshot.rows, snapshot.bank_ids, rows, bank_ids)
