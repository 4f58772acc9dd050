"""What a methodology file is refused for, beyond its shape."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from infra.reference_data import load_methodology, methodology_names
from processors.methodology import problems_of
from schemas.methodology import Methodology, methodology_hash


def methodology(**said: Any) -> Methodology:
    """Return a sound one with two indicators and a deduction, changed by ``said``."""
    given = {"measure": "given", "normaliser": {"kind": "as_given"}}
    whole = {
        "name": "m", "version": 1, "is_illustrative": True, "label_zh": "", "label_en": "",
        "basis_zh": "", "basis_en": "", "effective_from": "2018Q1", "aggregation": "sum",
        "facts": [{"name": "size", "measure": "given"}],
        "indicators": [
            {"name": "x", **given}, {"name": "y", **given},
            {"name": "fine", "role": "deduction", **given},
        ],
        "grading": {"levels": [
            {"name": "a", "zh": "", "en": "", "points_min": 50}, {"name": "b", "zh": "", "en": ""},
        ]},
    }  # fmt: skip
    return msgspec.convert(whole | said, Methodology)


def cap(**said: Any) -> Methodology:
    return methodology(caps=[{"clause": "7", "zh": "", "en": ""} | said])


@pytest.mark.parametrize("name", methodology_names())
def test_every_methodology_that_comes_with_puhui_is_sound(name: str) -> None:
    assert problems_of(load_methodology(name)) == []


@pytest.mark.parametrize(
    "when",
    [
        "points_x < 6", "points_x <= 6 and size > 3", "not points_x >= 6", "total <= 80 or size",
        "2 * points_x - points_fine < 9", "max(points_x, points_y) < 5", "points_fine > 3",
        "deductions >= 2 and not regular > 60", "5 > points_x", "size > 3", "total / 2 < 9", "",
    ],
)  # fmt: skip
def test_a_cap_may_end_as_points_rise(when: str) -> None:
    assert problems_of(cap(when=when, grade_at_most="b")) == []


@pytest.mark.parametrize(
    "when",
    [
        "points_x > 6", "total", "points_x == 6", "not points_x < 6", "points_x < points_y",
        "size * points_x < 9", "points_fine < 3", "0 - points_x < 3", "5 < points_x < 9",
        "points_x < 6 or points_y > 3", "9 / points_x < 3", "not points_x",
    ],
)  # fmt: skip
def test_a_cap_that_more_points_could_bring_about_is_refused(when: str) -> None:
    problems = problems_of(cap(when=when, grade_at_most="b"))

    assert [(problem.where, problem.found) for problem in problems] == [
        ("cap 7", f"when = {when!r}")
    ]


@pytest.mark.parametrize("limit", ["100 - points_x", "points_fine", "60 / points_x", "size*total"])
def test_a_limit_that_could_fall_with_more_points_is_refused(limit: str) -> None:
    (problem,) = problems_of(cap(total_at_most=limit))

    assert problem.found == f"total_at_most = {limit!r}"


@pytest.mark.parametrize("limit", ["3 * points_x", "60", "points_x + size", "min(total, 80) / 2"])
def test_a_limit_may_rise_with_points(limit: str) -> None:
    assert problems_of(cap(total_at_most=limit)) == []


def indicator(**said: Any) -> list[dict[str, Any]]:
    return [{"name": "x", "measure": "given", "normaliser": {"kind": "as_given"}} | said]


@pytest.mark.parametrize(
    ("said", "where", "words"),
    [
        ({"indicators": indicator(points_max=0)}, "indicator x", "min below max"),
        ({"indicators": indicator(role="bonus")}, "indicators", "at least one"),
        ({"indicators": indicator(missing="neutral")}, "indicator x", "the points it earns"),
        ({"indicators": indicator(name="total")}, "column total", "a name"),
        ({"indicators": indicator(measure="growht")}, "column x, measure", "one of"),
        ({"indicators": indicator(weight_percent=10)}, "weights", "none"),
        ({"aggregation": "weighted_sum"}, "weights", "a weight for every regular one"),
        ({"bonus_points_max": -1}, "bonus_points_max", "0 or more"),
        ({"known_percent_min": 101}, "known_percent_min", "0 to 100"),
        ({"effective_from": "2018"}, "effective_from", "a quarter such as 2021Q1"),
        ({"size_floor": {"column": "z", "at_least": 1}}, "size_floor", "a column"),
    ],
)
def test_what_does_not_make_sense_is_named_with_its_place(
    said: dict[str, Any], where: str, words: str
) -> None:
    problems = problems_of(methodology(**said))

    assert any(problem.where == where and words in problem.expected for problem in problems)


def test_a_formula_that_names_what_is_not_there_is_refused() -> None:
    rules = [{"when": "value < target", "points": "nothing + 1"}]

    problems = problems_of(methodology(indicators=indicator(rules=rules)))

    # ``target`` belongs to the normaliser that has one.
    assert ["target" in str(one.found) or "nothing" in str(one.found) for one in problems] == [
        True, True,
    ]  # fmt: skip


def test_the_hash_is_of_what_is_said_and_not_of_what_is_usual() -> None:
    plain = methodology()
    said = methodology(effective_to="", groups={"by": "peer_group"})

    assert methodology_hash(plain) == methodology_hash(said)
    assert methodology_hash(plain) != methodology_hash(methodology(groups={"by": "none"}))
    other_kind = indicator(normaliser={"kind": "min_max"})
    rank = indicator(normaliser={"kind": "peer_percentile"})
    assert methodology_hash(methodology(indicators=other_kind)) != methodology_hash(
        methodology(indicators=rank)
    )


def in_words(changed: Methodology) -> str:
    return " | ".join(f"{one.where}: {one.found}" for one in problems_of(changed))


def test_neutral_points_stay_on_the_scale() -> None:
    (x, y, fine) = methodology().indicators
    beyond = msgspec.structs.replace(x, missing="neutral", neutral_points=Decimal(500))
    within = msgspec.structs.replace(x, missing="neutral", neutral_points=Decimal(50))

    assert "neutral_points 500" in in_words(methodology(indicators=[beyond, y, fine]))
    assert in_words(methodology(indicators=[within, y, fine])) == ""


@pytest.mark.parametrize("name", ["all", "city_commercial"])
def test_a_wider_group_has_a_name_of_its_own(name: str) -> None:
    groups = {"wider": [{"name": name, "peer_groups": ["rural"]}]}

    assert "names of wider groups" in in_words(methodology(groups=groups))


def test_a_formula_cannot_count_with_a_word() -> None:
    word = {"name": "mood", "measure": "given", "kind": "choice"}
    choices = [{"name": "high", "zh": "", "en": ""}]
    changed = methodology(
        facts=[{**word, "choices": choices}],
        caps=[{"clause": "7", "zh": "", "en": "", "when": "mood > 0", "grade_at_most": "b"}],
    )

    assert "['mood'] in 'mood > 0'" in in_words(changed)


@pytest.mark.parametrize(
    ("aggregation", "weight"), [("geometric", "33.33"), ("weighted_sum", "33.33333")]
)
def test_weights_have_no_more_decimals_than_can_be_computed_with(
    aggregation: str, weight: str
) -> None:
    (x, y, fine) = methodology().indicators
    weights = (Decimal(weight), 100 - Decimal(weight))
    indicators = [
        msgspec.structs.replace(one, weight_percent=share)
        for one, share in zip((x, y), weights, strict=True)
    ]
    changed = methodology(aggregation=aggregation, indicators=[*indicators, fine])

    assert f"weight {weight}" in in_words(changed)
