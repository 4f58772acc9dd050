"""Whatever happens to a file on its way, it is a sound package or a told problem."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.imports.pboc import dat_facts
from infra.imports.pboc.dat_facts import DatFacts, facts_of
from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.package import Package, packages_of
from tests.infra.pboc.package_files import DAT, LOG, SAMPLES, STEM, put

CASES_A_SEED = 60
ZIP = (SAMPLES / f"{STEM}.zip").read_bytes()

Mutation = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def flip_in_the_directory(rng: random.Random, content: bytes) -> bytes:
    """The last bytes of an archive are its directory, where sizes and places stand."""
    changed = bytearray(content)
    changed[-rng.randrange(1, min(len(content), 250) + 1)] = rng.choice([0, 1, 127, 128, 255])
    return bytes(changed)


def cut(rng: random.Random, content: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:begin] + content[end:]


def keep_the_beginning(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def repeat(rng: random.Random, content: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[begin:end] * rng.choice([1, 2, 50]) + content[end:]


def insert(rng: random.Random, content: bytes) -> bytes:
    place = rng.randrange(len(content) + 1)
    inserted = rng.choice([b"\n", b"\r\n", b"\x00", b"|", b"\xef\xbb\xbf", rng.randbytes(9)])
    return content[:place] + inserted + content[place:]


MUTATIONS: tuple[Mutation, ...] = (
    flip,
    flip_in_the_directory,
    cut,
    keep_the_beginning,
    repeat,
    insert,
)


def mutated(seed: int, content: bytes) -> Iterator[bytes]:
    rng = random.Random(seed)
    for _ in range(CASES_A_SEED):
        yield rng.choice(MUTATIONS)(rng, content)


def outcomes_of(paths: list[Path], folder: Path) -> list[Package | FileProblem]:
    outcomes = packages_of(paths, folder)
    for outcome in outcomes:
        if isinstance(outcome, FileProblem):
            assert outcome.faults
            assert all(f.sentence("zh") and f.sentence("en") for f in outcome.faults)
    return outcomes


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_archive_gives_the_filing_unharmed_or_a_problem(
    seed: int, tmp_path: Path
) -> None:
    path = tmp_path / f"{STEM}.zip"
    for content in mutated(seed, ZIP):
        path.write_bytes(content)

        (outcome,) = outcomes_of([path], tmp_path)

        # The log inside tells a change of the rows: none comes through unseen.
        if isinstance(outcome, FileProblem):
            assert {fault.rule for fault in outcome.faults} <= {"2", "3", "4"}
        else:
            assert outcome.dat.read_bytes() == DAT


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_log_gives_a_problem_unless_it_says_the_same(seed: int, tmp_path: Path) -> None:
    for content in mutated(seed, LOG):
        (outcome,) = outcomes_of(put(tmp_path, DAT, content), tmp_path)

        if isinstance(outcome, Package):
            assert outcome.log is not None
            assert outcome.log.row_count == 20
            assert outcome.log.md5.lower() == outcome.facts.md5


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_dat_is_always_told_by_its_log(seed: int, tmp_path: Path) -> None:
    for content in mutated(seed, DAT):
        (outcome,) = outcomes_of(put(tmp_path, content, LOG), tmp_path)

        assert isinstance(outcome, FileProblem) or content == DAT


@pytest.mark.parametrize("seed", range(4))
def test_facts_do_not_depend_on_where_the_pieces_are_cut(seed: int) -> None:
    for content in mutated(seed, DAT[:600]):
        rng = random.Random(seed)
        places = sorted(rng.randrange(len(content) + 1) for _ in range(40))
        pieces = [content[b:e] for b, e in zip([0, *places], [*places, len(content)], strict=True)]

        assert facts_of(pieces) == facts_of([content]) == facts_of(singly(content))
        assert facts_of([content]).bad_byte == plain_bad_byte(content)


@pytest.mark.parametrize(
    ("pieces", "has_bom", "bad_byte"),
    [
        ([b"\xef", b"\xbb", b"\xbfa"], True, None),
        ([b"\xe7", b"\x94\xb2\nab\xff"], False, (2, 3, 0xFF)),
        ([b"a\n\xe7\x94", b"\xb2\xff"], False, (2, 4, 0xFF)),
        ([b"a\xe7\x94", b"a"], False, (1, 2, 0xE7)),
        ([b"a\n\xe7\x94"], False, (2, 1, 0xE7)),
    ],
)
def test_a_character_may_be_cut_in_two(
    pieces: list[bytes], has_bom: bool, bad_byte: tuple[int, int, int] | None
) -> None:
    facts = facts_of(pieces)

    assert facts.has_bom is has_bom
    assert facts.bad_byte == bad_byte


def singly(content: bytes) -> Iterator[bytes]:
    return (content[place : place + 1] for place in range(len(content)))


def plain_bad_byte(content: bytes) -> dat_facts.BadByte | None:
    """The first bad byte, found line by line: a line end is never part of a character."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return dat_facts.BadByte(number, error.start + 1, line[error.start])
    return None


def test_an_empty_file_has_facts() -> None:
    facts: DatFacts = facts_of([])

    assert (facts.size_bytes, facts.row_count, facts.ends_with_newline) == (0, 0, False)
    assert facts.bad_byte is None
