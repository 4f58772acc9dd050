"""One world told three ways gives one set of figures, to the fen.

events   in the order of the demo, with its mistakes taken back and its late rows
lanes    the same submissions of every bank in several lanes and partitions, shuffled
files    the banks' monthly files, some of them wrong at first and sent once more
"""

import dataclasses
import datetime as dt
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from infra.demo.economy import Economy
from infra.demo.event_rows import Rows, What
from infra.demo.filings.sent_filings import Resubmission, SentFilings, Wrong
from infra.demo.reporting import Reporter
from infra.demo.sending import Sending
from infra.demo.telling import events_of
from infra.demo_files import write_filing
from infra.embedded_log import EmbeddedLog
from infra.imports.pboc.filing_importer import FilingImporter
from infra.imports.pboc.filing_report import FilingReport
from infra.ingest import Ingest, Outgoing
from infra.reference_data import load_lpr, load_methodology
from processors.grading.run import grade
from processors.sums import LIMB
from schemas.codes import POLICY_TAGS, POPULATIONS, Grade, PolicyTag, Status
from schemas.grading import GradingRun
from schemas.message import CONTENT_NDJSON, Draft
from schemas.results import Results
from schemas.wire import encode
from streams.evaluate import evaluate, read_snapshot
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import Store
from tests.infra.pboc.memory_import import TickingClock
from tests.job import run_job

SEED, BANKS, BORROWERS, QUARTERS = 2, 6, 400, 9
WRONG_SHARE = 0.15
# Marks of a draw that the files have no column for.
UNTOLD_TAGS = {
    16 + POLICY_TAGS.index(tag) for tag in (PolicyTag.DEFERRAL, PolicyTag.CREDIT_SUPPORT)
}
# How something came in, not what it says.
NOT_FIGURES = {"generation", "vector", "reports"}


class Told(NamedTuple):
    """What one way of telling gave."""

    results: Results
    run: GradingRun


class FilesTold(NamedTuple):
    """What the files gave, and what the importer said of them."""

    told: Told
    reports: dict[str, list[FilingReport]]  # By stem, batch after batch.
    resubmissions: list[Resubmission]


def make_economy() -> Economy:
    return Economy(SEED, lpr=load_lpr(), banks=BANKS, borrowers=BORROWERS, quarters=QUARTERS)


def figures(store: Store) -> Told:
    results = evaluate(read_snapshot(store), load_lpr())
    return Told(results, grade(results, load_methodology(), make_economy().last_quarter))


def submissions(**shape: int) -> list[Draft]:
    """Everything that the banks send of the world, with all that is late sent by the end."""
    economy = make_economy()
    story = economy.story()
    sending, reporter = Sending(SEED, story.troubles), Reporter(economy.world, **shape)
    drafts: list[Draft] = []
    last_day = (economy.last_quarter.last_day - dt.date(1970, 1, 1)).days
    for _ in range(3 * QUARTERS - 1):
        end = story.next_month()
        rows = sending.as_sent(end.month, last_lines(end.rows))
        rows["arrival"] = np.minimum(rows["arrival"], last_day)
        reporter.receive(rows)
        drafts += reporter.send(end.month.last_day, range(BANKS))
    return drafts


def last_lines(rows: Rows) -> Rows:
    """Leave out credit lines that are set anew on the same day: a file tells the last alone."""
    is_line = rows["what"] == What.LINE_SET
    newest: dict[tuple[int, int], int] = {}
    for place in np.flatnonzero(is_line).tolist():
        newest[int(rows["account"][place]), int(rows["day"][place])] = place
    is_line[list(newest.values())] = False
    kept: Rows = rows[~is_line]
    return kept


@pytest.fixture(scope="module")
def from_events() -> Told:
    return figures(run_job(submissions()))


@pytest.fixture(scope="module")
def from_lanes() -> Told:
    drafts = submissions(lanes=5, partitions=3)
    random.Random(SEED).shuffle(drafts)
    return figures(run_job(drafts))


@pytest.fixture(scope="module")
def from_files(tmp_path_factory: pytest.TempPathFactory) -> FilesTold:
    folder = tmp_path_factory.mktemp("filings")
    economy, clock, store = make_economy(), TickingClock(), MemoryStore()
    log = EmbeddedLog(store, clock)
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)
    ingest = Ingest(log, pipeline, Loop(log, pipeline))
    importer = FilingImporter(store, ingest, clock, generation=0)
    story = economy.story()
    sent = SentFilings(story, wrong_share=WRONG_SHARE)
    reports: dict[str, list[FilingReport]] = {}
    for number in range(3 * QUARTERS - 1):
        end = story.next_month()
        ingest.take(registrations(economy, end.rows))
        paths: dict[int, list[Path]] = {}
        # The month in which the books open is not reported.
        for filing in sent.of_month(end) if number else ():
            path = write_filing(folder, filing, is_zipped=True)
            paths.setdefault(filing.batch, []).append(path)
        for batch in sorted(paths):
            for report in importer.import_filings(paths[batch]):
                reports.setdefault(Path(report.file).stem, []).append(report)
    return FilesTold(figures(store), reports, sent.resubmissions)


def registrations(economy: Economy, rows: Rows) -> list[Outgoing]:
    """The register, which is not in the banks' files."""
    events = events_of(economy.world, rows[rows["what"] == What.REGISTERED])
    return [Outgoing(event.bank_id, encode([event], CONTENT_NDJSON), None) for event in events]


def test_lanes_and_order_change_no_figure(from_events: Told, from_lanes: Told) -> None:
    assert_same(from_events, from_lanes)


def test_files_and_events_give_the_same_figures(from_events: Told, from_files: FilesTold) -> None:
    assert_same(from_events, from_files.told)


def test_the_world_has_figures_to_compare(from_events: Told) -> None:
    results = from_events.results
    assert results.quarter_count >= QUARTERS
    for growth in results.growth.values():
        assert (growth.status == Status.OK).sum() > 50
    assert (results.totals.balance_minor > 0).any(axis=(0, 2))[: len(POPULATIONS) - 2].all()
    assert sum(bank.grade != Grade.NOT_RATED for bank in from_events.run.banks) >= BANKS // 2


def test_wrong_files_were_refused_or_mended_by_the_next_batch(from_files: FilesTold) -> None:
    assert len(from_files.resubmissions) > 25
    assert {one.wrong for one in from_files.resubmissions} == set(Wrong)
    for resubmission in from_files.resubmissions:
        assert len(from_files.reports[resubmission.name.stem]) == 2
    sent_once = [told for told in from_files.reports.values() if len(told) == 1]
    assert len(sent_once) > 1_000


def assert_same(one: Told, other: Told) -> None:
    assert list(differences("results", one.results, other.results)) == []
    assert one.run.banks == other.run.banks


def parts_of(one: Any) -> dict[str, Any]:
    """The parts of a result that are figures; the two limbs of a sum are one number."""
    parts = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    joined: dict[str, Any] = {}
    for name, part in parts.items():
        if name.endswith("_hi"):
            joined[name[:-3]] = part.astype(object) * LIMB + parts[f"{name[:-3]}_lo"]
        elif not name.endswith("_lo") and name not in NOT_FIGURES:
            joined[name] = part
    return joined


def differences(name: str, one: Any, other: Any) -> list[str]:
    """Where two results differ, by the names of their parts."""
    if dataclasses.is_dataclass(one):
        a, b = parts_of(one), parts_of(other)
        return [text for key in a for text in differences(f"{name}.{key}", a[key], b[key])]
    if isinstance(one, Mapping):
        keys = {*one, *other} - UNTOLD_TAGS
        return [
            text for key in keys for text in differences(f"{name}[{key}]", one[key], other[key])
        ]
    if isinstance(one, np.ndarray):
        places = np.argwhere(one != other) if one.shape == other.shape else [one.shape]
        return [
            f"{name}{list(map(int, place))}: {one[tuple(place)]} {other[tuple(place)]}"
            for place in places[:3]
        ]
    return [] if one == other else [f"{name}: {one} {other}"]
