"""One hash of everything a grading used: same in, same hash, whatever store or partitioning.

Source: docs/method.md#grading
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from processors.sums import LIMB
from processors.told import needs_of
from schemas.codes import POPULATIONS, Population
from schemas.results import Results
from schemas.units import AnyArray

GRADED_TOTALS = ("balance_minor", "borrower_count", "disbursed_minor")


def input_digest(results: Results, quarter: int, populations: Sequence[Population]) -> str:
    """Return the SHA-256 over register, totals, positions and presence up to ``quarter``.

    Banks that are not registered, later quarters and other populations are not graded, so a
    change in them is no other input; but loans that may belong to a graded population decide
    whether its figures can be determined.
    """
    sha256 = hashlib.sha256()
    banks = [n for n, bank in enumerate(results.banks) if bank.is_registered]
    for n in banks:
        sha256.update(repr(tuple(results.banks[n])).encode())
    untold = {other for population in populations for other in needs_of(population)}
    names = [population for population in POPULATIONS if population in untold.union(populations)]
    sha256.update(repr([name.value for name in names]).encode())
    places = [POPULATIONS.index(name) for name in names]
    upto = slice(0, quarter + 1)

    def cut(array: AnyArray) -> AnyArray:
        chosen = array[banks]
        return chosen[:, places, upto] if array.ndim == 3 else chosen[:, upto]

    totals, positions = results.totals, results.positions
    # The limbs of several partitions add up unevenly; carried, they are one number again.
    hi, lo = cut(totals.disbursed_rate_hi), cut(totals.disbursed_rate_lo)
    arrays = {name: cut(getattr(totals, name)) for name in GRADED_TOTALS}
    arrays |= {"rate_hi": hi + lo // LIMB, "rate_lo": lo % LIMB}
    arrays |= {
        f"position_{name}": cut(getattr(positions, name)) for name in type(positions).__slots__
    }
    arrays |= {
        name: cut(getattr(results.presence, name)) for name in ("loan_level", "flows", "is_to_date")
    }
    for name, array in arrays.items():
        where = np.nonzero(array)
        # Quarters by ordinal: where the axis begins depends on what else is stored.
        rows = [*where[:-1], where[-1] + results.first_ordinal, array[where]]
        sha256.update(f"{name} {where[0].size}\n".encode())
        sha256.update(np.stack(rows).astype("<i8").tobytes())
    return sha256.hexdigest()
