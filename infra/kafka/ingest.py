"""The way in where workers do the work: submissions go to Kafka, and their outcome is waited for.

Does for production what infra.ingest does for one process: a sender gets the report of exactly
what it sent.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from infra.ingest import Outgoing, Taken
from infra.kafka.address import KafkaAwayError, KafkaError
from infra.kafka.numbers import KafkaNumbers
from infra.kafka.producer import Place, SubmissionProducer
from schemas.message import Draft, Message, draft_of
from schemas.tables import CHECKPOINTS, REJECTED, SUBMISSIONS
from streams.lanes import Lanes
from streams.ports import BatchReport, Store
from streams.submissions import Outcome

PATIENCE_S = 120.0
_POLL_S = 0.02


class KafkaIngest:
    """Sends submissions and tells what the workers made of them. One caller at a time."""

    def __init__(
        self, store: Store, producer: SubmissionProducer, numbers: KafkaNumbers, *, generation: int
    ) -> None:
        self._store, self._producer, self.generation = store, producer, generation
        self._numbers = numbers
        self._lock = threading.Lock()

    def take(self, outgoing: Sequence[Outgoing]) -> Taken:
        """Give ``outgoing`` their numbers, send them, return when workers have handled all.

        Raises KafkaAwayError when that takes too long: is a worker running?
        """
        with self._lock:
            drafts = self._numbered(outgoing)
            places = self._producer.send(drafts)
            self._wait_until_handled(places)
            reports = [self._report(place) for place in places]
        return Taken(list(map(_message, places, drafts)), reports)

    def send(self, drafts: Sequence[Draft]) -> Sequence[Message]:
        """Send ``drafts`` as they are; raise KafkaAwayError when nobody handles them."""
        with self._lock:
            places = self._producer.send(drafts)
            self._wait_until_handled(places)
        return list(map(_message, places, drafts))

    def _numbered(self, outgoing: Sequence[Outgoing]) -> list[Draft]:
        next_seqs: dict[str, int] = {}
        known = self._lanes() if outgoing else []
        drafts = []
        for sent in outgoing:
            lane_count = max((lanes.lane_count(sent.bank_id) for lanes in known), default=0)
            if lane_count > 1:
                raise KafkaError(
                    f"bank {sent.bank_id} sends in {lane_count} lanes; expected one for files that "
                    "are imported here. Send them by its own program, or puhui send"
                )
            seq = next_seqs.get(sent.bank_id) or self._numbers.next_seq(sent.bank_id, 0)
            next_seqs[sent.bank_id] = seq + 1
            drafts.append(
                draft_of(
                    sent.value,
                    bank_id=sent.bank_id,
                    seq=seq,
                    complete_to=sent.complete_to,
                    content_type=sent.content_type,
                )
            )
        return drafts

    def _lanes(self) -> list[Lanes]:
        rows = self._store.read(CHECKPOINTS, {"generation": self.generation}, columns=("lanes",))
        return [Lanes.from_json(text) for text in rows["lanes"].to_list()]

    def _wait_until_handled(self, places: Sequence[Place]) -> None:
        wanted: dict[int, int] = {}
        for place in places:
            wanted[place.partition] = max(wanted.get(place.partition, 0), place.offset + 1)
        progress, since_s = -1, time.monotonic()
        while behind := dict(self._behind(wanted)):
            done = -sum(behind.values())
            if done != progress:
                progress, since_s = done, time.monotonic()
            if time.monotonic() - since_s > PATIENCE_S:
                raise KafkaAwayError(
                    f"{sum(behind.values())} messages sent to {self._producer.identity.topic} were "
                    f"not handled for {PATIENCE_S:.0f} s (partitions {sorted(behind)}); look "
                    "whether puhui worker runs. They are kept: import again later"
                )
            time.sleep(_POLL_S)

    def _behind(self, wanted: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        where = {"generation": self.generation}
        rows = self._store.read(CHECKPOINTS, where, columns=("partition", "next_offset"))
        done = dict(zip(rows["partition"].tolist(), rows["next_offset"].tolist(), strict=True))
        for partition, offset in wanted.items():
            if done.get(partition, 0) < offset:
                yield partition, offset - done.get(partition, 0)

    def _report(self, place: Place) -> BatchReport:
        where: dict[str, int | str] = {
            "generation": self.generation,
            "partition": place.partition,
            "offset": place.offset,
        }
        row = self._store.read(SUBMISSIONS, where)
        (outcome,) = row["outcome"].to_list()
        rejected = int(row["rejected_count"][0])
        codes = self._store.read(REJECTED, where)["code"].to_list() if rejected else []
        return BatchReport(
            partition=place.partition,
            next_offset=place.offset + 1,
            submission_count=1,
            event_count=int(row["event_count"][0]),
            stored_count=int(row["stored_count"][0]),
            duplicate_count=int(row["duplicate_count"][0]),
            rejected_count=rejected,
            warning_count=0,  # Not kept; whoever reads the file has shown them.
            duplicate_submission_count=int(outcome == Outcome.REPEATED),
            conflict_count=int(outcome == Outcome.CONFLICT),
            second_reversal_count=codes.count("second_reversal"),
            oldest_received_at_ms=place.received_at_ms,
        )


def _message(place: Place, draft: Draft) -> Message:
    return Message(*place, draft.headers, draft.value)
