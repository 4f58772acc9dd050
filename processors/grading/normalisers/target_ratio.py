"""Against a target: a number, another column such as the bank's own growth, or a dated list."""

from fractions import Fraction

from processors.grading.formula import read_formula
from processors.grading.normaliser import Member, NormaliserKind, Scope, needs_order
from schemas.methodology import Indicator
from schemas.normalisers import DatedTarget, TargetRatio
from schemas.quarter import Quarter


def target_ratio(normaliser: TargetRatio, scope: Scope) -> list[Fraction | None]:
    """Return value ÷ target × points_max.

    Lower is better: target ÷ value. A target of 0 or less cannot be a measure: a value that
    reaches it has all points, one that does not has the least.
    """
    return [_of_member(normaliser, scope, member) for member in scope.members]


def _of_member(normaliser: TargetRatio, scope: Scope, member: Member) -> Fraction | None:
    target = target_of(normaliser, scope.quarter, member)
    if target is None:
        return None
    if target <= 0 or member.value <= 0:
        better = member.value <= target if scope.is_lower_better else member.value >= target
        return scope.highest if better else scope.lowest
    ratio = target / member.value if scope.is_lower_better else member.value / target
    return ratio * scope.highest


def target_of(normaliser: TargetRatio, quarter: str, member: Member) -> Fraction | None:
    """Return the target that holds for one bank in ``quarter``; None where it is not known."""
    return read_formula(_target(normaliser, quarter, member)).number(member.values)


def _target(normaliser: TargetRatio, quarter: str, member: Member) -> str:
    return next(
        (dated.target for dated in normaliser.targets if _fits(dated, quarter, member)),
        normaliser.target,
    )


def _fits(dated: DatedTarget, quarter: str, member: Member) -> bool:
    now = Quarter.parse(quarter)
    if now < Quarter.parse(dated.from_quarter):
        return False
    if dated.to_quarter and now > Quarter.parse(dated.to_quarter):
        return False
    return member.bank.bank_id in dated.banks or member.bank.peer_group in dated.peer_groups


def check(normaliser: TargetRatio, indicator: Indicator) -> str:
    """Return what is wrong with the target and the dated ones, "" for nothing."""
    for dated in normaliser.targets:
        if not dated.banks and not dated.peer_groups:
            return "a dated target for nobody, expected banks or peer_groups"
        for quarter in (dated.from_quarter, dated.to_quarter or dated.from_quarter):
            try:
                Quarter.parse(quarter)
            except ValueError as error:
                return f"a dated target: {error}, expected a quarter such as 2021Q1"
    return needs_order(normaliser, indicator)


NORMALISER = NormaliserKind(TargetRatio, target_ratio, needs_peers=False, check=check)
