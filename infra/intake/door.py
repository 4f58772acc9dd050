"""The door: what a bank sends is looked at, put into the log, and answered with a receipt.

The same seq with the same bytes is answered with the same receipt, and sends nothing. A process
that dies between the log's acknowledgement and the keeping of the receipt leaves a submission
without one. Its repeat finds it, in the log or in the store, and gets the receipt for that place.
Should two doors be given one seq at the same moment, both may send it: the pipeline drops the
second as repeated.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.clickhouse.server import StoreAwayError
from infra.imports.pboc.filing_fault import FilingError
from infra.imports.pboc.filing_name import ZIP_SUFFIX, filing_name_of
from infra.imports.pboc.filing_report import FilingReport
from infra.intake.kept_receipts import Kept, KeptReceipts
from infra.intake.receipt import filing_receipt_of, judge, receipt_of
from infra.intake.refusals import AwayError, RefusedError, malformed, too_large
from infra.intake.signing import SigningKey
from infra.intake.submitter import Log
from infra.kafka.address import KafkaAwayError
from infra.kafka.topics import MESSAGE_BYTES_MAX
from schemas.columns import Fault
from schemas.expectations import EXPECTED_LANE_COUNT
from schemas.message import ORIGIN_HEADER, Control, Draft, Message, Submission
from streams.future import FUTURE_DAYS_MAX
from streams.headers import read_submission
from streams.ports import Clock

SUBMISSION_BYTES_MAX = MESSAGE_BYTES_MAX - 2**16  # A message has its key and headers too.
FILING_BYTES_MAX = 512 * 2**20


class Answer(NamedTuple):
    """A receipt, and whether it was given before."""

    document: bytes
    is_known: bool


class FilingAnswer(NamedTuple):
    """What an import said of a bank's own file, and its receipt; empty where nothing was taken."""

    report: dict[str, Any]
    document: bytes


class Intake:
    """One door to one log. Safe to use from several threads."""

    def __init__(
        self,
        log: Log,
        kept: KeptReceipts,
        key: SigningKey,
        clock: Clock,
        *,
        import_filings: Callable[[list[Path]], list[FilingReport]] | None = None,
    ) -> None:
        """Put submissions into ``log``; the banks' own files where ``import_filings`` can."""
        self._log, self._kept, self._key, self._clock = log, kept, key, clock
        self._import_filings = import_filings
        self._filing = threading.Lock()
        self._newest: dict[tuple[str, int], int] = {}  # The seq answered last, by bank and lane.
        self._lane_counts: dict[str, int] = {}  # By bank, where the pipeline knows it.
        self._locks: defaultdict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)

    @property
    def public_key_pem(self) -> bytes:
        return self._key.public.pem

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq with which a bank goes on in a lane; raise AwayError."""
        with _telling_away():
            return self._log.next_seq(bank_id, lane)

    def receipt_for(self, bank_id: str, lane: int, sha256: str, complete_to: str) -> bytes | None:
        """Return the receipt that was given for these bytes in this lane; raise AwayError."""
        with _telling_away():
            return self._kept.of_bytes(bank_id, lane, sha256, complete_to)

    def take(self, draft: Draft) -> Answer:
        """Put ``draft`` into the log and return its receipt, or the one it was given before.

        Raises RefusedError where nothing was taken, AwayError where it should be sent again.
        """
        if len(draft.value) > SUBMISSION_BYTES_MAX:
            raise too_large(SUBMISSION_BYTES_MAX)
        submission = self._announced(draft)
        # One at a time, so that two requests with one seq are not both sent.
        with self._locks[submission.bank_id, submission.lane], _telling_away():
            known = self._known(submission)
            if known is not None:
                return Answer(self._repeated(submission, draft.value, known), is_known=True)
            self._check_lanes(submission)
            contents, stranger = judge(submission, draft.value, self._clock.now_ms())
            if stranger is not None:
                raise _other_bank(stranger, submission.bank_id)
            # Not known to be the newest until it is acknowledged: it may lie there all the same.
            self._newest.pop((submission.bank_id, submission.lane), None)
            (place,) = self._log.submit([draft])
            facts = receipt_of(submission, contents, len(draft.value), place)
            document = self._kept.keep(submission, self._key.sign(facts), place)
            self._newest[submission.bank_id, submission.lane] = submission.seq
        return Answer(document, is_known=False)

    def take_filing(self, path: Path, bank_id: str) -> FilingAnswer:
        """Import one of the banks' own files; raise RefusedError where it is not ``bank_id``'s."""
        if self._import_filings is None:
            raise RefusedError(
                "filings_not_taken",
                zh="此处不接收金融基础数据文件，请用 puhui import 导入，或报送事件",
                en="the banks' own files are not taken here: import them with puhui import, or "
                "send events",
            )
        check_filing_name(path.name, bank_id)
        with _telling_away():
            lane_count = self._kept.lane_count(bank_id)
        if lane_count > 1:  # The events of a file go into one lane.
            raise malformed("lanes", str(lane_count), EXPECTED_LANE_COUNT.format(1))
        with self._filing, _telling_away():
            (report,) = self._import_filings([path])
        # The path on this machine is nothing to a bank.
        told = msgspec.to_builtins(report) | {"file": path.name}
        if report.faults:
            return FilingAnswer(told, b"")
        facts = filing_receipt_of(report, path.name, path.stat().st_size, self._clock.now_ms())
        return FilingAnswer(told, self._key.sign(facts))

    def _announced(self, draft: Draft) -> Submission:
        """Return what the headers say, judged as the pipeline will judge them."""
        message = Message("", draft.partition, 0, self._clock.now_ms(), draft.headers, draft.value)
        read = read_submission(message, 0, future_days_max=FUTURE_DAYS_MAX)
        if isinstance(read, Control) or draft.headers.get(ORIGIN_HEADER):
            raise malformed("header", "an instruction", "a submission with a seq")
        if isinstance(read, Fault):
            refusal = malformed(read.field, read.found, read.expected)
            refusal.code = read.code
            raise refusal
        return read

    def _known(self, submission: Submission) -> Kept | None:
        """Return what was received under the same seq, receipted or not."""
        bank_id, lane, seq = submission.bank_id, submission.lane, submission.seq
        receipted = self._kept.of_seq(bank_id, lane, seq)
        # Who sends one after the other need not wait until all submissions are looked through.
        if receipted is not None or self._newest.get((bank_id, lane)) == seq - 1:
            return receipted
        # First the log: what a worker handles meanwhile is in the store by then.
        lying = self._log.find(bank_id, lane, seq)
        if lying is not None:
            return Kept(lying.lanes, lying.sha256, lying.complete_to, b"", lying.place)
        return self._kept.accepted(bank_id, lane, seq)

    def _check_lanes(self, submission: Submission) -> None:
        """Raise RefusedError where the pipeline would refuse another number of lanes."""
        bank_id = submission.bank_id
        # A new generation may have another number: what is remembered is asked for again.
        if self._lane_counts.get(bank_id) != submission.lanes:
            known = self._lane_counts[bank_id] = self._kept.lane_count(bank_id)
            if known not in {0, submission.lanes}:
                expected = EXPECTED_LANE_COUNT.format(known)
                refusal = malformed("lanes", str(submission.lanes), expected)
                refusal.code = "lanes_changed"
                raise refusal

    def _repeated(self, submission: Submission, value: bytes, known: Kept) -> bytes:
        """Return the receipt of ``known``; raise RefusedError where this is something else."""
        for field, first, now in _announced_twice(submission, known):
            if first != now:
                raise self._conflict(submission, field, first, now)
        if known.place is None:
            return known.document
        contents, _ = judge(submission, value, known.place.received_at_ms)
        facts = receipt_of(submission, contents, len(value), known.place)
        return self._kept.keep(submission, self._key.sign(facts), known.place)

    def _conflict(self, submission: Submission, field: str, first: str, now: str) -> RefusedError:
        where = f"{submission.bank_id}/{submission.lane}"
        next_seq = self._log.next_seq(submission.bank_id, submission.lane)
        facts: dict[str, Any] = {
            "field": field,
            "found": now,
            "expected": first,
            "next_seq": next_seq,
        }
        return RefusedError(
            "duplicate_seq_conflict",
            zh=f"{where} 的 seq {submission.seq} 已收到另一份报文（{field} 为 {first}），"
            f"本次为 {now}，未接收。如内容不同，请用 seq {next_seq} 报送",
            en=f"{where}: seq {submission.seq} was taken with another submission ({field} {first}, "
            f"now {now}); nothing was taken. If this is something new, send it as seq {next_seq}",
            facts=facts,
        )


def check_filing_name(name: str, bank_id: str) -> None:
    """Raise RefusedError unless ``name`` is that of a file of ``bank_id``, as .zip."""
    try:
        filing = filing_name_of(name)
    except FilingError as error:
        fault = error.fault
        raise RefusedError(
            "bad_file_name", zh=fault.sentence("zh"), en=fault.sentence("en")
        ) from error
    # The whole name: one with a folder in it would be written there.
    if name != f"{Path(name).stem}{ZIP_SUFFIX}":
        raise malformed("name", name, f"{filing.stem}{ZIP_SUFFIX}")
    if filing.institution_id != bank_id:
        raise _not_yours(name, name, bank_id, {"found": filing.institution_id})


def _announced_twice(submission: Submission, known: Kept) -> Iterator[tuple[str, str, str]]:
    """Yield what must be the same under one seq: its name, the first time, and now."""
    complete_to = submission.complete_to
    yield "sha256", known.sha256, submission.sha256
    yield "lanes", str(known.lanes), str(submission.lanes)
    day = "" if complete_to is None else complete_to.isoformat()
    yield "complete-to", known.complete_to, day


def _other_bank(stranger: Fault, bank_id: str) -> RefusedError:
    line = stranger.position + 1
    facts = {"line": line, "found": stranger.found, "event_id": stranger.event_id}
    zh, en = f"第 {line} 条（{stranger.found}）", f"line {line} ({stranger.found})"
    return _not_yours(zh, en, bank_id, facts)


def _not_yours(what_zh: str, what_en: str, bank_id: str, facts: dict[str, Any]) -> RefusedError:
    return RefusedError(
        "other_bank",
        zh=f"只能为本机构（{bank_id}）报送，{what_zh}属于其他机构；整份未接收",
        en=f"you can submit only for {bank_id}; {what_en} is another's; nothing was taken",
        facts=facts | {"expected": bank_id},
    )


@contextmanager
def _telling_away() -> Iterator[None]:
    try:
        yield
    except (KafkaAwayError, StoreAwayError) as error:
        raise AwayError(str(error)) from error
