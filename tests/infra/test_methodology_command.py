"""Methodologies on the command line and by verb: apply, check, show, compare, and clear errors."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.clock import SystemClock
from infra.operations import Operations
from infra.reference_data import METHODOLOGIES, load_methodology
from infra.values_file import ValuesError, read_values
from infra.wiring import Node
from processors.grading.table import Table
from schemas.methodology import methodology_hash
from schemas.quarter_life import Change, QuarterLife
from streams.grading_run import store_run
from streams.manual_cells import with_decisions
from streams.methodology_record import EditedMethodologyError, refuse_edited
from tests.golden_files import FOLDER
from tests.processors.test_grading import eight, run_of

CRA = """bank_id,peer_group,lending,service,investment
A,large,Outstanding,High Satisfactory,低
B,large,needs_to_improve,outstanding,Outstanding
"""
QUARTERLY = """bank_id,peer_group,private_growth_ytd,small_micro_growth_ytd,private_new_rate,small_micro_new_rate
A,rural,12.5,10,4.5,5
B,农村金融机构,-3,10,4.4,5
C,rural,0,,4.4,5
"""  # fmt: skip


def puhui(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def values_of(text: str, name: str = "illustrative-quarterly") -> Table:
    return read_values(text, "v.csv", load_methodology(name), "2021Q4")


@pytest.fixture
def cra_file(tmp_path: Path) -> Path:
    path = tmp_path / "cra.csv"
    path.write_text(CRA.replace("低", "low_satisfactory"), encoding="utf-8")
    return path


def test_apply_grades_a_table_with_no_events_behind_it(cra_file: Path) -> None:
    result = puhui("methodology", "apply", "us-cra-large-bank", str(cra_file), "--json")

    answer = json.loads(result.output)
    told = [(row["bank_id"], row["points"], row["grade"]) for row in answer["rows"]]
    assert told == [("A", "19.00", "satisfactory"), ("B", "9.00", "needs_to_improve")]
    assert answer["rows"][1]["caps"][0]["clause"] == "§__.28(a)-3"
    assert answer["is_official"] is False


def test_apply_says_in_both_languages_that_it_is_not_official(cra_file: Path) -> None:
    zh = puhui("methodology", "apply", "us-cra-large-bank", str(cra_file)).output
    en = puhui("methodology", "apply", "us-cra-large-bank", str(cra_file), "--lang", "en").output

    assert "不作为正式结果" in zh
    assert "not official" in en
    assert "Needs to Improve" in en


def test_a_file_of_ones_own_is_taken_by_its_path(cra_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = (METHODOLOGIES / "us-cra-large-bank-v1.toml").read_text(encoding="utf-8")
    own.write_text(text.replace("points_min = 20", "points_min = 19"), encoding="utf-8")

    result = puhui("methodology", "apply", str(own), str(cra_file), "--json")

    assert json.loads(result.output)["rows"][0]["grade"] == "outstanding"


@pytest.mark.parametrize(
    ("before", "after", "place", "expected"),
    [
        ("12.5", "12,5", "v.csv:2", "7 columns"),
        ("12.5", "much", "v.csv:2:private_growth_ytd", "a decimal number"),
        ("C,rural", "A,rural", "v.csv:4:bank_id", "each bank once"),
        ("C,rural", "C,rual", "v.csv:4:peer_group", "one of large_commercial"),
        ("C,rural", ",rural", "v.csv:4:bank_id", "the id of a bank"),
        ("small_micro_new_rate\n", "rate\n", "v.csv:1:rate", "small_micro_new_rate"),
        ("peer_group,", "name_zh,", "v.csv:1:peer_group", "bank_id, peer_group"),
        ("private_new_rate,", "private_growth_ytd,", "v.csv:1:private_growth_ytd", "once"),
    ],
)
def test_an_error_names_line_and_column_and_what_was_expected(
    before: str, after: str, place: str, expected: str
) -> None:
    with pytest.raises(ValuesError) as error:
        values_of(QUARTERLY.replace(before, after, 1))

    assert place in str(error.value)
    assert expected in str(error.value)


def test_an_unknown_word_of_a_choice_is_named_with_those_there_are() -> None:
    with pytest.raises(ValuesError, match=r"v\.csv:2:investment: found '低', expected one of out"):
        values_of(CRA, "us-cra-large-bank")


def test_numbers_are_read_in_the_unit_they_are_printed_in_and_empty_is_missing() -> None:
    table = values_of(QUARTERLY)

    assert [cell.value for cell in table.cells["private_growth_ytd"]] == [12.5, -3, 0]
    assert not table.cells["small_micro_growth_ytd"][2].is_known
    assert {bank.peer_group for bank in table.banks} == {"rural"}
    plan = "bank_id,growth_inclusive,plan_increment,plan_met\nA,3,1.5,是\n"
    given = values_of(plan, "cbirc-2020-lending-growth").cells
    assert (given["plan_increment"][0].value, given["plan_met"][0].value) == (15 * 10**9, 1)


def test_check_warns_where_one_grade_has_more_than_half(cra_file: Path) -> None:
    told = puhui("methodology", "check", "us-cra-large-bank", "--values", str(cra_file))
    cra_file.write_text(cra_file.read_text() + "C,large,outstanding,outstanding,outstanding\n"
                        "D,large,outstanding,outstanding,outstanding\n"
                        "E,large,outstanding,outstanding,outstanding\n")  # fmt: skip
    warned = puhui("methodology", "check", "us-cra-large-bank", "--values", str(cra_file))

    assert "超过一半" not in told.output
    assert "注意: 杰出占参评机构的60.0%，超过一半" in warned.output
    assert (told.exit_code, warned.exit_code) == (0, 0)


def test_check_names_what_is_wrong_and_ends_with_1(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = (METHODOLOGIES / "us-cra-large-bank-v1.toml").read_text(encoding="utf-8")
    own.write_text(text.replace("3 * points_lending", "24 - points_lending"), encoding="utf-8")

    result = puhui("methodology", "check", str(own), "--lang", "en", "--data", str(tmp_path / "no"))

    assert result.exit_code == 1
    assert "cap §__.28(a)-3: found total_at_most = '24 - points_lending'" in result.output


def test_diff_names_every_difference_and_nothing_else(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = (METHODOLOGIES / "illustrative-quarterly-v2.toml").read_text(encoding="utf-8")
    changed = text.replace("points_min = 84", "points_min = 85").replace(
        "banks_min = 8", "banks_min = 5"
    )
    own.write_text(changed, encoding="utf-8")

    result = puhui("methodology", "diff", "illustrative-quarterly", str(own), "--lang", "en")
    same = puhui("methodology", "diff", "illustrative-quarterly", "illustrative-quarterly@2")

    assert result.output.splitlines() == [
        "groups · least banks: 8 → 5",
        "grading · grades · excellent · least points: 84 → 85",
    ]
    assert same.output == "没有差异\n"


def test_show_says_in_plain_words_what_is_graded() -> None:
    zh = puhui("methodology", "show", "illustrative-quarterly").output
    en = puhui("methodology", "show", "cbirc-2020-levels", "--lang", "en").output

    assert "示例办法，非官方规则" in zh
    assert "民营企业贷款增速（较年初）" in zh
    assert "A regular score under 60 is level 4 whatever the bonus" in en


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = puhui("methodology", "show", "no-such")

    assert result.exit_code == 1
    assert "illustrative-quarterly" in result.output


def test_a_verb_never_reads_a_path_of_this_machine(tmp_path: Path) -> None:
    path = METHODOLOGIES / "us-cra-large-bank-v1.toml"
    with Node(tmp_path / "data") as node:
        verbs = Operations(node)
        with pytest.raises(ValueError, match="found a path"):
            verbs.read("methodology_show", {"methodology": str(path)})
        shown = verbs.read("methodology_show", {"text": path.read_text(encoding="utf-8")})
        checked = verbs.read("methodology_check", {"methodology": "illustrative-quarterly"})

    assert shown["methodology"] == "us-cra-large-bank"
    assert (checked["is_sound"], checked["rows"]) == (True, [])


def test_a_file_edited_after_a_run_used_it_is_refused(tmp_path: Path) -> None:
    used = load_methodology("illustrative-quarterly")
    edited = msgspec.structs.replace(used, basis_en="something else")
    stored = eight()
    store_run(stored.store, run_of(stored, used), used, SystemClock())

    refuse_edited(stored.store, used)
    with pytest.raises(EditedMethodologyError, match="give the change a higher version"):
        refuse_edited(stored.store, edited)


def test_a_table_saved_by_a_chinese_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    answers = []
    for encoding in ("utf-8-sig", "gb18030"):
        path.write_bytes(QUARTERLY.encode(encoding))
        told = puhui("methodology", "apply", "illustrative-quarterly", str(path), "--json")
        answers.append(json.loads(told.output)["rows"])

    assert answers[0] == answers[1]
    assert {row["bank_id"] for row in answers[0]} == {"A", "B", "C"}


def test_what_was_decided_for_one_quarter_is_no_edit_of_the_file() -> None:
    used = load_methodology("illustrative-quarterly")
    life = QuarterLife(
        quarter="2021Q4",
        changes=[
            Change(
                number=7,
                act="change",
                bank_id="B0",
                column="",
                value="",
                person="wang",
                grade_at_most="fair",
                clause="5.2",
                minutes="2022-3",
                reason="penalty",
            )
        ],
    )
    decided = with_decisions(used, life)
    stored = eight()
    store_run(stored.store, run_of(stored, decided), decided, SystemClock())

    assert methodology_hash(decided) != methodology_hash(used)
    refuse_edited(stored.store, used)


def test_without_figures_check_counts_the_combinations_of_words(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no")

    result = puhui("methodology", "check", "us-cra-large-bank", "--json", "--data", nowhere)
    numbers = puhui("methodology", "check", "illustrative-quarterly", "--data", nowhere)

    answer = json.loads(result.output)
    assert (answer["is_assumed"], answer["rated_bank_count"]) == (True, 125)
    golden = (FOLDER / "us_cra_large_bank.txt").read_text(encoding="utf-8").splitlines()
    for row in answer["rows"][:4]:
        assert row["bank_count"] == sum(line.split()[4] == row["grade"] for line in golden[1:])
    assert "没有可评定的数据" in numbers.output
