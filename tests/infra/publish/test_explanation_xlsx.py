"""The workbook is opened as a spreadsheet program would, all formulas computed anew."""

import io
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import formulas
import openpyxl
import pytest

from infra.publish.explanation_xlsx import (
    CALCULATION,
    FIRST_ROW,
    PEERS,
    explanation_workbook,
)
from infra.reference_data import load_methodology
from processors.grading.explanation import explain
from processors.grading.recomputing import all_nodes
from schemas.explanation import Explanation
from schemas.methodology import Methodology
from tests.processors.grading.random_methods import random_case
from tests.processors.grading.test_explanation import (
    EXIST,
    KINDS,
    cell,
    column,
    methodology,
    run_on,
    table_with,
)
from tests.processors.test_grading import eight, run_of
from tests.processors.test_sensitivity import CASES, MIXED_CELLS

RULE = load_methodology()


def computed_cells(content: bytes, folder: Path) -> dict[tuple[str, str], Any]:
    """Return every cell as computed from the formulas alone, by sheet and place."""
    path = folder / "told.xlsx"
    path.write_bytes(content)
    model = formulas.ExcelModel().loads(str(path)).finish(circular=False)
    solution = model.calculate()
    found = {}
    for key, ranges in solution.items():
        name = str(key)
        if "]" not in name or ":" in name.rsplit("!", 1)[-1]:
            continue
        sheet, place = name.split("]", 1)[1].rsplit("'!", 1)
        found[sheet.upper(), place] = ranges.value[0, 0]
    return found


def assert_computes_itself(told: Explanation, chosen: Methodology, folder: Path) -> int:
    """Compare every formula cell, computed anew, with the run; return how many there are."""
    content = explanation_workbook(told, chosen)
    computed = computed_cells(content, folder)
    written = openpyxl.load_workbook(io.BytesIO(content))[CALCULATION]
    count = 0
    for row, node in enumerate(all_nodes(told.root), start=FIRST_ROW):
        shown = written[f"D{row}"].value
        if not (isinstance(shown, str) and shown.startswith("=")):
            continue
        count += 1
        found = computed[CALCULATION.upper(), f"D{row}"]
        try:
            expected = float(Fraction(node.value))
        except ValueError:
            assert found == node.printed, (node.key, shown)
        else:
            assert found == pytest.approx(expected, rel=1e-9, abs=5e-7), (node.key, shown)
        assert computed[CALCULATION.upper(), f"I{row}"] == "✓"
    return count


def test_points_total_and_grade_of_the_shipped_methodology_compute_themselves(
    tmp_path: Path,
) -> None:
    run = run_of(eight())

    count = assert_computes_itself(explain(run, RULE, "B3"), RULE, tmp_path)

    assert count > 60


@pytest.mark.parametrize("case", CASES)
def test_caps_quotas_and_geometric_totals_compute_themselves(case: str, tmp_path: Path) -> None:
    chosen = CASES[case]
    table = table_with({name: MIXED_CELLS[name] for name in (c.name for c in chosen.columns)})
    run = run_on(table, chosen)

    for bank in run.banks:
        assert_computes_itself(explain(run, chosen, bank.bank_id), chosen, tmp_path)


@pytest.mark.parametrize("kind", sorted(set(KINDS) & EXIST))
def test_every_normaliser_computes_itself(kind: str, tmp_path: Path) -> None:
    chosen = methodology(
        [
            column("one", weight_percent="60", normaliser={"kind": kind, **KINDS[kind]}),
            column("other", weight_percent="40", normaliser={"kind": "peer_percentile"}),
        ]
    )
    values = [(1, 2), (4.5, 4), (4.5, -3), (-2, 1), (11, 10)]
    table = table_with(
        {"one": [cell(*pair) for pair in values], "other": [cell(n) for n in (5, 2, 2, 3, 8)]}
    )
    run = run_on(table, chosen)

    for bank in ("B1", "B3"):
        assert_computes_itself(explain(run, chosen, bank), chosen, tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_random_methodologies_compute_themselves(seed: int, tmp_path: Path) -> None:
    case = random_case(random.Random(seed))
    run = run_on(case.table, case.methodology)

    for bank in run.banks[:2]:
        told = explain(run, case.methodology, bank.bank_id)
        assert assert_computes_itself(told, case.methodology, tmp_path) >= 0


def test_a_changed_input_changes_the_points(tmp_path: Path) -> None:
    told = explain(run_of(eight()), RULE, "B3")
    content = explanation_workbook(told, RULE)
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = dict(enumerate(all_nodes(told.root), start=FIRST_ROW))
    row = next(row for row, node in rows.items() if node.key == "latest_minor")
    points = next(row for row, node in rows.items() if node.key == "points_private_growth_ytd")
    book[CALCULATION][f"D{row}"].value *= 2  # Now the fastest of all.
    changed = io.BytesIO()
    book.save(changed)

    computed = computed_cells(changed.getvalue(), tmp_path)

    # Best of eight in level and in change.
    assert computed[CALCULATION.upper(), f"D{points}"] == pytest.approx(100)
    assert float(Fraction(rows[points].value)) < 80


def test_text_is_never_a_formula_whatever_it_begins_with() -> None:
    chosen = methodology(
        [column("one", weight_percent="100", normaliser={"kind": "peer_percentile"},
                label_zh='=HYPERLINK("http://example.org")', label_en="+1")]
    )  # fmt: skip
    table = table_with({"one": [cell(1), cell(2)]})
    banks = tuple(bank._replace(name_zh="=1+1", name_en="@SUM(A1)") for bank in table.banks)
    run = run_on(table._replace(banks=banks), chosen)

    book = openpyxl.load_workbook(
        io.BytesIO(explanation_workbook(explain(run, chosen, "B0"), chosen))
    )

    formula_cells = [
        (sheet.title, one.coordinate)
        for sheet in book
        for line in sheet.iter_rows()
        for one in line
        if one.data_type == "f"
    ]
    assert {place[0] for _, place in formula_cells} <= {"D", "E", "I"}
    assert book[PEERS]["B3"].value == "=1+1"
    assert book[PEERS]["B3"].data_type == "s"


@pytest.mark.parametrize(("lang", "hidden"), [("", ""), ("zh", "CGK"), ("en", "BFJ")])
def test_one_language_hides_the_columns_of_the_other(lang: str, hidden: str) -> None:
    content = explanation_workbook(explain(run_of(eight()), RULE, "B3"), RULE, lang=lang)

    sheet = openpyxl.load_workbook(io.BytesIO(content))[CALCULATION]

    found = "".join(name for name in "ABCDEFGHIJK" if sheet.column_dimensions[name].hidden)
    assert found == hidden
