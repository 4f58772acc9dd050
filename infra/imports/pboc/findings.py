"""What was found wrong in one filing: counted exactly, listed up to a limit, kept small.

Findings of a file of a million rows must fit in memory when every row is wrong: lines are arrays
and texts that repeat are held once, and a finding becomes an object when somebody asks for it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from infra.imports.pboc.check_rows import Broken
from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Level
from infra.imports.pboc.table_spec import TableSpec
from schemas.units import Int64Array

LISTED_MAX = 200_000
# Of every kind of fault some are listed, however many there are of another.
LISTED_OF_A_KIND_MIN = 1_000
WHOLE_FILE = 0  # The line of a finding about the file as a whole.


class Finding(NamedTuple):
    """One thing that is wrong at one place. ``expected`` and ``zh`` are Chinese."""

    file_name: str
    line: int
    field: str
    field_zh: str
    rule: str
    level: Level
    found: str
    expected: str
    expected_en: str
    zh: str
    en: str
    example: str

    @property
    def place(self) -> str:
        """Return ``file:line:field: rule n``, without what there is not."""
        parts = (self.file_name, str(self.line or ""), self.field)
        return f"{':'.join(part for part in parts if part)}: rule {self.rule}"


class Kind(NamedTuple):
    """What findings are counted by."""

    rule: str
    field: str
    level: Level


class Unchecked(NamedTuple):
    """A rule that could not be applied, and why."""

    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Findings that differ only in their line and in what was found."""

    kind: Kind
    zh: str
    en: str
    example: str
    expected: str
    expected_en: str
    line: Int64Array
    found: list[str]


class Findings:
    """The findings of one filing."""

    def __init__(self, file_name: str, spec: TableSpec | None) -> None:
        """Start with nothing found. ``spec`` is None where the table is not known."""
        self.file_name = file_name
        self.spec = spec
        self.counts: Counter[Kind] = Counter()
        self.meanings: dict[Kind, tuple[str, str]] = {}  # The rule in Chinese and English.
        self.unchecked: list[Unchecked] = []
        self.listed_count = 0
        self._listed_by_kind: Counter[Kind] = Counter()
        self._field_zh = {field.name: field.zh for field in spec.fields} if spec else {}
        self._groups: list[_Group] = []
        self._texts: dict[str, str] = {}

    @property
    def count(self) -> int:
        """Everything that was found, listed or not."""
        return self.counts.total()

    @property
    def unlisted_count(self) -> int:
        return self.count - self.listed_count

    def count_of(self, level: Level) -> int:
        return sum(count for kind, count in self.counts.items() if kind.level is level)

    def field_zh(self, field: str) -> str:
        """Return the Chinese name of a column; the name itself where it has none."""
        return self._field_zh.get(field, field)

    def add_broken(self, rows: Rows, broken: Broken) -> None:
        """Add what a rule found in a piece of the filing."""
        rule = broken.rule
        self.add(
            rule.number,
            rule.level,
            rows.line[broken.places],
            broken.field,
            broken.found,
            rule.zh,
            rule.en,
            example=broken.example,
            expected=broken.expected_zh,
            expected_en=broken.expected_en,
        )

    def add(  # noqa: PLR0917 - Where, what and why, in the order of the report.
        self,
        rule: str,
        level: Level,
        lines: Sequence[int] | Int64Array,
        field: str,
        found: Sequence[str] | str,
        zh: str,
        en: str,
        *,
        example: str = "",
        expected: str = "",
        expected_en: str = "",
    ) -> None:
        """Add one finding for each of ``lines``; none of them: one about the whole file."""
        places = np.asarray(lines if len(lines) else [WHOLE_FILE], np.int64)
        texts = [found] * places.size if isinstance(found, str) else found
        assert len(texts) == places.size, f"{len(texts)} values at {places.size} places"
        kind = Kind(rule, field, level)
        self.counts[kind] += places.size
        self.meanings.setdefault(kind, (zh, en))
        room = max(
            LISTED_MAX - self.listed_count, LISTED_OF_A_KIND_MIN - self._listed_by_kind[kind], 0
        )
        places = places[:room]
        if not places.size:
            return
        self.listed_count += places.size
        self._listed_by_kind[kind] += places.size
        kept = [self._texts.setdefault(text, text) for text in texts[:room]]
        # A copy, or a short slice would keep a whole piece's lines.
        group = _Group(kind, zh, en, example, expected, expected_en, places.copy(), kept)
        self._groups.append(group)

    def add_unchecked(self, rule: str, zh: str, en: str) -> None:
        self.unchecked.append(Unchecked(rule, zh, en))

    def listed(self, limit: int | None = None) -> Iterator[Finding]:
        """Yield the listed findings in the order of their lines, ``limit`` at most."""
        if not self._groups:
            return
        sizes = [group.line.size for group in self._groups]
        line = np.concatenate([group.line for group in self._groups])
        group_of = np.repeat(np.arange(len(sizes)), sizes)
        place_in = np.concatenate([np.arange(size) for size in sizes])
        order = np.argsort(line, kind="stable")[:limit]
        for number in order.tolist():
            group = self._groups[group_of[number]]
            yield self._finding(group, int(line[number]), group.found[place_in[number]])

    def _finding(self, group: _Group, line: int, found: str) -> Finding:
        kind = group.kind
        return Finding(
            self.file_name,
            line,
            kind.field,
            self.field_zh(kind.field),
            kind.rule,
            kind.level,
            found,
            group.expected,
            group.expected_en,
            group.zh,
            group.en,
            group.example,
        )
