"""What came in from banks between two moments: how many events of each, and the first of them."""

from typing import Any, NamedTuple

import numpy as np

from schemas.tables import EVENTS, SUBMISSIONS
from streams.ports import Store

SHOWN_MAX = 20


class Arrived(NamedTuple):
    """Accepted messages of one bank: where they lie, and when they were received."""

    event_count: int
    places: dict[tuple[int, int], int]  # Partition and offset to received_at_ms.


def arrived_between(
    store: Store, generation: int, first_ms: int, before_ms: int
) -> dict[str, Arrived]:
    """Return what was received from ``first_ms`` to before ``before_ms``, by bank."""
    rows = store.read(
        SUBMISSIONS,
        {"generation": generation},
        within=("received_at_ms", first_ms, max(before_ms, first_ms)),
        columns=("partition", "offset", "bank_id", "received_at_ms", "stored_count"),
    )
    found: dict[str, Arrived] = {}
    for partition, offset, bank_id, at_ms, count in zip(
        rows["partition"].tolist(),
        rows["offset"].tolist(),
        rows["bank_id"].to_list(),
        rows["received_at_ms"].tolist(),
        rows["stored_count"].tolist(),
        strict=True,
    ):
        if not count:
            continue
        known = found.get(bank_id, Arrived(0, {}))
        places = known.places | {(partition, offset): at_ms}
        found[bank_id] = Arrived(known.event_count + count, places)
    return found


def first_events(store: Store, generation: int, arrived: Arrived) -> list[dict[str, Any]]:
    """Return at most 20 of the events that arrived, those received first."""
    found: list[dict[str, Any]] = []
    for (partition, offset), at_ms in sorted(
        arrived.places.items(), key=lambda entry: (entry[1], entry[0])
    ):
        where: dict[str, int | str] = {"generation": generation, "partition": partition}
        rows = store.read(EVENTS, where, within=("offset", offset, offset + 1))
        chosen = np.argsort(rows["position"], kind="stable")[: SHOWN_MAX - len(found)]
        columns = {
            name: rows[name].take(chosen)
            for name in ("event_id", "event_type", "borrower_id", "occurred_on")
        }
        found += [
            {
                "event_id": event_id,
                "event_type": event_type,
                "borrower_id": borrower_id,
                "occurred_on": occurred_on,
                "amount_cny_minor": amount,
                "sign": sign,
                "received_at_ms": at_ms,
            }
            for event_id, event_type, borrower_id, occurred_on, amount, sign in zip(
                *(column.to_list() for column in columns.values()),
                rows["amount_cny_minor"][chosen].tolist(),
                rows["sign"][chosen].tolist(),
                strict=True,
            )
        ]
        if len(found) >= SHOWN_MAX:
            break
    return found
