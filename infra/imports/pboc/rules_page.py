"""The page of rules: every check of a row in Chinese and English, made from the catalog."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from infra.imports.pboc.check_rows import CATALOG
from infra.imports.pboc.rule import Level, Rule
from infra.imports.pboc.table_spec import SPECS

_LEVELS = {
    Level.REFUSE: "退回 refused",
    Level.WARN: "提示 warning",
    Level.PERIOD: "跨期 period",
}
_HEADER = ("rule", "level", "tables", "规则", "rule in English", "passes, for example")
_INTRODUCTION = """\
# Rules for the files of the basic financial data interface / 金融基础数据校验规则

{made}

A finding is written `file:line:field: rule n`. What is refused (退回) is held back: the row makes
no event. A warning (提示) and a finding about a period (跨期) change nothing. The numbers are those
of the project's list of rules; M is a mandatory field that is blank, T a date that is none. What is
blank or malformed is told once: the rules that would need it say nothing.
"""


class OtherRule(NamedTuple):
    """A rule that no single row decides: of a file, of several tables, of several periods."""

    number: str
    level: Level
    tables: str
    zh: str
    en: str
    example: str = ""


def rules_page(made: str, others: Sequence[OtherRule] = ()) -> str:
    """Return the page as Markdown; ``made`` says how, ``others`` are not in the catalog."""
    rows = [
        (one.number, _LEVELS[one.level], one.tables, one.zh, one.en, one.example)
        for one in [*_of_rows(), *others]
    ]
    rows.sort(key=lambda row: (int(row[0]) if row[0].isdigit() else 0, row[0]))
    lines = [_line(_HEADER), _line(["---"] * len(_HEADER)), *map(_line, rows)]
    return _INTRODUCTION.format(made=made) + "\n" + "\n".join(lines) + "\n"


def _of_rows() -> list[OtherRule]:
    """Return the catalog with the rules that say the same, of other columns, taken together."""

    def saying(rule: Rule) -> tuple[str, Level, str]:
        return rule.number, rule.level, rule.zh

    told = []
    for _, same in groupby(sorted(CATALOG, key=saying), key=saying):
        rules = list(same)
        first = rules[0]
        example = f"`{first.example}`"
        told.append(
            OtherRule(first.number, first.level, _tables(rules), first.zh, first.en, example)
        )
    return told


def _tables(rules: list[Rule]) -> str:
    applied = [
        code
        for code, versions in SPECS.items()
        if any(rule.applies_to(spec) for rule in rules for spec in versions)
    ]
    return "all" if len(applied) == len(SPECS) else " ".join(applied)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
