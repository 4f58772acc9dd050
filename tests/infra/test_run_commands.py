"""The commands about runs, as a person at a terminal sees them."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from infra.cli import cli
from infra.grading import grade_quarter
from infra.wiring import Node
from schemas.quarter import Quarter
from tests.told_province import BANKS, YI, SetClock, loan, openings, sent

Q4 = Quarter(2021, 4)
Puhui = Callable[..., str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder, and its two runs of one quarter."""
    folder = tmp_path_factory.mktemp("runs") / "data"
    clock = SetClock("2022-01-10")
    with Node(folder, clock=clock, future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        first = grade_quarter(node, Q4)
        clock.set("2022-01-20")
        node.ingest.take_drafts([sent([loan("late", 0, "2021-12-30", 4 * YI)], 0, 2)])
        clock.set("2022-01-21")
        second = grade_quarter(node, Q4)
    return folder, first.run_id, second.run_id


@pytest.fixture
def puhui(told: tuple[Path, str, str]) -> Puhui:
    def run(*words: str, is_wrong: bool = False) -> str:
        result = CliRunner().invoke(cli, [*words, "--data", str(told[0])])
        assert bool(result.exit_code) == is_wrong, result.output
        return result.output

    return run


def test_grading_as_of_a_day_says_the_day_under_the_table(
    puhui: Puhui, told: tuple[Path, str, str]
) -> None:
    shown = puhui("grade", "2021Q4", "--as-of", "2022-01-19")

    assert f"run {told[1][:12]}…" in shown
    assert "截至 2022-01-19 已收到的数据" in shown
    assert "As known at the end of 2022-01-19" in puhui(
        "grade", "2021Q4", "--as-of", "2022-01-19", "--lang", "en"
    )
    too_early = puhui("grade", "2021Q4", "--as-of", "2022-01-01", is_wrong=True)
    assert "首次收到为 2022-01-10" in too_early
    assert "the first message came on 2022-01-10" in too_early


def test_figures_as_of_a_day(puhui: Puhui) -> None:
    shown = puhui("growth", "--quarter", "2021Q4", "--population", "private", "--as-of=2022-01-19")

    assert "截至 2022-01-19 已收到的数据" in shown
    assert "5.0" in next(line for line in shown.splitlines() if "示例0银行" in line)


def test_a_what_if_file_is_answered_with_its_notice_and_what_changes(
    puhui: Puhui, tmp_path: Path
) -> None:
    file = tmp_path / "suppose.toml"
    file.write_text(
        f'[[values]]\nbank_id = "{BANKS[1]}"\ncolumn = "private_growth_ytd"\nvalue = 20\n',
        encoding="utf-8",
    )
    asked = ("grade", "2021Q4", "--what-if", str(file))

    shown = puhui(*asked)
    assert shown.count("*** 假设试算，不作为正式结果 ***") == 2
    assert "run whatif-" in shown
    assert "假设 示例1银行 的“民营企业贷款增速（较年初）”为 20%" in shown
    assert "what-if, not official" in puhui(*asked, "--lang", "en")
    answer = msgspec.json.decode(puhui(*asked, "--json"))
    assert all(row["is_what_if"] for row in answer["rows"])
    header, *lines = puhui(*asked, "--format", "csv").splitlines()
    assert "notice_zh" in header
    assert all("不作为正式结果" in line for line in lines)
    assert "whatif-" not in puhui("runs", "list")


def test_a_what_if_by_a_methodology_of_ones_own(puhui: Puhui, tmp_path: Path) -> None:
    rule = Path("infra/methodologies/illustrative-quarterly-v2.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(rule.replace("points_min = 84", "points_min = 99"), encoding="utf-8")
    file = tmp_path / "suppose.toml"
    file.write_text("[methodology]\nbanks_min = 2\n", encoding="utf-8")

    shown = puhui("grade", "2021Q4", "--methodology", str(own), "--what-if", str(file))

    assert "假设分组最少机构数由 8 改为 2" in shown


def test_runs_are_listed_shown_and_compared(puhui: Puhui, told: tuple[Path, str, str]) -> None:
    _, first, second = told
    listed = puhui("runs", "list", "2021Q4")
    assert [line.split()[0] for line in listed.splitlines()[2:4]] == [second[:12], first[:12]]
    assert f"run {first[:12]}…, 2022-01-10T12:00:00+08:00" in puhui("runs", "show", first[:8])
    compared = puhui("runs", "compare", first[:8], second[:8])
    assert "由5.0%变为9.0%（数据变动）" in compared
    assert "家无变动" in compared
    bank = puhui("runs", "compare", first[:8], second[:8], "--bank", BANKS[0])
    assert "期末余额 105.00 → 109.00" in bank
    assert "其间收到事件 1 条，列示 1 条" in bank
    assert "told-province-late" in bank
    english = puhui("runs", "compare", first[:8], second[:8], "--bank", BANKS[0], "--lang", "en")
    assert "Events received meanwhile: 1, of which here: 1" in english


def test_two_methodologies_and_a_banks_grades(puhui: Puhui, tmp_path: Path) -> None:
    rule = Path("infra/methodologies/illustrative-quarterly-v2.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(rule.replace("points_min = 84", "points_min = 99"), encoding="utf-8")

    shown = puhui("runs", "methods", "2021Q4", "--other", str(own))

    assert "办法变动" in shown
    assert "2021Q4" in puhui("runs", "history", BANKS[0])
    missing = puhui("runs", "methods", "2021Q4", "--other", "gone.toml", is_wrong=True)
    assert "methodology gone.toml: no such file" in missing
    wrong = puhui("runs", "show", "zzz", is_wrong=True)
    assert "0 runs have an id that begins so" in wrong
