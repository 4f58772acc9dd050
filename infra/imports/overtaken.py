"""Rows that were taken in but do not count, because another row for the same entry does.

Positions, the register and published totals are replaced, not added: of two rows for one entry
the higher (date, revision) counts. A correction without a higher revision may therefore change
nothing, which its sender must be told. Nor is one that took the place of a row of the same date
and revision safe: only the hash of its id decided, and the next such row may lose by it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from infra.imports.parcel import Parcel
from schemas.message import Message
from schemas.tables import REGISTERS, REJECTED
from streams.ports import Store


class _Named(msgspec.Struct):
    event_id: str


class Counting(NamedTuple):
    """What an entry of a register holds, and what decides between it and another."""

    occurred_day: int
    revision: int
    event_hash: int
    event_id: str


Key = tuple[str, str, str]  # register, bank_id, entry
_KEY = ("register", "bank_id", "entry")
_ORDER = ("occurred_day", "revision", "event_hash")
_named = msgspec.json.Decoder(_Named)


def counting_entries(
    store: Store, generation: int, parcels: Sequence[Parcel]
) -> dict[Key, Counting]:
    """Return what the registers hold of the banks of ``parcels``."""
    found: dict[Key, Counting] = {}
    for bank_id in dict.fromkeys(parcel.bank_id for parcel in parcels):
        where: dict[str, int | str] = {"generation": generation, "bank_id": bank_id}
        rows = store.read(REGISTERS, where, columns=(*_KEY, *_ORDER, "body"))
        keys = zip(*(rows[name].to_list() for name in _KEY), strict=True)
        orders = zip(*(rows[name].tolist() for name in _ORDER), strict=True)
        bodies = rows["body"].to_list()
        for key, (day, revision, hashed), body in zip(keys, orders, bodies, strict=True):
            entry = Counting(day, revision, hashed, _named.decode(body).event_id)
            # Several partitions may hold an entry; readers take the newest of them too.
            found[key] = max(entry, found.get(key, entry))
    return found


def overtaken_lines(
    store: Store,
    generation: int,
    parcels: Sequence[Parcel],
    messages: Sequence[Message],
    entries: Mapping[Key, Counting],
) -> list[int]:
    """Return the lines of accepted rows that are not what the registers hold now: ``entries``."""
    counting = {entry.event_id for entry in entries.values()}
    lines = []
    for parcel, message in zip(parcels, messages, strict=True):
        refused = _refused_positions(store, generation, message)
        if -1 in refused:  # The submission as a whole: nothing of it was accepted.
            continue
        for position, (line, event_id) in enumerate(_lines(parcel)):
            if position not in refused and event_id not in counting:
                lines.append(line)
    return lines


def tied_lines(
    parcels: Sequence[Parcel], before: Mapping[Key, Counting], after: Mapping[Key, Counting]
) -> list[int]:
    """Return the lines of rows that replaced another one of the same date and revision."""
    replacing = {
        after[key].event_id
        for key, old in before.items()
        if after[key].event_id != old.event_id and after[key][:2] == old[:2]
    }
    return [
        line for parcel in parcels for line, event_id in _lines(parcel) if event_id in replacing
    ]


def _lines(parcel: Parcel) -> list[tuple[int, str]]:
    """Return the line and the event id of every row."""
    bodies = parcel.value.splitlines()
    ids = [_named.decode(body).event_id for body in bodies]
    return list(zip(parcel.lines, ids, strict=True))


def _refused_positions(store: Store, generation: int, message: Message) -> set[int]:
    where: dict[str, int | str] = {
        "generation": generation,
        "partition": message.partition,
        "offset": message.offset,
    }
    return set(store.read(REJECTED, where, columns=("position",))["position"].tolist())
