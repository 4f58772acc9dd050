"""Sends a file through a door, one submission after the other, and gathers the receipts.

Nothing is remembered here. What was sent before is known by the receipts that the door has given
for the same bytes, so a run that was cut off anywhere is simply run again.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from infra.imports.parcel import Refusal
from infra.intake.door import Answer, FilingAnswer
from infra.intake.packing import Packet, packets_of
from infra.intake.refusals import RefusedError
from schemas.message import CONTENT_NDJSON, Draft, draft_of

NUMBERS_TRIED_MAX = 5


class SendingDoor(Protocol):
    """infra.intake.door.Intake, or HttpDoor over the network."""

    def take(self, draft: Draft) -> Answer: ...

    def next_seq(self, bank_id: str, lane: int) -> int: ...

    def receipt_for(
        self, bank_id: str, lane: int, sha256: str, complete_to: str
    ) -> bytes | None: ...

    def take_filing(self, path: Path, bank_id: str) -> FilingAnswer: ...


class SentFile(NamedTuple):
    """What came of a file."""

    answers: list[Answer]
    unsendable: list[Refusal]  # Rows that could go into no submission.
    refused: RefusedError | None  # What stopped it; the answers before it hold.


class FileSender:
    """Sends files of events through one door."""

    def __init__(self, door: SendingDoor, *, lanes: int = 1) -> None:
        self._door, self._lanes = door, lanes
        self._next_seq: dict[tuple[str, int], int] = {}

    def send(
        self,
        path: Path,
        *,
        complete_to: dt.date | None = None,
        on_answer: Callable[[Answer], None] = lambda _: None,
    ) -> SentFile:
        """Send the events of ``path``; raise FileError for other files, AwayError to try again.

        Args:
            path: NDJSON or Arrow.
            complete_to: announced in every lane of the file's banks, after all of its events.
            on_answer: told every receipt as it comes.

        """
        answers: list[Answer] = []
        unsendable: list[Refusal] = []
        banks: dict[str, None] = {}
        is_new = False
        try:
            for packed in packets_of(path, self._lanes):
                if isinstance(packed, Refusal):
                    unsendable.append(packed)
                    continue
                banks[packed.bank_id] = None
                # Behind the first that is new everything is: it was sent in this order.
                answer = self._send(packed, None, is_new=is_new)
                is_new = not answer.is_known
                answers.append(answer)
                on_answer(answer)
            for bank_id in banks if complete_to else ():
                for lane in range(self._lanes):
                    nothing = Packet(bank_id, lane, b"", CONTENT_NDJSON, 0)
                    answers.append(self._send(nothing, complete_to, is_new=False))
                    on_answer(answers[-1])
        except RefusedError as error:
            return SentFile(answers, unsendable, error)
        return SentFile(answers, unsendable, None)

    def _send(self, packet: Packet, complete_to: dt.date | None, *, is_new: bool) -> Answer:
        if not is_new:
            sha256 = hashlib.sha256(packet.value).hexdigest()
            day = "" if complete_to is None else complete_to.isoformat()
            document = self._door.receipt_for(packet.bank_id, packet.lane, sha256, day)
            if document is not None:
                return Answer(document, is_known=True)
        key = packet.bank_id, packet.lane
        if key not in self._next_seq:
            self._next_seq[key] = self._door.next_seq(*key)
        for _ in range(NUMBERS_TRIED_MAX):
            seq = self._next_seq[key]
            try:
                answer = self._door.take(self._draft(packet, seq, complete_to))
            except RefusedError as error:
                # Somebody else sends for the same bank and took the number meanwhile.
                if error.code != "duplicate_seq_conflict":
                    raise
                self._next_seq[key] = max(seq + 1, int(error.facts.get("next_seq", 0)))
                conflict = error
            else:
                self._next_seq[key] = seq + 1
                return answer
        raise conflict

    def _draft(self, packet: Packet, seq: int, complete_to: dt.date | None) -> Draft:
        return draft_of(
            packet.value,
            bank_id=packet.bank_id,
            seq=seq,
            complete_to=complete_to,
            lane=packet.lane,
            lanes=self._lanes,
            content_type=packet.content_type,
        )
