"""Every rule of the catalog: a row that keeps it, a row that breaks it, and what is said."""

import re
from pathlib import Path

import numpy as np
import pytest

from infra.imports.pboc.check_rows import CATALOG, Broken, check_rows, rules_for
from infra.imports.pboc.field_examples import example_of
from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Level, Rule
from infra.imports.pboc.rules_page import OtherRule, rules_page
from infra.imports.pboc.table_spec import SPECS, spec_of
from tests.infra.pboc.filings import rows_of, sound_row
from tests.infra.pboc.rule_cases import CASES, Case

SAMPLES = Path(__file__).parent / "samples"


def rows_of_case(case: Case, **mended: str) -> Rows:
    changed = [{**case.changed, **mended}, *case.beside]
    lines = [sound_row(case.table, **fields) for fields in changed]
    return rows_of(spec_of(case.table), lines, period=case.period)


def broken_in(case: Case, rows: Rows) -> list[Broken]:
    """Return what the case's rule says of its field in the first row."""
    return [
        broken
        for broken in check_rows(rows).groups
        if (broken.rule.number, broken.rule.level, broken.field)
        == (case.number, case.level, case.field)
        and 0 in broken.places
    ]


@pytest.mark.parametrize("table", SPECS)
def test_a_sound_row_breaks_no_rule(table: str) -> None:
    for spec in SPECS[table]:
        line = sound_row(table) + "|" * (len(spec.fields) - len(spec_of(table).fields))
        checked = check_rows(rows_of(spec, [line] * 3))

        assert checked.groups == []
        assert not checked.refused.any()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_row_is_told_with_rule_and_field(case: Case) -> None:
    rows = rows_of_case(case)
    (broken,) = broken_in(case, rows)
    checked = check_rows(rows)

    assert broken.places.tolist() == [0]
    assert len(broken.found) == 1
    assert broken.expected_zh
    assert broken.expected_en
    is_refusing = case.level is Level.REFUSE
    others = any(b.rule.level is Level.REFUSE and b is not broken for b in checked.groups)
    assert checked.refused[0] == (is_refusing or others)
    assert not checked.refused[1:].any()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_example_of_a_rule_mends_the_row(case: Case) -> None:
    (broken,) = broken_in(case, rows_of_case(case))

    example = "" if broken.example == "(空)" else broken.example
    mended = rows_of_case(case, **{case.field: example})
    assert broken_in(case, mended) == []


@pytest.mark.parametrize("table", SPECS)
def test_the_example_of_a_field_is_right_in_it(table: str) -> None:
    of_a_field = {"M", "T", "6", "7", "8", "14"}
    for field in spec_of(table).fields:
        rows = rows_of(spec_of(table), [sound_row(table, **{field.name: example_of(field)})])
        said = {b.rule.number for b in check_rows(rows).groups if b.field == field.name}

        assert said & of_a_field == set(), field.name


def test_every_rule_is_broken_by_a_case() -> None:
    broken = {id(b.rule) for case in CASES for b in broken_in(case, rows_of_case(case))}

    assert [f"{r.number} {r.level} {r.needs}" for r in CATALOG if id(r) not in broken] == []


@pytest.mark.parametrize("rule", CATALOG, ids=lambda rule: f"{rule.number}{rule.level}")
def test_a_rule_says_itself_in_both_languages_and_applies_somewhere(rule: Rule) -> None:
    assert re.search("[一-鿿]", rule.zh)
    assert not re.search("[一-鿿]", rule.en)
    assert not rule.zh.endswith(("。", "."))
    assert rule.example
    assert any(rule in rules_for(spec) for versions in SPECS.values() for spec in versions)


def test_the_numbers_are_those_of_the_list_that_one_row_can_decide() -> None:
    expected = {*range(6, 26), *range(27, 42), 47, 48, 49, 50, 1}

    assert {int(r.number) for r in CATALOG if r.number.isdigit()} == expected
    assert {r.number for r in CATALOG if not r.number.isdigit()} == {"M", "T"}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.dat")), ids=lambda path: path.stem)
def test_a_sample_file_has_no_row_to_refuse(path: Path) -> None:
    table = path.stem.split("_")[1]
    lines = path.read_text(encoding="utf-8").splitlines()
    checked = check_rows(rows_of(spec_of(table), lines))

    assert checked.refused.size == 20
    assert checked.groups == []


def test_rows_of_nothing_are_checked_in_silence() -> None:
    for versions in SPECS.values():
        checked = check_rows(
            rows_of(versions[0], [sound_row(versions[0].code)]).take(np.array([False]))
        )

        assert checked.groups == []


@pytest.mark.parametrize("table", SPECS)
def test_rubbish_in_every_field_is_refused_and_breaks_no_rule_itself(table: str) -> None:
    width = len(spec_of(table).fields)
    lines = ["|".join([text] * width) for text in ("", "?", "-", "一", "9" * 30, "é,é", "' OR 1")]

    assert check_rows(rows_of(spec_of(table), lines)).refused.all()


def test_the_page_of_rules_tells_each_rule_once_and_in_order() -> None:
    other = OtherRule("55", Level.PERIOD, "CLDWDK", "期初加减发生额等于期末", "It adds up")
    page = rules_page("Made by hand.", [other])
    numbers = re.findall(r"^\| (\w+) \| (?:退回|提示|跨期)", page, flags=re.MULTILINE)

    assert numbers[:3] == ["M", "M", "T"]
    assert [int(n) for n in numbers[3:]] == sorted(int(n) for n in numbers[3:])
    assert "| 55 | 跨期 period | CLDWDK | 期初加减发生额等于期末 | It adds up |  |" in page
    assert page.count("企业规模应为 CS01-CS04 |") == 1
