"""Grades a quarter after computing its totals again from the stored events."""

from infra.reference_data import load_methodology
from infra.store_node import StoreNode
from schemas.grading import GradingRun
from schemas.quarter import Quarter
from streams.evaluate import Snapshot, read_snapshot
from streams.grading_run import TotalsDifferError, run_grading
from streams.ports import Rows
from streams.recompute import totals_of_events

TRIES_MAX = 10


def grade_quarter(
    node: StoreNode, quarter: Quarter, methodology: str = "", *, is_checked: bool = True
) -> GradingRun:
    """Grade ``quarter`` and store the run; the same data gives the run that is there.

    Args:
        node: the open system.
        quarter: which quarter.
        methodology: a name, or a file ending in .toml; empty: the one that comes with puhui.
        is_checked: compute all totals again first, and grade only where they agree.

    Nothing should come in meanwhile: events that arrive between the reading of the totals and
    that of the events look like a difference. Where workers cannot be kept still, it is tried
    again: a difference that stands while nothing moved is one.

    """

    def again(snapshot: Snapshot) -> Rows:
        return totals_of_events(
            node.store, node.lpr, generation=snapshot.generation, vector=snapshot.vector
        )

    chosen = load_methodology(methodology) if methodology else load_methodology()
    recompute = again if is_checked else None
    with node.kept_still():
        for tries_left in range(TRIES_MAX, 0, -1):
            try:
                return run_grading(
                    node.store, node.lpr, chosen, quarter, node.clock, recompute=recompute
                )
            except TotalsDifferError as error:
                has_moved = read_snapshot(node.store).vector != error.vector
                if not has_moved or tries_left == 1:
                    raise
    raise AssertionError("unreachable")
