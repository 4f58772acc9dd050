"""How sure grades are: graded again many times, each time with other choices that could be made.

The choices are declared (schemas.sensitivity.Choices) and told beside the answer; the generator of
random numbers is handed in, seeded. For graders only, never official, and a bank is never shown it.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from processors.exact import decimal_text
from processors.grading.table import Table
from processors.sensitivity_draws import (
    Draws,
    Weights,
    apply_caps,
    holds,
    totals,
    whole_weights,
)
from processors.sensitivity_levels import levels_of, ranks_of
from processors.sensitivity_points import Scored, score
from processors.sensitivity_words import CHOICE_WORDS
from schemas.grading import TOTAL_SCALE, BankGrade
from schemas.methodology import Methodology
from schemas.sensitivity import BankStability, ChoiceEffect, ChoiceName, Choices
from schemas.units import BoolArray, Int64Array

CHOICES: tuple[ChoiceName, ...] = ("weights", "cut_offs", "normalisers", "missing")
DRAWS_AT_ONCE = 100  # More need more memory and are no faster.
PPM = 10**6
LOW, HIGH = Fraction(5, 100), Fraction(95, 100)


class Grades(NamedTuple):
    """What draws gave, (draws, banks) each."""

    total: Int64Array
    level: Int64Array  # -1: not rated.
    rank: Int64Array  # 0: not rated.


class Sampling(NamedTuple):
    """What draws are made of, and the generator that makes them."""

    table: Table
    methodology: Methodology
    scored: Scored
    choices: Choices
    rng: np.random.Generator

    def is_missing_drawn(self, varied: set[ChoiceName]) -> bool:
        return self.choices.is_missing_drawn and "missing" in varied


class Stability(NamedTuple):
    """How sure the grades are, and what that depends on most."""

    banks: list[BankStability]
    effects: list[ChoiceEffect]
    variants: list[str]  # Normalisers that were tried, "" for the file's own.


def how_sure(
    table: Table,
    methodology: Methodology,
    graded: Sequence[BankGrade],
    choices: Choices,
    rng: np.random.Generator,
) -> Stability:
    """Return how often each bank keeps its grade, and what each choice does alone.

    Args:
        table: what was graded.
        methodology: by what.
        graded: the grades of the run, in the order of the table.
        choices: what to vary.
        rng: seeded with choices.seed by whoever calls.

    Source: docs/method.md#uncertainty

    """
    scored = score(table, methodology, choices.normalisers)
    sampling = Sampling(table, methodology, scored, choices, rng)
    everything = draw_grades(sampling, set(CHOICES))
    effects = []
    for choice in CHOICES:
        alone = draw_grades(sampling, {choice})
        effects.append(_effect(choice, alone, methodology, graded))
    effects.sort(key=lambda effect: -effect.changed_count)
    names = [level.name for level in methodology.grading.levels]
    banks = [
        _bank(bank, everything.level[:, n], everything.rank[:, n], names)
        for n, bank in enumerate(graded)
    ]
    return Stability(banks, effects, scored.variants)


def draw_grades(sampling: Sampling, varied: set[ChoiceName]) -> Grades:
    """Return totals, grades and ranks of choices.draw_count draws in which ``varied`` vary.

    With nothing varied, or all spreads 0, every draw is the run itself.
    """
    methodology, scored = sampling.methodology, sampling.scored
    weights = whole_weights(methodology)
    is_in = scored.is_drawable if sampling.is_missing_drawn(varied) else scored.is_rated
    sets = _sets(scored, is_in, is_one=False)
    is_one = methodology.grading.by == "quota" and methodology.grading.quota_within == "all"
    graded_together = _sets(scored, is_in, is_one=is_one)
    names = [one.name for one in methodology.grading.levels]
    parts = []
    for first in range(0, sampling.choices.draw_count, DRAWS_AT_ONCE):
        count = min(DRAWS_AT_ONCE, sampling.choices.draw_count - first)
        draws = _draw(sampling, weights, varied, count)
        at = totals(sampling.table, methodology, draws, weights)
        total = apply_caps(at)
        level = levels_of(total, methodology.grading, draws.cut_off_shift, graded_together)
        for cap in methodology.caps:
            if cap.grade_at_most:
                highest = names.index(cap.grade_at_most)
                is_held = holds(at, cap) & (level >= 0)
                level = np.where(is_held, np.maximum(level, highest), level)
        parts.append(Grades(total, level, ranks_of(total, sets, scored.is_rated)))
    joined = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Grades(*joined)


def _draw(sampling: Sampling, weights: Weights, varied: set[ChoiceName], count: int) -> Draws:
    scored, choices, rng = sampling.scored, sampling.choices, sampling.rng
    variant = np.zeros(count, np.int64)
    if "normalisers" in varied:
        variant = rng.integers(0, len(scored.variants), count)
    points = scored.points_millionths[variant]
    is_counted = np.broadcast_to(scored.is_earned, points.shape).copy()
    if sampling.is_missing_drawn(varied):
        _draw_missing(sampling, points, is_counted)
    shift = np.zeros(count, np.int64)
    most = int(Fraction(choices.cut_off_spread_points) * TOTAL_SCALE)
    if "cut_offs" in varied and most:
        shift = rng.integers(-most, most + 1, count)
    spread = Fraction(choices.weight_spread_percent if "weights" in varied else 0)
    drawn = draw_weights(sampling.methodology, weights, spread, rng, count=count)
    return Draws(points, is_counted, drawn, shift)


def _draw_missing(sampling: Sampling, points_millionths: Int64Array, is_counted: BoolArray) -> None:
    """Put the points of a bank of the group that has the value in place of what is missing."""
    scored, rng = sampling.scored, sampling.rng
    draws = np.arange(points_millionths.shape[0])
    for i, entry in enumerate(sampling.methodology.indicators):
        if entry.role != "regular":
            continue
        for bank in np.flatnonzero(scored.is_drawable & ~scored.is_known[:, i]).tolist():
            members = scored.members[scored.group[bank]]
            tellers = np.array([n for n in members if scored.is_known[n, i]], np.int64)
            if not tellers.size:
                continue
            chosen = tellers[rng.integers(0, tellers.size, draws.size)]
            points_millionths[:, bank, i] = points_millionths[draws, chosen, i]
            is_counted[:, bank, i] = True


def draw_weights(
    methodology: Methodology,
    weights: Weights,
    spread_percent: Fraction,
    rng: np.random.Generator,
    *,
    count: int,
) -> Int64Array:
    """Return (draws, indicators) whole weights; those of regular indicators keep their sum."""
    whole = np.tile(np.array(weights.whole, np.int64), (count, 1))
    most = int(spread_percent * PPM / 100)
    # Points added up as they are, and geometric totals, have no weights that could be others.
    if not most or methodology.aggregation != "weighted_sum":
        return whole
    regular = [n for n, one in enumerate(methodology.indicators) if one.role == "regular"]
    everything = sum(weights.whole[n] for n in regular)
    for draw in range(count):
        factors = (PPM + rng.integers(-most, most + 1, len(regular))).tolist()
        scaled = [weights.whole[n] * by for n, by in zip(regular, factors, strict=True)]
        shares = [part * everything // sum(scaled) for part in scaled]
        shares[shares.index(max(shares))] += everything - sum(shares)
        whole[draw, regular] = shares
    return whole


def _sets(scored: Scored, is_in: BoolArray, *, is_one: bool) -> list[list[int]]:
    """Return who is graded together: each group, or everybody."""
    inside = np.flatnonzero(is_in).tolist()
    if is_one:
        return [inside] if inside else []
    groups = sorted({scored.group[n] for n in inside})
    return [[n for n in inside if scored.group[n] == group] for group in groups]


def _effect(
    choice: ChoiceName, alone: Grades, methodology: Methodology, graded: Sequence[BankGrade]
) -> ChoiceEffect:
    names = [level.name for level in methodology.grading.levels]
    own = np.array([names.index(bank.grade) if bank.grade in names else -1 for bank in graded])
    rated = own >= 0
    changed = int((alone.level[:, rated] != own[rated]).sum())
    every = int(rated.sum()) * alone.level.shape[0]
    words = CHOICE_WORDS[choice]
    return ChoiceEffect(
        choice=choice,
        zh=words.zh,
        en=words.en,
        changed_count=changed,
        all_count=every,
        changed_percent=decimal_text(changed * 100, max(every, 1), 1),
    )


def _bank(
    bank: BankGrade, level: Int64Array, rank: Int64Array, names: Sequence[str]
) -> BankStability:
    counts = {name: int((level == place).sum()) for place, name in enumerate(names)}
    is_drawn = sum(counts.values()) > 0
    kept = counts.get(bank.grade, 0)
    ranks = np.sort(rank).tolist()
    is_rated = bank.grade in names
    return BankStability(
        bank_id=bank.bank_id,
        name_zh=bank.name_zh,
        name_en=bank.name_en,
        group=bank.group,
        grade=bank.grade,
        grade_zh=bank.grade_zh,
        grade_en=bank.grade_en,
        total_points=bank.total_points,
        rank=bank.rank,
        kept_draw_count=kept,
        kept_percent=decimal_text(kept * 100, len(ranks), 1) if is_rated else "",
        rank_low=_at_share(ranks, LOW) if is_drawn else 0,
        rank_high=_at_share(ranks, HIGH) if is_drawn else 0,
        draws_by_grade=counts if is_drawn else {},
    )


def _at_share(ordered: Sequence[int], share: Fraction) -> int:
    """Return the nearest-rank percentile: the least value that ``share`` of all do not exceed."""
    place = -(-share.numerator * len(ordered) // share.denominator)
    return ordered[max(place, 1) - 1]
