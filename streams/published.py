"""What was published: which run of which quarter, in which version, and the balances in it.

Source: docs/method.md#vintage
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from processors.measure import PublishedBalances
from schemas.codes import Population
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_ACTS
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from streams.grading_run import read_methodology, read_run
from streams.ports import Store

PUBLISH = "publish"
_GROWTH = "growth"


class PublishedRun(NamedTuple):
    """A run that was published as a version of a quarter's grading."""

    quarter: str
    version: int  # 1 is the first that was published.
    run_id: str
    at_ms: int


class _Body(msgspec.Struct, frozen=True):
    """What is needed of the body of an act; it says more."""

    run_id: str = ""


def published_runs(store: Store, *, before_ms: int | None = None) -> list[PublishedRun]:
    """Return what was published before a moment, by quarter and version."""
    columns = ("quarter", "number", "at_ms", "body")
    rows = store.read(GRADING_ACTS, {"act": PUBLISH}, columns=columns)
    acts = zip(
        rows["quarter"].to_list(),
        rows["number"].tolist(),
        rows["at_ms"].tolist(),
        rows["body"].to_list(),
        strict=True,
    )
    versions: dict[str, int] = {}
    found = []
    for quarter, _, at_ms, body in sorted(acts):
        if before_ms is not None and at_ms >= before_ms:
            continue
        versions[quarter] = versions.get(quarter, 0) + 1
        run_id = msgspec.json.decode(body, type=_Body).run_id
        found.append(PublishedRun(quarter, versions[quarter], run_id, at_ms))
    return found


def newest_published(runs: Iterable[PublishedRun]) -> dict[str, PublishedRun]:
    """Return the newest version of each quarter."""
    newest: dict[str, PublishedRun] = {}
    for run in runs:
        if run.quarter not in newest or newest[run.quarter].version < run.version:
            newest[run.quarter] = run
    return newest


def published_balances(
    store: Store, *, before: Quarter | None = None, before_ms: int | None = None
) -> PublishedBalances:
    """Return the balances at quarter-ends that the newest published runs rest on.

    Args:
        store: where runs and acts are.
        before: only quarters before this one; None: all.
        before_ms: only what had been published before this moment; None: all.

    """
    found: dict[tuple[str, Population, str], int] = {}
    for quarter, published in newest_published(published_runs(store, before_ms=before_ms)).items():
        if before is not None and Quarter.parse(quarter) >= before:
            continue
        run = read_run(store, published.run_id)
        methodology = read_methodology(store, run.methodology_hash) if run else None
        if run is not None and methodology is not None:
            found |= balances_of(run, methodology)
    return found


def balances_of(run: GradingRun, methodology: Methodology) -> PublishedBalances:
    """Return the balances at the end of the run's quarter, by bank, population and quarter."""
    populations = {
        column.name: column.population
        for column in methodology.columns
        if column.measure == _GROWTH and column.population is not None and not column.quarters_ago
    }
    return {
        (bank.bank_id, populations[graded.name], run.quarter): graded.inputs["latest_minor"]
        for bank in run.banks
        for graded in (*bank.facts, *bank.indicators)
        if graded.name in populations and "latest_minor" in graded.inputs
    }
