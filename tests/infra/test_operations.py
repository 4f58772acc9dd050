"""Every verb answers in one shape, and says what was expected when it cannot."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from infra.operations import VERBS, Operations
from infra.wiring import Node

PUBLISHED = Path("infra/reference/nfra_inclusive_sme_balance_by_type.csv")


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operations]:
    with Node(tmp_path_factory.mktemp("operations") / "data") as node:
        made = Operations(node)
        made.import_file(str(PUBLISHED), {})
        yield made


def test_growth_is_as_the_regulator_prints_it(operations: Operations) -> None:
    answer = operations.run("growth", {"quarter": "2021Q3", "basis": "yoy"})

    printed = {row["bank_id"]: row["growth_percent"] for row in answer["rows"]}
    assert printed["all_banking_institutions"] == "25.2"
    assert answer["quarter"] == "2021Q3"


def test_without_a_quarter_the_latest_is_shown(operations: Operations) -> None:
    assert operations.run("growth", {})["quarter"] == "2022Q2"


def test_decimals_are_those_asked_for(operations: Operations) -> None:
    answer = operations.run("growth", {"quarter": "2021Q4", "decimals": 2})

    printed = {row["bank_id"]: row["growth_percent"] for row in answer["rows"]}
    assert printed["large_commercial"] == "35.66"


@pytest.mark.parametrize(
    ("verb", "body", "told"),
    [
        ("growth", {"quarter": "2021-Q4"}, "expected YEARQn"),
        ("growth", {"population": "everybody"}, "population"),
        ("growth", {"basis": "mom"}, "basis"),
        ("growth", {"decimals": 9}, "decimals"),
        (
            "growth",
            {"quater": "2021Q4"},
            "it may hold quarter, population, as_of, basis, decimals, is_distinct",
        ),
        ("bridge", {"bank_id": 7}, "bank_id"),
        ("digest", {"fast": True}, "it may hold nothing"),
        ("grade", {}, "quarter"),
        ("grade", {"quarter": "2021Q4", "methodology": "nobody's"}, "no such file"),
    ],
)
def test_a_request_that_does_not_fit_is_told_what_does(
    operations: Operations, verb: str, body: dict, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        operations.run(verb, body)


def test_an_unknown_verb_is_told_the_known_ones(operations: Operations) -> None:
    with pytest.raises(
        LookupError, match=r"expected one of add_principal, .*bridge, .*check_filings"
    ):
        operations.run("drop", {})


NEED_NOTHING = [
    verb
    for verb, told in sorted(VERBS.items())
    if not any(field.required for field in msgspec.structs.fields(told.request))
]


@pytest.mark.parametrize("verb", NEED_NOTHING)
def test_every_verb_answers_an_empty_request(operations: Operations, verb: str) -> None:
    assert isinstance(operations.run(verb, {}), dict)


def test_the_digest_stays_until_something_is_stored(operations: Operations, tmp_path: Path) -> None:
    before = operations.run("digest", {})
    known = operations.import_file(str(PUBLISHED), {})
    same = operations.run("digest", {})
    table = tmp_path / "x.csv"
    table.write_text(
        "quarter,period_end,bank_type_cn,bank_type_en,balance,unit\n"
        "2023Q1,2023-03-31,合计,all_banking_institutions,1,亿元\n",
        encoding="utf-8",
    )
    operations.import_file(str(table), {})

    assert known["is_known"]
    assert before == same
    assert operations.run("digest", {}) != before


def test_a_day_that_is_none_is_refused(operations: Operations) -> None:
    with pytest.raises(ValueError, match="expected a day such as 2021-12-31"):
        operations.import_file(str(PUBLISHED), {"complete_to": "2021-13-01"})
