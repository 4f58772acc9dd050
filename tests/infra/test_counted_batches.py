"""What the real path reports of its batches is what is counted, and adds up."""

from collections import Counter

from infra.lane_figures import read_lane_figures
from infra.metrics import Metrics
from schemas.message import CANARY, CONTENT_NDJSON, CONTROL_HEADER, Draft, draft_of
from schemas.tables import EVENTS, REJECTED, SUBMISSIONS
from schemas.wire import encode
from streams.ports import BatchReport
from tests.infra.test_metrics import shown
from tests.job import run_job, stored
from tests.schemas.decoding import BANK, draw


def draft(seq: int, value: bytes) -> Draft:
    return draft_of(value, bank_id=BANK, seq=seq, complete_to=None)


def events(*numbers: int) -> bytes:
    return encode([draw(event_id=f"event-0000-{n:05}") for n in numbers], CONTENT_NDJSON)


def with_headers(draft: Draft, **headers: str) -> Draft:
    return draft._replace(headers={**draft.headers, **headers})


GOOD = draft(1, events(1, 2))
CANARY_MESSAGE = Draft(0, {"bank": BANK, "lane": "0", CONTROL_HEADER: CANARY}, b"")


def counted(drafts: list[Draft]) -> tuple[dict[str, float], object]:
    reports: list[BatchReport] = []
    store = run_job(drafts, reports=reports)
    metrics = Metrics()
    for report in reports:
        metrics.on_report(report, report.oldest_received_at_ms)
    return shown(metrics), store


def test_submissions_are_counted_by_what_the_store_says_became_of_them() -> None:
    samples, store = counted(
        [
            GOOD,
            GOOD,  # Repeated.
            draft(1, events(3)),  # The same number, another content.
            with_headers(draft(2, events(4)), sha256="0" * 64),  # Refused.
            CANARY_MESSAGE,
            draft(2, events(2, 5) + b"{}\n"),  # A duplicate, an event, and no event.
        ]
    )

    outcomes = Counter(outcome for (outcome,) in stored(store, SUBMISSIONS, "outcome"))
    assert outcomes == Counter(accepted=2, repeated=1, conflict=1, refused=1, control=1)
    for outcome, count in outcomes.items():
        assert samples[f'puhui_submissions_total{{outcome="{outcome}"}}'] == count
    assert samples['puhui_events_total{outcome="stored"}'] == len(stored(store, EVENTS)) == 3
    assert samples['puhui_events_total{outcome="rejected"}'] == len(stored(store, REJECTED)) == 3
    assert samples['puhui_events_total{outcome="duplicate"}'] == 1


def test_a_lane_that_sends_too_much_that_is_wrong_is_seen_in_the_figures() -> None:
    wrong = b"{}\n" * 300
    samples, store = counted([draft(1, events(*range(100)) + wrong), draft(2, events(900))])

    figures = read_lane_figures(store, 0)
    assert figures.quarantined_count == 1
    assert figures.recent == {BANK: (300, 400)}
    assert samples['puhui_submissions_total{outcome="quarantined"}'] == 1


def test_where_nobody_has_sent_anything_there_are_no_figures() -> None:
    assert read_lane_figures(run_job([]), 0) == ({}, 0, 0)
