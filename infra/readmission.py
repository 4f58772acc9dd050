"""Sends again what was rejected and is sound now, and says of every entry what became of it.

Single events go without a seq, each with the place where it was rejected; its event id counts it
once, however often that is done. A message that was refused as a whole goes again as it was, with
its own seq, which was a gap until then.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from infra.rejected import (
    WHOLE,
    Choice,
    Entry,
    LaneState,
    kept_message,
    lane_states,
    read_entries,
    rejected_bytes,
    row_of,
    spans_of,
)
from schemas.columns import Fault
from schemas.errors import explain
from schemas.message import (
    CONTENT_NDJSON,
    ORIGIN_HEADER,
    RELEASE,
    Draft,
    Message,
    Submission,
    control_of,
    lane_of,
    readmission_of,
)
from schemas.tables import SUBMISSIONS
from schemas.wire import decode
from schemas.wire_pieces import as_event, events_of
from streams.future import latest_days, without_future
from streams.headers import read_submission
from streams.ports import Store
from streams.submissions import Outcome

Send = Callable[[Sequence[Draft]], Sequence[Message]]
"""Sends drafts as they are, waits until they are handled, and returns where they stand."""

_SENT_AT_ONCE = 1_000
# What was right when it was judged, whatever the code: sending it again would change nothing.
_FINAL_CODES = frozenset({"second_reversal", "duplicate_seq_conflict"})


class Fate(StrEnum):
    """What became of an entry, or would."""

    READMITTED = "readmitted"
    DUPLICATE = "duplicate"  # It counts already.
    REFUSED = "still_refused"
    SETTLED = "settled"  # It was sent again before, and judged.


class Verdict(NamedTuple):
    """What today's code says of an entry: what to send, or why it is refused still."""

    entry: Entry
    drafts: tuple[Draft, ...]
    fault: Fault | None = None


class Readmission(NamedTuple):
    """What happened, entry by entry; the counts add up to the entries that were chosen."""

    rows: list[dict[str, Any]]
    counts: list[dict[str, Any]]


class Judge:
    """Judges entries of one generation by the code of today."""

    def __init__(
        self,
        store: Store,
        generation: int,
        topic: str,
        *,
        now_ms: int,
        future_days_max: int | None = None,
    ) -> None:
        self.store, self.generation, self.topic = store, generation, topic
        self._now_ms, self._future_days_max = now_ms, future_days_max
        self._lanes = lane_states(store, generation)
        self._lane_counts = {bank_id: state.lanes for (bank_id, _), state in self._lanes.items()}

    def verdicts_on(self, entries: Sequence[Entry]) -> list[Verdict]:
        """Return what to send again of each entry, or why it is refused still."""
        raws = rejected_bytes(self.store, self.generation, [entry.place for entry in entries])
        return [self._verdict(entry, raws.get(entry.place[1:], b"")) for entry in entries]

    def _verdict(self, entry: Entry, raw: bytes) -> Verdict:
        if entry.fault.code in _FINAL_CODES:
            return Verdict(entry, (), entry.fault)
        if entry.place.position != WHOLE and raw:
            return self._event(entry, raw)
        message = kept_message(self.store, entry.place)
        if entry.place.position != WHOLE and message is not None:
            pieces = events_of(message.headers.get("content-type", ""), message.value)
            return self._event(entry, pieces[entry.place.position])
        if message is None:
            return Verdict(entry, (), entry.fault)
        if entry.outcome == Outcome.ACCEPTED:
            return self._events(entry, message)
        return self._whole(entry, message)

    def is_quarantined(self, bank_id: str, lane: int) -> bool:
        state = self._lanes.get((bank_id, lane))
        return state is not None and state.is_quarantined

    def _event(self, entry: Entry, raw: bytes) -> Verdict:
        draft, fault = self._draft(entry, as_event(raw), str(entry.place))
        return Verdict(entry, () if fault else (draft,), fault)

    def _events(self, entry: Entry, message: Message) -> Verdict:
        """Judge a table that was refused as a whole although its seq was seen: event by event."""
        raws = events_of(message.headers.get("content-type", ""), message.value)
        origins = [str(entry.place._replace(position=n)) for n in range(len(raws))]
        judged = [self._draft(entry, *pair) for pair in zip(raws, origins, strict=True)]
        if all(fault for _, fault in judged):
            return Verdict(entry, (), judged[0][1] if judged else entry.fault)
        # All of them: what is not sound is then rejected under a place of its own.
        return Verdict(entry, tuple(draft for draft, _ in judged))

    def _draft(self, entry: Entry, raw: bytes, origin: str) -> tuple[Draft, Fault | None]:
        decoded = decode([(CONTENT_NDJSON, raw)], [entry.bank_id])
        events, faults = decoded.events, list(decoded.faults)
        if self._future_days_max is not None:
            latest = latest_days([self._now_ms], self._future_days_max)
            _, future = without_future(events, latest[events.submission])
            faults += future
        borrower_id = events.borrower.to_list()[0] if events.size else ""
        lanes = self._lane_counts.get(entry.bank_id) or max(entry.lanes, 1)
        lane = lane_of(borrower_id, lanes)
        draft = readmission_of(raw, bank_id=entry.bank_id, lane=lane, lanes=lanes, origin=origin)
        return draft, faults[0] if faults else None

    def _whole(self, entry: Entry, message: Message) -> Verdict:
        headers = {**message.headers, ORIGIN_HEADER: str(entry.place)}
        again = message._replace(headers=headers, received_at_ms=self._now_ms)
        read = read_submission(again, 0, future_days_max=self._future_days_max)
        if isinstance(read, Fault):
            return Verdict(entry, (), read._replace(raw=b""))
        lane_count = self._lane_counts.get(entry.bank_id, 0)
        if isinstance(read, Submission) and lane_count in {0, read.lanes}:
            return Verdict(entry, (Draft(0, headers, message.value),))
        return Verdict(entry, (), entry.fault)


def readmit(judge: Judge, wanted: Choice, send: Send, *, is_dry_run: bool = False) -> Readmission:
    """Send again what is sound now of the entries that are wanted, and wait for the outcome.

    Raises ValueError where a place is unknown, or where a lane is quarantined: what it sends would
    be kept out again.
    """
    entries = read_entries(
        judge.store, judge.generation, judge.topic, wanted, is_all=bool(wanted.places)
    )
    _check_known(wanted, entries)
    chosen = [entry for entry in entries if entry.is_open]
    parts = [chosen[n : n + _SENT_AT_ONCE] for n in range(0, len(chosen), _SENT_AT_ONCE)]
    for part in parts:  # Before anything is sent.
        _check_released(judge, judge.verdicts_on(part))
    fates = {entry: Fate.SETTLED for entry in entries if not entry.is_open}
    faults: dict[Entry, Fault] = {}
    for part in parts:
        verdicts = judge.verdicts_on(part)
        fates |= _expected(verdicts) if is_dry_run else _sent(judge, verdicts, send)
        faults |= {verdict.entry: verdict.fault for verdict in verdicts if verdict.fault}
    rows = [_row(entry, fates[entry], faults.get(entry)) for entry in entries]
    return Readmission(rows, _counts(entries, fates))


def _check_known(wanted: Choice, entries: Sequence[Entry]) -> None:
    unknown = sorted(wanted.places - {str(entry.place) for entry in entries})
    if unknown:
        raise ValueError(
            f"place {unknown[0]}: nothing was rejected there; puhui rejected list prints the places"
        )


def _check_released(judge: Judge, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        for draft in verdict.drafts:
            bank_id, lane = draft.headers["bank"], int(draft.headers["lane"])
            if judge.is_quarantined(bank_id, lane):
                raise ValueError(
                    f"bank {bank_id}, lane {lane}: it is quarantined, so what is sent would be "
                    "kept out again and nothing was sent. When the bank has mended what was wrong: "
                    f"puhui rejected release {bank_id} --lane {lane}"
                )


def _expected(verdicts: Sequence[Verdict]) -> dict[Entry, Fate]:
    return {
        verdict.entry: Fate.READMITTED if verdict.drafts else Fate.REFUSED for verdict in verdicts
    }


def _sent(judge: Judge, verdicts: Sequence[Verdict], send: Send) -> dict[Entry, Fate]:
    drafts = [draft for verdict in verdicts for draft in verdict.drafts]
    places = [(place.partition, place.offset) for place in (send(drafts) if drafts else ())]
    fate_of = _fates(judge, places)
    found = iter([fate_of[place] for place in places])
    fates = {}
    for verdict in verdicts:
        own = [next(found) for _ in verdict.drafts]
        best = [fate for fate in Fate if fate in own]
        fates[verdict.entry] = best[0] if best else Fate.REFUSED
    return fates


def _fates(judge: Judge, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Fate]:
    """Return what became of the messages at ``places``, by what is stored of them."""
    fates = {}
    for partition, (first, end) in spans_of(places).items():
        rows = judge.store.read(
            SUBMISSIONS,
            {"generation": judge.generation, "partition": partition},
            within=("offset", first, end),
            columns=("offset", "stored_count", "duplicate_count", "outcome"),
        )
        for offset, stored_count, duplicate_count, outcome in zip(
            rows["offset"].tolist(),
            rows["stored_count"].tolist(),
            rows["duplicate_count"].tolist(),
            rows["outcome"].to_list(),
            strict=True,
        ):
            fate = Fate.REFUSED
            if outcome == Outcome.ACCEPTED or stored_count:
                fate = Fate.READMITTED
            elif outcome == Outcome.REPEATED or duplicate_count:
                fate = Fate.DUPLICATE
            fates[partition, offset] = fate
    return fates


def _row(entry: Entry, fate: Fate, fault: Fault | None) -> dict[str, Any]:
    row = row_of(entry) | {"fate": fate.value}
    if fate is not Fate.REFUSED:
        return row | {"sentence_zh": "", "sentence_en": ""}
    place = entry.place
    at = f"{place.topic}[{place.partition}]@{place.offset}"
    now = (fault or entry.fault)._replace(position=place.position)
    return row | {
        "code": now.code,
        "sentence_zh": explain(now, "zh", at),
        "sentence_en": explain(now, "en", at),
    }


def _counts(entries: Sequence[Entry], fates: Mapping[Entry, Fate]) -> list[dict[str, Any]]:
    found = Counter((entry.bank_id, fates[entry]) for entry in entries)
    return [
        {
            "bank_id": bank_id,
            "rejected_count": sum(found[bank_id, fate] for fate in Fate),
        }
        | {f"{fate.value}_count": found[bank_id, fate] for fate in Fate}
        for bank_id in sorted({bank_id for bank_id, _ in found})
    ]


def release(judge: Judge, bank_id: str, lane: int | None, send: Send) -> list[int]:
    """Let a bank's lane in again, or all that are kept out; return which.

    Raises ValueError where there is none.
    """
    states: Mapping[tuple[str, int], LaneState] = lane_states(judge.store, judge.generation)
    kept_out = sorted(
        number for (bank, number), state in states.items() if bank == bank_id and state[1]
    )
    chosen = kept_out if lane is None else [number for number in kept_out if number == lane]
    if not chosen:
        known = ", ".join(map(str, kept_out)) or "none"
        raise ValueError(
            f"bank {bank_id}: quarantined lanes are {known}, so there is nothing to release; "
            "puhui rejected list names what was kept out (code bank_quarantined)"
        )
    send([control_of(RELEASE, bank_id=bank_id, lane=number) for number in chosen])
    return chosen
