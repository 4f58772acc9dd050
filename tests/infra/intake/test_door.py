"""The door: one seq, one effect, one receipt, whatever is sent again and whenever it dies."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.intake.refusals import AwayError, RefusedError
from infra.kafka.address import KafkaAwayError
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, control_of, draft_of
from schemas.tables import EVENTS, RECEIPTS, SUBMISSIONS
from schemas.wire import encode
from streams.digest import state_digest
from streams.memory_store import Killed, MemoryStore
from tests.event_stories import reversal_of
from tests.identities import bank_id, firm_id
from tests.infra.intake.desk import Desk, draft, draws, facts_of
from tests.job import stored
from tests.schemas.decoding import BANK, draw


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_receipt_says_what_arrived_and_where_it_lies(desk: Desk) -> None:
    events = [*draws(1, 3), *draws(4, 1, currency="RMB")]
    sent = draft(1, events)

    answer = desk.intake.take(sent)

    facts = desk.key.public.verify(answer.document)
    assert not answer.is_known
    assert facts["sha256"] == sent.headers["sha256"]
    assert (facts["bank_id"], facts["lane"], facts["lanes"], facts["seq"]) == (BANK, 0, 1, 1)
    assert (facts["topic"], facts["partition"], facts["offset"]) == ("lending", 0, 0)
    assert facts["received_at"] == "2023-11-15T06:13:20+08:00"
    assert facts["received_at_ms"] == desk.clock.ms
    assert (facts["event_count"], facts["refused_count"]) == (4, 1)
    assert facts["size_bytes"] == len(sent.value)
    assert facts["totals"] == {"loan_disbursed": {"event_count": 3, "amount_cny_minor": 30_000}}
    (refused,) = facts["refused"]
    assert (refused["line"], refused["code"]) == (4, "bad_currency")
    assert "RMB" in refused["zh"]
    assert "RMB" in refused["en"]
    assert stored(desk.store, SUBMISSIONS, "stored_count", "rejected_count") == [(3, 1)]


def test_what_was_written_without_an_acknowledgement_is_found_when_it_is_sent_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.intake.take(draft(5, draws(5, 1)))
    submit = desk.submitter.submit

    def unheard(drafts):
        submit(drafts)
        raise KafkaAwayError("the acknowledgement did not come")

    monkeypatch.setattr(desk.submitter, "submit", unheard)
    with pytest.raises(AwayError):
        desk.intake.take(draft(6, draws(6, 1)))
    monkeypatch.setattr(desk.submitter, "submit", submit)

    with pytest.raises(RefusedError) as refused:
        desk.intake.take(draft(6, draws(7, 2)))
    assert refused.value.code == "duplicate_seq_conflict"
    assert desk.intake.take(draft(6, draws(6, 1))).is_known
    assert len(stored(desk.store, EVENTS, "event_id")) == 2


def test_amounts_are_summed_beyond_64_bits_and_reversals_apart(desk: Desk) -> None:
    most = 10**15
    events = [
        *draws(1, 9500, amount_minor=most),
        reversal_of(draw(), "undo-0000-0000-0001", "2021-06-01"),
    ]
    value = encode(events, CONTENT_ARROW)
    sent = draft_of(value, bank_id=BANK, seq=1, complete_to=None, content_type=CONTENT_ARROW)

    totals = facts_of(desk.intake.take(sent).document)["totals"]

    assert totals["loan_disbursed"]["amount_cny_minor"] == 9500 * most > 2**63
    assert totals["reversal"] == {"event_count": 1, "amount_cny_minor": 10_000}


def test_the_same_seq_again_gets_the_same_receipt_and_sends_nothing(desk: Desk) -> None:
    first = desk.intake.take(draft(1, draws(1, 2)))
    desk.clock.ms += 1000

    again = desk.intake.take(draft(1, draws(1, 2)))

    assert again.document == first.document
    assert again.is_known
    assert len(stored(desk.store, SUBMISSIONS)) == 1


def test_the_same_seq_with_other_bytes_is_a_conflict_with_both_digests(desk: Desk) -> None:
    first, other = draft(1, draws(1, 2)), draft(1, draws(3, 2))
    desk.intake.take(first)

    with pytest.raises(RefusedError) as refused:
        desk.intake.take(other)

    assert refused.value.code == "duplicate_seq_conflict"
    assert refused.value.facts["expected"] == first.headers["sha256"]
    assert refused.value.facts["found"] == other.headers["sha256"]
    assert refused.value.facts["next_seq"] == 2
    assert len(stored(desk.store, SUBMISSIONS)) == 1


def test_numbers_may_come_in_any_order_and_none_is_lost(desk: Desk) -> None:
    for seq in (3, 1, 2):
        desk.intake.take(draft(seq, draws(seq * 10, 2)))

    assert len(stored(desk.store, EVENTS)) == 6
    assert desk.intake.next_seq(BANK, 0) == 4


def test_what_came_another_way_under_the_seq_is_found(desk: Desk) -> None:
    """A client straight to Kafka takes no receipt; who asks later gets one for that place."""
    desk.ingest.take_numbered([draft(1, draws(1, 2))])

    with pytest.raises(RefusedError, match="seq 1 was taken"):
        desk.intake.take(draft(1, draws(5, 2)))
    answer = desk.intake.take(draft(1, draws(1, 2)))

    assert facts_of(answer.document)["offset"] == 0
    assert len(stored(desk.store, SUBMISSIONS)) == 1


def test_an_event_of_another_bank_refuses_the_submission_and_names_its_line(desk: Desk) -> None:
    other = draw(event_id="intake-draw-other-1", bank_id=bank_id(2))

    with pytest.raises(RefusedError) as refused:
        desk.intake.take(draft(1, [*draws(1, 2), other]))

    assert refused.value.code == "other_bank"
    assert refused.value.facts["line"] == 3
    assert desk.intake.next_seq(BANK, 0) == 1
    assert stored(desk.store, SUBMISSIONS) == []


def test_another_number_of_lanes_is_refused_before_it_is_in_the_log(desk: Desk) -> None:
    desk.intake.take(draft(1, draws(1, 2)))

    with pytest.raises(RefusedError) as refused:
        desk.intake.take(draft(2, draws(3, 2), lanes=4))

    assert refused.value.code == "lanes_changed"


def test_an_event_in_a_wrong_lane_is_told_at_once(desk: Desk) -> None:
    events = [draw(event_id=f"lane-draw-{n:08d}", borrower_id=firm_id(n)) for n in range(8)]

    facts = facts_of(desk.intake.take(draft(1, events, lane=1, lanes=2)).document)

    assert 0 < facts["refused_count"] < 8
    assert {one["code"] for one in facts["refused"]} == {"wrong_lane"}
    (stored_count, rejected_count) = stored(
        desk.store, SUBMISSIONS, "stored_count", "rejected_count"
    )[0]
    assert (stored_count, rejected_count) == (8 - facts["refused_count"], facts["refused_count"])


def test_an_instruction_to_a_partition_cannot_come_in_by_the_door(desk: Desk) -> None:
    release = control_of("release", bank_id=BANK, lane=0)
    origin = draft(1, draws(1, 1))
    origin = origin._replace(headers={**origin.headers, "origin": "lending/0/0/0"})

    for sent in (release, origin):
        with pytest.raises(RefusedError):
            desk.intake.take(sent)
    assert stored(desk.store, SUBMISSIONS) == []


class _AwayOnce:
    """A log that does not answer the first time."""

    def __init__(self, desk: Desk, *, is_taken: bool) -> None:
        self._desk, self._is_taken, self._is_away = desk, is_taken, True

    def submit(self, drafts):
        if not self._is_away:
            return self._desk.submitter.submit(drafts)
        self._is_away = False
        if self._is_taken:
            self._desk.submitter.submit(drafts)
        raise KafkaAwayError("no broker answers")

    def next_seq(self, bank, lane):
        return self._desk.submitter.next_seq(bank, lane)

    def find(self, bank, lane, seq):
        return self._desk.submitter.find(bank, lane, seq)


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_log_that_is_away_gives_no_receipt_until_it_is_back(desk: Desk, is_taken: bool) -> None:
    desk.intake._log = _AwayOnce(desk, is_taken=is_taken)
    sent = draft(1, draws(1, 2))

    with pytest.raises(AwayError, match="no broker"):
        desk.intake.take(sent)
    assert stored(desk.store, RECEIPTS) == []
    answer = desk.intake.take(sent)

    assert facts_of(answer.document)["seq"] == 1
    assert len(stored(desk.store, EVENTS)) == 2


@settings(max_examples=60, deadline=None)
@given(
    tries=st.lists(
        st.tuples(st.integers(1, 3), st.one_of(st.none(), st.integers(0, 24))), max_size=12
    )
)
def test_whatever_order_of_retries_and_deaths_gives_one_effect_and_one_receipt(
    tries: list[tuple[int, int | None]],
) -> None:
    """
    Each try sends one of three submissions, and may die before any row that it writes: in the log,
    in the pipeline, or between the log's acknowledgement and the receipt. What was answered once
    is answered for ever, and in the end the state is that of a clean run.
    """
    drafts = {seq: draft(seq, draws(seq * 10, 3)) for seq in (1, 2, 3)}
    receipts: dict[int, set[bytes]] = {1: set(), 2: set(), 3: set()}
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore()
        for seq, rows_until_death in [*tries, (3, None), (1, None), (2, None)]:
            store.kill = None if rows_until_death is None else _dying_after(rows_until_death)
            try:
                desk = Desk(Path(folder), store)
                receipts[seq].add(desk.intake.take(drafts[seq]).document)
            except Killed:
                continue
        store.kill = None
        clean = Desk(Path(folder))
        for seq in (1, 2, 3):
            clean.intake.take(drafts[seq])

    assert {seq: len(documents) for seq, documents in receipts.items()} == {1: 1, 2: 1, 3: 1}
    assert sorted(stored(store, EVENTS, "event_id")) == sorted(
        stored(clean.store, EVENTS, "event_id")
    )
    assert state_digest(store, 0) == state_digest(clean.store, 0)


def _dying_after(rows: int):
    left = [rows]

    def kill() -> bool:
        left[0] -= 1
        return left[0] < 0

    return kill


def test_receipts_are_found_by_the_bytes_they_are_for(desk: Desk) -> None:
    sent = draft(1, draws(1, 2))
    answer = desk.intake.take(sent)
    sha256 = sent.headers["sha256"]

    assert desk.intake.receipt_for(BANK, 0, sha256, "") == answer.document
    assert desk.intake.receipt_for(BANK, 0, sha256, "2021-03-31") is None
    assert desk.intake.receipt_for(BANK, 1, sha256, "") is None
    assert desk.intake.receipt_for(bank_id(2), 0, sha256, "") is None
    assert sent.headers["content-type"] == CONTENT_NDJSON
