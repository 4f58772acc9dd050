"""The receipts that were given, by bank, lane and seq; what is asked again is answered the same."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from infra.kafka.numbers import handled_in
from infra.kafka.producer import Place
from schemas.message import Submission
from schemas.tables import RECEIPTS, SUBMISSIONS
from streams.ports import Store
from streams.submissions import Outcome


class Kept(NamedTuple):
    """What was received under a seq. ``document`` is empty where no receipt was given."""

    lanes: int
    sha256: str
    complete_to: str
    document: bytes
    place: Place | None = None


class KeptReceipts:
    """Receipts in the store, and what the pipeline has accepted without one."""

    def __init__(
        self, store: Store, topic: Callable[[], str], generation: Callable[[], int]
    ) -> None:
        """Keep receipts in ``store``; topic and generation are asked for, as they may change."""
        self._store, self._topic, self._generation = store, topic, generation

    def of_seq(self, bank_id: str, lane: int, seq: int) -> Kept | None:
        """Return what was receipted under this seq, None where nothing was."""
        rows = self._store.read(RECEIPTS, {"bank_id": bank_id, "lane": lane, "seq": seq})
        if rows["seq"].size:
            return Kept(
                int(rows["lanes"][0]),
                rows["sha256"].to_list()[0],
                rows["complete_to"].to_list()[0],
                rows["body"][0],
            )
        return None

    def of_bytes(self, bank_id: str, lane: int, sha256: str, complete_to: str) -> bytes | None:
        """Return the first receipt for these very bytes in this lane, None where there is none."""
        asked: dict[str, int | str] = {"bank_id": bank_id, "lane": lane, "sha256": sha256}
        rows = self._store.read(RECEIPTS, asked | {"complete_to": complete_to}, columns=("body",))
        return rows["body"][0] if rows["body"] else None

    def keep(self, submission: Submission, document: bytes, place: Place) -> bytes:
        """Keep a receipt, and return the one that counts for its seq."""
        complete_to = submission.complete_to
        self._store.insert(
            RECEIPTS,
            {
                "bank_id": [submission.bank_id],
                "lane": np.array([submission.lane], np.int64),
                "seq": np.array([submission.seq], np.int64),
                "lanes": np.array([submission.lanes], np.int64),
                "sha256": [submission.sha256],
                "complete_to": ["" if complete_to is None else complete_to.isoformat()],
                "body": [document],
                "version": np.array([-place.offset], np.int64),
            },
        )
        kept = self.of_seq(submission.bank_id, submission.lane, submission.seq)
        return kept.document if kept else document

    def lane_count(self, bank_id: str) -> int:
        """Return how many lanes the pipeline knows of a bank; 0 where it has seen nothing."""
        handled = handled_in(self._store, self._generation()).values()
        return max((one.lanes.lane_count(bank_id) for one in handled), default=0)

    def accepted(self, bank_id: str, lane: int, seq: int) -> Kept | None:
        """Return what the pipeline accepted under this seq, from a sender who took no receipt."""
        asked: dict[str, int | str] = {
            "generation": self._generation(),
            "bank_id": bank_id,
            "lane": lane,
            "seq": seq,
            "outcome": str(Outcome.ACCEPTED),
        }
        names = ("lanes", "sha256", "complete_to", "partition", "offset", "received_at_ms")
        rows = self._store.read(SUBMISSIONS, asked, columns=names)
        if not rows["offset"].size:
            return None
        partition, offset = int(rows["partition"][0]), int(rows["offset"][0])
        received_at_ms = int(rows["received_at_ms"][0])
        return Kept(
            int(rows["lanes"][0]),
            rows["sha256"].to_list()[0],
            rows["complete_to"].to_list()[0],
            b"",
            Place(self._topic(), partition, offset, received_at_ms),
        )
