"""By rank among peers: the share of the others that a bank beats, ties half."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope, needs_order, rank_shares
from schemas.normalisers import PeerPercentile


def peer_percentile(_normaliser: PeerPercentile, scope: Scope) -> list[Fraction | None]:
    """Return points_min + (points_max − points_min) × share of the peers beaten."""
    values = [member.value for member in scope.members]
    shares = rank_shares(values, is_lower_better=scope.is_lower_better)
    return [scope.on_scale(share) for share in shares]


NORMALISER = NormaliserKind(PeerPercentile, peer_percentile, needs_peers=True, check=needs_order)
