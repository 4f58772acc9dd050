"""What an import says of one file: counts that add up, and every row that was refused."""

import msgspec

from infra.imports.findings import explained

REJECTED_LISTED_MAX = 100


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One row and what is wrong with it; ``place`` is file:line:field."""

    place: str
    line: int = 0
    field: str = ""
    code: str
    found: str
    expected: str
    zh: str
    en: str
    is_kept: bool  # In the table of rejected events, to be looked at and sent again.


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the file as a whole."""

    code: str
    zh: str
    en: str


class ImportReport(msgspec.Struct, kw_only=True):
    """row_count = event_count + refused_row_count + left_out_count; see ``adds_up``."""

    file: str
    kind: str = ""
    sha256: str = ""
    is_known: bool = False  # Imported before, nothing sent.
    row_count: int = 0
    event_count: int = 0  # Sent to the pipeline.
    stored_count: int = 0
    duplicate_count: int = 0
    rejected_count: int = 0  # By the pipeline, which keeps them.
    refused_row_count: int = 0  # Before they became events.
    left_out_count: int = 0
    submission_count: int = 0
    bank_count: int = 0
    complete_to: str = ""
    rejected: list[Finding] = msgspec.field(default_factory=list)
    warnings: list[Remark] = msgspec.field(default_factory=list)
    duration_s: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every row of the file is accounted for."""
        rows = self.event_count + self.refused_row_count + self.left_out_count
        events = self.stored_count + self.duplicate_count + self.rejected_count
        return self.row_count == rows and self.event_count == events

    def list_finding(self, finding: Finding) -> None:
        """Add ``finding``, unless the list is already long; the counts go on."""
        if len(self.rejected) < REJECTED_LISTED_MAX:
            self.rejected.append(finding)

    def remark(self, code: str, found: object) -> None:
        """Say something about the whole file."""
        zh, en = explained(code, str(found), "")
        self.warnings.append(Remark(code=code, zh=zh, en=en))
