"""For a bank's own programs: numbers events by lane, sends them in order, and never runs ahead.

    with SubmissionClient(HttpDoor(url, token), bank_id) as client:
        client.add_many(events)
        client.complete(day)

Of one lane only one submission at a time is on its way, so a later one never lies before an
earlier one, whatever fails. What is not acknowledged is bounded: ``add`` then waits.
"""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from infra.intake.packing import BYTES_MAX, EVENTS_MAX, lane_of_event, lane_of_line
from infra.intake.submitter import Submitter
from schemas.event import Event
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, Draft, draft_of
from schemas.wire import decode_event, encode, event_json

LINGER_S = 0.5  # A lone event waits this long for others.


class SendError(RuntimeError):
    """Sending failed. ``unacknowledged`` is everything added that may not have arrived.

    Hand it to ``SubmissionClient.resend``: the same seqs with the same bytes count once.
    """

    def __init__(self, cause: BaseException, unacknowledged: Sequence[Draft]) -> None:
        super().__init__(
            f"{cause}. Submissions not acknowledged: {len(unacknowledged)}; hand them to resend()"
        )
        self.unacknowledged = list(unacknowledged)


class _Lane:
    """One lane: what is being gathered, and what waits to be sent."""

    def __init__(self, number: int, next_seq: int) -> None:
        self.number, self.next_seq = number, next_seq
        self.events: list[Event] = []  # Of Arrow.
        self.lines: list[bytes] = []  # Of NDJSON.
        self.size_bytes = 0
        self.waiting: deque[Draft] = deque()

    @property
    def is_full(self) -> bool:
        return len(self.events) + len(self.lines) >= EVENTS_MAX or self.size_bytes >= BYTES_MAX


class SubmissionClient:
    """Sends one bank's events. Add from one thread; close it in the end, or use ``with``."""

    def __init__(
        self,
        submitter: Submitter,
        bank_id: str,
        *,
        lanes: int = 1,
        content_type: str = CONTENT_NDJSON,
        unacknowledged_max: int = 8,
        linger_s: float = LINGER_S,
    ) -> None:
        """Ask for the numbers to go on with; raise what the submitter raises.

        Args:
            submitter: HttpDoor, or KafkaSubmitter.
            bank_id: whose events; each must name it.
            lanes: always the same number for a bank; more lanes are more in parallel.
            content_type: CONTENT_NDJSON, or CONTENT_ARROW, which is smaller.
            unacknowledged_max: submissions that may wait or be on their way; then ``add`` waits.
            linger_s: how long a submission that is not full waits for more.

        """
        self._submitter, self._bank_id, self._content_type = submitter, bank_id, content_type
        self._most, self._linger_s = unacknowledged_max, linger_s
        # Now, so that nothing that was added can later be without a number.
        self._lanes = [_Lane(lane, submitter.next_seq(bank_id, lane)) for lane in range(lanes)]
        self._changed = threading.Condition()
        self._failure: BaseException | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._send_until_closed, daemon=True)
        self._thread.start()

    def add(self, event: Event | bytes) -> None:
        """Take an event, or its line of JSON; wait while too much is not acknowledged.

        Raises SendError when sending has failed; the event is then among the unacknowledged.
        """
        lanes = len(self._lanes)
        with self._changed:
            if self._content_type == CONTENT_ARROW:
                told = decode_event(event) if isinstance(event, bytes) else event
                lane = self._lanes[lane_of_event(told, lanes)]
                lane.events.append(told)
            else:
                line = one_line(event) if isinstance(event, bytes) else event_json(event)
                lane = self._lanes[lane_of_line(line, lanes)]
                lane.lines.append(line)
                lane.size_bytes += len(line) + 1
            if lane.is_full:
                self._seal(lane)
            if self._failure is not None or self._waiting_count >= self._most:
                self._wait_for(lambda: self._waiting_count < self._most)

    def add_many(self, events: Iterable[Event | bytes]) -> None:
        """Take events, as ``add``; raise SendError at the one that could not be taken."""
        for event in events:
            self.add(event)

    def complete(self, day: dt.date) -> None:
        """Say in every lane that everything up to ``day`` was sent; wait until that is there."""
        with self._changed:
            for lane in self._lanes:
                self._seal(lane)
                self._post(lane, b"", day)
        self.flush()

    def flush(self) -> None:
        """Return when everything added is acknowledged; raise SendError when it will not be."""
        with self._changed:
            for lane in self._lanes:
                self._seal(lane)
            self._wait_for(lambda: not self._waiting_count)

    def resend(self, drafts: Sequence[Draft]) -> None:
        """Take what an earlier client could not send, with its numbers, before anything new."""
        with self._changed:
            for draft in drafts:
                lane = self._lanes[int(draft.headers["lane"])]
                lane.waiting.append(draft)
                lane.next_seq = max(lane.next_seq, int(draft.headers["seq"]) + 1)
            self._changed.notify_all()

    def close(self) -> None:
        """Send what is left and end; raise SendError where that fails."""
        try:
            self.flush()
        finally:
            with self._changed:
                self._is_closed = True
                self._changed.notify_all()
            self._thread.join()

    @property
    def _waiting_count(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self._failure is not None or condition())
        if self._failure is not None:
            for lane in self._lanes:
                self._seal(lane)
            drafts = [draft for lane in self._lanes for draft in lane.waiting]
            raise SendError(self._failure, drafts) from self._failure

    def _seal(self, lane: _Lane) -> None:
        """Make a submission of what was gathered."""
        if lane.lines:
            self._post(lane, b"\n".join(lane.lines) + b"\n")
        elif lane.events:
            self._post(lane, encode(lane.events, self._content_type))
        lane.events, lane.lines, lane.size_bytes = [], [], 0

    def _post(self, lane: _Lane, value: bytes, complete_to: dt.date | None = None) -> None:
        lane.waiting.append(
            draft_of(
                value,
                bank_id=self._bank_id,
                seq=lane.next_seq,
                complete_to=complete_to,
                lane=lane.number,
                lanes=len(self._lanes),
                content_type=self._content_type,
            )
        )
        lane.next_seq += 1
        self._changed.notify_all()

    def _send_until_closed(self) -> None:
        while (drafts := self._heads()) is not None:
            try:
                self._submitter.submit(drafts)
            except Exception as error:  # noqa: BLE001 - whatever it is, who adds must hear of it
                self._fail(error)
                return
            with self._changed:
                for draft in drafts:
                    self._lanes[int(draft.headers["lane"])].waiting.popleft()
                self._changed.notify_all()

    def _heads(self) -> list[Draft] | None:
        """Wait, and return the first waiting submission of every lane; None to end."""
        with self._changed:
            while not self._waiting_count:
                if self._is_closed:
                    return None
                if not self._changed.wait_for(
                    lambda: self._is_closed or self._waiting_count, self._linger_s
                ):
                    for lane in self._lanes:
                        self._seal(lane)
            return [lane.waiting[0] for lane in self._lanes if lane.waiting]

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def one_line(event: bytes) -> bytes:
    """Return an event's JSON; raise ValueError where it is more than one line."""
    line = event.strip()
    if b"\n" in line or not line:
        raise ValueError(f"event was {event[:80]!r}, expected one JSON object in one line")
    return line
