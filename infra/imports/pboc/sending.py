"""Events of a bank's month on their way to the pipeline, and what became of them.

Only what the month has not made before is sent. What it made before and does not make any more
is reversed, with the body that was sent, as the log has it.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.findings import explained_by_pipeline
from infra.imports.pboc.event_table import EVENTS_A_PARCEL, stream_of
from infra.imports.pboc.ledger import Ledger, Place
from infra.imports.pboc.rule import Level
from infra.imports.pboc.survey import Source
from infra.imports.pboc.tell_rows import Told
from infra.imports.pboc.telling import ToldOf
from infra.ingest import Outgoing, WayIn
from schemas.message import CONTENT_ARROW, Message
from schemas.tables import MESSAGES, REJECTED
from schemas.units import BoolArray, Int64Array, UInt8Array
from streams.ports import Store

SHIPMENT_EVENTS_MAX = 50_000  # One batch of the pipeline.
REVERSALS_A_PARCEL = 1_000


class _Parcel(NamedTuple):
    """One submission, with what must be remembered of its events."""

    source: Source
    value: bytes
    line: Int64Array
    digests: UInt8Array
    withdrawn: Int64Array
    is_replaced: bool
    types: Counter[str]


class _Noted(NamedTuple):
    """What the ledger notes of the events of a parcel that were taken."""

    digests: UInt8Array
    withdrawn: Int64Array
    places: Int64Array
    is_replaced: BoolArray


def _noted(parcel: _Parcel, message: Message, refused: Collection[int]) -> _Noted:
    size = int(parcel.line.size)
    places = np.empty((size, 3), np.int64)
    places[:, 0], places[:, 1] = message.partition, message.offset
    places[:, 2] = np.arange(size)
    keep = np.ones(size, np.bool_)
    keep[list(refused)] = False
    return _Noted(
        parcel.digests[keep],
        parcel.withdrawn[keep],
        places[keep],
        np.full(int(keep.sum()), parcel.is_replaced),
    )


class Sent(NamedTuple):
    """What came of the events of one filing; ``types`` are of those that were sent."""

    types: Counter[str]
    counts: Counter[str]  # told, unchanged, sent, stored, duplicate, rejected


class Sending:
    """Sends the events of one bank's month."""

    def __init__(
        self,
        store: Store,
        ingest: WayIn,
        ledger: Ledger,
        bank_id: str,
        *,
        generation: int,
        topic: str,
    ) -> None:
        self._store, self._ingest, self._ledger, self._topic = store, ingest, ledger, topic
        self._bank_id, self._generation = bank_id, generation
        self._held: list[_Parcel] = []
        self._held_events = 0
        self.sent: dict[str, Sent] = {}
        self.withdrawn_count = 0

    def add(self, told: ToldOf) -> None:
        """Take events; those that are new go with the next shipment."""
        is_new, ids, withdrawn = self._ledger.compare(told.told.digests)
        events = told.told.events
        sent = self._sent_of(told.source)
        sent.counts["told"] += ids.size
        sent.counts["unchanged"] += int(ids.size - is_new.sum())
        if not is_new.any():
            return
        table = events.table().append_column("event_id", pa.array(ids).cast(pa.string()))
        self._pack(told.source, told.told, table, is_new, withdrawn)
        if self._held_events >= SHIPMENT_EVENTS_MAX:
            self._ship()

    def finish(self) -> None:
        """Send what is held, and take back what the month does not tell any more."""
        self._ship()
        self._reverse(self._ledger.vanished())
        self._ledger.withdraw()

    def _sent_of(self, source: Source) -> Sent:
        return self.sent.setdefault(source.filing.stem, Sent(Counter(), Counter()))

    def _pack(
        self,
        source: Source,
        told: Told,
        table: pa.Table,
        is_new: BoolArray,
        withdrawn: Int64Array,
    ) -> None:
        if not is_new.all():
            table = table.filter(pa.array(is_new))
        line, digests, withdrawn = told.line[is_new], told.digests[is_new], withdrawn[is_new]
        for first in range(0, table.num_rows, EVENTS_A_PARCEL):
            part = slice(first, first + EVENTS_A_PARCEL)
            piece = table.slice(first, EVENTS_A_PARCEL)
            counted = pc.value_counts(piece["type"].combine_chunks().cast(pa.string()))
            types = Counter({one["values"]: one["counts"] for one in counted.to_pylist()})
            self._held.append(
                _Parcel(
                    source,
                    stream_of(piece.combine_chunks()),
                    line[part],
                    digests[part],
                    withdrawn[part],
                    told.is_replaced,
                    types,
                )
            )
            self._held_events += piece.num_rows

    def _ship(self) -> None:
        if not self._held:
            return
        parcels, self._held = self._held, []
        self._held_events = 0
        taken = self._ingest.take(
            [Outgoing(self._bank_id, p.value, None, CONTENT_ARROW) for p in parcels]
        )
        has_rejected = any(report.rejected_count for report in taken.reports)
        duplicates = sum(report.duplicate_count for report in taken.reports)
        noted: list[_Noted] = []
        for parcel, message in zip(parcels, taken.messages, strict=True):
            refused = self._refused(parcel, message) if has_rejected else {}
            noted.append(_noted(parcel, message, refused))
            counts = self._sent_of(parcel.source).counts
            counts["sent"] += parcel.line.size
            counts["rejected"] += len(refused)
            # A process that died here sent them before; which parcel they are in is not told.
            again = min(duplicates, int(parcel.line.size) - len(refused))
            duplicates -= again
            counts["duplicate"] += again
            counts["stored"] += int(parcel.line.size) - len(refused) - again
            self._sent_of(parcel.source).types.update(parcel.types)
        digests, withdrawn, places, is_replaced = (
            np.concatenate(columns) for columns in zip(*noted, strict=True)
        )
        if digests.size:
            self._ledger.note(digests, withdrawn, places, is_replaced=is_replaced)

    def _refused(self, parcel: _Parcel, message: Message) -> dict[int, tuple[str, ...]]:
        """Return what the pipeline refused of a parcel, by position, and report it."""
        where: dict[str, int | str] = {
            "generation": self._generation,
            "partition": message.partition,
            "offset": message.offset,
        }
        rows = self._store.read(REJECTED, where)
        names = ("field", "code", "found", "expected")
        texts = zip(*(rows[name].to_list() for name in names), strict=True)
        refused = dict(zip(rows["position"].tolist(), texts, strict=True))
        if -1 in refused:  # The submission as a whole: every event of it.
            refused = dict.fromkeys(range(parcel.line.size), refused[-1])
        for position, (field, code, found, expected) in refused.items():
            zh, en = explained_by_pipeline(code, found, expected)
            parcel.source.findings.add(
                code, Level.REFUSE, [int(parcel.line[position])], field, found, zh, en
            )
        return refused

    def _reverse(self, places: Sequence[Place]) -> None:
        """Send a reversal of every event at ``places``, with the body that stands there."""
        lines: list[bytes] = []
        for body in self._bodies(places):
            again = b"reversal\n" + str(body["event_id"]).encode()
            lines.append(
                msgspec.json.encode(
                    {
                        "type": "reversal",
                        "event_id": hashlib.sha256(again).hexdigest(),
                        "bank_id": self._bank_id,
                        "occurred_on": body["occurred_on"],
                        "body": body,
                    }
                )
            )
        for first in range(0, len(lines), REVERSALS_A_PARCEL):
            part = lines[first : first + REVERSALS_A_PARCEL]
            taken = self._ingest.take([Outgoing(self._bank_id, b"\n".join(part) + b"\n")])
            refused = sum(one.rejected_count - one.second_reversal_count for one in taken.reports)
            # The bodies were taken before: a reversal that is not would leave its event counted.
            assert refused == 0, f"{self._bank_id}: {refused} reversals were refused"
        self.withdrawn_count += len(lines)

    def _bodies(self, places: Sequence[Place]) -> list[dict[str, Any]]:
        of_message: dict[tuple[int, int], list[int]] = {}
        for place in places:
            of_message.setdefault((place.partition, place.offset), []).append(place.position)
        bodies: list[dict[str, Any]] = []
        for (partition, offset), positions in sorted(of_message.items()):
            where: dict[str, int | str] = {
                "topic": self._topic,
                "partition": partition,
                "offset": offset,
            }
            (value,) = self._store.read(MESSAGES, where, columns=("value",))["value"]
            rows = pa.ipc.open_stream(value).read_all().take(sorted(positions)).to_pylist()
            bodies += [{k: v for k, v in row.items() if v is not None} for row in rows]
        return bodies
