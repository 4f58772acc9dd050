"""Tables of gradings: runs, what persons did about them, what they handed in, certificates.

On the rules of schemas.tables.
"""

from schemas.table import I64, RAW, TEXT, Table

GRADING_RUNS = Table(
    "grading_runs",
    ("run_id",),
    {
        "run_id": TEXT,
        "quarter": TEXT,
        "methodology": TEXT,
        "methodology_hash": TEXT,
        "input_digest": TEXT,
        "formula_version": TEXT,
        "graded_at_ms": I64,
        "body": TEXT,
        "version": I64,
    },
    in_digest=False,
)
# What persons did about a quarter's grading, in order; each act names the one before by its hash.
GRADING_ACTS = Table(
    "grading_acts",
    ("quarter", "number"),
    {
        "quarter": TEXT,
        "number": I64,
        "act": TEXT,
        "person": TEXT,
        "role": TEXT,
        "bank_id": TEXT,
        "at_ms": I64,
        "body": TEXT,
        "previous_sha256": TEXT,
        "sha256": TEXT,
        "version": I64,
    },
    in_digest=False,
)
# Files that persons handed in: evidence, minutes, self-assessments. Kept by what they hold.
GRADING_FILES = Table(
    "grading_files",
    ("sha256",),
    {"sha256": TEXT, "file_name": TEXT, "size_bytes": I64, "content": RAW, "version": I64},
    in_digest=False,
)
# The text of every methodology that a run has used.
METHODOLOGIES = Table(
    "methodologies",
    ("methodology_hash",),
    {
        "methodology_hash": TEXT,
        "name": TEXT,
        "number": I64,  # Of its version.
        "body": TEXT,
        "version": I64,
    },
    in_digest=False,
)
CERTIFICATES = Table(
    "certificates",
    ("run_id",),
    {"run_id": TEXT, "quarter": TEXT, "signed_at_ms": I64, "body": RAW, "version": I64},
    in_digest=False,
)
