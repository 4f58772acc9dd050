"""Counts what happens, for Prometheus. The only module that knows its client library.

Nothing below infra counts anything: it returns reports, and whoever drives it hands them to
``on_report`` and its neighbours. Methods may be called from any thread.
"""

import threading
from collections.abc import Collection, Mapping

import pyarrow as pa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from infra.clock import SystemClock
from infra.metric_catalog import METRICS, PROCESS_PREFIX, RECEIPT_OUTCOMES, Kind
from infra.version import program_version
from infra.watchdog import Watchdog
from schemas.identifiers import Verdict, bank_verdicts
from streams.ports import BatchReport, Clock

OTHER_BANKS = "other"

disable_created_metrics()  # When a counter was made says nothing that the process's start does not.


class Metrics:
    """What one process counts; every value is in a registry of its own."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.watchdog = Watchdog(self._clock)
        self._registry = CollectorRegistry()
        self._catalog = {metric.name: metric for metric in METRICS}
        self._gauges: dict[str, Gauge] = {}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._lock = threading.Lock()  # So that what is shown is never half replaced.
        self._lag: dict[int, tuple[int, float]] = {}  # Messages and seconds, by partition.
        self._reconciled_at_ms: int | None = None
        for metric in METRICS:
            if metric.name.startswith(PROCESS_PREFIX):
                continue
            if metric.kind is Kind.COUNTER:
                self._counters[metric.name] = self._counter(metric.name)
            elif metric.kind is Kind.HISTOGRAM:
                self._histograms[metric.name] = Histogram(
                    metric.name, metric.meaning, buckets=metric.buckets, registry=self._registry
                )
        ProcessCollector(namespace="puhui", registry=self._registry)
        self._replace("puhui_build_info", {program_version(): 1})

    def on_report(self, report: BatchReport, now_ms: int) -> None:
        """Count one batch that was stored."""
        others = {
            "repeated": report.duplicate_submission_count,
            "conflict": report.conflict_count,
            "refused": report.refused_submission_count,
            "quarantined": report.quarantined_count,
            "readmitted": report.readmitted_count,
            "control": report.control_count,
        }
        accepted = {"accepted": report.submission_count - sum(others.values())}
        self._add_outcomes("puhui_submissions_total", accepted | others)
        self._add_outcomes(
            "puhui_events_total",
            {
                "stored": report.stored_count,
                "duplicate": report.duplicate_count,
                # A second reversal is rejected too, and is counted once.
                "rejected": report.rejected_count - report.second_reversal_count,
                "second_reversal": report.second_reversal_count,
            },
        )
        self._counters["puhui_event_warnings_total"].inc(report.warning_count)
        # The broker's clock may be ahead of ours.
        age_s = max(0, now_ms - report.oldest_received_at_ms) / 1000
        self._histograms["puhui_event_age_seconds"].observe(age_s)
        self._histograms["puhui_batch_events"].observe(report.event_count)
        self._histograms["puhui_batch_apply_seconds"].observe(report.apply_s)
        self._histograms["puhui_batch_write_seconds"].observe(report.write_s)
        self.on_advance(report.partition, report.next_offset, now_ms)

    def on_log(self, partition_count: int) -> None:
        self._set("puhui_log_partitions", partition_count)

    def on_assigned(self, partitions: Collection[int]) -> None:
        """Note which partitions this worker has from now on; what is said of others goes."""
        self.watchdog.on_assigned(partitions)
        self._set("puhui_assigned_partitions", len(partitions))
        self._lag = {p: lag for p, lag in self._lag.items() if p in partitions}

    def on_lag(self, partition: int, messages: int, seconds: float) -> None:
        """Note how far behind a partition is: messages not stored, and the age of the oldest."""
        self.watchdog.on_lag(partition, messages)
        self._lag = self._lag | {partition: (messages, seconds)}

    def on_advance(self, partition: int, offset: int, now_ms: int) -> None:
        """Note up to where a partition is stored."""
        self.watchdog.on_advance(partition, offset, now_ms)

    def on_store_retry(self) -> None:
        self._counters["puhui_store_retries_total"].inc()

    def on_canary(self, round_trip_s: float) -> None:
        self._histograms["puhui_canary_round_trip_seconds"].observe(round_trip_s)

    def on_canary_missing(self) -> None:
        self._counters["puhui_canaries_missing_total"].inc()

    def on_recent_events(self, recent: Mapping[str, tuple[int, int]]) -> None:
        """Show the share of rejected events by bank.

        Args:
            recent: bank id → (rejected, all) of its recent events, for every bank that is known.

        """
        # Whoever may send could invent labels without end: what is no bank's id shares one.
        is_bank = bank_verdicts(pa.array(recent, pa.string())) == Verdict.OK
        counts: dict[str, tuple[int, int]] = {}
        for (bank_id, (rejected, every)), is_known in zip(
            recent.items(), is_bank.tolist(), strict=True
        ):
            label = bank_id if is_known else OTHER_BANKS
            before = counts.get(label, (0, 0))
            counts[label] = before[0] + rejected, before[1] + every
        self._replace(
            "puhui_rejected_share_ratio",
            {bank: rejected / max(1, every) for bank, (rejected, every) in counts.items()},
        )

    def on_quarantine(self, lane_count: int) -> None:
        self._set("puhui_quarantined_lanes", lane_count)

    def on_reconcile(self, differences: Mapping[str, int], now_ms: int) -> None:
        """Show what a reconciliation found: every check with its number of differences."""
        self._replace("puhui_reconcile_differences", differences)
        self._reconciled_at_ms = now_ms

    def on_silence(self, silent_bank_count: int) -> None:
        """Show how many banks say nothing."""
        self._set("puhui_silent_banks", silent_bank_count)

    def on_gaps(self, missing_submission_count: int) -> None:
        """Show how many numbers the banks' lanes lack."""
        self._set("puhui_missing_submissions", missing_submission_count)

    def on_receipt(self, outcome: str, duration_s: float) -> None:
        """Count an answer of the intake; ``outcome`` is one of RECEIPT_OUTCOMES."""
        assert outcome in RECEIPT_OUTCOMES, outcome
        self._add_outcomes("puhui_receipts_total", {outcome: 1})
        self._histograms["puhui_intake_request_seconds"].observe(duration_s)

    def on_cells(self, count: int) -> None:
        self._set("puhui_cells_in_memory", count)

    def exposition(self) -> bytes:
        """Return every metric as Prometheus reads it."""
        lag = self._lag
        self._replace("puhui_lag_messages", {str(p): messages for p, (messages, _) in lag.items()})
        self._replace("puhui_lag_seconds", {str(p): seconds for p, (_, seconds) in lag.items()})
        stalled_s = self.watchdog.stalled_s()
        self._replace("puhui_stalled_seconds", {str(p): s for p, s in stalled_s.items()})
        if self._reconciled_at_ms is not None:
            age_s = (self._clock.now_ms() - self._reconciled_at_ms) / 1000
            self._set("puhui_reconcile_age_seconds", age_s)
        with self._lock:
            return generate_latest(self._registry)

    def _counter(self, name: str) -> Counter:
        metric = self._catalog[name]
        labels = [metric.label] if metric.label else []
        counter = Counter(name, metric.meaning, labels, registry=self._registry)
        for value in metric.values:
            counter.labels(value)  # From here on it is shown, as 0.
        return counter

    def _gauge(self, name: str) -> Gauge:
        """Return a gauge, which is shown from its first use on."""
        if name not in self._gauges:
            metric = self._catalog[name]
            labels = [metric.label] if metric.label else []
            self._gauges[name] = Gauge(name, metric.meaning, labels, registry=self._registry)
        return self._gauges[name]

    def _add_outcomes(self, name: str, counts: Mapping[str, int]) -> None:
        for outcome, count in counts.items():
            self._counters[name].labels(outcome).inc(count)

    def _set(self, name: str, value: float, label: str = "") -> None:
        with self._lock:
            gauge = self._gauge(name)
            (gauge.labels(label) if label else gauge).set(value)

    def _replace(self, name: str, values: Mapping[str, float]) -> None:
        with self._lock:
            gauge = self._gauge(name)
            gauge.clear()
            for label, value in values.items():
                gauge.labels(label).set(value)
