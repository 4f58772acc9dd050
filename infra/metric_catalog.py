"""Every metric that a process of puhui shows: name, unit, labels, meaning. One place to look.

Counters and histograms are there from the start, with zeros. A gauge is there once its value is
known: no zero stands for "not asked yet".
"""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a metric's values can do."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """One metric. Its name ends in its unit; a counter's in ``_total``."""

    name: str
    kind: Kind
    meaning: str
    label: str = ""
    values: tuple[str, ...] = ()  # All values that the label can have; empty where it is open.
    buckets: tuple[float, ...] = ()  # Upper bounds of a histogram.


SUBMISSION_OUTCOMES = (
    "accepted",
    "repeated",
    "conflict",
    "refused",
    "quarantined",
    "readmitted",
    "control",
)
EVENT_OUTCOMES = ("stored", "duplicate", "rejected", "second_reversal")
RECEIPT_OUTCOMES = ("given", "repeated", "conflict", "refused", "throttled", "unavailable")

_STEP_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELAY_S = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 1800)
_BATCH_EVENTS = (1, 10, 100, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)

METRICS = (
    Metric("puhui_build_info", Kind.GAUGE, "Always 1: its label tells the version.", "version"),
    # What comes in.
    Metric(
        "puhui_submissions_total",
        Kind.COUNTER,
        "Messages handled, by what became of them.",
        "outcome",
        SUBMISSION_OUTCOMES,
    ),
    Metric(
        "puhui_events_total",
        Kind.COUNTER,
        "Events handled, by what became of them; a submission refused as a whole is one rejected.",
        "outcome",
        EVENT_OUTCOMES,
    ),
    Metric("puhui_event_warnings_total", Kind.COUNTER, "Warnings about events that counted."),
    Metric(
        "puhui_event_age_seconds",
        Kind.HISTOGRAM,
        "From the oldest receipt in a batch by Kafka until the batch was stored.",
        buckets=_DELAY_S,
    ),
    Metric("puhui_batch_events", Kind.HISTOGRAM, "Events in a batch.", buckets=_BATCH_EVENTS),
    Metric(
        "puhui_batch_apply_seconds",
        Kind.HISTOGRAM,
        "Decoding and checking a batch and taking it into the sums.",
        buckets=_STEP_S,
    ),
    Metric(
        "puhui_batch_write_seconds",
        Kind.HISTOGRAM,
        "Writing what a batch changed to the store.",
        buckets=_STEP_S,
    ),
    Metric("puhui_store_retries_total", Kind.COUNTER, "Writes tried again: the store was away."),
    # How far behind.
    Metric("puhui_log_partitions", Kind.GAUGE, "Partitions of the log."),
    Metric("puhui_assigned_partitions", Kind.GAUGE, "Partitions that this worker has."),
    Metric(
        "puhui_lag_messages", Kind.GAUGE, "Messages in the log and not yet stored.", "partition"
    ),
    Metric("puhui_lag_seconds", Kind.GAUGE, "Age of the oldest of them.", "partition"),
    Metric(
        "puhui_stalled_seconds",
        Kind.GAUGE,
        "How long a partition has been behind without moving; 0 while it moves or waits.",
        "partition",
    ),
    Metric(
        "puhui_canary_round_trip_seconds",
        Kind.HISTOGRAM,
        "From sending a canary message to Kafka until the store says that it was handled.",
        buckets=_DELAY_S,
    ),
    Metric(
        "puhui_canaries_missing_total",
        Kind.COUNTER,
        "Canaries that could not be sent, or were not handled in time.",
    ),
    # Whether it can be trusted.
    Metric(
        "puhui_rejected_share_ratio",
        Kind.GAUGE,
        "Rejected among a bank's recent events; other: published totals, and ids that are none.",
        "bank_id",
    ),
    Metric("puhui_quarantined_lanes", Kind.GAUGE, "Lanes kept out until they are released."),
    Metric(
        "puhui_reconcile_differences",
        Kind.GAUGE,
        "Differences that the last reconciliation found.",
        "check",
    ),
    Metric("puhui_reconcile_age_seconds", Kind.GAUGE, "Time since the last reconciliation."),
    Metric("puhui_silent_banks", Kind.GAUGE, "Banks that are registered, open, and silent."),
    Metric("puhui_missing_submissions", Kind.GAUGE, "Numbers missing in the banks' lanes."),
    # The way in over HTTP.
    Metric(
        "puhui_receipts_total",
        Kind.COUNTER,
        "Answers of the intake, by outcome.",
        "outcome",
        RECEIPT_OUTCOMES,
    ),
    Metric(
        "puhui_intake_request_seconds",
        Kind.HISTOGRAM,
        "Answering one submission over HTTP.",
        buckets=_STEP_S,
    ),
    # What it costs.
    Metric("puhui_cells_in_memory", Kind.GAUGE, "Running sums that this process holds."),
    Metric("puhui_process_resident_memory_bytes", Kind.GAUGE, "Memory in use."),
    Metric("puhui_process_virtual_memory_bytes", Kind.GAUGE, "Memory that is addressed."),
    Metric("puhui_process_cpu_seconds_total", Kind.COUNTER, "Processor time used."),
    Metric("puhui_process_start_time_seconds", Kind.GAUGE, "When it started, since 1970."),
    Metric("puhui_process_open_fds", Kind.GAUGE, "Files and connections that are open."),
    Metric("puhui_process_max_fds", Kind.GAUGE, "How many may be."),
)
PROCESS_PREFIX = "puhui_process_"  # The client library measures these by itself, on Linux.


def metrics_page(made: str) -> str:
    """Return the reference page; ``made`` says how pages are made."""
    lines = [
        "# Metrics",
        "",
        made,
        "",
        "Every process shows them at `/metrics`, in the text format of Prometheus. Counters and",
        "histograms are there from the start. A gauge is there once its value is known: no zero",
        "stands for *not asked yet*.",
        "",
        "| metric | kind | label | meaning |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{metric.name}` | {metric.kind} | {_label_text(metric)} | {metric.meaning} |"
            for metric in METRICS
        ),
    ]
    return "\n".join(lines) + "\n"


def _label_text(metric: Metric) -> str:
    values = ", ".join(metric.values)
    return f"`{metric.label}`: {values}" if values else metric.label and f"`{metric.label}`"
