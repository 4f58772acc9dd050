"""Where the inputs of a stored run come from, and the promise that a pack gives its run.

A run stores its grades, not its inputs. They are read from the store again, as they were when it
was graded, and graded again before a pack leaves the house: a pack that would give another run
is refused here, not at the auditor's.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from infra.input_pack import Inputs, pack_bytes
from infra.pack_events import PackedEvents, stored_events
from infra.recomputation import recompute
from infra.reference_data import methodology_files, methodology_of
from infra.store_node import StoreNode
from processors.grading.measuring import Given
from processors.grading.rebuilt import table_of
from processors.grading.table import MISSING
from processors.measure import PublishedBalances
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_RUNS, METHODOLOGIES
from schemas.methodology import GIVEN, MANUAL, Methodology, methodology_hash
from schemas.methodology import methodology_json as canonical_methodology
from schemas.quarter import Quarter
from schemas.results import SOURCES
from streams.as_of import AsOf, LogOf, read_as_of, store_as_of
from streams.evaluate import Snapshot, read_snapshot
from streams.grading_run import run_with_methodology
from streams.ports import Store
from streams.published import published_balances

DEMO_FILE = "demo.json"  # A data folder with this holds invented figures only.


class MovedOnError(ValueError):
    """What is stored no longer gives the run."""


class _Known(NamedTuple):
    """What was stored and published when a run was graded."""

    store: Store
    published: PublishedBalances


def pack_of(node: StoreNode, run_id: str, *, has_events: bool = False) -> tuple[GradingRun, bytes]:
    """Return a stored run, and its input pack; the first characters of the id are enough.

    Raises LookupError where there is no such run, MovedOnError where the stored data give another.
    """
    run, methodology = run_with_methodology(node.store, run_id)
    if run.is_what_if:
        raise ValueError(
            f"run {run.run_id[:12]}…: 假设试算不作为正式结果，不予存证 / what was supposed is not "
            "official: it is neither packed nor certified"
        )
    with node.kept_still():
        found = run.run_id
        for known in _known_then(node, run, has_events=has_events):
            inputs = _inputs(node, run, methodology, known)
            found = recompute(inputs, methodology, run).run_id
            if found != run.run_id:
                continue
            if has_events:
                inputs = replace(inputs, events=_events(known, inputs.snapshot))
            return run, pack_bytes(run, inputs, is_synthetic=is_invented(node))
    raise MovedOnError(
        f"run {run.run_id[:12]}…: 数据在评定之后已有变动，所存数据得出另一次评定 "
        f"{found[:12]}… / the store has moved on since: what is stored gives run {found[:12]}…, "
        "now and as of the moment of grading. Grade the quarter again and certify that run; a "
        "certificate keeps its pack, so certify a run on the day it is made"
    )


def _known_then(node: StoreNode, run: GradingRun, *, has_events: bool) -> Iterator[_Known]:
    """Yield what may have been known: as of the run's cut, else now, else when it was graded."""
    log = LogOf(node.topic, node.partition_count, node.partition_of, node.future_days_max)
    quarter = Quarter.parse(run.quarter)
    if run.as_of:
        cut = read_as_of(run.as_of, now_ms=node.clock.now_ms())
    else:
        yield _Known(node.store, published_balances(node.store, before=quarter))
        graded = node.store.read(GRADING_RUNS, {"run_id": run.run_id}, columns=("graded_at_ms",))
        cut = AsOf("", int(graded["graded_at_ms"][0]) + 1)
    published = published_balances(node.store, before=quarter, before_ms=cut.before_ms)
    then = store_as_of(node.store, node.lpr, log, cut, has_events=has_events)
    yield _Known(then, published)


def _inputs(node: StoreNode, run: GradingRun, methodology: Methodology, known: _Known) -> Inputs:
    return Inputs(
        snapshot=read_snapshot(known.store),
        lpr=node.lpr,
        methodology_json=methodology_json(node.store, run.methodology_hash),
        methodology_toml=shipped_toml(methodology),
        given=given_of(run, methodology),
        published=known.published,
    )


def _events(known: _Known, snapshot: Snapshot) -> PackedEvents:
    return stored_events(known.store, snapshot.generation, snapshot.vector)


def given_of(run: GradingRun, methodology: Methodology) -> Given:
    """Return the cells of a run that no event gave: they stand in the run itself.

    A column that is measured may hold some too; then the source of the cell is none of ours.
    """
    table = table_of(run)
    measured = {"", *(str(source) for source in SOURCES)}
    by_hand = {column.name for column in methodology.columns if column.measure in {GIVEN, MANUAL}}
    return {
        (name, bank.bank_id): cell
        for name, column in table.cells.items()
        for bank, cell in zip(table.banks, column, strict=True)
        if (name in by_hand and cell != MISSING) or cell.source not in measured
    }


def methodology_json(store: Store, methodology_hashed: str) -> bytes:
    """Return a methodology as a run used it, written so that its SHA-256 is its hash."""
    rows = store.read(METHODOLOGIES, {"methodology_hash": methodology_hashed}, columns=("body",))
    body: str = rows["body"].to_list()[0]
    return canonical_methodology(msgspec.json.decode(body, type=Methodology))


def is_invented(node: StoreNode) -> bool:
    """Tell whether the figures of ``node`` are invented."""
    return node.folder is not None and Path(node.folder, DEMO_FILE).exists()


def shipped_toml(methodology: Methodology) -> bytes:
    """Return the text of the file that says just this, where one comes with the program."""
    hashed = methodology_hash(methodology)
    for path in methodology_files().get(methodology.name, []):
        text = path.read_bytes()
        if methodology_hash(methodology_of(text, str(path))) == hashed:
            return text
    return b""
