"""The state digest: one number for everything that is stored and counts.

Two stores with the same digest hold the same events, refusals, cells, profiles, registers and
totals, whatever the partitions, the versions, the order of arrival of the rows, or how often
the process died on the way. Rows are hashed one by one and the hashes added, so a digest
covers rows as a multiset.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from processors.sums import LIMB
from schemas.columns import Ids
from schemas.table import Table
from schemas.tables import TABLES, TOTALS
from streams.ports import Store

_PLACE = {"generation", "partition", "version"}
_MODULUS = 2**256


def state_digest(store: Store, generation: int = 0) -> str:
    """Return the digest of a generation, 64 hex digits."""
    return digest_of_tables(table_digests(store, generation))


def digest_of_tables(digests: Mapping[str, str]) -> str:
    """Return the one digest that the digests of all tables make."""
    text = "\n".join(f"{name} {value}" for name, value in digests.items())
    return hashlib.sha256(text.encode()).hexdigest()


def table_digests(store: Store, generation: int = 0) -> dict[str, str]:
    """Return the digest of each table that counts, by name: where two states differ."""
    return {
        table.name: f"{sum(_row_hashes(store, table, generation)) % _MODULUS:064x}"
        for table in TABLES
        if table.in_digest
    }


def _row_hashes(store: Store, table: Table, generation: int) -> Iterator[int]:
    rows = store.read(table, {"generation": generation})
    left_out = _PLACE | set(table.digest_without) | ({"lanes"} if table is TOTALS else set())
    names = [name for name in table.columns if name not in left_out]
    if table.additive:
        keys = [name for name in names if name not in table.additive]
        lines = _added_up(rows, keys, table.additive)
    else:
        lines = zip(*(_listed(rows[name]) for name in names), strict=True)
    for line in lines:
        yield int.from_bytes(hashlib.sha256(repr(line).encode()).digest())


def _listed(column: Any) -> list[Any]:
    if isinstance(column, Ids):
        return column.to_list()
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _added_up(
    rows: dict[str, Any], keys: list[str], sums: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """Yield keys with their sums over partitions; a row of zeros is as good as none."""
    added: dict[tuple[Any, ...], list[int]] = {}
    keyed = zip(*(_listed(rows[name]) for name in keys), strict=True)
    table = np.stack([rows[name] for name in sums], axis=1).tolist()
    for key, line in zip(keyed, table, strict=True):
        total = added.setdefault(key, [0] * len(sums))
        for place, value in enumerate(line):
            total[place] += value
    limbs = [
        (place, sums.index(name[:-2] + "lo"))
        for place, name in enumerate(sums)
        if name.endswith("_hi")
    ]
    for key, total in added.items():
        for high, low in limbs:
            carry, total[low] = divmod(total[low], LIMB)
            total[high] += carry
        if any(total):
            yield key, tuple(total)
