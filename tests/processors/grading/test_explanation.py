from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest

from infra.reference_data import load_methodology
from processors.grading.explained_case import ExplanationError
from processors.grading.explanation import explain, graded_again
from processors.grading.formula import read_formula
from processors.grading.measuring import MEASURES
from processors.grading.normalising import normaliser_kinds
from processors.grading.rebuilt import table_of
from processors.grading.recomputing import all_nodes, around, recompute
from processors.grading.run import FORMULA_VERSION, grade_table
from processors.grading.table import MISSING, Cell, GradedBank, Table
from processors.grading.value_formulas import INPUT_WORDS, VALUE_FORMULAS
from schemas.codes import Grade, Status
from schemas.explanation import Node
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, GradingRun
from schemas.methodology import Methodology, methodology_hash
from tests.processors.test_grading import add, eight, run_of

RULE = load_methodology()
replaced = msgspec.structs.replace


def cell(value: float, before: float | None = None) -> Cell:
    then = None if before is None else Fraction(before).limit_denominator(1000)
    return Cell(Fraction(value).limit_denominator(1000), Status.OK, "events", before=then)


def column(name: str, **fields) -> dict:
    return {"name": name, "measure": "given", "unit": "percent", **fields}


def methodology(indicators: list[dict], **fields) -> Methodology:
    told = {
        "name": "test", "version": 1, "is_illustrative": True, "label_zh": "测试",
        "label_en": "Test", "basis_zh": "测试", "basis_en": "test", "effective_from": "2018Q1",
        "indicators": indicators,
        "grading": {"levels": [
            {"name": "high", "zh": "高", "en": "High", "points_min": "60"},
            {"name": "low", "zh": "低", "en": "Low"},
        ]},
    }  # fmt: skip
    return msgspec.convert({**told, **fields}, Methodology, strict=False)


def run_on(table: Table, chosen: Methodology) -> GradingRun:
    return GradingRun(
        run_id="0" * 64, quarter=table.quarter, methodology=chosen.name, methodology_version=1,
        methodology_hash=methodology_hash(chosen), is_illustrative=True, label_zh="", label_en="",
        input_digest="", formula_version=FORMULA_VERSION, banks=grade_table(table, chosen),
    )  # fmt: skip


def table_with(cells: dict[str, list[Cell]]) -> Table:
    size = len(next(iter(cells.values())))
    banks = tuple(GradedBank(f"B{n}", f"银行{n}", f"Bank {n}", "rural") for n in range(size))
    return Table("2021Q4", banks, {name: tuple(column) for name, column in cells.items()})


def assert_every_node_follows(run: GradingRun, chosen: Methodology) -> list[Node]:
    """Compute every node of every bank again, and compare the tree with the run."""
    seen = []
    graded = graded_again(run, chosen)
    for bank in run.banks:
        told = explain(run, chosen, bank.bank_id, graded=graded)
        at = around(told, chosen, table_of(run))
        nodes = all_nodes(told.root)
        for node in nodes:
            assert recompute(node, at) == node.value, (bank.bank_id, node)
            keys = [child.key for child in node.children]
            assert len(set(keys)) == len(keys), keys  # A path of keys names one node.
        assert told.root.value == bank.grade
        marked = {node.mark: node for node in nodes if node.mark}
        for entry in bank.indicators:
            if entry.value_exact and bank.grade != Grade.NOT_RATED:
                assert marked[f"{entry.name}.value"].value == entry.value_exact
                points = Fraction(entry.points_millionths, POINTS_SCALE)
                expected = "" if entry.is_screened else str(points)
                assert marked[f"points_{entry.name}"].value == expected
        if bank.grade != Grade.NOT_RATED:
            total = Fraction(bank.total_hundred_millionths, TOTAL_SCALE)
            assert marked["total"].value == str(total)
            assert marked["total"].printed == bank.total_points
        seen += nodes
    return seen


def test_every_node_of_the_shipped_methodology_follows_from_its_children() -> None:
    stored = eight()
    add(stored, "new", 12, 500_000 - 2, year_before=None)
    stored.bank("silent", "2021-12-31")
    run = run_of(stored)

    nodes = assert_every_node_follows(run, RULE)

    # By hand: nothing of it is left to the kernel, and values come from fen.
    assert {node.operation for node in nodes} >= {"formula", "count_below", "count_above"}
    assert "normaliser" not in {node.operation for node in nodes}
    told = explain(run, RULE, "B3")
    marked = {node.mark: node for node in all_nodes(told.root) if node.mark}
    growth = marked["private_growth_ytd.value"]
    assert {child.key for child in growth.children} == {"base_minor", "latest_minor"}
    assert growth.formula_zh == "(期末余额（分） − 基期余额（分）) ÷ 基期余额（分） × 100"
    assert len(told.peers) == 8  # Of four indicators, level and change.
    assert {len(peers.values) for peers in told.peers} == {9, 8}


def test_one_changed_input_is_seen_by_the_node_above_it() -> None:
    run = run_of(eight())
    told = explain(run, RULE, "B3")
    at = around(told, RULE, table_of(run))
    value = next(node for node in all_nodes(told.root) if node.mark == "private_growth_ytd.value")
    first, second = value.children
    changed = replaced(value, children=[replaced(first, value=str(int(first.value) + 1)), second])

    assert recompute(changed, at) != value.value


def test_a_run_that_other_formulas_made_is_not_explained() -> None:
    run = run_of(eight())
    banks = [replaced(bank, grade="good" if bank.grade != "good" else "fair") for bank in run.banks]

    with pytest.raises(ExplanationError, match="the run has"):
        explain(replaced(run, banks=banks), RULE, "B3")


def test_rules_bonus_deductions_caps_and_missing_values_are_in_the_tree() -> None:
    chosen = methodology(
        [
            column(
                "share", weight_percent="70", normaliser={"kind": "peer_percentile"},
                rules=[{"when": "share < 2", "points": "0", "clause": "第三条", "zh": "过低",
                        "en": "too low"}],
            ),
            column(
                "pace", weight_percent="30", missing="screen",
                normaliser={"kind": "target_ratio", "target": "all_pace"},
            ),
            column("extra", role="bonus", points_max="5", normaliser={"kind": "yes_no"},
                   kind="yes_no"),
            column("fault", role="deduction", points_max="10", normaliser={"kind": "yes_no"},
                   kind="yes_no"),
        ],
        facts=[column("all_pace")],
        known_percent_min="50",
        bonus_points_max="4",
        caps=[
            {"clause": "第九条", "zh": "有处罚", "en": "penalty", "when": "fault",
             "total_at_most": "points_share / 2"},
            {"clause": "第十条", "zh": "一票否决", "en": "veto", "when": "fault and share < 3",
             "grade_at_most": "low"},
        ],
    )  # fmt: skip
    yes, no = cell(1), cell(0)
    table = table_with(
        {
            "share": [cell(n) for n in (1, 2, 3, 4, 9)],
            "pace": [cell(5), MISSING, cell(-1), cell(8), cell(12)],
            "extra": [yes, no, yes, yes, MISSING],
            "fault": [no, yes, yes, no, no],
            "all_pace": [cell(10), cell(10), cell(10), cell(-2), cell(10)],
        }
    )
    run = run_on(table, chosen)

    nodes = assert_every_node_follows(run, chosen)

    assert {bank.bank_id for bank in run.banks if bank.caps} == {"B1", "B2"}
    text = " ".join(node.note_en for node in nodes)
    assert "left out, the other weights are scaled up" in text
    assert {"condition_1", "limit_1", "after_cap_1"} <= {node.key for node in nodes}


KINDS = {
    "peer_percentile": {},
    "min_max": {},
    "ratio_to_best": {},
    "z_score": {"middle_points": "50", "points_per_sd": "20"},
    "goalposts": {"worst": "0", "best": "10"},
    "own_past": {"base_points": "60", "span_points": "40"},
    "as_given": {},
    "piecewise": {"knots": [["1", "10"], ["4", "60"], ["9", "90"]]},
    "target_ratio": {"target": "other * 2"},
    "matrix": {
        "row_edges": ["2", "5"], "column": "other", "column_edges": ["3"],
        "points": [["0", "10"], ["20", "40"], ["60", "100"]],
    },
    "mix": {"parts": [
        {"of": "level", "share_percent": "60", "normaliser": {"kind": "peer_percentile"}},
        {"of": "change", "share_percent": "40", "normaliser": {"kind": "peer_percentile"}},
    ]},
}  # fmt: skip
EXIST = {shape.__struct_config__.tag for shape in normaliser_kinds()}


@pytest.mark.parametrize("kind", sorted(set(KINDS) & EXIST))
@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_every_node_of_every_normaliser_follows(kind: str, direction: str) -> None:
    told = {"kind": kind, **KINDS[kind]}
    chosen = methodology(
        [
            column("one", weight_percent="60", direction=direction, normaliser=told),
            column("other", weight_percent="40", normaliser={"kind": "peer_percentile"}),
        ],
        rounding={"indicator_decimals": 2, "total_decimals": 1},
    )
    values = [(1, 2), (4.5, 4), (4.5, -3), (-2, 1), (11, 10), (0, 5)]
    table = table_with(
        {"one": [cell(*pair) for pair in values], "other": [cell(n) for n in (5, 2, 2, 3, 8, 1)]}
    )

    nodes = assert_every_node_follows(run_on(table, chosen), chosen)

    is_left_to_kernel = "normaliser" in {node.operation for node in nodes}
    assert is_left_to_kernel == (kind == "z_score")


def test_quotas_and_geometric_totals_follow_too() -> None:
    chosen = methodology(
        [
            column("one", weight_percent="60", points_min="1",
                   normaliser={"kind": "peer_percentile"}),
            column("other", weight_percent="40", points_min="1",
                   normaliser={"kind": "peer_percentile"}),
        ],
        aggregation="geometric",
        grading={"by": "quota", "levels": [
            {"name": "high", "zh": "高", "en": "High", "share_percent": "40"},
            {"name": "low", "zh": "低", "en": "Low", "share_percent": "60"},
        ]},
    )  # fmt: skip
    table = table_with(
        {"one": [cell(n) for n in (1, 2, 3, 3, 5)], "other": [cell(n) for n in (9, 1, 4, 4, 2)]}
    )

    nodes = assert_every_node_follows(run_on(table, chosen), chosen)

    assert {"geometric", "quota"} <= {node.operation for node in nodes}
    assert Decimal(RULE.indicators[0].weight_percent or 0) == 30


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_has_a_formula_that_gives_what_the_measure_itself_gives(name: str) -> None:
    numbers = (7, 1_000_003, 97, 12_345, 31)
    found = []
    for text in VALUE_FORMULAS:
        names = sorted(read_formula(text).names)
        inputs = dict(zip(names, numbers, strict=False))
        try:
            value = MEASURES[name].recompute(inputs)
        except KeyError:
            continue  # Over other inputs.
        exact = {one: Fraction(amount) for one, amount in inputs.items()}
        if read_formula(text).number(exact) == value:
            found.append(text)

    assert found
    assert all(set(read_formula(text).names) <= set(INPUT_WORDS) for text in found)
