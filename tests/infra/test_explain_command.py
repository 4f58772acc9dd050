"""``puhui explain`` and ``puhui uncertainty`` on a synthetic province, and the verbs below them."""

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from infra.cli import cli

SMALL = ["--seed", "7", "--banks", "8", "--borrowers", "900", "--quarters", "6"]
NOT_OFFICIAL = "仅供评定人员参考，不作为正式结果，不得提供给机构"


def puhui(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def told(*words: str | Path) -> dict:
    result = puhui(*words, "--json")
    assert result.exit_code == 0, result.output
    answer: dict = json.loads(result.stdout)
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("explain") / "data"
    assert puhui("demo", "--once", *SMALL, "--data", data).exit_code == 0
    return data


@pytest.fixture(scope="module")
def quarter(folder: Path) -> str:
    return str(told("growth", "--data", folder)["quarter"])


@pytest.fixture(scope="module")
def banks(folder: Path, quarter: str) -> list[dict]:
    return [row for row in told("grade", quarter, "--data", folder)["rows"] if row["points"]]


def nodes(tree: dict) -> list[dict]:
    return [tree, *(node for child in tree["children"] for node in nodes(child))]


def test_an_explanation_leads_from_the_grade_to_balances_whose_bridge_closes(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    bank = banks[0]
    answer = told("explain", bank["bank_id"], quarter, "--data", folder)

    assert (answer["total_points"], answer["is_illustrative"]) == (bank["points"], True)
    won = [abs(reason["points_millionths"]) for reason in answer["reasons"]]
    assert won == sorted(won, reverse=True)
    assert {bridge["column"] for bridge in answer["bridges"]} == {
        "private_growth_ytd",
        "small_micro_growth_ytd",
    }
    # Of loans that are reported one by one, the bridge ends at the balance that was graded.
    closed = [bridge["is_same"] for bridge in answer["bridges"] if bridge["status"] == "ok"]
    assert all(closed)
    assert [bridge["difference_minor"] for bridge in answer["bridges"] if closed].count(0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_person_reads_reasons_first_and_then_every_figure(
    folder: Path, quarter: str, banks: list[dict], lang: str
) -> None:
    bank_id = banks[0]["bank_id"]
    text = puhui("explain", bank_id, quarter, "--lang", lang, "--data", folder).stdout

    lines = text.splitlines()
    mark = {"zh": "示例办法，非官方规则", "en": "illustrative, not an official rule"}[lang]
    total = {"zh": "总分: ", "en": "Total: "}[lang]
    assert banks[0]["points"] in lines[0]
    assert mark in lines[1]
    assert lines[3].startswith("1. ")
    assert any(line.strip().startswith(total + banks[0]["points"]) for line in lines)


def test_the_events_behind_a_rate_add_up_to_what_the_run_graded(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    checked = 0
    for bank in banks[:6]:
        answer = told(
            "explain", bank["bank_id"], quarter, "--events", "private_new_rate", "--data", folder
        )
        if not answer["inputs"] or not answer["event_count"]:
            continue  # Known by a position only.
        assert answer["moved_minor"] == answer["inputs"]["amount_minor"]
        rate = int(answer["amount_rate_minor_mbp"])
        assert rate == answer["inputs"]["amount_rate_minor_mbp"]
        assert all(row["event_type"] == "loan_disbursed" for row in answer["rows"])
        checked += 1
    assert checked >= 3


def test_the_events_behind_a_growth_lead_from_one_balance_to_the_other(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    checked = 0
    for bank in banks[:6]:
        asked = ("explain", bank["bank_id"], quarter, "--data", folder)
        answer = told(*asked, "--events", "private_growth_ytd", "--limit", "5")
        bridges = told(*asked)["bridges"]
        bridge = next(one for one in bridges if one["column"] == "private_growth_ytd")
        # Borrowers that came into the population, or left it, move the balance without an event.
        if bridge["status"] != "ok" or not answer["inputs"]:
            continue
        moved = answer["moved_minor"] + bridge["reclassified_minor"]
        assert moved == answer["inputs"]["latest_minor"] - answer["inputs"]["base_minor"]
        amounts = [abs(row["moved_minor"]) for row in answer["rows"]]
        assert len(amounts) <= 5
        assert amounts == sorted(amounts, reverse=True)
        checked += 1
    assert checked >= 3


def test_a_column_that_no_event_makes_is_refused_by_name(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    bank_id = banks[0]["bank_id"]
    result = puhui("explain", bank_id, quarter, "--events", "wealth", "--data", folder)

    assert result.exit_code != 0
    assert "column 'wealth': no event makes it, expected one of private_growth_ytd" in result.output


def test_a_workbook_is_written_with_formulas(
    folder: Path, quarter: str, banks: list[dict], tmp_path: Path
) -> None:
    target = tmp_path / "why.xlsx"

    puhui("explain", banks[0]["bank_id"], quarter, "--xlsx", target, "--data", folder)

    sheet = openpyxl.load_workbook(target).worksheets[0]
    assert sum(str(sheet[f"D{row}"].value).startswith("=") for row in range(7, 90)) > 40


def test_how_sure_a_grade_is_comes_with_its_assumptions_and_is_not_official(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    asked = ("uncertainty", quarter, "--draws", "60", "--seed", "3", "--data", folder)

    answer = told(*asked)
    text = puhui(*asked).stdout

    assert answer == told(*asked)
    assert answer["is_official"] is False
    assert {row["bank_id"] for row in banks} <= {row["bank_id"] for row in answer["rows"]}
    assert {effect["choice"] for effect in answer["effects"]} == {
        "weights",
        "cut_offs",
        "normalisers",
        "missing",
    }
    for part in (NOT_OFFICIAL, "抽样60次，种子3", "权重", "等次不变的抽样(%)"):
        assert part in text


def test_the_next_grade_and_leaving_one_out_say_that_they_are_not_official(
    folder: Path, quarter: str, banks: list[dict]
) -> None:
    bank_id = banks[-1]["bank_id"]
    next_text = puhui("uncertainty", quarter, "--next-grade", bank_id, "--data", folder).stdout
    left_out = puhui("uncertainty", quarter, "--leave-one-out", "--data", folder).stdout

    assert next_text.splitlines()[-1] == NOT_OFFICIAL
    assert left_out.splitlines()[-1] == NOT_OFFICIAL


def test_a_quarter_that_was_not_graded_is_said_to_be(folder: Path) -> None:
    result = puhui("uncertainty", "2001Q1", "--data", folder)

    assert result.exit_code != 0
    assert "quarter 2001Q1: it was not graded; puhui grade 2001Q1 does" in result.output
