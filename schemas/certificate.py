"""The shape of a certificate: what a signed file says of a grading run, and of its input pack.

Every hash is a SHA-256 in hexadecimal digits. docs/how-to/certificate.md says what each covers.
"""

from schemas.strict import Part

CERTIFICATE_FORMAT = "puhui-certificate"
PACK_FORMAT = "puhui-input-pack"
FORMAT_VERSION = 1


class Certificate(Part, frozen=True, kw_only=True):
    """What is signed; ``key_id`` and ``signature`` are added by the signing."""

    format: str = CERTIFICATE_FORMAT
    format_version: int = FORMAT_VERSION
    run_id: str
    quarter: str
    as_of: str
    methodology: str
    methodology_version: int
    methodology_hash: str
    label_zh: str
    label_en: str
    input_digest: str
    formula_version: str
    bank_count: int
    pack_sha256: str  # Of the zip, every byte of it.
    manifest_sha256: str  # Of the list of its parts: equal where only the packing differs.
    results_sha256: str  # Of results.json in the pack.
    program_version: str
    source_sha256: str  # Of the program text that graded.
    is_synthetic: bool
    is_illustrative: bool
    is_to_date: bool
    note_zh: str
    note_en: str
    signed_at: str
    signed_at_ms: int


class PackedPart(Part, frozen=True, kw_only=True):
    """One file of an input pack."""

    name: str
    sha256: str
    size_bytes: int


class Manifest(Part, frozen=True, kw_only=True):
    """What an input pack holds, and of which run."""

    format: str = PACK_FORMAT
    format_version: int = FORMAT_VERSION
    run_id: str
    quarter: str
    as_of: str
    formula_version: str
    program_version: str
    source_sha256: str
    generation: int
    vector: dict[str, int]  # Next offset by partition: what had been handled.
    has_events: bool
    is_synthetic: bool
    is_illustrative: bool
    note_zh: str
    note_en: str
    parts: list[PackedPart]
