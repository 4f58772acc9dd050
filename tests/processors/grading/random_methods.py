"""Random methodologies with random tables, from a seed. Every formula comes with its meaning.

A meaning is a plain function of the values a formula may name; None is unknown. The slow reference
uses meanings, so the reading of formulas is checked as well.
"""

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

from processors.grading.table import MISSING, Cell, GradedBank, Table
from schemas.codes import Status
from schemas.methodology import Methodology

Meaning = Callable[[Mapping[str, Any]], Any]
PEERS = ("rural", "city_commercial", "policy")
GIVEN_POINTS = "given_points"  # An indicator every case has: its value is its points.
WORDS = ("high", "middle", "low")
ORDERED = ("min_max", "z_score", "ratio_to_best", "peer_percentile", "own_past", "target_ratio")
KINDS = (*ORDERED, "goalposts", "piecewise", "matrix", "mix", "yes_no", "choice", "as_given")


class Case(NamedTuple):
    """One methodology, one table, and what its formulas mean."""

    methodology: Methodology
    table: Table
    meanings: dict[str, Meaning]


def random_case(rng: random.Random) -> Case:
    """Return a sound methodology and a table for it."""
    return _Maker(rng).case()


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.meanings: dict[str, Meaning] = {"size": lambda values: values["size"]}

    def case(self) -> Case:
        rng = self.rng
        names = [f"x{n}" for n in range(rng.randint(0, 4))]
        roles = [rng.choice(("regular", "regular", "bonus", "deduction")) for _ in names]
        aggregation = rng.choice(("weighted_sum", "weighted_sum", "sum", "geometric"))
        indicators = [self.given_points(), *map(self.indicator, names, roles)]
        regular = [entry for entry in indicators if entry["role"] == "regular"]
        if aggregation != "sum":
            for entry, weight in zip(regular, self.weights(len(regular)), strict=True):
                entry["weight_percent"] = weight
        said = {
            "name": "random", "version": 1, "is_illustrative": True, "label_zh": "", "label_en": "",
            "basis_zh": "", "basis_en": "", "effective_from": "2018Q1", "aggregation": aggregation,
            "known_percent_min": rng.choice((0, 50, 100)),
            "groups": self.groups(), "indicators": indicators,
            "facts": [
                {"name": "size", "measure": "given"},
                {"name": "flag", "measure": "given", "kind": "yes_no"},
            ],
            "caps": [self.cap(indicators) for _ in range(rng.randint(0, 3))],
            "rounding": {
                "indicator_decimals": rng.choice((None, 0, 2)),
                "total_decimals": rng.choice((None, None, 1)),
            },
            "grading": self.grading(),
        }  # fmt: skip
        for name in ("bonus_points_max", "deduction_points_max"):
            if rng.random() < 0.5:
                said[name] = rng.randint(0, 12)
        if rng.random() < 0.2:
            said["size_floor"] = {"column": "size", "at_least": rng.randint(-3, 1)}
        methodology = msgspec.convert(said, Methodology)
        return Case(methodology, self.table(methodology), self.meanings)

    def weights(self, count: int) -> list[int]:
        cuts = sorted(self.rng.sample(range(1, 20), count - 1))
        return [5 * (b - a) for a, b in zip([0, *cuts], [*cuts, 20], strict=True)]

    def given_points(self) -> dict[str, Any]:
        return {
            "name": GIVEN_POINTS, "measure": "given", "role": "regular", "points_min": 0,
            "points_max": 100, "normaliser": {"kind": "as_given"},
            "missing": self.rng.choice(("withhold", "screen")),
        }  # fmt: skip

    def indicator(self, name: str, role: str) -> dict[str, Any]:
        rng = self.rng
        kind = rng.choice(KINDS)
        entry: dict[str, Any] = {
            "name": name, "measure": "given", "role": role, "points_min": rng.choice((0, 0, 10)),
            "points_max": rng.choice((20, 60, 100)), "direction": rng.choice(("higher", "lower")),
            "missing": rng.choice(("withhold", "screen", "neutral")),
            "neutral_points": rng.randint(10, 20),
            "normaliser": self.normaliser(kind),
        }  # fmt: skip
        if kind in {"goalposts", "piecewise", "choice", "matrix"}:
            entry["direction"] = "none"
        if kind == "yes_no":
            entry["kind"] = "yes_no"
        if kind == "choice":
            entry |= {"kind": "choice", "choices": [{"name": w, "zh": w, "en": w} for w in WORDS]}
        elif rng.random() < 0.4:
            entry["rules"] = [self.rule() for _ in range(rng.randint(1, 2))]
        return entry

    def normaliser(self, kind: str) -> dict[str, Any]:
        rng = self.rng
        points = sorted(rng.sample(range(10, 21), 3))
        rng.shuffle(points)
        more: dict[str, dict[str, Any]] = {
            "z_score": {"middle_points": 15, "points_per_sd": rng.choice((1, 4, 20))},
            "own_past": {"base_points": 12, "span_points": rng.choice((3, 30))},
            "target_ratio": {"target": rng.choice(("size", self.number(2))), "targets": []},
            "goalposts": {"worst": rng.choice((-2, 3)), "best": rng.choice((0, 4))},
            "piecewise": {
                "knots": list(zip((-1, 1, 3), points, strict=True)),
                "between": rng.choice(("linear", "steps")),
            },
            "matrix": {
                "row_edges": [0], "column": "size", "column_edges": [-1, 2],
                "points": [points, points[::-1]],
            },
            "choice": {"points": dict(zip(WORDS, points, strict=True))},
        }  # fmt: skip
        told = {"kind": kind} | more.get(kind, {})
        if kind == "target_ratio" and rng.random() < 0.5:
            dated = {"banks": ["B1"], "from_quarter": rng.choice(("2020Q1", "2022Q1"))}
            told["targets"] = [dated | {"target": self.number(4)}]
        if kind == "mix":
            share = rng.choice((25, 50))
            told["parts"] = [
                self.part("level", share),
                self.part(rng.choice(("change", "level")), 100 - share),
            ]
        return told

    def part(self, of: str, share: int) -> dict[str, Any]:
        inner = self.rng.choice(("peer_percentile", "min_max", "z_score", "ratio_to_best"))
        return {"of": of, "share_percent": share, "normaliser": self.normaliser(inner)}

    def number(self, most: int) -> str:
        number = self.rng.randint(-1, most)
        text = f"{number}" if number >= 0 else f"0 - {-number}"
        self.meanings[text] = lambda _values: Fraction(number)
        return text

    def rule(self) -> dict[str, Any]:
        bound, points = self.rng.randint(0, 3), self.rng.randint(0, 25)
        half = f"full / 2 + {points}"
        self.meanings |= {
            f"value < {bound}": lambda values: values["value"] < bound,
            f"flag and value >= {bound}": lambda values: (
                False if values["value"] < bound or values["flag"] == 0
                else None if values["flag"] is None else True
            ),
            f"before > {bound}": lambda values: (
                None if values["before"] is None else values["before"] > bound
            ),
            half: lambda values: values["full"] / 2 + points,
            "size / value": lambda values: (
                None if values["size"] is None or not values["value"]
                else values["size"] / values["value"]
            ),
        }  # fmt: skip
        when = (f"value < {bound}", f"flag and value >= {bound}", f"before > {bound}")
        return {"when": self.rng.choice(when), "points": self.rng.choice((half, "size / value"))}

    def cap(self, indicators: list[dict[str, Any]]) -> dict[str, Any]:
        rng = self.rng
        entry = rng.choice(indicators)
        points, bound = f"points_{entry['name']}", rng.randint(5, 60)
        sign = ">" if entry["role"] == "deduction" else "<"
        few = f"{points} {sign} {bound}"
        both = f"{few} or flag and total <= {bound}"

        def is_few(values: Mapping[str, Any]) -> bool | None:
            if values[points] is None:
                return None
            return values[points] > bound if sign == ">" else values[points] < bound

        def is_either(values: Mapping[str, Any]) -> bool | None:
            low = values["total"] <= bound
            flagged = False if not low or values["flag"] == 0 else values["flag"]
            sides = (is_few(values), None if flagged is None else bool(flagged))
            return True if True in sides else None if None in sides else False

        self.meanings |= {
            few: is_few, both: is_either, "flag": lambda values: values["flag"],
            f"regular / 2 + {bound}": lambda values: values["regular"] / 2 + bound,
            f"max({bound}, total - 7)": lambda values: max(Fraction(bound), values["total"] - 7),
        }  # fmt: skip
        told = {"clause": "c", "zh": "", "en": "", "when": rng.choice(("", few, both, "flag"))}
        if rng.random() < 0.5:
            return told | {"grade_at_most": rng.choice(("b", "c"))}
        limit = rng.choice((f"regular / 2 + {bound}", f"max({bound}, total - 7)"))
        return told | {"total_at_most": limit}

    def groups(self) -> dict[str, Any]:
        if self.rng.random() < 0.3:
            return {"by": "none"}
        wider = [{"name": "wide", "peer_groups": list(PEERS[:2])}]
        return {"banks_min": self.rng.randint(1, 4), "wider": self.rng.choice(([], wider))}

    def grading(self) -> dict[str, Any]:
        rng = self.rng
        levels: list[dict[str, Any]] = [{"name": name, "zh": "", "en": ""} for name in "abc"]
        if rng.random() < 0.5:
            for level, points in zip(
                levels, (rng.randint(40, 70), rng.randint(15, 39), None), strict=True
            ):
                level["points_min"] = points
            return {"levels": levels, "is_bound_included": rng.random() < 0.5}
        for level, share in zip(levels, rng.choice(((30, 30, 40), (15, 60, 25))), strict=True):
            level["share_percent"] = share
        if rng.random() < 0.5:
            levels[0]["points_min"] = 30
        return {
            "by": "quota", "levels": levels, "ties": rng.choice(("better", "worse")),
            "quota_count": rng.choice(("half_up", "down")),
            "quota_within": rng.choice(("group", "all")),
        }  # fmt: skip

    def table(self, methodology: Methodology) -> Table:
        count = self.rng.randint(1, 9)
        banks = tuple(GradedBank(f"B{n}", "", "", self.rng.choice(PEERS)) for n in range(count))
        cells = {
            column.name: tuple(self.cell(column.name, column.kind) for _ in banks)
            for column in methodology.columns
        }
        return Table("2021Q4", banks, cells)

    def cell(self, name: str, kind: str) -> Cell:
        rng = self.rng
        if rng.random() < 0.08:
            return MISSING
        if kind == "choice":
            return Cell(Fraction(0), Status.OK, choice=rng.choice(WORDS))
        if kind == "yes_no":
            return Cell(Fraction(rng.randint(0, 1)), Status.OK)
        if name == GIVEN_POINTS:
            return Cell(Fraction(rng.randint(0, 200), 2), Status.OK)
        before = None if rng.random() < 0.2 else Fraction(rng.randint(-4, 8), rng.randint(1, 3))
        value = Fraction(rng.randint(-4, 8), rng.randint(1, 3))
        return Cell(value, Status.OK, before=before)
