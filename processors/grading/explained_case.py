"""One bank of one run, ready to be explained."""

from collections.abc import Mapping
from typing import NamedTuple

from processors.grading.grade import Outcome
from processors.grading.table import Table
from schemas.explanation import Peers
from schemas.grading import BankGrade
from schemas.methodology import Methodology


class ExplanationError(RuntimeError):
    """A figure of an explanation is not that of the run."""

    def __init__(self, bank_id: str, where: str, found: str, expected: str) -> None:
        super().__init__(
            f"bank {bank_id}, {where}: the explanation gives {found or 'nothing'}, the run has "
            f"{expected or 'nothing'}. Nothing is shown; the run was made by other formulas than "
            "these: explain it with the version that made it"
        )


class Case(NamedTuple):
    """One bank of one run."""

    table: Table
    methodology: Methodology
    place: int  # Of the bank in the table.
    bank: BankGrade
    outcomes: list[Outcome]
    peers: dict[str, Peers]  # Filled while explaining.

    @property
    def outcome(self) -> Outcome:
        return self.outcomes[self.place]

    @property
    def columns(self) -> Mapping[str, object]:
        return self.table.values(self.place)

    def check(self, where: str, found: str, expected: str) -> None:
        """Raise ExplanationError unless both are one figure."""
        if found != expected:
            raise ExplanationError(self.bank.bank_id, where, found, expected)
