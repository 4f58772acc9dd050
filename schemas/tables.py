"""What is stored: the tables, their keys and columns. The one place that lists them.

A row is **absolute**: the newest ``version`` of a key counts, so writing a row twice changes
nothing. ``version`` is the log's offset (or next offset) of the last message in the row. A
Store keeps these tables; infra/clickhouse/migrations creates the same columns, and a test
compares the two.
"""

from schemas.grading_tables import (
    CERTIFICATES,
    GRADING_ACTS,
    GRADING_FILES,
    GRADING_RUNS,
    METHODOLOGIES,
)
from schemas.table import I32, I64, RAW, TEXT, U8, U16, Table

_PLACE = {"generation": U16, "partition": U16}

CELL_SUMS = (
    "brought_forward_minor",
    "disbursed_minor",
    "acquired_minor",
    "repaid_minor",
    "written_off_minor",
    "moved_out_minor",
    "revalued_minor",
    "disbursed_rate_hi",
    "disbursed_rate_lo",
    "balance_rate_hi",
    "balance_rate_lo",
    "non_performing_minor",
)
TAG_SUMS = ("disbursed_minor", "disbursed_rate_hi", "disbursed_rate_lo", "draw_count")
TOTAL_SUMS = (
    "balance_change_minor",
    "balance_rate_change_hi",
    "balance_rate_change_lo",
    "non_performing_change_minor",
    "borrower_change_count",
    "brought_forward_minor",
    "disbursed_minor",
    "acquired_minor",
    "repaid_minor",
    "written_off_minor",
    "moved_out_minor",
    "revalued_minor",
    "reclassified_minor",
    "disbursed_rate_hi",
    "disbursed_rate_lo",
    "draw_count",
    "draw_borrower_count",
)

# The log of the embedded mode, and in production the kept copy of what Kafka delivered.
MESSAGES = Table(
    "messages",
    ("topic", "partition", "offset"),
    {
        "topic": TEXT,
        "partition": U16,
        "offset": I64,
        "received_at_ms": I64,
        "headers": TEXT,
        "value": RAW,
        "version": I64,
    },
    in_digest=False,
)
SUBMISSIONS = Table(
    "submissions",
    ("generation", "partition", "offset"),
    _PLACE
    | {
        "offset": I64,
        "bank_id": TEXT,
        "lane": U16,
        "lanes": U16,
        "seq": I64,
        "sha256": TEXT,
        "complete_to": TEXT,
        "received_at_ms": I64,
        "outcome": TEXT,
        "event_count": I64,
        "stored_count": I64,
        "duplicate_count": I64,
        "rejected_count": I64,
        "version": I64,
    },
    in_digest=False,
)
EVENTS = Table(
    "events",
    ("generation", "partition", "offset", "position"),
    _PLACE
    | {
        "offset": I64,
        "position": I32,
        "event_id": TEXT,
        "event_type": TEXT,
        "sign": I32,
        "reversed_event_id": TEXT,
        "bank_id": TEXT,
        "borrower_id": TEXT,
        "occurred_on": TEXT,
        "quarter": U16,
        "loan_kind": U8,
        "amount_cny_minor": I64,
        "rate_mbp": I64,
        "old_rate_mbp": I64,
        "loan_class": U8,
        "old_loan_class": U8,
        "is_cny": U8,
        "matures_day": I32,
        "guarantee_kind": U8,
        "policy_tags": U8,
        "version": I64,
    },
    digest_without=("offset", "position"),
)
REJECTED = Table(
    "rejected",
    ("generation", "partition", "offset", "position"),
    _PLACE
    | {
        "offset": I64,
        "position": I32,
        "bank_id": TEXT,
        "event_id": TEXT,
        "code": TEXT,
        "field": TEXT,
        "found": TEXT,
        "expected": TEXT,
        "raw": RAW,
        "version": I64,
    },
    digest_without=("offset", "position"),
)
# Messages with the header ``origin``: what was rejected there and is sent again.
READMISSIONS = Table(
    "readmissions",
    ("generation", "partition", "offset"),
    _PLACE | {"offset": I64, "bank_id": TEXT, "origin": TEXT, "outcome": TEXT, "version": I64},
    in_digest=False,
)
CELLS = Table(
    "cells",
    ("generation", "partition", "bank_id", "borrower_id", "loan_kind", "quarter"),
    _PLACE
    | {"bank_id": TEXT, "borrower_id": TEXT, "loan_kind": U8, "quarter": U16}
    | dict.fromkeys(CELL_SUMS, I64)
    | {"version": I64},
    additive=CELL_SUMS,
)
TAG_CELLS = Table(
    "tag_cells",
    ("generation", "partition", "bank_id", "borrower_id", "loan_kind", "quarter", "tag"),
    _PLACE
    | {"bank_id": TEXT, "borrower_id": TEXT, "loan_kind": U8, "quarter": U16, "tag": U16}
    | dict.fromkeys(TAG_SUMS, I64)
    | {"version": I64},
    additive=TAG_SUMS,
)
PROFILES = Table(
    "profiles",
    ("generation", "partition", "bank_id", "borrower_id", "quarter"),
    _PLACE
    | {
        "bank_id": TEXT,
        "borrower_id": TEXT,
        "quarter": U16,
        "borrower_kind": U8,
        "holding": U8,
        "firm_size": U8,
        "industry": TEXT,
        "city": TEXT,
        "occurred_day": I32,
        "revision": I32,
        "event_hash": I64,
        "version": I64,
    },
)
CREDIT_LINES = Table(
    "credit_lines",
    ("generation", "partition", "bank_id", "borrower_id", "quarter"),
    _PLACE
    | {
        "bank_id": TEXT,
        "borrower_id": TEXT,
        "quarter": U16,
        "limit_cny_minor": I64,
        "used_cny_minor": I64,
        "occurred_day": I32,
        "revision": I32,
        "event_hash": I64,
        "version": I64,
    },
)
# Registers: replaced whole, so their body is kept as the event's JSON. ``register`` says which.
REGISTERS = Table(
    "registers",
    ("generation", "partition", "register", "bank_id", "entry"),
    _PLACE
    | {
        "register": TEXT,
        "bank_id": TEXT,
        "entry": TEXT,
        "body": TEXT,
        "occurred_day": I32,
        "revision": I32,
        "event_hash": I64,
        "version": I64,
    },
)
# One block a batch: rows of totals, and one marker row per partition (bank_id empty) whose
# version is the log's next offset and whose ``lanes`` say what each bank has sent.
TOTALS = Table(
    "totals",
    ("generation", "partition", "bank_id", "population", "quarter", "tag"),
    _PLACE
    | {"bank_id": TEXT, "population": TEXT, "quarter": U16, "tag": U16}
    | dict.fromkeys(TOTAL_SUMS, I64)
    | {"lanes": TEXT, "version": I64},
    additive=TOTAL_SUMS,
)
CHECKPOINTS = Table(
    "checkpoints",
    ("generation", "partition"),
    _PLACE | {"next_offset": I64, "log_identity": TEXT, "lanes": TEXT, "version": I64},
    in_digest=False,
)
# One row: which generation readers see.
POINTERS = Table(
    "pointers", ("name",), {"name": TEXT, "value": I64, "version": I64}, in_digest=False
)
IMPORTS = Table(
    "imports",
    ("sha256",),
    {"sha256": TEXT, "file_name": TEXT, "state": TEXT, "report": TEXT, "version": I64},
    in_digest=False,
)
# The banks' own files, kept as they were sent: a filing is one table of one bank for one month,
# a batch one sending of it. Pieces are the bytes in order, each compressed by Zstandard.
_FILING = {"bank_id": TEXT, "table_code": TEXT, "period": TEXT, "batch": I32}
FILINGS = Table(
    "filings",
    tuple(_FILING),
    _FILING
    | {
        "file_name": TEXT,
        "spec_version": TEXT,
        "sha256": TEXT,
        "size_bytes": I64,
        "row_count": I64,
        "log_text": TEXT,
        "received_at_ms": I64,
        "state": TEXT,
        "report": TEXT,
        "refused_lines": RAW,
        "version": I64,
    },
    in_digest=False,
)
FILING_PIECES = Table(
    "filing_pieces",
    (*_FILING, "piece"),
    _FILING | {"piece": I32, "size_bytes": I64, "content": RAW, "version": I64},
    in_digest=False,
)
# Which events a bank's month has made, a row for each submission that they were sent in: for every
# event the first sixteen bytes of what its id is made from, its position, how often it was
# withdrawn, and its standing. What a later batch is compared with.
FILING_EVENTS = Table(
    "filing_events",
    ("bank_id", "period", "partition", "offset"),
    {
        "bank_id": TEXT,
        "period": TEXT,
        "partition": U16,
        "offset": I64,
        "ids": RAW,
        "positions": RAW,
        "withdrawn_counts": RAW,
        "standings": RAW,
        "version": I64,
    },
    in_digest=False,
)
FILING_FINDINGS = Table(
    "filing_findings",
    (*_FILING, "number"),
    _FILING
    | {
        "number": I64,
        "line": I64,
        "field": TEXT,
        "rule": TEXT,
        "level": TEXT,
        "found": TEXT,
        "expected": TEXT,
        "version": I64,
    },
    in_digest=False,
)
# Who may come to the door: a token is shown once, and only its digest is kept.
PRINCIPALS = Table(
    "principals",
    ("principal_id",),
    {
        "principal_id": TEXT,
        "role": TEXT,
        "bank_id": TEXT,
        "token_sha256": TEXT,
        "is_active": U8,
        "created_at_ms": I64,
        "version": I64,
    },
    in_digest=False,
)
# What was answered to whom sent a submission. ``version`` is the offset with a minus, so that of
# two receipts for one seq that of the lower place counts, as in the pipeline.
RECEIPTS = Table(
    "receipts",
    ("bank_id", "lane", "seq"),
    {
        "bank_id": TEXT,
        "lane": U16,
        "seq": I64,
        "lanes": U16,
        "sha256": TEXT,
        "complete_to": TEXT,
        "body": RAW,
        "version": I64,
    },
    in_digest=False,
)

TABLES = (
    MESSAGES, SUBMISSIONS, EVENTS, REJECTED, READMISSIONS, CELLS, TAG_CELLS, PROFILES,
    CREDIT_LINES, REGISTERS, TOTALS, CHECKPOINTS, POINTERS, IMPORTS, FILINGS, FILING_PIECES,
    FILING_EVENTS, FILING_FINDINGS, GRADING_RUNS, GRADING_ACTS, GRADING_FILES, METHODOLOGIES,
    CERTIFICATES, PRINCIPALS, RECEIPTS,
)  # fmt: skip
