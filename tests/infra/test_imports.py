"""An import accounts for every row, can be repeated and killed, and never mixes up its counts."""

import datetime as dt
import json
from pathlib import Path

import pytest

from infra.embedded_log import EmbeddedLog
from infra.imports import shipping
from infra.imports.importer import Importer
from infra.imports.report import ImportReport
from infra.ingest import Ingest
from infra.reference_data import load_lpr
from schemas.tables import EVENTS, IMPORTS, REJECTED
from streams.digest import state_digest
from streams.evaluate import read_snapshot
from streams.loop import Loop
from streams.memory_store import Killed, MemoryStore
from streams.pipeline import Pipeline
from tests.identities import bank_id, firm_id

BANK_A, BANK_B = bank_id(1), bank_id(2)
PUBLISHED = Path("infra/reference/nfra_inclusive_sme_balance_by_type.csv")


class StandingClock:
    def now_ms(self) -> int:
        return 1_700_000_000_000  # 2023-11-14


def importer_on(store: MemoryStore) -> Importer:
    """An importer as a newly started process has it."""
    log = EmbeddedLog(store, StandingClock())
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)
    ingest = Ingest(log, pipeline, Loop(log, pipeline))
    return Importer(store, ingest, StandingClock(), generation=0)


def repaid(number: int, bank: str = BANK_A, **changes: object) -> dict:
    event = {
        "type": "loan_repaid",
        "event_id": f"import-test-{number:08}",
        "bank_id": bank,
        "occurred_on": "2021-03-15",
        "borrower_id": firm_id(1),
        "loan_id": "L1",
        "loan_kind": "corporate",
        "amount_minor": 100,
        "rate_mbp": 434_500,
        "loan_class": "FQ01",
    }
    return event | changes


def write(path: Path, events: list[dict | str]) -> Path:
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return (
        report.row_count,
        report.stored_count,
        report.duplicate_count,
        report.rejected_count + report.refused_row_count,
    )


def complete_to(store: MemoryStore) -> dict[str, str]:
    return {str(lane["bank"]): str(lane["complete_to"]) for lane in read_snapshot(store).lanes}


def test_every_line_is_stored_or_named_with_its_place(tmp_path: Path) -> None:
    store = MemoryStore()
    path = write(
        tmp_path / "events.txt",
        [
            repaid(1),
            "not json",
            repaid(2, BANK_B),
            repaid(3, amount_minor=-5),
            repaid(1),
            repaid(4, loan_class="FQ09"),
        ],
    )

    report = importer_on(store).import_file(path)

    assert counts(report) == (6, 2, 1, 3)
    assert sorted(finding.place for finding in report.rejected) == [
        f"{path}:2",
        f"{path}:4:amount_minor",
        f"{path}:6:loan_class",
    ]
    assert all(finding.is_kept and finding.zh and finding.en for finding in report.rejected)
    assert len(store.read(REJECTED)["offset"]) == 3


def test_banks_are_complete_to_the_end_of_the_newest_month(tmp_path: Path) -> None:
    store = MemoryStore()
    path = write(tmp_path / "x", [repaid(1), repaid(2, BANK_B, occurred_on="2021-04")])

    report = importer_on(store).import_file(path)

    assert report.complete_to == "2021-04-30"
    assert complete_to(store) == {BANK_A: "2021-04-30", BANK_B: "2021-04-30"}


def test_a_date_in_the_future_makes_nobody_complete(tmp_path: Path) -> None:
    store = MemoryStore()
    path = write(tmp_path / "x", [repaid(1), repaid(2, occurred_on="2031-03-15")])

    report = importer_on(store).import_file(path)

    assert complete_to(store) == {BANK_A: "2021-03-31"}
    assert "date_in_the_future" in [remark.code for remark in report.warnings]


def test_the_sender_may_say_how_far_it_is_complete(tmp_path: Path) -> None:
    store = MemoryStore()
    path = write(tmp_path / "x", [repaid(1)])

    report = importer_on(store).import_file(path, complete_to=dt.date(2021, 12, 31))

    assert report.complete_to == "2021-12-31"
    assert complete_to(store) == {BANK_A: "2021-12-31"}


def test_a_file_known_as_done_sends_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    path = write(tmp_path / "x", [repaid(1)])
    importer_on(store).import_file(path)
    rows = store.row_count(EVENTS), len(read_snapshot(store).lanes)

    again = importer_on(store).import_file(path.rename(tmp_path / "other name"))

    assert again.is_known
    assert again.file == str(tmp_path / "other name")
    assert (store.row_count(EVENTS), len(read_snapshot(store).lanes)) == rows


def test_two_files_with_the_same_events_store_them_once(tmp_path: Path) -> None:
    store = MemoryStore()
    importer_on(store).import_file(write(tmp_path / "x", [repaid(1), repaid(2)]))

    report = importer_on(store).import_file(write(tmp_path / "y", [repaid(2), repaid(3)]))

    assert counts(report) == (2, 1, 1, 0)


def dies_importing(store: MemoryStore, path: Path, died_at: int) -> bool:
    """Import until the row before which the process dies; tell whether it came to that."""
    asked = 0

    def kill() -> bool:
        nonlocal asked
        asked += 1
        return asked == died_at

    importer = importer_on(store)
    store.kill = kill
    try:
        importer.import_file(path)
    except Killed:
        return True
    finally:
        store.kill = None
    return False


def test_an_import_that_died_is_finished_by_importing_again(tmp_path: Path) -> None:
    """Whatever row the process died before, the second import gives what one import gives."""
    path = write(tmp_path / "x", [repaid(1), repaid(2, BANK_B), "rubbish", repaid(3)])
    clean = MemoryStore()
    importer_on(clean).import_file(path)
    died_at = 1

    while dies_importing(store := MemoryStore(), path, died_at):
        report = importer_on(store).import_file(path)

        assert not report.is_known
        assert store.read(IMPORTS)["state"].to_list() == ["done"]
        assert report.stored_count + report.duplicate_count == 3
        assert complete_to(store) == complete_to(clean)
        assert store.row_count(EVENTS) == 3
        died_at += 1

    assert died_at > 20


def test_counts_hold_over_many_shipments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "SHIPMENT_EVENTS_MAX", 1)
    monkeypatch.setattr("infra.imports.parcel.PARCEL_EVENTS_MAX", 3)
    store = MemoryStore()
    events = [repaid(n, (BANK_A, BANK_B)[n % 2]) for n in range(20)]
    path = write(tmp_path / "x", [*events, "rubbish"])

    report = importer_on(store).import_file(path)

    assert counts(report) == (21, 20, 0, 1)
    assert [finding.place for finding in report.rejected] == [f"{path}:21"]
    assert report.submission_count == 8


def test_the_list_of_refused_rows_ends_and_their_count_does_not(tmp_path: Path) -> None:
    path = write(tmp_path / "x", [repaid(1), *["rubbish"] * 150])

    report = importer_on(MemoryStore()).import_file(path)

    assert report.rejected_count == 150
    assert len(report.rejected) == 100


def test_the_published_table_is_imported_once_and_for_all() -> None:
    store = MemoryStore()

    report = importer_on(store).import_file(PUBLISHED)

    assert (report.row_count, report.stored_count, report.left_out_count) == (60, 50, 10)
    assert report.complete_to == ""
    published = {(p.bank_id, p.quarter): p for p in read_snapshot(store).published}
    assert published["large_commercial", "2021Q4"].balance_minor == 6_556_041 * 10**8


def test_positions_need_no_completeness(tmp_path: Path) -> None:
    store = MemoryStore()
    path = tmp_path / "x"
    path.write_text(f"bank_id,quarter,population,balance_minor\n{BANK_A},2021Q4,all,5\n")

    report = importer_on(store).import_file(path)

    assert (report.kind, report.stored_count, report.complete_to) == ("positions_csv", 1, "")
    assert [p.balance_minor for p in read_snapshot(store).positions] == [5]


@pytest.mark.parametrize("revision", [1, 2])
def test_a_correction_counts_or_its_sender_is_told(tmp_path: Path, revision: int) -> None:
    """Which of two rows with one revision counts is settled by their ids, not by who came last."""
    store = MemoryStore()
    for balance, number in ((5, 1), (6, revision)):
        path = tmp_path / f"{balance}.csv"
        path.write_text(
            "bank_id,quarter,population,balance_minor,revision\n"
            f"{BANK_A},2021Q4,all,{balance},{number}\n{BANK_A},2021Q3,all,x,0\n"
        )
        report = importer_on(store).import_file(path)

    (position,) = read_snapshot(store).positions
    is_told = "overtaken" in [remark.code for remark in report.warnings]
    assert is_told is (position.balance_minor == 5)
    assert revision == 1 or not is_told


def test_a_correction_that_wins_by_its_id_alone_is_told_to_raise_the_revision(
    tmp_path: Path,
) -> None:
    told, balances = [], []
    for order in ((5, 6), (6, 5)):  # One of the two has the higher id, whichever it is.
        store = MemoryStore()
        for balance in order:
            path = tmp_path / f"{balance}.csv"
            path.write_text(
                "bank_id,quarter,population,balance_minor,revision\n"
                f"{BANK_A},2021Q3,all,7,0\n{BANK_A},2021Q4,all,{balance},1\n"
            )
            report = importer_on(store).import_file(path)
        (remark,) = report.warnings
        told.append(remark.code)
        assert remark.en.endswith("lines 3")
        balances.append({p.quarter: p.balance_minor for p in read_snapshot(store).positions})

    assert sorted(told) == ["overtaken", "replaced_equal"]
    assert balances[0] == balances[1]


def test_a_correction_of_a_higher_revision_replaces_without_a_word(tmp_path: Path) -> None:
    store = MemoryStore()
    for revision in (0, 1):
        path = tmp_path / f"{revision}.csv"
        path.write_text(
            f"bank_id,quarter,population,balance_minor,revision\n{BANK_A},2021Q4,all,5,{revision}\n"
        )
        assert importer_on(store).import_file(path).warnings == []


def test_of_two_rows_for_one_entry_the_other_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "bank_id,quarter,population,balance_minor,revision\n"
        f"{BANK_A},2021Q4,all,5,1\n{BANK_A},2021Q4,all,6,0\n{BANK_A},2021Q4,private,7,0\n"
    )

    report = importer_on(MemoryStore()).import_file(path)

    (remark,) = report.warnings
    assert remark.code == "overtaken"
    assert remark.en.endswith("lines 3")


def test_a_refused_row_is_not_told_to_be_overtaken_as_well(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"bank_id,quarter,population,balance_minor\n{BANK_A[:-1]}?,2021Q4,all,5\n")

    report = importer_on(MemoryStore()).import_file(path)

    assert [finding.line for finding in report.rejected] == [2]
    assert not report.warnings


def test_the_same_files_give_the_same_state_whatever_their_order(tmp_path: Path) -> None:
    files = [write(tmp_path / name, [repaid(n)]) for n, name in enumerate("abc")]
    digests = set()
    for order in (files, files[::-1]):
        store = MemoryStore()
        for path in order:
            importer_on(store).import_file(path)
        digests.add(state_digest(store))

    assert len(digests) == 1
