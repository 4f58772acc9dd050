"""What a process counts, and what it shows of it."""

import re

import pytest

from infra.metric_catalog import METRICS, PROCESS_PREFIX, Kind
from infra.metrics import Metrics
from streams.ports import BatchReport
from streams.submissions import Outcome
from tests.identities import bank_id

NOW_MS = 1_700_000_000_000
BANK = bank_id(1)
REPORT = BatchReport(
    partition=3,
    next_offset=41,
    submission_count=10,
    event_count=900,
    stored_count=800,
    duplicate_count=60,
    rejected_count=44,
    warning_count=5,
    duplicate_submission_count=1,
    conflict_count=2,
    second_reversal_count=4,
    oldest_received_at_ms=NOW_MS - 1_500,
    apply_s=0.2,
    write_s=0.3,
    refused_submission_count=3,
    quarantined_count=1,
    readmitted_count=1,
    control_count=1,
)


class Clock:
    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms


def shown(metrics: Metrics) -> dict[str, float]:
    """Samples by name and labels, as Prometheus would read them."""
    lines = metrics.exposition().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(number) for name, number in samples}


def families(metrics: Metrics) -> dict[str, str]:
    text = metrics.exposition().decode()
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def tell_everything(metrics: Metrics) -> None:
    metrics.on_report(REPORT, NOW_MS)
    metrics.on_log(6)
    metrics.on_assigned([3])
    metrics.on_lag(3, 7, 1.5)
    metrics.on_advance(3, 41, NOW_MS)
    metrics.on_store_retry()
    metrics.on_canary(0.4)
    metrics.on_canary_missing()
    metrics.on_recent_events({BANK: (3, 10)})
    metrics.on_quarantine(1)
    metrics.on_reconcile({"log": 0, "cells": 2}, NOW_MS)
    metrics.on_silence(4)
    metrics.on_gaps(9)
    metrics.on_receipt("given", 0.02)
    metrics.on_cells(1_000)


def test_a_process_that_was_told_everything_shows_the_whole_catalog_and_nothing_else() -> None:
    metrics = Metrics(Clock())
    tell_everything(metrics)

    assert families(metrics) == {metric.name: str(metric.kind) for metric in METRICS}


def test_what_is_not_known_yet_is_not_shown_as_nought() -> None:
    samples = shown(Metrics(Clock()))

    gauges = {metric.name for metric in METRICS if metric.kind is Kind.GAUGE}
    names = {name.partition("{")[0] for name in samples if not name.startswith(PROCESS_PREFIX)}
    assert names & gauges == {"puhui_build_info"}
    assert samples['puhui_submissions_total{outcome="conflict"}'] == 0


def test_a_report_is_counted_once_by_outcome() -> None:
    metrics = Metrics(Clock())
    metrics.on_report(REPORT, NOW_MS)
    samples = shown(metrics)

    submissions = {
        outcome: samples[f'puhui_submissions_total{{outcome="{outcome}"}}'] for outcome in Outcome
    }
    assert submissions == {
        "accepted": 1,
        "repeated": 1,
        "conflict": 2,
        "refused": 3,
        "quarantined": 1,
        "readmitted": 1,
        "control": 1,
    }
    assert sum(submissions.values()) == REPORT.submission_count
    assert samples['puhui_events_total{outcome="stored"}'] == 800
    assert samples['puhui_events_total{outcome="duplicate"}'] == 60
    assert samples['puhui_events_total{outcome="rejected"}'] == 40
    assert samples['puhui_events_total{outcome="second_reversal"}'] == 4
    assert samples["puhui_event_warnings_total"] == 5


def test_ages_and_durations_are_seconds() -> None:
    metrics = Metrics(Clock())
    metrics.on_report(REPORT, NOW_MS)
    samples = shown(metrics)

    assert samples["puhui_event_age_seconds_sum"] == 1.5
    assert samples["puhui_batch_apply_seconds_sum"] == 0.2
    assert samples["puhui_batch_write_seconds_sum"] == 0.3
    assert samples["puhui_batch_events_sum"] == 900


def test_a_broker_whose_clock_is_ahead_makes_no_negative_age() -> None:
    metrics = Metrics(Clock())
    metrics.on_report(REPORT, NOW_MS - 60_000)

    assert shown(metrics)["puhui_event_age_seconds_sum"] == 0


def test_a_partition_that_another_worker_took_over_is_not_shown_any_more() -> None:
    metrics = Metrics(Clock())
    metrics.on_assigned([0, 1])
    metrics.on_lag(0, 5, 1.0)
    metrics.on_lag(1, 6, 2.0)
    metrics.on_assigned([1, 2])
    samples = shown(metrics)

    assert 'puhui_lag_messages{partition="0"}' not in samples
    assert 'puhui_stalled_seconds{partition="0"}' not in samples
    assert samples['puhui_lag_messages{partition="1"}'] == 6
    assert samples['puhui_lag_seconds{partition="1"}'] == 2
    assert samples["puhui_assigned_partitions"] == 2


def test_the_time_since_reconciling_grows_by_itself() -> None:
    clock = Clock()
    metrics = Metrics(clock)
    metrics.on_reconcile({"log": 0}, NOW_MS)
    clock.ms += 90_000

    assert shown(metrics)["puhui_reconcile_age_seconds"] == 90


def test_a_difference_that_is_gone_is_not_shown_any_more() -> None:
    metrics = Metrics(Clock())
    metrics.on_reconcile({"log": 2, "cells": 1}, NOW_MS)
    metrics.on_reconcile({"log": 0}, NOW_MS)
    samples = shown(metrics)

    assert samples['puhui_reconcile_differences{check="log"}'] == 0
    assert 'puhui_reconcile_differences{check="cells"}' not in samples


def test_names_that_are_no_bank_share_one_label() -> None:
    metrics = Metrics(Clock())
    metrics.on_recent_events({BANK: (1, 4), 'x"\n': (3, 5), "9137": (2, 5), "": (0, 0)})
    samples = shown(metrics)

    shares = {name: share for name, share in samples.items() if "rejected_share" in name}
    assert shares == {
        f'puhui_rejected_share_ratio{{bank_id="{BANK}"}}': 0.25,
        'puhui_rejected_share_ratio{bank_id="other"}': 0.5,
    }


def test_an_outcome_that_nobody_defined_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        Metrics(Clock()).on_receipt("maybe", 0.1)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_name_tells_kind_and_unit(metric) -> None:
    assert re.fullmatch(r"puhui_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_two_metrics_in_one_process_do_not_share_their_counts() -> None:
    first, second = Metrics(Clock()), Metrics(Clock())
    first.on_store_retry()

    assert shown(first)["puhui_store_retries_total"] == 1
    assert shown(second)["puhui_store_retries_total"] == 0
