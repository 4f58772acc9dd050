"""The balance bridge (余额变动表): what turned one quarter-end's balance into another's.

opening + brought forward + disbursed + acquired − repaid − written off − moved out
± revalued ± reclassified = closing. The difference is computed, never assumed.

Source: docs/method.md#bridge
"""

from schemas.results import Totals

INFLOWS = (
    "brought_forward_minor",
    "disbursed_minor",
    "acquired_minor",
    "revalued_minor",  # Signed.
    "reclassified_minor",  # Signed: borrowers that came into, or left, the population.
)
OUTFLOWS = ("repaid_minor", "written_off_minor", "moved_out_minor")


def bridge(totals: Totals, bank: int, population: int, base: int, latest: int) -> dict[str, int]:
    """Return the bridge of one bank and population from ``base`` to ``latest``, in fen.

    Args:
        totals: of all banks.
        bank: place on the banks axis.
        population: place on the populations axis.
        base: place of the opening quarter-end; before the axis the balance was nothing.
        latest: place of the closing quarter-end.

    """
    balance = totals.balance_minor[bank, population]
    span = slice(max(base + 1, 0), latest + 1)
    opening = int(balance[base]) if base >= 0 else 0
    closing = int(balance[latest])
    flows = {
        name: sum(getattr(totals, name)[bank, population, span].tolist())
        for name in (*INFLOWS, *OUTFLOWS)
    }
    came = sum(flows[name] for name in INFLOWS)
    went = sum(flows[name] for name in OUTFLOWS)
    return {
        "opening_minor": opening,
        **flows,
        "closing_minor": closing,
        "difference_minor": opening + came - went - closing,
    }
