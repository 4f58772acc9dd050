"""What the ledger remembers of a bank's month, and what it says is new or has gone."""

import hashlib

import numpy as np
import pytest

from infra.imports.pboc.ledger import Ledger, Place, digests_of, hex_of
from schemas.tables import FILING_EVENTS
from schemas.units import UInt8Array
from streams.memory_store import Killed, MemoryStore
from tests.infra.pboc.import_desk import TickingClock

BANK, PERIOD = "91370000900000017P", "2026-09-30"


class SetBackClock:
    """A clock that somebody sets back by an hour before every reading."""

    def __init__(self) -> None:
        self._now_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        self._now_ms -= 3_600_000
        return self._now_ms


def ledger(store: MemoryStore, clock: object = None, *, period: str = PERIOD) -> Ledger:
    return Ledger(store, clock or TickingClock(), BANK, period)  # type: ignore[arg-type]


def digests(*texts: str) -> UInt8Array:
    return digests_of([text.encode() for text in texts])


def note(book: Ledger, *texts: str, offset: int, is_replaced: bool = False) -> list[str]:
    """Send what is new among ``texts`` at one offset, and return its ids."""
    made = digests(*texts)
    is_new, ids, withdrawn = book.compare(made)
    count = int(is_new.sum())
    places = np.array([(0, offset, position) for position in range(count)]).reshape(-1, 3)
    marks = np.full(count, is_replaced)
    if count:
        book.note(made[is_new], withdrawn[is_new], places, is_replaced=marks)
    return [one.decode() for one in ids[is_new].tolist()]


def test_an_id_is_the_digest_of_what_the_event_is_made_from() -> None:
    (told,) = hex_of(digests("a row")).tolist()
    assert told.decode() == hashlib.sha256(b"a row").hexdigest()


def test_what_was_told_before_is_not_new() -> None:
    store = MemoryStore()
    assert len(note(ledger(store), "a", "b", offset=3)) == 2
    again = ledger(store)
    assert again.compare(digests("b", "c", "a"))[0].tolist() == [False, True, False]
    assert again.vanished() == []


def test_what_is_not_told_any_more_has_vanished_from_its_place() -> None:
    store = MemoryStore()
    note(ledger(store), "a", "b", "c", offset=3)
    later = ledger(store)
    later.compare(digests("b"))
    assert sorted(later.vanished()) == [Place(0, 3, 0), Place(0, 3, 2)]
    later.withdraw()
    assert ledger(store).vanished() == [Place(0, 3, 1)]


def test_what_is_replaced_by_a_later_event_never_vanishes() -> None:
    store = MemoryStore()
    note(ledger(store), "profile", offset=3, is_replaced=True)
    later = ledger(store)
    assert later.vanished() == []
    assert later.compare(digests("profile"))[0].tolist() == [False]


def test_an_event_that_comes_back_gets_another_id_every_time() -> None:
    store, seen = MemoryStore(), []
    for round_ in range(4):
        seen += note(ledger(store), "a", "b", offset=10 * round_)
        later = ledger(store)
        later.compare(digests("b"))
        later.withdraw()
    assert len(seen) == len(set(seen)) == 5  # The one that stays was sent once.
    assert seen[0] == hashlib.sha256(b"a").hexdigest()
    again = hashlib.sha256(hashlib.sha256(b"a").digest() + b"\n1").hexdigest()
    assert seen[2] == again


def test_an_event_that_came_back_stands_where_it_was_sent_last() -> None:
    store = MemoryStore()
    note(ledger(store), "a", offset=1)
    ledger(store).withdraw()
    note(ledger(store), "a", offset=7)
    assert ledger(store).vanished() == [Place(0, 7, 0)]


def test_months_do_not_know_each_others_events() -> None:
    store = MemoryStore()
    note(ledger(store), "a", offset=1)
    other = ledger(store, period="2026-10-31")
    assert other.is_empty
    assert other.compare(digests("a"))[0].tolist() == [True]


def test_a_clock_that_is_set_back_undoes_nothing() -> None:
    """The newest row of an event counts: one written later must not look older."""
    store, clock = MemoryStore(), SetBackClock()
    note(ledger(store, clock), "a", "b", offset=1)
    book = ledger(store, clock)
    book.compare(digests("b"))
    book.withdraw()
    assert ledger(store, clock).vanished() == [Place(0, 1, 1)]
    note(ledger(store, clock), "a", "b", offset=2)
    assert sorted(ledger(store, clock).vanished()) == [Place(0, 1, 1), Place(0, 2, 0)]


def withdraw_and_go_on(store: MemoryStore) -> None:
    ledger(store).withdraw()
    note(ledger(store), "d", offset=2)


@pytest.mark.parametrize("rows", range(1, 4))
def test_a_withdrawal_that_was_cut_short_goes_on_with_the_rest(rows: int) -> None:
    store = MemoryStore()
    for offset, text in enumerate("abc"):
        note(ledger(store), text, offset=offset)
    left = iter([False] * rows + [True])
    store.kill = lambda: next(left)
    with pytest.raises(Killed):
        withdraw_and_go_on(store)
    store.kill = None
    assert len(ledger(store).vanished()) == 3 - rows


def test_ids_that_begin_alike_are_told_apart() -> None:
    """They are looked for by their first eight bytes, and known by sixteen."""
    store, alike = MemoryStore(), np.zeros((3, 32), np.uint8)
    alike[:, 15] = (7, 3, 5)
    book, first = ledger(store), alike[:2]
    places = np.array([(0, 1, 0), (0, 1, 1)])
    book.note(first, np.zeros(2, np.int64), places, is_replaced=np.zeros(2, np.bool_))
    assert ledger(store).compare(alike)[0].tolist() == [False, False, True]


def test_thousands_of_events_are_each_found_again() -> None:
    store, texts = MemoryStore(), [f"event {number}" for number in range(5_000)]
    assert len(note(ledger(store), *texts, offset=1)) == len(texts)
    again = ledger(store)
    assert not again.compare(digests(*reversed(texts[:2_500])))[0].any()
    assert len(again.vanished()) == 2_500
    assert store.row_count(FILING_EVENTS) == 1


def test_an_event_that_was_sent_twice_is_withdrawn_in_both_places() -> None:
    """A process that died after sending it sends it again, and notes the second place."""
    store = MemoryStore()
    made, once = digests("a"), np.zeros(1, np.int64)
    for offset in (3, 8):
        places = np.array([(0, offset, 0)])
        ledger(store).note(made, once, places, is_replaced=np.zeros(1, np.bool_))
    later = ledger(store)
    assert len(later.vanished()) == 1
    later.withdraw()
    after = ledger(store)
    assert after.vanished() == []
    assert after.compare(made)[2].tolist() == [1]
