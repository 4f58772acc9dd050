"""Ten thousand mutations of sound files: never a crash, never a row that is lost unseen.

Rows in = rows accepted + rows held back. A row that is held back has a finding on its line, and a
row of a table that makes events has made its event, which is told by its line.
"""

import random
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.imports.pboc.filing_importer import check_filings
from infra.imports.pboc.filing_name import filing_name_of
from infra.imports.pboc.filing_report import FilingReport
from infra.imports.pboc.table_spec import SPECS, spec_of
from schemas.tables import FILING_FINDINGS
from tests.identities import bank_id
from tests.infra.pboc.memory_import import MemoryImport, record_told_lines
from tests.infra.pboc.mutations import mutated_file, mutated_rows
from tests.infra.pboc.package_files import SAMPLES
from tests.infra.pboc.sound_months import CUSTOMERS, MONTHS, put_dat, sound_month, stem_of

SEEDS, BANKS, MUTATIONS_A_FILE = 6, 8, 18
assert SEEDS * BANKS * len(SPECS) * MUTATIONS_A_FILE > 10_000
ROWS = 18
BOM = b"\xef\xbb\xbf"


class Fuzz(NamedTuple):
    """One seed's files, and an importer that has seen something before."""

    seed: int
    kept: MemoryImport
    contents: dict[str, bytes]  # By stem.
    known_banks: frozenset[str]  # Of which earlier filings are there.


@pytest.fixture(params=range(SEEDS), ids="seed {}".format)
def fuzz(request: pytest.FixtureRequest, tmp_path: Path) -> Fuzz:
    seed: int = request.param
    rng = random.Random(seed)
    banks = [bank_id(100 * seed + number) for number in range(BANKS)]
    known = frozenset(rng.sample(banks, 2))
    kept = MemoryImport()
    # The month before of one bank and a first batch of the other, both without a fault.
    kept.take([
        put_dat(tmp_path, stem_of(bank, table, period), b"\n".join(rows))
        for bank, period in zip(sorted(known), MONTHS, strict=False)
        for table, rows in sound_month(bank, period, ROWS).items()
    ])  # fmt: skip
    contents = {
        stem_of(bank, table, MONTHS[1]): _mutant(rng, table, rows)
        for bank in banks
        for table, rows in sound_month(bank, MONTHS[1], ROWS).items()
    }
    return Fuzz(seed, kept, contents, known)


def _mutant(rng: random.Random, table: str, rows: list[bytes]) -> bytes:
    content = mutated_rows(rng, rows, MUTATIONS_A_FILE)
    is_whole_file = rng.randrange(8) == 0
    return mutated_file(rng, content.split(b"\n")) if is_whole_file and content else content


def test_nothing_is_lost_of_mutated_files(
    fuzz: Fuzz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_lines = record_told_lines(monkeypatch)
    paths = [put_dat(tmp_path, stem, content) for stem, content in fuzz.contents.items()]

    reports = fuzz.kept.take(paths)

    assert reports.keys() == fuzz.contents.keys(), f"seed {fuzz.seed}"
    for stem, content in fuzz.contents.items():
        report, where = reports[stem], f"seed {fuzz.seed}, {stem}"
        if not _is_text(content):
            assert [fault.rule for fault in report.faults] == ["4"], where
            assert report.row_count == 0, where
            # Of a known bank the batch that was there is told once more.
            assert stem not in told_lines or stem[:18] in fuzz.known_banks, where
            continue
        assert not report.faults, where
        if report.is_known:  # The mutations left it as it was.
            assert report.sha256 == fuzz.kept.archive.listed(report.bank_id)[0].sha256
            continue
        refused = _refused_lines(fuzz, report, content, where)
        _check_told(fuzz, report, content, told_lines.get(stem, set()), refused, where)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return not content.startswith(BOM)


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _refused_lines(fuzz: Fuzz, report: FilingReport, content: bytes, where: str) -> set[int]:
    """Return the lines that were held back, after a look at how they are accounted for."""
    name = filing_name_of(Path(report.file))
    assert report.row_count == len(_lines(content)), where
    assert report.row_count == report.accepted_row_count + report.refused_row_count, where
    filing = fuzz.kept.archive.newest(name.institution_id, name.table, name.period)
    assert filing is not None, where
    assert filing.row_count == report.row_count, where
    refused = set((filing.refused.nonzero()[0] + 1).tolist())
    assert len(refused) == report.refused_row_count, where
    found = fuzz.kept.store.read(
        FILING_FINDINGS,
        {
            "bank_id": filing.bank_id,
            "table_code": filing.table,
            "period": filing.period.isoformat(),
            "batch": filing.batch,
        },
    )
    rules, levels = found["rule"].to_list(), found["level"].to_list()
    # What the pipeline refuses has the name of a reason, and its row has made an event.
    held = {
        line
        for line, rule, level in zip(found["line"].tolist(), rules, levels, strict=True)
        if level == "E" and (rule.isdigit() or len(rule) == 1)
    }
    assert held == refused, where
    return refused


def _check_told(
    fuzz: Fuzz,
    report: FilingReport,
    content: bytes,
    told: set[int],
    refused: set[int],
    where: str,
) -> None:
    spec = spec_of(report.table)
    accepted = set(range(1, report.row_count + 1)) - refused
    assert report.told_count == report.unchanged_count + sum(report.event_types.values()), where
    if not spec.makes_events:
        assert not told, where
        return
    assert told <= accepted, where
    if report.table in CUSTOMERS and report.bank_id in fuzz.known_banks:
        return  # A customer who is as before is not told again.
    if report.table == "GRKHXX":
        accepted = {line for line in accepted if _says_something(_lines(content)[line - 1])}
    assert told == accepted, where


def _says_something(line: bytes) -> bool:
    """Return whether the row of a person tells of what kind they are, or has a credit line."""
    names = spec_of("GRKHXX").names
    row = dict(zip(names, line.removesuffix(b"\r").split(b"|"), strict=True))
    return bool(row["person_kind"] or row["credit_limit"])


def test_what_a_trial_finds_is_what_an_import_finds(tmp_path: Path) -> None:
    rng = random.Random(1)
    bank = bank_id(1)
    paths = [
        put_dat(tmp_path, stem_of(bank, table, MONTHS[0]), mutated_rows(rng, rows, 6))
        for table, rows in sound_month(bank, MONTHS[0], ROWS).items()
    ]

    trials = [trial.report for trial in check_filings(paths, None)]
    reports = list(MemoryImport().take(paths).values())

    for trial, report in zip(trials, reports, strict=True):
        assert trial.is_trial
        assert trial.refused_row_count == report.refused_row_count
        found = [one for one in report.finding_counts if one.rule.isdigit() or len(one.rule) == 1]
        assert trial.finding_counts == found


@pytest.mark.parametrize("seed", range(3))
def test_mutations_of_the_samples_are_told_or_held_back(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_lines = record_told_lines(monkeypatch)
    rng = random.Random(seed)
    contents = {
        path.stem: mutated_rows(rng, path.read_bytes().split(b"\n"), 15).removeprefix(BOM)
        for path in sorted(SAMPLES.glob("*.dat"))
    }
    fuzz = Fuzz(seed, MemoryImport(), contents, frozenset())

    reports = fuzz.kept.take([put_dat(tmp_path, *one) for one in contents.items()])

    for stem, content in contents.items():
        where = f"seed {seed}, {stem}"
        refused = _refused_lines(fuzz, reports[stem], content, where)
        _check_told(fuzz, reports[stem], content, told_lines[stem], refused, where)


def test_after_mutated_files_the_sound_ones_give_what_they_give_alone(tmp_path: Path) -> None:
    """A later batch takes everything back that an earlier one told wrongly."""
    rng = random.Random(3)
    kept, alone = MemoryImport(), MemoryImport()
    months = [
        (stem_of(bank_id(1), table, period), rows)
        for period in MONTHS[:2]
        for table, rows in sound_month(bank_id(1), period, 6).items()
    ]
    for _ in range(2):
        some = rng.sample(months, len(months) * 2 // 3)
        kept.take([put_dat(tmp_path, stem, mutated_rows(rng, rows, 4)) for stem, rows in some])
    sound = [put_dat(tmp_path, stem, b"\n".join(rows)) for stem, rows in months]
    rng.shuffle(sound)
    for half in (sound[::2], sound[1::2]):
        kept.take(half)

    alone.take(sound)

    assert kept.cells() == alone.cells()


@pytest.mark.parametrize("seed", range(2))
def test_a_month_that_is_read_back_tells_what_it_told(seed: int, tmp_path: Path) -> None:
    """What is kept must be checked and told as what was sent, persons' numbers in clear or not."""
    rng, kept = random.Random(seed), MemoryImport()
    banks = [bank_id(100 * seed + number) for number in range(3)]
    paths = []
    for bank in banks:
        for table, rows in sound_month(bank, MONTHS[0], ROWS).items():
            sent = [_in_clear(rng, row) for row in rows]
            content = mutated_rows(rng, sent, MUTATIONS_A_FILE).removeprefix(BOM)
            if table != "WTDKFS":
                paths.append(put_dat(tmp_path, stem_of(bank, table, MONTHS[0]), content))
    reports = kept.take(paths).values()
    before = {(one.bank_id, one.table): one.refused.tolist() for one in kept.archive.listed()}
    cells = kept.cells()
    assert not any(report.faults for report in reports)

    # This table has nothing to do with the others, but the month is told once more.
    late = kept.take([
        put_dat(tmp_path, stem_of(bank, "WTDKFS", MONTHS[0]), b"") for bank in banks
    ])  # fmt: skip

    after = {(one.bank_id, one.table): one.refused.tolist() for one in kept.archive.listed()}
    for key, refused in before.items():
        assert after[key] == refused, f"seed {seed}: {key}"
    assert [report.month_withdrawn_count for report in late.values()] == [0] * len(banks)
    assert kept.cells() == cells, f"seed {seed}"


def _in_clear(rng: random.Random, row: bytes) -> bytes:
    """Let a number in clear stand in some rows, where an identifier or anything else belongs."""
    if rng.randrange(3):
        return row
    cells = row.split(b"|")
    place = rng.randrange(1, len(cells))
    cells[place] = rng.choice([b"", "张三".encode(), cells[place]]) + b"11010519491231002X"
    return b"|".join(cells)
