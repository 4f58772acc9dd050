"""Which seqs are in the log: what the checkpoints say, and the messages behind them.

The checkpoints alone would give a seq a second time when workers are behind, and the pipeline would
drop the second one as a conflict.
"""

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.kafka.log import KafkaLog
from infra.kafka.placing import partition_of
from infra.kafka.producer import Place
from schemas.message import Message
from schemas.tables import CHECKPOINTS
from streams.lanes import Lanes
from streams.ports import Store

_READ_MESSAGES = 1_000


class Lying(NamedTuple):
    """A submission that lies in the log and that no worker has handled yet."""

    lanes: int
    sha256: str
    complete_to: str
    place: Place


class Handled(NamedTuple):
    """What workers have handled of one partition."""

    next_offset: int
    lanes: Lanes


class KafkaNumbers:
    """The seqs of every lane of one topic. Safe to use from several threads; close it."""

    def __init__(self, log: KafkaLog, handled: Callable[[], Mapping[int, Handled]] = dict) -> None:
        """Read ``log``, from where the checkpoints of ``handled`` end; without any, all of it."""
        self._log, self._handled = log, handled
        self._lock = threading.Lock()
        self._read_to: dict[int, int] = {}  # By partition: the offset up to which it was read.
        self._lying: dict[tuple[str, int], dict[int, Lying]] = {}  # By bank and lane: by seq.

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq after the highest one in the log; raise KafkaAwayError if it is away."""
        with self._lock:
            handled = self._read(bank_id, lane)
            lying = self._lying.get((bank_id, lane), {})
        return max(handled.lanes.next_seq(bank_id, lane), max(lying, default=0) + 1)

    def find(self, bank_id: str, lane: int, seq: int) -> Lying | None:
        """Return what lies under this seq behind the checkpoint; raise KafkaAwayError."""
        with self._lock:
            self._read(bank_id, lane)
            return self._lying.get((bank_id, lane), {}).get(seq)

    def close(self) -> None:
        """Let the log go."""
        self._log.close()

    def _read(self, bank_id: str, lane: int) -> Handled:
        """Read the lane's partition to its end, and return what is handled of it."""
        partition = partition_of(bank_id, lane, len(self._log.partitions))
        # First what is handled: what a worker handles meanwhile is then found in both places.
        handled = self._handled().get(partition, Handled(0, Lanes()))
        read_to = self._read_to.get(partition, 0)
        start = max(read_to, handled.next_offset, self._log.beginning(partition))
        end = self._log.end(partition)
        while start < end:
            messages = self._log.read(partition, start, messages_max=_READ_MESSAGES)
            if not messages:
                break
            for message in messages:
                self._note(message)
            start = messages[-1].offset + 1
        self._read_to[partition] = start
        self._forget(partition, handled.next_offset)
        return handled

    def _forget(self, partition: int, next_offset: int) -> None:
        """Forget what workers have handled, of whichever lane."""
        for lane, lying in list(self._lying.items()):
            left = {
                seq: one
                for seq, one in lying.items()
                if one.place.partition != partition or one.place.offset >= next_offset
            }
            if left:
                self._lying[lane] = left
            else:
                del self._lying[lane]

    def _note(self, message: Message) -> None:
        headers = message.headers
        lane, lanes, seq = (headers.get(name, "") for name in ("lane", "lanes", "seq"))
        # What has no number, or none that can be read, takes none.
        if _is_number(lane) and _is_number(lanes) and _is_number(seq):
            place = Place(message.topic, message.partition, message.offset, message.received_at_ms)
            lying = self._lying.setdefault((headers.get("bank", ""), int(lane)), {})
            # The first one counts, as in the pipeline.
            lying.setdefault(
                int(seq),
                Lying(int(lanes), headers.get("sha256", ""), headers.get("complete-to", ""), place),
            )


def handled_in(store: Store, generation: int) -> dict[int, Handled]:
    """Return what the checkpoints of ``generation`` say, by partition."""
    rows = store.read(
        CHECKPOINTS, {"generation": generation}, columns=("partition", "next_offset", "lanes")
    )
    return {
        partition: Handled(next_offset, Lanes.from_json(lanes))
        for partition, next_offset, lanes in zip(
            rows["partition"].tolist(),
            rows["next_offset"].tolist(),
            rows["lanes"].to_list(),
            strict=True,
        )
    }


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16
