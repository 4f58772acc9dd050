"""Small files with faults, by the thousand: the importer keeps each and gives it back as it came."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from infra.demo.filings.tables import TABLES
from infra.imports.pboc.export import export_filing, filing_of
from infra.imports.pboc.package_writer import write_package
from infra.imports.pboc.table_spec import spec_of
from tests.infra.demo.small_filings import faulty_filing, small_filing
from tests.infra.pboc.memory_import import MemoryImport
from tests.infra.pboc.test_round_trip import lines_in_clear, without_lines

FILES = 1_000
FILES_A_TABLE = 16  # That go through the importer.
SENT_AT = dt.datetime(2020, 2, 10, 9)  # noqa: DTZ001 - a bank's own clock.
# Of persons, some fields are never kept.
KEPT_WHOLE = tuple(table for table in TABLES if not spec_of(table).withheld)


def test_the_same_seed_gives_the_same_file() -> None:
    for seed, table in enumerate(TABLES):
        assert faulty_filing(seed, table) == faulty_filing(seed, table)
        assert faulty_filing(seed, table) != faulty_filing(seed + 1, table)


def test_most_files_have_a_fault_and_few_rows() -> None:
    wrong: Counter[str] = Counter()
    for seed in range(FILES):
        table = TABLES[seed % len(TABLES)]
        content = faulty_filing(seed, table).content
        separators = len(spec_of(table).names) - 1
        lines = content.split(b"\n")
        assert 10 <= len(lines) <= 300
        wrong["carriage return"] += b"\r\n" in content
        wrong["last line feed"] += content.endswith(b"\n")
        wrong["field count"] += any(line.count(b"|") != separators for line in lines if line)
        wrong["row twice"] += len(set(lines)) < len(lines)
        wrong["nothing"] += content == small_filing(seed, table).content

    assert min(wrong[name] for name in ("carriage return", "last line feed", "row twice")) > 100
    assert wrong["field count"] > 100
    assert wrong["nothing"] < 20


@pytest.mark.parametrize("table", KEPT_WHOLE)
def test_every_file_is_given_back_byte_for_byte(table: str, tmp_path: Path) -> None:
    for seed in range(FILES_A_TABLE):
        filing = faulty_filing(seed, table)
        desk = MemoryImport()
        folder = tmp_path / str(seed)
        folder.mkdir()
        written = write_package(folder, filing.name, [filing.content], SENT_AT)
        report = desk.take([written.zip])[filing.name.stem]
        assert not report.faults
        name = filing.name
        kept = filing_of(desk.archive, name.institution_id, name.table, name.period, 1)
        exported = export_filing(desk.archive, kept, folder / "back")
        # Some faults make a person's masked number look like one in clear, which is not kept.
        in_clear = lines_in_clear(report)
        assert exported.is_whole or in_clear
        back = (folder / "back" / written.dat.name).read_bytes()
        assert without_lines(back, in_clear) == without_lines(filing.content, in_clear)
        assert len(in_clear) <= 3
        assert report.accepted_row_count + report.refused_row_count == report.row_count
