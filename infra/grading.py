"""Grades a quarter after computing its totals again from the stored events."""

from infra.reference_data import DEFAULT_METHODOLOGY, load_methodology
from infra.store_node import StoreNode
from processors.grading.comparison import SOURCES_BY_PERSONS
from processors.grading.measuring import Given
from processors.grading.rebuilt import table_of
from schemas.grading import GradingRun
from schemas.methodology import GIVEN, MANUAL, Methodology
from schemas.quarter import Quarter
from schemas.results import Results
from streams.as_of import LogOf, read_as_of, results_as_of
from streams.evaluate import Snapshot, read_snapshot
from streams.grading_run import (
    Beside,
    TotalsDifferError,
    make_run,
    run_with_methodology,
    store_run,
)
from streams.manual_cells import given_cells
from streams.methodology_record import refuse_edited
from streams.ports import Rows
from streams.published import published_balances
from streams.recompute import totals_of_events

TRIES_MAX = 10


class RunDiffersError(ValueError):
    """What is stored does not give a run any more: it must not be published."""


def grade_quarter(
    node: StoreNode,
    quarter: Quarter,
    methodology: str | Methodology = "",
    *,
    is_checked: bool = True,
    as_of: str = "",
    given: Given | None = None,
) -> GradingRun:
    """Grade ``quarter`` and store the run; the same data gives the run that is there.

    Args:
        node: the open system.
        quarter: which quarter.
        methodology: itself, a name, or a file ending in .toml; empty: the one that comes with
            puhui.
        is_checked: compute all totals again first, and grade only where they agree.
        as_of: a day or moment: use only what had been received by then; empty: everything.
        given: cells entered by hand; None: what was confirmed and decided for the quarter.

    Nothing should come in meanwhile: events that arrive between the reading of the totals and
    that of the events look like a difference. Where workers cannot be kept still, it is tried
    again: a difference that stands while nothing moved is one.

    """
    chosen = methodology
    if not isinstance(chosen, Methodology):
        chosen = load_methodology(chosen or DEFAULT_METHODOLOGY)
        refuse_edited(node.store, chosen)
    beside = beside_of(node, quarter, chosen, as_of=as_of, given=given)
    run = _made(node, quarter, chosen, beside, is_checked=is_checked)
    return store_run(node.store, run, chosen, node.clock)


def check_run(
    node: StoreNode, run: GradingRun, *, as_of: str = "", given: Given | None = None
) -> None:
    """Compute a stored run again from the stored events, as of its cut; to be asked before signing.

    Args:
        node: the open system.
        run: as it is stored.
        as_of: the cut; empty: the run's own, and if it has none, all that has come in.
        given: cells entered by hand; None: those of the run.

    Raises TotalsDifferError where live totals are not what the events give, RunDiffersError where
    the figures give another run.

    """
    _, methodology = run_with_methodology(node.store, run.run_id)
    quarter = Quarter.parse(run.quarter)
    by_hand = _by_hand(run, methodology) if given is None else given
    beside = beside_of(node, quarter, methodology, as_of=as_of or run.as_of, given=by_hand)
    again = _made(node, quarter, methodology, beside, is_checked=True)
    if again.run_id != run.run_id:
        known = f"as of {beside.as_of}" if beside.as_of else "all that has come in"
        raise RunDiffersError(
            f"run {run.run_id[:12]}…, {run.quarter}: the stored data ({known}) give run "
            f"{again.run_id[:12]}…. Nothing was published; grade the quarter again, as of the cut, "
            "look at puhui runs compare, and decide on the new run"
        )


def beside_of(
    node: StoreNode,
    quarter: Quarter,
    methodology: Methodology,
    *,
    as_of: str = "",
    given: Given | None = None,
) -> Beside:
    """Return what a run of ``quarter`` stands on beside the live totals.

    Cells by hand that are not handed in are those that two persons confirmed or that were decided
    on. As of a day, only what was confirmed by then counts, and only what had been published by
    then is an earlier figure.
    """
    cut = read_as_of(as_of, now_ms=node.clock.now_ms()) if as_of else None
    before_ms = cut.before_ms if cut else None
    by_hand = given
    if by_hand is None:
        by_hand = given_cells(node.store, quarter, methodology, before_ms=before_ms)
    published = published_balances(node.store, before=quarter, before_ms=before_ms)
    if cut is None:
        return Beside(given=by_hand, published=published)
    return Beside(as_of, lambda: known_results(node, as_of), by_hand, published)


def known_results(node: StoreNode, as_of: str) -> Results:
    """Return every figure as it was known at ``as_of``; raise ValueError where nothing was."""
    cut = read_as_of(as_of, now_ms=node.clock.now_ms())
    log = LogOf(node.topic, node.partition_count, node.partition_of, node.future_days_max)
    return results_as_of(node.store, node.lpr, log, cut)


def _made(
    node: StoreNode, quarter: Quarter, methodology: Methodology, beside: Beside, *, is_checked: bool
) -> GradingRun:
    def again(snapshot: Snapshot) -> Rows:
        return totals_of_events(
            node.store, node.lpr, generation=snapshot.generation, vector=snapshot.vector
        )

    recompute = again if is_checked else None
    with node.kept_still():
        for tries_left in range(TRIES_MAX, 0, -1):
            try:
                return make_run(
                    node.store, node.lpr, methodology, quarter, recompute=recompute, beside=beside
                )
            except TotalsDifferError as error:
                has_moved = read_snapshot(node.store).vector != error.vector
                if not has_moved or tries_left == 1:
                    raise
    raise AssertionError("unreachable")


def _by_hand(run: GradingRun, methodology: Methodology) -> Given:
    """Return the cells of ``run`` that no event gives: acts and files vouch for those."""
    table = table_of(run)
    by_hand = {column.name for column in methodology.columns if column.measure in {GIVEN, MANUAL}}
    return {
        (name, bank.bank_id): cell
        for name, cells in table.cells.items()
        for bank, cell in zip(table.banks, cells, strict=True)
        if name in by_hand or cell.source in SOURCES_BY_PERSONS
    }
