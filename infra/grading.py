"""Grades a quarter after computing its totals again from the stored events."""

from infra.reference_data import load_methodology
from infra.wiring import Node
from schemas.grading import GradingRun
from schemas.quarter import Quarter
from streams.evaluate import Snapshot
from streams.grading_run import run_grading
from streams.ports import Rows
from streams.recompute import totals_of_events


def grade_quarter(
    node: Node, quarter: Quarter, methodology: str = "", *, is_checked: bool = True
) -> GradingRun:
    """Grade ``quarter`` and store the run; the same data gives the run that is there.

    Args:
        node: the open data folder.
        quarter: which quarter.
        methodology: a name, or a file ending in .toml; empty: the one that comes with puhui.
        is_checked: compute all totals again first, and grade only where they agree.

    Nothing comes in meanwhile: events that arrive between the reading of the totals and that
    of the events would look like a difference.

    """

    def again(snapshot: Snapshot) -> Rows:
        return totals_of_events(
            node.store, node.lpr, generation=snapshot.generation, vector=snapshot.vector
        )

    with node.writing:
        return run_grading(
            node.store,
            node.lpr,
            load_methodology(methodology) if methodology else load_methodology(),
            quarter,
            node.clock,
            recompute=again if is_checked else None,
        )
