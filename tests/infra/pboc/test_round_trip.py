"""Whatever a bank sends, export gives it back: import and export are exact inverses.

A part of the files goes through the embedded engine, where bytes could be lost as well: line ends,
NUL, blanks at the end, and what is no row of its table. The others go through a store in memory,
which is quicker.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.imports.pboc.archive import Archive
from infra.imports.pboc.export import export_filing, filing_of
from infra.imports.pboc.filing_importer import FilingImporter
from infra.imports.pboc.filing_name import filing_name_of
from infra.imports.pboc.filing_report import FilingReport
from infra.imports.pboc.table_spec import SPECS, spec_of
from infra.wiring import Node
from tests.identities import bank_id
from tests.infra.pboc.memory_import import MemoryImport
from tests.infra.pboc.mutations import mutated_file, mutated_rows
from tests.infra.pboc.package_files import SAMPLES, log_of, put, put_zip
from tests.infra.pboc.sound_months import MONTHS, sound_month, stem_of

SEED = 20_260_930
MEMORY_BANKS, EMBEDDED_BANKS = 72, 12  # With twelve tables each, a little over a thousand files.
ROWS = 4
PERSONS = "GRKHXX"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("round_trip") / "data") as opened:
        yield opened


def faulty_filings(banks: range) -> dict[str, bytes]:
    """Return files of every table with faults of every kind, by the stem of their names.

    None of them stops the whole file: such a file is not kept, and there is nothing to give back.
    """
    rng = random.Random(SEED + banks.start)
    filings = {}
    for number in banks:
        bank = bank_id(number)
        for table, rows in sound_month(bank, MONTHS[number % 3], ROWS).items():
            if rng.randrange(4):
                content = mutated_rows(rng, rows, rng.choice([1, 3, 6]))
            else:
                content = mutated_file(rng, rows)
            content = content.decode("utf-8", "ignore").lstrip("\ufeff").encode()
            line_end = rng.choice([b"", b"", b"\n", b"\r\n", b"\n\n"])
            filings[stem_of(bank, table, MONTHS[number % 3])] = content + line_end
    return filings


def lines_in_clear(report: FilingReport) -> set[int]:
    """The lines of which an identifier of a person is not known to be masked."""
    return {one.line for one in report.findings if one.rule in {"12", "13"}}


def without_lines(content: bytes, lines: set[int]) -> list[bytes]:
    return [line for number, line in enumerate(content.split(b"\n"), 1) if number not in lines]


def check_round_trip(
    filings: dict[str, bytes], importer: FilingImporter, archive: Archive, folder: Path
) -> None:
    sent, out = folder / "sent", folder / "out"
    sent.mkdir()
    paths = []
    for number, (stem, content) in enumerate(filings.items()):
        log = log_of(content, stem)
        entries = ((f"{stem}.dat", content), (f"{stem}.log", log))
        paths += [put_zip(sent, entries, stem)] if number % 2 else put(sent, content, log, stem)

    reports = {Path(one.file).stem: one for one in importer.import_filings(paths)}

    assert reports.keys() == filings.keys()
    assert sum(report.refused_row_count for report in reports.values()) > len(filings)
    blotted_count = 0
    for stem, content in filings.items():
        name = filing_name_of(stem)
        filing = filing_of(archive, name.institution_id, name.table, name.period, 0)
        exported = export_filing(archive, filing, out, "dat")

        assert not reports[stem].faults, f"seed {SEED}: {reports[stem].faults}"
        given_back = exported.files[0].read_bytes()
        expected = without_persons(content) if name.table == PERSONS else content
        in_clear = lines_in_clear(reports[stem])
        assert without_lines(given_back, in_clear) == without_lines(expected, in_clear), (
            f"seed {SEED}: {stem}"
        )
        assert exported.is_whole or in_clear or name.table == PERSONS
        blotted_count += len(in_clear)
        assert exported.files[1].read_bytes() == log_of(content, stem)
    # Some mutations make a person's masked number look like one in clear, which is not kept.
    assert blotted_count * 10 < len(filings)


def test_hundreds_of_faulty_files_come_back_byte_for_byte(tmp_path: Path) -> None:
    kept = MemoryImport()
    filings = faulty_filings(range(MEMORY_BANKS))
    assert len(filings) + EMBEDDED_BANKS * len(SPECS) > 1_000
    assert {filing_name_of(stem).table for stem in filings} == set(SPECS)

    check_round_trip(filings, kept.importer, kept.archive, tmp_path)


def test_faulty_files_come_back_byte_for_byte_from_the_embedded_engine(
    node: Node, tmp_path: Path
) -> None:
    filings = faulty_filings(range(MEMORY_BANKS, MEMORY_BANKS + EMBEDDED_BANKS))

    check_round_trip(filings, node.filing_importer, node.archive, tmp_path)


def without_persons(content: bytes) -> bytes:
    """Return what may be kept of a table of persons, worked out line by line."""
    spec = spec_of(PERSONS)
    lines = []
    for line in content.split(b"\n"):
        row = line.removesuffix(b"\r")
        cells = row.split(b"|")
        is_row = len(cells) == len(spec.names) and min(row, default=32) >= 32
        kept = [
            cell if is_row and name not in spec.withheld else b""
            for name, cell in zip([*spec.names, *cells], cells, strict=False)
        ]
        lines.append(b"|".join(kept) + line[len(row) :])
    return b"\n".join(lines)


def test_the_samples_come_back_byte_for_byte(node: Node, tmp_path: Path) -> None:
    archives = sorted(SAMPLES.glob("*.zip"))
    node.filing_importer.import_filings(archives)

    for path in archives:
        name = filing_name_of(path)
        filing = filing_of(node.archive, name.institution_id, name.table, name.period, 0)
        exported = export_filing(node.archive, filing, tmp_path)

        assert exported.is_whole
        for suffix in (".dat", ".log"):
            given_back = (tmp_path / f"{name.stem}{suffix}").read_bytes()
            assert given_back == path.with_suffix(suffix).read_bytes()
