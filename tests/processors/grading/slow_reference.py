"""A slow, obvious grader: plain loops over fractions, written from docs/method.md alone.

It shares no code with processors.grading. Formulas are plain functions, see random_methods.
"""

from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from processors.grading.table import Table
from schemas.methodology import Indicator, Methodology
from tests.processors.grading.random_methods import Case

MILLION, HUNDRED_MILLION = 10**6, 10**8


class Graded(NamedTuple):
    grade: str
    total: Fraction | None
    group: str
    rank: int


def half_up(number: Fraction, scale: int) -> Fraction:
    """Round to a multiple of 1 ÷ scale, a half away from zero."""
    twice = abs(number) * scale * 2
    rounded = Fraction((int(twice) + 1) // 2, scale)
    return rounded if number >= 0 else -rounded


def root_below(number: int, degree: int) -> int:
    low, high = 0, 1
    while high**degree <= number:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if middle**degree <= number:
            low = middle
        else:
            high = middle
    return low


class SlowGrader:
    def __init__(self, case: Case) -> None:
        self.methodology: Methodology = case.methodology
        self.table: Table = case.table
        self.meanings = case.meanings
        self.known = {n: self.values(n) for n in range(len(case.table.banks))}

    def values(self, bank: int) -> dict[str, Any]:
        found = {}
        for name, column in self.table.cells.items():
            found[name] = column[bank].value if column[bank].is_known else None
        return found

    def graded(self) -> list[Graded]:
        rated = [n for n in range(len(self.table.banks)) if self.is_rated_by_cells(n)]
        while True:
            groups = {n: self.group_of(n, rated) for n in rated}
            earned = {n: self.earned(n, groups[n][1]) for n in rated}
            left = [n for n in rated if self.is_enough(set(earned[n]))]
            if left == rated:
                break
            rated = left
        totals = {n: self.total(n, earned[n]) for n in rated}
        found = []
        for n in range(len(self.table.banks)):
            if n not in rated:
                found.append(Graded("not_rated", None, "", 0))
                continue
            same = [m for m in rated if groups[m][0] == groups[n][0]]
            rank = 1 + sum(totals[m][0] > totals[n][0] for m in same)
            is_all = self.methodology.grading.quota_within == "all"
            level = self.level(totals[n][0], [totals[m][0] for m in (rated if is_all else same)])
            grade = self.held_down(level, totals[n][1])
            found.append(Graded(grade, totals[n][0], groups[n][0], rank))
        return found

    def is_rated_by_cells(self, n: int) -> bool:
        floor = self.methodology.size_floor
        if floor is not None:
            size = self.known[n][floor.column]
            if size is None or size < floor.at_least:
                return False
        names = {e.name for e in self.methodology.indicators if self.known[n][e.name] is not None}
        return self.is_enough(names)

    def is_enough(self, names: set[str]) -> bool:
        whole, left, screened = Fraction(0), Fraction(0), False
        for entry in self.methodology.indicators:
            if entry.role != "regular":
                continue
            weight = Fraction(1 if entry.weight_percent is None else entry.weight_percent)
            whole += weight
            if entry.name not in names and entry.missing == "withhold":
                return False
            if entry.name not in names and entry.missing == "screen":
                screened = True
            else:
                left += weight
        if not screened:
            return True
        return left > 0 and left * 100 >= whole * Fraction(self.methodology.known_percent_min)

    def group_of(self, n: int, rated: list[int]) -> tuple[str, list[int]]:
        groups, banks = self.methodology.groups, self.table.banks
        if groups.by == "peer_group":
            own = banks[n].peer_group
            sets = [(own, [own])]
            sets += [(w.name, list(w.peer_groups)) for w in groups.wider if own in w.peer_groups]
            for name, codes in sets:
                members = [m for m in rated if banks[m].peer_group in codes]
                if len(members) >= groups.banks_min:
                    return name, members
        return "all", rated

    def earned(self, n: int, members: list[int]) -> dict[str, Fraction]:
        found = {}
        for entry in self.methodology.indicators:
            points = None
            if self.known[n][entry.name] is not None:
                points = self.points(entry, n, members)
            if points is not None:
                low, high = Fraction(entry.points_min), Fraction(entry.points_max)
                found[entry.name] = self.rounded(max(low, min(high, points)))
            elif entry.role != "regular":
                found[entry.name] = Fraction(0)
            elif entry.missing == "neutral":
                found[entry.name] = self.rounded(Fraction(entry.neutral_points or 0))
        return found

    def rounded(self, points: Fraction) -> Fraction:
        decimals = self.methodology.rounding.indicator_decimals
        return half_up(points, MILLION if decimals is None else 10**decimals)

    def points(self, entry: Indicator, n: int, members: list[int]) -> Fraction | None:
        cells = self.table.cells[entry.name]
        for rule in entry.rules:
            values = self.known[n] | {
                "value": cells[n].value, "before": cells[n].before,
                "full": Fraction(entry.points_max),
            }  # fmt: skip
            holds = self.meanings[rule.when](values)
            if holds is None:
                return None
            if holds:
                return self.meanings[rule.points](values)
        peers = [(m, cells[m].value, cells[m].before) for m in members if cells[m].is_known]
        return self.normalised(entry, entry.normaliser, n, peers)

    def normalised(  # noqa: PLR0911 - a case a kind
        self, entry: Indicator, how: Any, n: int, peers: list
    ) -> Fraction | None:
        low, high = Fraction(entry.points_min), Fraction(entry.points_max)
        sign = -1 if entry.direction == "lower" else 1
        value, before = next((v, b) for m, v, b in peers if m == n)
        others = [v for m, v, _ in peers if m != n]
        everybody = [v for _, v, _ in peers]
        match how.__struct_config__.tag:
            case "peer_percentile":
                beaten = sum(Fraction(1) for v in others if sign * v < sign * value)
                beaten += sum(Fraction(1, 2) for v in others if v == value)
                return low + (high - low) * (beaten / len(others) if others else Fraction(1, 2))
            case "min_max":
                best, worst = max(sign * v for v in everybody), min(sign * v for v in everybody)
                if best == worst:
                    return (low + high) / 2
                return low + (high - low) * (sign * value - worst) / (best - worst)
            case "z_score":
                mean = sum(everybody) / Fraction(len(everybody))
                variance = sum((v - mean) ** 2 for v in everybody) / Fraction(len(everybody))
                z = Fraction(0)
                if variance:
                    square = (value - mean) ** 2 / variance
                    z = Fraction(root_below(int(square * 10**24), 2), 10**12)
                if sign * (value - mean) < 0:
                    z = -z
                return Fraction(how.middle_points) + Fraction(how.points_per_sd) * z
            case "ratio_to_best":
                if sign == 1:
                    best = max(everybody)
                    return value / best * high if best > 0 and value > 0 else low
                if value <= 0:
                    return high
                return min(everybody) / value * high if min(everybody) > 0 else low
            case "own_past":
                if not before:
                    return None
                change = sign * (value - before) / abs(before)
                return Fraction(how.base_points) + Fraction(how.span_points) * change
            case "target_ratio":
                return self.against_target(how, n, value, sign, (low, high))
            case "goalposts":
                worst, best = Fraction(how.worst), Fraction(how.best)
                return low + (high - low) * (value - worst) / (best - worst)
            case "piecewise":
                return along(how, value)
            case "matrix":
                other = self.known[n][how.column]
                if other is None:
                    return None
                row = sum(edge <= value for edge in how.row_edges)
                return Fraction(how.points[row][sum(edge <= other for edge in how.column_edges)])
            case "yes_no":
                return high if value else low
            case "choice":
                return Fraction(how.points[self.table.cells[entry.name][n].choice])
            case "as_given":
                return value
        return self.mixed(entry, how, n, peers)

    def against_target(self, how: Any, n: int, value: Fraction, sign: int, scale: tuple) -> Any:
        text = how.target
        for dated in how.targets:
            if dated.from_quarter <= self.table.quarter and self.table.banks[n].bank_id == "B1":
                text = dated.target
        target = self.meanings[text](self.known[n])
        if target is None:
            return None
        if target <= 0 or value <= 0:
            return scale[1] if sign * value >= sign * target else scale[0]
        return scale[1] * (value / target if sign == 1 else target / value)

    def mixed(self, entry: Indicator, how: Any, n: int, peers: list) -> Fraction | None:
        total, shares = Fraction(0), Fraction(0)
        for part in how.parts:
            among = peers
            if part.of == "change":
                among = [(m, v - b, None) for m, v, b in peers if b is not None]
            if n not in [m for m, _, _ in among]:
                continue
            points = self.normalised(entry, part.normaliser, n, among)
            if points is None:
                continue
            points = max(Fraction(entry.points_min), min(Fraction(entry.points_max), points))
            total += Fraction(part.share_percent) * points
            shares += Fraction(part.share_percent)
        return total / shares if shares else None

    def total(self, n: int, earned: dict[str, Fraction]) -> tuple[Fraction, dict[str, Any]]:
        of = self.methodology
        here = [e for e in of.indicators if e.role == "regular" and e.name in earned]
        everything = sum(weight(e) for e in of.indicators if e.role == "regular")
        factor = everything / sum(weight(e) for e in here) if of.aggregation != "sum" else 1
        parts = {
            role: sum(
                (
                    half_up(weight(e) * earned[e.name] / 100, HUNDRED_MILLION)
                    for e in of.indicators
                    if e.role == role and e.name in earned
                ),
                Fraction(0),
            )
            for role in ("bonus", "deduction")
        }
        if of.aggregation == "geometric":
            regular = geometric([(weight(e), earned[e.name]) for e in here])
        else:
            regular = sum(
                (half_up(weight(e) * factor * earned[e.name] / 100, HUNDRED_MILLION) for e in here),
                Fraction(0),
            )
        bonus, deduction = parts["bonus"], parts["deduction"]
        if of.bonus_points_max is not None:
            bonus = min(bonus, Fraction(of.bonus_points_max))
        if of.deduction_points_max is not None:
            deduction = min(deduction, Fraction(of.deduction_points_max))
        total = regular + bonus - deduction
        if of.rounding.total_decimals is not None:
            total = half_up(total, 10**of.rounding.total_decimals)
        values = self.known[n] | {f"points_{e.name}": earned.get(e.name) for e in of.indicators}
        values |= {"regular": regular, "bonus": bonus, "deductions": deduction}
        for cap in of.caps:
            values["total"] = total
            if cap.total_at_most and (not cap.when or self.meanings[cap.when](values)):
                limit = half_up(self.meanings[cap.total_at_most](values), HUNDRED_MILLION)
                total = min(total, limit)
        values["total"] = total
        return total, values

    def level(self, total: Fraction, totals: list[Fraction]) -> int:
        grading = self.methodology.grading
        last = len(grading.levels) - 1

        def reaches(k: int) -> bool:
            bound = grading.levels[k].points_min
            if bound is None:
                return True
            return total >= bound if grading.is_bound_included else total > bound

        start = 0
        if grading.by == "quota":
            place = 1 + sum(other > total for other in totals)
            if grading.ties == "worse":
                place = sum(other >= total for other in totals)
            share = Fraction(0)
            for k, level in enumerate(grading.levels):
                start = k
                share += Fraction(level.share_percent or 0)
                count = share * len(totals) / 100
                end = half_up(count, 1) if grading.quota_count == "half_up" else int(count)
                if place <= end:
                    break
        for k in range(start, last):
            if reaches(k):
                return k
        return last

    def held_down(self, level: int, values: dict[str, Any]) -> str:
        names = [one.name for one in self.methodology.grading.levels]
        for cap in self.methodology.caps:
            if cap.grade_at_most and (not cap.when or self.meanings[cap.when](values)):
                level = max(level, names.index(cap.grade_at_most))
        return names[level]


def weight(entry: Indicator) -> Fraction:
    return Fraction(100 if entry.weight_percent is None else entry.weight_percent)


def geometric(parts: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Return the weighted geometric mean, half up to hundred-millionths."""
    scale = 1
    while any((w / sum(v for v, _ in parts) * scale).denominator > 1 for w, _ in parts):
        scale += 1
    product = 1
    for w, points in parts:
        power = int(w / sum(v for v, _ in parts) * scale)
        product *= int(points * HUNDRED_MILLION) ** power
    # The largest whole t with t − ½ ≤ the root.
    twice = root_below(product * 2**scale, scale)
    return Fraction((twice + 1) // 2, HUNDRED_MILLION)


def along(how: Any, value: Fraction) -> Fraction:
    knots = [(Fraction(x), Fraction(y)) for x, y in how.knots]
    if value <= knots[0][0]:
        return knots[0][1]
    found = knots[-1][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if x0 <= value < x1:
            found = y0
            if how.between == "linear":
                found = y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return found
