"""The banks' files of the demo: they keep the rules, and tell the same as the demo's events."""

import datetime as dt
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.demo.economy import Economy
from infra.demo.filings.sent_filings import SentFilings
from infra.demo.filings.tables import TABLES, Filing
from infra.demo.planted import names
from infra.demo.telling import events_of
from infra.demo_files import write_filing
from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.rows import pieces_of, rows_of_piece
from infra.imports.pboc.table_spec import spec_of
from infra.reference_data import load_lpr
from schemas.codes import POLICY_TAGS, PolicyTag
from schemas.event import Event
from schemas.events.credit_line_set import CreditLineSet
from tests.infra.demo.derive_plainly import derive, rows_in
from tests.infra.pboc.memory_import import MemoryImport
from tests.reference_job import Reference, reference_job

MOVED_MUCH = "57"  # A warning, with a threshold that is not the regulator's.
EPOCH = dt.date(1970, 1, 1)
# What is sent too large or too small does not add up, and the plain derivation wants sound files.
REAL_TROUBLES = tuple(name for name in names() if name != "unit_slip")
# Marks of a draw that the files have no column for.
UNTOLD = (PolicyTag.DEFERRAL, PolicyTag.CREDIT_SUPPORT)


class Told(NamedTuple):
    """The same world, told twice."""

    events: list[Event]
    filings: list[Filing]
    economy: Economy


def tell(
    seed: int, *, banks: int, borrowers: int, quarters: int, troubles: tuple[str, ...] = ()
) -> Told:
    economy = Economy(
        seed,
        lpr=load_lpr(),
        banks=banks,
        borrowers=borrowers,
        quarters=quarters,
        troubles=troubles,
    )
    story = economy.story()
    sent = SentFilings(story)
    events: list[Event] = []
    files: list[Filing] = []
    for month in range(3 * quarters - 1):
        end = story.next_month()
        events += events_of(economy.world, sent.final_rows(end))
        if month:  # In the first the books open: it is not reported.
            files += sent.of_month(end)
    return Told(events, files, economy)


@pytest.fixture(scope="module")
def world() -> Told:
    return tell(7, banks=8, borrowers=300, quarters=9)


def by_month(filings: list[Filing]) -> Iterator[tuple[Any, dict[str, list[dict[str, str]]]]]:
    months: dict[Any, dict[str, list[dict[str, str]]]] = {}
    for filing in filings:
        key = (filing.name.institution_id, filing.name.period)
        months.setdefault(key, {})[filing.name.table] = rows_in(filing)
    yield from sorted(months.items())


def test_no_row_breaks_a_rule_not_even_for_a_warning(world: Told) -> None:
    broken: Counter[Any] = Counter()
    for filing in world.filings:
        name = filing.name
        if name.period.month not in {1, 5, 12}:
            continue
        for piece in pieces_of(io.BytesIO(filing.content)):
            rows, bad = rows_of_piece(
                spec_of(name.table),
                piece,
                institution_id=name.institution_id,
                period_first_day=(name.period_first - EPOCH).days,
                period_last_day=(name.period - EPOCH).days,
            )
            assert not bad
            for group in check_rows(rows).groups:
                broken[name.table, group.rule.number, group.field] += group.places.size

    assert broken == {}


def test_the_importer_finds_nothing_but_books_that_have_moved_much(tmp_path: Path) -> None:
    desk, found = MemoryImport(), Counter[str]()
    world = tell(9, banks=3, borrowers=150, quarters=2)
    paths = [write_filing(tmp_path, filing, is_zipped=True) for filing in world.filings]
    for report in desk.take(paths).values():
        assert not report.faults
        assert not report.unchecked
        assert report.accepted_row_count == report.row_count
        found.update({count.rule: count.count for count in report.finding_counts})

    assert set(found) <= {MOVED_MUCH}
    assert len(paths) == 4 * 3 * len(TABLES)


def test_every_bank_sends_every_table_every_month_and_an_empty_one_has_no_bytes() -> None:
    filings = tell(3, banks=3, borrowers=9, quarters=1).filings

    assert len(filings) == 3 * len(TABLES)
    assert any(not filing.content for filing in filings)
    assert not any(filing.content.endswith(b"\n") for filing in filings)


def test_no_key_and_no_transaction_comes_twice(world: Told) -> None:
    for filing in world.filings:
        spec, rows = spec_of(filing.name.table), rows_in(filing)
        keys = {tuple(row[name] for name in spec.key) for row in rows}
        assert len(keys) == len(rows)
        if spec.role == "flow":
            assert len({row["transaction_no"] for row in rows}) == len(rows)


def test_every_borrower_is_a_customer_as_the_customers_have_it(world: Told) -> None:
    seen = 0
    for _, tables in by_month(world.filings):
        units = {row["customer_id"]: row for row in tables["FTYKHX"]}
        persons = {row["customer_id"]: row for row in tables["GRKHXX"]}
        for row in tables["CLDWDK"] + tables["DWDKFS"]:
            for name in ("id_type", "sector", "size", "ownership"):
                known = units[row["borrower_id"]]
                assert row[f"borrower_{name}"] == known.get(name, known["customer_id_type"])
            seen += 1
        for row in tables["CLGRDK"] + tables["GRDKFS"]:
            assert row["borrower_id"] in persons
        for row in tables["CLPJRZ"] + tables["PJRZFS"]:
            assert row["applicant_id"] in units
    assert seen > 10_000


def test_a_customer_once_reported_is_reported_in_every_later_month(world: Told) -> None:
    known: dict[tuple[str, str], set[str]] = {}
    for (bank_id, _), tables in by_month(world.filings):
        for table in ("FTYKHX", "GRKHXX"):
            now = {row["customer_id"] for row in tables[table]}
            assert known.get((bank_id, table), set()) <= now
            known[bank_id, table] = now


def test_every_secured_loan_has_a_guarantee_contract(world: Told) -> None:
    for _, tables in by_month(world.filings):
        contracts = {row["secured_contract_no"] for row in tables["DBHTXX"]}
        secured = {
            row["contract_no"]
            for table in ("CLDWDK", "DWDKFS", "CLGRDK", "GRDKFS")
            for row in tables[table]
            if row["guarantee_kind"][0] in "ABCE"
        }
        assert contracts == secured


def test_files_and_events_give_the_same_sums_profiles_and_credit_lines(world: Told) -> None:
    assert_same(world)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_seed_files_and_events_give_the_same(seed: int) -> None:
    assert_same(tell(seed, banks=5, borrowers=120, quarters=6))


def test_a_bank_that_is_taken_over_sends_no_more_and_nothing_is_lost() -> None:
    world = tell(4, banks=20, borrowers=250, quarters=10)
    banks = world.economy.world.banks
    assert banks.merger is not None
    closing = banks.banks[banks.merger.closing].bank_id
    last = max(f.name.period for f in world.filings if f.name.institution_id == closing)
    loans = [rows_in(filing) for filing in world.filings if filing.name.table == "DWDKFS"]
    is_taken_over = [
        row["institution_id"] == closing and row["flow_status"] == "LF04"
        for row in itertools.chain(*loans)
    ]

    assert last < world.economy.last_quarter.last_day
    assert sum(is_taken_over) > 3
    assert_same(world)


def test_what_troubles_change_is_in_files_and_events_alike() -> None:
    assert_same(tell(8, banks=20, borrowers=250, quarters=6, troubles=REAL_TROUBLES))


def test_the_same_seed_writes_the_same_bytes() -> None:
    first = tell(5, banks=3, borrowers=60, quarters=2).filings

    assert tell(5, banks=3, borrowers=60, quarters=2).filings == first
    assert tell(6, banks=3, borrowers=60, quarters=2).filings != first


def assert_same(world: Told) -> None:
    lpr_days = load_lpr().publication_day.tolist()
    from_events = reference_job(last_of_day(world.events), lpr_days)
    from_files = reference_job(derive(world.filings), lpr_days)

    assert moved(from_files.cells) == moved(from_events.cells)
    assert profiles(from_files) == profiles(from_events)
    assert credit_lines(from_files) == credit_lines(from_events)
    assert moved(from_files.totals) == moved(from_events.totals)
    assert tagged(from_files.tag_totals) == tagged(from_events.tag_totals)
    assert len(from_events.cells) > 100


def moved(rows: dict[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    """Rows without sums of nothing: not every way of telling touches every one."""
    left = {key: {name: n for name, n in sums.items() if n} for key, sums in rows.items()}
    return {key: sums for key, sums in left.items() if sums}


def tagged(rows: dict[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    untold = {16 + POLICY_TAGS.index(tag) for tag in UNTOLD}
    return {key: sums for key, sums in moved(rows).items() if key[-1] not in untold}


def profiles(job: Reference) -> dict[Any, list[Any]]:
    names = ("borrower_kind", "holding", "firm_size", "industry", "city")
    return {who: changes(known, *names) for who, known in job.profiles.items()}


def credit_lines(job: Reference) -> dict[Any, list[Any]]:
    return {who: changes(known, "limit_cny_minor") for who, known in job.credit_lines.items()}


def last_of_day(events: list[Event]) -> list[Event]:
    """Leave out credit lines that were set anew on the same day: the file tells the last alone."""
    lines = {
        (event.bank_id, event.borrower_id, event.occurred_on): event
        for event in events
        if isinstance(event, CreditLineSet)
    }
    kept = {event.event_id for event in lines.values()}
    return [e for e in events if not isinstance(e, CreditLineSet) or e.event_id in kept]


def changes(known: dict[int, Event], *names: str) -> list[Any]:
    """What is known of a borrower from which quarter on; said once more, it is no change."""
    told: list[Any] = []
    for quarter, event in sorted(known.items()):
        about = [getattr(event, name) for name in names]
        if not told or told[-1][1:] != about:
            told.append([quarter, *about])
    return told
