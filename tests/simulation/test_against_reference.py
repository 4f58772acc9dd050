"""The pipeline and the plain-dict reference of the whole job agree on every figure."""

from collections import defaultdict

import numpy as np
import pytest

from infra.reference_data import load_lpr
from schemas.codes import LOAN_KINDS, POPULATIONS
from schemas.tables import CELLS, TAG_CELLS, TOTALS
from schemas.tags import FIRST_LOAN_TAG
from streams.id_filter import id_hash
from streams.ports import Store
from tests.event_stories import random_events, submissions
from tests.job import added_up, run_job
from tests.reference_job import Reference, reference_job

FLOWS = (
    "brought_forward", "disbursed", "acquired", "repaid", "written_off", "moved_out", "revalued",
)  # fmt: skip
KINDS = [str(kind) for kind in LOAN_KINDS]


def reference_of(events) -> Reference:
    return reference_job(
        events,
        load_lpr().publication_day.tolist(),
        hash_of=lambda text: int(id_hash(np.array([text.encode()], "S64"))[0]),
    )


def assert_cells_agree(store: Store, reference: Reference) -> None:
    cells = added_up(store, CELLS)
    assert len(cells) == len(reference.cells)
    for (bank, borrower, kind, quarter), expected in reference.cells.items():
        found = cells[bank, borrower, KINDS.index(kind), quarter]
        for name in FLOWS:
            assert found[f"{name}_minor"] == expected.get(name, 0), (bank, borrower, name)
        assert found["non_performing_minor"] == expected.get("non_performing", 0)
        assert found["balance_rate"] == expected.get("balance_rate", 0)
        assert found["disbursed_rate"] == expected.get("disbursed_rate", 0)
    tag_cells = added_up(store, TAG_CELLS)
    assert len(tag_cells) == len(reference.tag_cells)
    for (bank, borrower, kind, quarter, tag), expected in reference.tag_cells.items():
        found = tag_cells[bank, borrower, KINDS.index(kind), quarter, tag]
        assert found["disbursed_minor"] == expected["disbursed"]
        assert found["disbursed_rate"] == expected["disbursed_rate"]
        assert found["draw_count"] == expected["draw_count"]


def assert_totals_agree(store: Store, reference: Reference) -> int:
    """Compare every bank, population and quarter; return how many figures were compared."""
    rows = added_up(store, TOTALS)
    levels = defaultdict(int)
    compared = 0
    for bank in sorted({key[0] for key in reference.cells}):
        for population in map(str, POPULATIONS):
            for quarter in reference.quarters:
                row = rows.get((bank, population, quarter, 0), defaultdict(int))
                expected = reference.totals.get((bank, population, quarter), {})
                at = bank, population
                for name, column in (
                    ("balance", "balance_change_minor"),
                    ("balance_rate", "balance_rate_change"),
                    ("non_performing", "non_performing_change_minor"),
                    ("borrower_count", "borrower_change_count"),
                ):
                    levels[at, name] += row[column]
                    assert levels[at, name] == expected.get(name, 0), (at, quarter, name)
                for name in (*FLOWS, "reclassified"):
                    assert row[f"{name}_minor"] == expected.get(name, 0), (at, quarter, name)
                assert row["disbursed_rate"] == expected.get("disbursed_rate", 0), (at, quarter)
                compared += 4 + len(FLOWS) + 2
    in_range = {key for key in rows if key[3] and any(rows[key].values())}
    expected_keys = {key for key, sums in reference.tag_totals.items() if any(sums.values())}
    assert in_range == expected_keys
    for key in expected_keys:
        found, expected = rows[key], reference.tag_totals[key]
        assert found["disbursed_minor"] == expected["disbursed"], key
        assert found["disbursed_rate"] == expected["disbursed_rate"], key
        assert found["draw_count"] == expected["draw_count"], key
        if key[3] == FIRST_LOAN_TAG:
            assert found["draw_borrower_count"] == expected["draw_borrower_count"], key
        compared += 3
    return compared


@pytest.mark.parametrize("seed", range(20))
def test_short_stories_agree_with_the_reference(seed: int) -> None:
    events = random_events(seed, 400)
    store = run_job(submissions(events, seed, lanes=2, partitions=2, events_per_submission=7))
    ordered = in_log_order(events, seed, lanes=2, partitions=2, events_per_submission=7)
    reference = reference_of(ordered)
    assert_cells_agree(store, reference)
    assert assert_totals_agree(store, reference) > 1_000


def test_ten_thousand_events_agree_with_the_reference() -> None:
    events = random_events(7, 10_000, banks=5, borrowers=60)
    store = run_job(submissions(events, 7, lanes=1, partitions=1, events_per_submission=500))
    reference = reference_of(in_log_order(events, 7, 1, 1, 500))
    assert_cells_agree(store, reference)
    assert assert_totals_agree(store, reference) > 10_000


def in_log_order(events, seed, lanes, partitions, events_per_submission):
    """The events as the partitions hold them: which of two equal ids comes first depends on it."""
    from schemas.wire import decode_event

    drafts = submissions(events, seed, lanes, partitions, events_per_submission)
    return [
        decode_event(line)
        for partition in range(partitions)
        for draft in drafts
        if draft.partition == partition
        for line in draft.value.splitlines()
        if line
    ]
