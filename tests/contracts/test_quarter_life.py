"""The life of a quarter on every kind of store: acts come back as written, files too."""

import threading

import msgspec

from streams.kept_files import keep_file, read_file
from streams.ports import Store
from streams.quarter_life import Deed, _act_of, _insert, read_acts, read_life, read_lives
from tests.quarter_story import AGENCIES, BODIES, NEXT_RUN, OTHER_MAKER, Q4, RUN, Story


def test_a_whole_life_is_read_back_with_its_chain(store: Store) -> None:
    story = Story(store)
    written = story.to("publish")
    written = story.do("reopen", reason="补报 / late")

    life = read_life(store, Q4)

    assert life == written
    assert (life.broken_at, life.state, life.version) == (0, "open", 2)
    assert life.published[0].run_id == RUN
    assert [signer.agency for signer in life.published[0].signers] == list(AGENCIES)
    assert read_lives(store) == [life]


def test_of_two_rows_with_one_number_the_earlier_act_is_read(store: Store) -> None:
    early, late = Story(store), Story(store)
    early.do("cut")
    (first,) = read_acts(store, Q4)
    # The same number again, as another process would write it that had not seen the first.
    late.clock.ms += 60_000
    other = _act_of(Q4, Deed("cut", OTHER_MAKER, BODIES["cut"]), 1, late.clock.now_ms())
    _insert(store, msgspec.structs.replace(other, sha256=NEXT_RUN))

    assert read_acts(store, Q4) == [first]


def test_a_file_comes_back_as_it_was_handed_in(store: Store) -> None:
    content = bytes(range(256)) * 40
    kept = keep_file(store, "../../证据 1.pdf", content)

    assert kept.file_name == "证据 1.pdf"
    assert read_file(store, kept.sha256) == kept
    assert keep_file(store, "another name.pdf", content).file_name == "证据 1.pdf"


def test_who_reads_meanwhile_sees_the_old_version_or_the_new_one(store: Store) -> None:
    story = Story(store)
    before = story.to("sign").published
    seen, is_done = [], threading.Event()

    def read() -> None:
        while not is_done.is_set():
            life = read_life(store, Q4)
            seen.append((life.state, life.broken_at, len(life.published)))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while not seen:
        pass
    after = story.do("publish").published
    is_done.set()
    reader.join()

    assert (before, len(after)) == ([], 1)
    assert set(seen) <= {("signed", 0, 0), ("published", 0, 1)}
