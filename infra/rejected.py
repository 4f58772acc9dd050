"""What was rejected and is not mended yet: listed, and shown with the bytes as they came.

An entry is open until what it holds was sent again and judged: then it counts, or it is an entry at
the place where it was refused again.
Its place is topic/partition/offset/position, where position -1 is the message as a whole.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from schemas.columns import Fault
from schemas.errors import explain
from schemas.identifiers import without_residents
from schemas.message import Message
from schemas.tables import CHECKPOINTS, MESSAGES, READMISSIONS, REJECTED, SUBMISSIONS
from streams.copies import first_place, is_numbered
from streams.ports import Store
from streams.submissions import COUNTED, Outcome

SHOWN_BYTES_MAX = 4_096
WHOLE = -1
_REPEATED = frozenset({Outcome.ACCEPTED, Outcome.REPEATED})
_HEADERS: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])


class Place(NamedTuple):
    """Where something that was rejected stands."""

    topic: str
    partition: int
    offset: int
    position: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a place as ``puhui rejected list`` prints it; raise ValueError."""
        topic, *numbers = text.split("/")
        try:
            partition, offset, position = map(int, numbers)
        except ValueError:
            raise ValueError(
                f"place was {text!r}, expected topic/partition/offset/position such as "
                "lending/0/17/3, as puhui rejected list prints it"
            ) from None
        return cls(topic, partition, offset, position)

    def __str__(self) -> str:
        return "/".join(map(str, self))


class Entry(NamedTuple):
    """One event, or one whole message, that was rejected."""

    place: Place
    bank_id: str
    lane: int
    lanes: int
    outcome: str  # Of its submission.
    received_at_ms: int
    fault: Fault  # Without the bytes.
    is_open: bool


class Choice(NamedTuple):
    """Which entries: of these banks, codes and places; all where empty."""

    bank_id: str = ""
    code: str = ""
    places: frozenset[str] = frozenset()


class _Sent(NamedTuple):
    lane: int
    lanes: int
    outcome: str
    received_at_ms: int
    judged_count: int  # Events that were stored, known already, or refused.


_UNKNOWN = _Sent(0, 1, "", 0, 0)


def read_entries(
    store: Store, generation: int, topic: str, wanted: Choice, *, is_all: bool = False
) -> list[Entry]:
    """Return rejected entries of a generation by place, the open ones unless ``is_all``."""
    where: dict[str, int | str] = {"generation": generation}
    where |= {"bank_id": wanted.bank_id} if wanted.bank_id else {}
    where |= {"code": wanted.code} if wanted.code else {}
    names = ("partition", "offset", "position", "bank_id", "event_id", "code", "field")
    rows = store.read(REJECTED, where, columns=(*names, "found", "expected"))
    sent = _submissions(store, generation)
    again = _sent_again(store, generation, sent)
    texts = ("bank_id", "event_id", "code", "field", "found", "expected")
    columns = [rows[name].tolist() for name in ("partition", "offset", "position")]
    columns += [rows[name].to_list() for name in texts]
    firsts = _first_places(store, topic, zip(columns[0], columns[1], strict=True))
    entries = []
    for partition, offset, position, bank_id, event_id, code, field, found, expected in zip(
        *columns, strict=True
    ):
        place = Place(topic, partition, offset, position)
        is_wanted = not wanted.places or str(place) in wanted.places
        if not is_wanted or (partition, offset) in again.echoes:
            continue
        submission = sent.get((partition, offset), _UNKNOWN)
        first = f"{firsts[partition, offset]}/{position}" if (partition, offset) in firsts else ""
        is_open = not any(again.settles(one, submission.outcome) for one in (str(place), first))
        if is_open or is_all:
            fault = Fault(0, position, code, field, found, expected, event_id)
            entries.append(Entry(place, bank_id, *submission[:4], fault, is_open))
    return entries


def _submissions(store: Store, generation: int) -> dict[tuple[int, int], _Sent]:
    names = ("partition", "offset", "lane", "lanes", "received_at_ms")
    counts = ("stored_count", "duplicate_count", "rejected_count")
    rows = store.read(SUBMISSIONS, {"generation": generation}, columns=(*names, *counts, "outcome"))
    columns = [rows[name].tolist() for name in (*names, *counts)]
    return {
        (partition, offset): _Sent(lane, lanes, outcome, received_at_ms, sum(judged))
        for partition, offset, lane, lanes, received_at_ms, *judged, outcome in zip(
            *columns, rows["outcome"].to_list(), strict=True
        )
    }


class _Again(NamedTuple):
    """What was sent again: which places are done with, and which messages are only echoes."""

    places: frozenset[str]
    messages: frozenset[str]  # Of which single events were sent again.
    echoes: frozenset[tuple[int, int]]  # Kept out when sent again: what they held stands elsewhere.

    def settles(self, place: str, outcome: str) -> bool:
        if place in self.places:
            return True
        # Its seq was seen, so its events are sent again one by one.
        is_apart = place.endswith(f"/{WHOLE}") and outcome == Outcome.ACCEPTED
        return is_apart and _message_of(place) in self.messages


def _sent_again(store: Store, generation: int, sent: Mapping[tuple[int, int], _Sent]) -> _Again:
    rows = store.read(READMISSIONS, {"generation": generation})
    places, messages, echoes = set(), set(), set()
    for partition, offset, origin, outcome in zip(
        rows["partition"].tolist(),
        rows["offset"].tolist(),
        rows["origin"].to_list(),
        rows["outcome"].to_list(),
        strict=True,
    ):
        is_whole = origin.endswith(f"/{WHOLE}")
        # An event that was refused again is an entry of its own, at its new place.
        judged = sent.get((partition, offset), _UNKNOWN).judged_count
        if outcome in _REPEATED if is_whole else outcome == Outcome.READMITTED and judged:
            places.add(origin)
            if not is_whole:
                messages.add(_message_of(origin))
        elif outcome not in COUNTED:
            echoes.add((partition, offset))
    return _Again(frozenset(places), frozenset(messages), frozenset(echoes))


def _first_places(
    store: Store, topic: str, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """Return where messages that are copies lay at first: what was sent again names that place."""
    if not is_numbered(topic):
        return {}
    wanted = set(places)
    found = {}
    for partition, (first, end) in spans_of(wanted).items():
        for rows in store.read_batches(
            MESSAGES,
            {"topic": topic, "partition": partition},
            within=("offset", first, end),
            columns=("offset", "headers"),
        ):
            for offset, text in zip(
                rows["offset"].tolist(), rows["headers"].to_list(), strict=True
            ):
                place = (partition, offset) in wanted and first_place(topic, _HEADERS.decode(text))
                if place:
                    found[partition, offset] = place
    return found


def _message_of(place: str) -> str:
    return place.rpartition("/")[0]


def summary_of(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return how many entries each bank has of each code."""
    counts = Counter((entry.bank_id, entry.fault.code) for entry in entries)
    return [
        {"bank_id": bank_id, "code": code, "count": count}
        for (bank_id, code), count in sorted(counts.items())
    ]


def row_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as it is listed, its sentence in both languages."""
    place = entry.place
    at = f"{place.topic}[{place.partition}]@{place.offset}"
    return {
        "place": str(place),
        "bank_id": entry.bank_id,
        "lane": entry.lane,
        "code": entry.fault.code,
        "event_id": entry.fault.event_id,
        "received_at": _time_text(entry.received_at_ms),
        "is_open": entry.is_open,
        "sentence_zh": explain(entry.fault, "zh", at),
        "sentence_en": explain(entry.fault, "en", at),
    }


def shown_entry(store: Store, generation: int, entry: Entry) -> dict[str, Any]:
    """Return everything about one entry, its bytes safe to print."""
    message = kept_message(store, entry.place)
    raw = rejected_bytes(store, generation, [entry.place]).get(entry.place[1:], b"")
    if not raw and message is not None and entry.place.position == WHOLE:
        raw = message.value
    return row_of(entry) | {
        "submission_outcome": entry.outcome,
        "field": entry.fault.field,
        "found": entry.fault.found,
        "expected": entry.fault.expected,
        "headers": {} if message is None else dict(message.headers),
        "raw": printable(raw),
        "raw_bytes": len(raw),
    }


def rejected_bytes(
    store: Store, generation: int, places: Sequence[Place]
) -> dict[tuple[int, int, int], bytes]:
    """Return what was kept of what was rejected, by partition, offset and position.

    Empty where the message itself has to tell. One read a partition, so places should lie together.
    """
    found = {}
    for partition, (first, end) in spans_of([place[1:3] for place in places]).items():
        rows = store.read(
            REJECTED,
            {"generation": generation, "partition": partition},
            within=("offset", first, end),
            columns=("offset", "position", "raw"),
        )
        for offset, position, raw in zip(
            rows["offset"].tolist(), rows["position"].tolist(), rows["raw"], strict=True
        ):
            found[partition, offset, position] = bytes(raw)
    return found


def spans_of(places: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Return the offsets from the first up to before the last, for each partition."""
    spans: dict[int, tuple[int, int]] = {}
    for partition, offset in places:
        first, end = spans.get(partition, (offset, offset + 1))
        spans[partition] = min(first, offset), max(end, offset + 1)
    return spans


def kept_message(store: Store, place: Place) -> Message | None:
    """Return the message that ``place`` is in; None where it is not kept."""
    where: dict[str, int | str] = {
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
    }
    rows = store.read(MESSAGES, where)
    if not rows["value"]:
        return None
    headers = _HEADERS.decode(rows["headers"].to_list()[0])
    received_at_ms = int(rows["received_at_ms"][0])
    return Message(*place[:3], received_at_ms, headers, rows["value"][0])


def printable(raw: bytes) -> str:
    """Return ``raw`` as text without anything that a terminal would act on, and not too long.

    Ids of residents in clear are blotted out, wherever the bytes come from.
    """
    text = without_residents(raw[:SHOWN_BYTES_MAX]).decode(errors="backslashreplace")
    shown = "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in text
    )
    more = len(raw) - SHOWN_BYTES_MAX
    return f"{shown}… (+{more} bytes)" if more > 0 else shown


class LaneState(NamedTuple):
    """What is known of a bank's lane."""

    lanes: int
    is_quarantined: bool


def lane_states(store: Store, generation: int) -> dict[tuple[str, int], LaneState]:
    """Return what the checkpoints say of every lane, by bank and lane."""
    rows = store.read(CHECKPOINTS, {"generation": generation}, columns=("lanes",))
    return {
        (entry["bank"], entry["lane"]): LaneState(entry["lanes"], "quarantined" in entry)
        for text in rows["lanes"].to_list()
        for entry in (msgspec.json.decode(text) if text else [])
    }


def _time_text(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
