"""What a check of a row is: its number, how grave it is, and what it looks at.

The numbers are those of the list of rules in docs/reference/pboc-rules.md. A rule looks at many
rows at once and says which break it; it stays silent on rows that another rule has to judge.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.table_spec import TableSpec
from schemas.units import BoolArray

MANDATORY, FORM = "M", "T"  # A field that must be filled is blank; a date that is none.


class Level(StrEnum):
    """What becomes of a row that breaks a rule."""

    REFUSE = "E"  # The row is held back: it makes no event.
    WARN = "W"
    PERIOD = "P"  # Of the file or the period as a whole; the rows make their events.


class Breach(NamedTuple):
    """Rows that break a rule, seen in one field; what was found is read from there."""

    field: str
    is_broken: BoolArray
    expected_zh: str = ""
    expected_en: str = ""


class Rule(NamedTuple):
    """One check."""

    number: str
    level: Level
    needs: tuple[str, ...]  # Fields that a table must have for the rule to apply.
    check: Callable[[Rows], Iterable[Breach]]
    zh: str  # What must hold, in one sentence.
    en: str
    example: str  # A value that would pass.
    tables: tuple[str, ...] = ()  # Only these; empty: all that have the fields.

    def applies_to(self, spec: TableSpec) -> bool:
        return (not self.tables or spec.code in self.tables) and set(self.needs) <= set(spec.names)
