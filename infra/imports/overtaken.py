"""Rows that were taken in but do not count, because another row for the same entry does.

Positions, the register and published totals are replaced, not added: of two rows for one entry
the higher (date, revision) counts. A correction without a higher revision may therefore change
nothing, which its sender must be told.
"""

from collections.abc import Sequence

import msgspec

from infra.imports.parcel import Parcel
from schemas.message import Message
from schemas.tables import REGISTERS, REJECTED
from streams.ports import Store


class _Named(msgspec.Struct):
    event_id: str


_named = msgspec.json.Decoder(_Named)


def overtaken_lines(
    store: Store, generation: int, parcels: Sequence[Parcel], messages: Sequence[Message]
) -> list[int]:
    """Return the lines of accepted rows that are not what the registers hold now."""
    lines = []
    for parcel, message in zip(parcels, messages, strict=True):
        counting = _counting_ids(store, generation, parcel.bank_id)
        refused = _refused_positions(store, generation, message)
        if -1 in refused:  # The submission as a whole: nothing of it was accepted.
            continue
        bodies = parcel.value.splitlines()
        for position, (line, body) in enumerate(zip(parcel.lines, bodies, strict=True)):
            if position not in refused and _named.decode(body).event_id not in counting:
                lines.append(line)
    return lines


def _counting_ids(store: Store, generation: int, bank_id: str) -> set[str]:
    where: dict[str, int | str] = {"generation": generation, "bank_id": bank_id}
    bodies = store.read(REGISTERS, where, columns=("body",))["body"].to_list()
    return {_named.decode(body).event_id for body in bodies}


def _refused_positions(store: Store, generation: int, message: Message) -> set[int]:
    where: dict[str, int | str] = {
        "generation": generation,
        "partition": message.partition,
        "offset": message.offset,
    }
    return set(store.read(REJECTED, where, columns=("position",))["position"].tolist())
