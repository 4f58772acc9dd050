"""Every refusal has a sentence in two languages, and the catalog holds no other."""

import re
from pathlib import Path

import pytest

from schemas import expectations
from schemas.columns import Fault
from schemas.errors import REASONS, Scope, explain
from schemas.expectations import in_chinese

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "schemas").glob("*.py"), *(ROOT / "streams").glob("*.py")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sources_without_the_catalog() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in SOURCES if p.name != "errors.py")


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_code_of_the_catalog_is_given_somewhere(code: str) -> None:
    assert f'"{code}"' in sources_without_the_catalog()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_says_what_is_wrong_and_what_to_do_in_both_languages(code: str) -> None:
    fault = Fault(0, 4, code, "rate_mbp", "-1", "an integer from 0 to 10", "e")

    chinese = explain(fault, "zh", "lending[0]@17")
    english = explain(fault, "en", "lending[0]@17")

    assert chinese.startswith("lending[0]@17 第 5 条：")
    assert "实际为 -1，应为 0 至 10 的整数。" in chinese
    assert english.startswith("lending[0]@17 event 5: ")
    assert "(rate_mbp), found -1, expected an integer from 0 to 10. " in english
    assert not CHINESE.search(english)


def test_a_fault_of_a_whole_submission_names_no_event() -> None:
    fault = Fault(0, -1, "not_arrow", "", "", "an Arrow IPC stream")

    assert explain(fault, "zh", "lending[0]@17") == (
        "lending[0]@17 整份报文：不是完整的 Arrow IPC 流，应为 Arrow IPC 流。"
        "请更正后用新的 seq 重新报送整份报文。"
    )
    assert explain(fault, "en", "lending[0]@17") == (
        "lending[0]@17 submission: the bytes are not one Arrow IPC stream, expected an Arrow IPC "
        "stream. Correct the submission and send all of it again under a new seq."
    )


def test_only_a_failed_check_digit_of_a_borrower_is_a_mere_warning() -> None:
    warnings = [code for code, reason in REASONS.items() if reason.scope is Scope.WARNING]

    assert warnings == ["borrower_check_digit"]


PHRASES = {name: text for name, text in vars(expectations).items() if name.startswith("EXPECTED_")}


@pytest.mark.parametrize("name", sorted(PHRASES))
def test_every_expectation_is_known_in_chinese_with_its_values(name: str) -> None:
    values = ["7", "8"][: PHRASES[name].count("{}")]

    chinese = in_chinese(PHRASES[name].format(*values))

    assert CHINESE.search(chinese)
    assert all(value in chinese for value in values)
    assert "{" not in chinese


def test_an_expectation_of_others_stays_as_it_is() -> None:
    assert in_chinese("YYYY-MM-DD") == "YYYY-MM-DD"
