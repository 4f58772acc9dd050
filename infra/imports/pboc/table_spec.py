"""What stands in each column of the central bank's tables, and which codes may stand there.

Everything is read from ``tables/*.toml`` and ``code_lists.toml``: a standard that changes is a
change of those files, never of code. A table may have several versions; the first is the default.
"""

import re
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

FOLDER = Path(__file__).parent
DATE_CHARACTERS = 10  # YYYY-MM-DD

Need = Literal["M", "C", "O"]
Mark = Literal["P", "R", "r", "I"]
Role = Literal["flow", "stock", "customers", "other"]
Family = Literal["corporate", "personal", "bills", "customers", "guarantees", "entrusted"]

# C18 exactly, C..30 at most, I..10 whole number, D20.2 fixed decimals, date.
_TYPE = re.compile(
    r"C(?P<exact>\d+)|C\.\.(?P<most>\d+)|I\.\.(?P<whole>\d+)|D(?P<width>\d+)\.(?P<places>\d+)|date"
)


class Field(NamedTuple):
    """One column of a table."""

    name: str
    zh: str
    pinyin: str
    type: str
    code_list: str  # "" where any text may stand.
    need: Need

    @property
    def length_max(self) -> int:
        """The most characters that may stand in it; of a number, its digits."""
        shape = _shape(self.type)
        sizes = (shape["exact"], shape["most"], shape["whole"], shape["width"])
        return int(next((size for size in sizes if size), DATE_CHARACTERS))

    @property
    def is_exact_length(self) -> bool:
        return self.is_date or bool(_shape(self.type)["exact"])

    @property
    def decimals(self) -> int | None:
        """How many decimals a number has; None where no number stands."""
        shape = _shape(self.type)
        if shape["whole"]:
            return 0
        return int(shape["places"]) if shape["places"] else None

    @property
    def is_date(self) -> bool:
        return self.type == "date"

    @property
    def is_number(self) -> bool:
        return self.decimals is not None


class TableSpec(NamedTuple):
    """One version of one table."""

    code: str
    version: str
    name_zh: str
    name_en: str
    role: Role
    family: Family
    key: tuple[str, ...]  # Together with the period.
    fields: tuple[Field, ...]
    withheld: tuple[str, ...]  # Fields about a person that no event needs: never kept.
    makes_events: bool  # Else it is read and checked only.

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


class CodeList(NamedTuple):
    """The codes that may stand in a field."""

    name: str
    is_closed: bool  # Else a code that is not known is kept, with a warning.
    codes: dict[str, tuple[str, str]]  # Code: Chinese and English name.
    patterns: tuple[str, ...]  # Of whole codes, for lists too long to write out.
    doubtful: tuple[str, ...] = ()  # Accepted, with a warning.
    zh: str = ""
    en: str = ""
    mark: Mark = "P"
    marks: dict[str, Mark] = {}  # noqa: RUF012 - Of single codes, where it is not the list's.

    def knows(self, code: str) -> bool:
        return code in self.codes or any(re.fullmatch(p, code) for p in self.patterns)


class _VersionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    fields: tuple[tuple[str, str, str, str, str, Need], ...]
    extends: str = ""  # The version whose columns stand before these.


class _TableFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name_zh: str
    name_en: str
    source_zh: str
    source_en: str
    role: Role
    family: Family
    makes_events: bool
    key: tuple[str, ...]
    versions: tuple[_VersionFile, ...]
    withheld: tuple[str, ...] = ()


class _CodeListFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: str
    en: str
    mark: Mark
    is_closed: bool
    codes: dict[str, tuple[str, str]] = {}
    patterns: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    marks: dict[str, Mark] = {}


def _shape(kind: str) -> re.Match[str]:
    shape = _TYPE.fullmatch(kind)
    assert shape is not None, f"{kind} is no type of the standard"
    return shape


def _load_code_lists() -> dict[str, CodeList]:
    written = msgspec.toml.decode(
        (FOLDER / "code_lists.toml").read_bytes(), type=dict[str, _CodeListFile]
    )
    return {
        name: CodeList(
            name,
            told.is_closed,
            told.codes,
            told.patterns,
            told.doubtful,
            told.zh,
            told.en,
            told.mark,
            told.marks,
        )
        for name, told in written.items()
    }


def _load_table(path: Path) -> tuple[TableSpec, ...]:
    written = msgspec.toml.decode(path.read_bytes(), type=_TableFile)
    columns: dict[str, tuple[Field, ...]] = {"": ()}
    for told in written.versions:
        columns[told.version] = columns[told.extends] + tuple(Field(*row) for row in told.fields)
    return tuple(
        TableSpec(
            written.code,
            told.version,
            written.name_zh,
            written.name_en,
            written.role,
            written.family,
            written.key,
            columns[told.version],
            written.withheld,
            written.makes_events,
        )
        for told in written.versions
    )


def _load_tables() -> dict[str, tuple[TableSpec, ...]]:
    tables = [_load_table(path) for path in sorted((FOLDER / "tables").glob("*.toml"))]
    return {versions[0].code: versions for versions in tables}


CODE_LISTS: dict[str, CodeList] = _load_code_lists()
SPECS: dict[str, tuple[TableSpec, ...]] = _load_tables()


def spec_of(table: str) -> TableSpec:
    """Return the default version of ``table``, which must be a code of SPECS."""
    return SPECS[table][0]


def spec_for(table: str, field_count: int) -> TableSpec | None:
    """Return the version of ``table`` with that many columns, the default one first."""
    return next((spec for spec in SPECS[table] if len(spec.fields) == field_count), None)
