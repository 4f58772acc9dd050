"""The memory of the live state: keys find their slots, chains their owners, limbs lose no fen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.sums import LIMB, Chains, KeyIndex, SumTable, groups_of, rate_limbs, summed

KEYS = st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=40, unique=True), max_size=6)


@given(KEYS)
def test_every_key_keeps_the_slot_it_was_given(batches: list[list[int]]) -> None:
    index, known = KeyIndex(), {}
    for batch in batches:
        slots, added = index.find_or_add(np.array(batch, np.int64))
        for key, slot in zip(batch, slots.tolist(), strict=True):
            assert known.setdefault(key, slot) == slot
        assert set(added.tolist()) <= set(slots.tolist())
    assert sorted(known.values()) == list(range(index.size))
    assert index.find(np.array([2**62 + 1], np.int64)).tolist() == [-1]


def test_a_hundred_thousand_keys_that_share_their_low_bits_are_all_found() -> None:
    index, keys = KeyIndex(), np.arange(100_000, dtype=np.int64) << 20
    index.find_or_add(keys)
    assert index.find(keys).tolist() == list(range(100_000))
    assert (index.find(keys + 1) == -1).all()


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=5))
def test_every_owner_gets_back_all_its_slots(batches: list[list[int]]) -> None:
    chains, owned, size = Chains(), {owner: set() for owner in range(10)}, 0
    for owners in batches:
        chains.link(np.arange(size, size + len(owners)), np.array(owners, np.int64))
        for slot, owner in enumerate(owners, size):
            owned[owner].add(slot)
        size += len(owners)
    position, slot = chains.gather(np.arange(10))
    found = {owner: set(slot[position == owner].tolist()) for owner in range(10)}
    assert found == owned
    assert chains.has_any(np.arange(10)).tolist() == [bool(owned[owner]) for owner in range(10)]


@pytest.mark.parametrize("amount_minor", [10**16, 10**16 - 1, 1, 999_999, -(10**16), -1])
def test_amount_times_rate_is_exact_at_its_bounds(amount_minor: int) -> None:
    rate_mbp = 10_000_000
    high, low = rate_limbs(np.array([amount_minor]), np.array([rate_mbp]))
    assert int(high[0]) * LIMB + int(low[0]) == amount_minor * rate_mbp
    assert 0 <= int(low[0]) < LIMB


def test_fifty_thousand_amounts_at_a_hundred_percent_add_up_exactly() -> None:
    """Together 10¹⁶ fen: without limbs the sum wraps at a thousandth of it."""
    amounts = np.full(50_000, 10**16 // 50_000 - 1, np.int64)
    rates = np.full(50_000, 10_000_000, np.int64)
    table = SumTable(2, ((0, 1),))
    slots, _ = table.rows(np.array([7], np.int64))
    _, change = summed(np.zeros(50_000, np.int64), np.stack(rate_limbs(amounts, rates), axis=1))
    table.add(slots, change)
    high, low = (int(part) for part in table.sums[slots[0]])
    assert high * LIMB + low == int(amounts.sum()) * 10_000_000
    assert 0 <= low < LIMB


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-(10**17), 10**17)), max_size=60))
def test_sums_by_key_are_exact_in_any_order(rows: list[tuple[int, int]]) -> None:
    keys = np.array([key for key, _ in rows], np.int64)
    values = np.array([[value] for _, value in rows], np.int64).reshape(-1, 1)
    found, sums = summed(keys, values)
    expected = {key: sum(v for k, v in rows if k == key) for key, _ in rows}
    assert dict(zip(found.tolist(), sums[:, 0].tolist(), strict=True)) == expected
    groups = groups_of(keys)
    assert groups.spread(groups.keys).tolist() == keys.tolist()
