"""Several normalisers at once: a bank against its peers and against its own past."""

from fractions import Fraction

from processors.grading.normaliser import Member, NormaliserKind, Scope
from processors.grading.normalising import clipped, kind_of
from schemas.methodology import Indicator
from schemas.normalisers import Mix, MixPart


def mix(normaliser: Mix, scope: Scope) -> list[Fraction | None]:
    """Return Σ share × points of each part ÷ Σ share, over the parts that can be computed.

    A part over changes is among the members that have a figure of a year before; for those
    without, the other parts count alone.
    """
    size = len(scope.members)
    sums, shares = [Fraction(0)] * size, [Fraction(0)] * size
    for part in normaliser.parts:
        share = Fraction(part.share_percent)
        for n, points in _part_points(part, scope):
            sums[n] += share * points
            shares[n] += share
    return [total / share if share else None for total, share in zip(sums, shares, strict=True)]


def _part_points(part: MixPart, scope: Scope) -> list[tuple[int, Fraction]]:
    chosen = list(enumerate(scope.members))
    if part.of == "change":
        chosen = [(n, changed) for n, member in chosen if (changed := _change(member)) is not None]
    if not chosen:
        return []
    among = scope._replace(members=[member for _, member in chosen])
    points = kind_of(part.normaliser).points(part.normaliser, among)
    return [
        (n, clipped(found, scope.indicator))
        for (n, _), found in zip(chosen, points, strict=True)
        if found is not None
    ]


def _change(member: Member) -> Member | None:
    if member.before is None:
        return None
    return member._replace(value=member.value - member.before, before=None)


def check(normaliser: Mix, indicator: Indicator) -> str:
    """Return what is wrong with the parts, "" for nothing."""
    total = sum(part.share_percent for part in normaliser.parts)
    if total != 100:
        return f"shares of the mix add up to {total}, expected 100"
    if not any(part.of == "level" for part in normaliser.parts):
        return "no part is of the level, expected one: a bank without a year before has no other"
    found = [
        kind_of(part.normaliser).check(part.normaliser, indicator) for part in normaliser.parts
    ]
    return next((problem for problem in found if problem), "")


NORMALISER = NormaliserKind(Mix, mix, needs_peers=True, check=check)
