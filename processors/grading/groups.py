"""Whom a bank is compared with: its own peer group, a wider one, or all."""

from collections.abc import Sequence
from typing import NamedTuple

from processors.grading.table import GradedBank
from schemas.methodology import Groups

ALL_BANKS = "all"


class Comparison(NamedTuple):
    """The group a bank is compared in, and who is in it, by place in the table."""

    group: str
    members: tuple[int, ...]


def compare_in(
    banks: Sequence[GradedBank], rated: Sequence[int], groups: Groups
) -> dict[int, Comparison]:
    """Return the group of each rated bank: the first that has ``banks_min`` rated banks.

    Where neither its own nor a wider one has, all rated banks.
    """
    everybody = Comparison(ALL_BANKS, tuple(rated))
    if groups.by == "none":
        return dict.fromkeys(rated, everybody)
    wider = {code.value: group for group in groups.wider for code in group.peer_groups}
    known: dict[str, Comparison] = {}
    for own in sorted({banks[n].peer_group for n in rated}):
        steps = [(own, {own})]
        if own in wider:
            steps.append((wider[own].name, {str(code) for code in wider[own].peer_groups}))
        for name, codes in steps:
            members = tuple(m for m in rated if banks[m].peer_group in codes)
            if len(members) >= groups.banks_min:
                known[own] = Comparison(name, members)
                break
    return {n: known.get(banks[n].peer_group, everybody) for n in rated}
