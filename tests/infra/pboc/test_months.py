"""Months of files end in the sums of their stocks and flows, whatever the order they come in."""

import datetime as dt
import itertools
import random
from collections import Counter
from functools import cache, partial

import pytest

from infra.imports.pboc import month_settling, sending, spill, survey, telling
from infra.imports.pboc.rows import pieces_of
from streams.memory_store import MemoryStore
from tests.infra.pboc.filings import FIRM, PERSON
from tests.infra.pboc.import_desk import (
    BANK,
    OLD,
    Desk,
    by_quarter,
    credit_lines_of,
    event_count,
    filing,
    fresh_state,
    imported,
    last_of,
    profiles_of,
    rejected_codes,
    repaid,
    state_of,
    stock_of,
    sums_of,
    without_nils,
)
from tests.infra.pboc.month_worlds import World, month_ends, random_batch
from tests.infra.pboc.plain_months import (
    FLOWS,
    STOCKS,
    Files,
    borrower,
    is_up,
    loan_kind,
    mbp,
    measure_of,
    money,
    plain_months,
    quarter,
    read,
)

AUGUST, SEPTEMBER, OCTOBER = dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31)
SEEDS = range(9)


@cache
def world(seed: int) -> World:
    return World(seed, 1 + seed % 3, month_ends(AUGUST, 2 + seed % 3))


@cache
def store_of(seed: int) -> MemoryStore:
    """A store into which the world's files were imported month by month."""
    desk = Desk()
    for month in world(seed).months:
        for report in desk.take(world(seed).of_month(month)).values():
            assert report.period_finding_count == 0, report.findings
            assert report.refused_row_count == 0, report.findings
    return desk.store


# Random months.


@pytest.mark.parametrize("seed", SEEDS)
def test_every_sum_is_that_of_a_plain_reading(seed: int) -> None:
    made, store = world(seed), store_of(seed)
    assert rejected_codes(store) == []
    plain = plain_months(made.files)
    assert sums_of(store) == without_nils(plain.cells)
    quarters = range(quarter(AUGUST) - 1, quarter(made.months[-1]) + 1)
    for known, told in (
        (profiles_of(store), plain.profiles),
        (credit_lines_of(store), plain.credit_lines),
    ):
        newest = {
            who: {quarter(month): value for month, value in sorted(months.items())}
            for who, months in told.items()
        }
        assert by_quarter(known, quarters) == by_quarter(newest, quarters)


@pytest.mark.parametrize("seed", SEEDS)
def test_at_a_quarters_end_the_sums_are_the_stock(seed: int) -> None:
    """Straight from the rows of the last stock, without a word about how the sums got there."""
    made = world(seed)
    sums = sums_of(store_of(seed))
    for number in {quarter(month) for month in made.months}:
        last = max(month for month in made.months if quarter(month) == number)
        wanted: dict[tuple[str, str, str], Counter[str]] = {}
        for bank, table, month in made.files:
            for row in read(made.files, bank, table, month) or []:
                if month == last and table in STOCKS.values():
                    yuan = money(row, is_yuan=True)
                    cell = wanted.setdefault((bank, borrower(row), loan_kind(row)), Counter())
                    cell["balance"] += yuan
                    cell["balance_rate"] += yuan * mbp(row["rate_pct"])
                    cell["non_performing"] += yuan * (row["loan_class"] >= "FQ03")
        found: dict[tuple[str, str, str], Counter[str]] = {}
        for (bank, who, kind, at), row in sums.items():
            if at <= number:
                cell = found.setdefault((bank, who, kind), Counter())
                for name in ("balance", "balance_rate", "non_performing"):
                    cell[name] += row.get(name, 0)
        assert {k: +c for k, c in found.items() if +c} == {k: +c for k, c in wanted.items()}
        assert all(value >= 0 for cell in found.values() for value in cell.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_what_came_and_went_in_a_quarter_is_that_of_the_flow_rows(seed: int) -> None:
    made = world(seed)
    wanted: Counter[tuple[str, int, str]] = Counter()
    for bank, table, month in made.files:
        if table in FLOWS.values():
            for row in read(made.files, bank, table, month) or []:
                yuan = money(row, is_yuan=True)
                wanted[bank, quarter(month), measure_of(row)] += yuan
                if is_up(row) and measure_of(row) == "disbursed":
                    rate = mbp(row["rate_pct"])
                    wanted[bank, quarter(month), "disbursed_rate"] += yuan * rate
    found: Counter[tuple[str, int, str]] = Counter()
    names = ("disbursed", "acquired", "repaid", "written_off", "moved_out", "disbursed_rate")
    for (bank, _, _, at), sums in sums_of(store_of(seed)).items():
        for name in names:
            found[bank, at, name] += sums.get(name, 0)
    assert +found == +wanted


def test_the_worlds_have_everything_that_happens_to_loans() -> None:
    """A world in which little happens would pass every test here."""
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        for bank, table, month in world(seed).files:
            for row in read(world(seed).files, bank, table, month) or []:
                for name in ("flow_status", "bill_flow_kind", "loan_class", "currency"):
                    seen[f"{name} {row.get(name, '')}"] += 1
                for name in ("loan_status", "person_kind"):
                    seen[f"{name} {row.get(name, 'none')}"] += 1
                seen[f"card {row.get('product_code') == 'F042'}"] += 1
    expected = {f"flow_status LF0{n}" for n in range(1, 9)}
    expected |= {f"loan_class FQ0{n}" for n in range(1, 6)}
    expected |= {f"bill_flow_kind {kind}" for kind in ("A01", "A02", "B01", "B02")}
    expected |= {"currency USD", "currency JPY", "loan_status LS02", "loan_status LS03"}
    expected |= {"person_kind ", "person_kind 2", "card True"}
    assert expected <= seen.keys()


@pytest.mark.parametrize("seed", range(2))
def test_in_how_many_pieces_and_parcels_a_file_goes_decides_nothing(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is cut in many pieces, joined in many buckets, and sent in many parcels."""
    for part in (month_settling, telling):
        monkeypatch.setattr(part, "DERIVED_LINES", 3)
    for part in (survey, telling):
        monkeypatch.setattr(part, "pieces_of", partial(pieces_of, piece_bytes=700))
    monkeypatch.setattr(spill, "BUCKET_BYTES", 300)
    for name, size in (
        ("EVENTS_A_PARCEL", 3),
        ("SHIPMENT_EVENTS_MAX", 7),
        ("REVERSALS_A_PARCEL", 2),
    ):
        monkeypatch.setattr(sending, name, size)
    made, rng = World(seed, 1, month_ends(AUGUST, 3)), random.Random(seed)
    newest, desk = dict(made.files), Desk()
    for month in made.months:
        desk.take(made.of_month(month))
    assert sums_of(desk.store) == without_nils(plain_months(newest).cells)
    for _ in range(3):
        newest |= random_batch(newest, rng)
    desk.take(newest)
    assert sums_of(desk.store) == without_nils(plain_months(newest).cells)


# The order of files.


@pytest.mark.parametrize("seed", range(3))
def test_files_may_come_one_by_one_in_any_order(seed: int) -> None:
    made = World(seed, 1, month_ends(AUGUST, 2))
    order = list(made.files)
    random.Random(seed).shuffle(order)
    desk = Desk()
    desk.take_one_by_one(made.files, order)
    assert state_of(desk.store, last_of(made.files)) == fresh_state(made.files)


@pytest.mark.parametrize("seed", range(2))
def test_months_may_come_in_any_order(seed: int) -> None:
    made = World(seed, 1, month_ends(AUGUST, 3))
    wanted = fresh_state(made.files)
    for order in ((1, 0, 2), (2, 1, 0), (0, 2, 1)):
        desk = Desk()
        for place in order:
            desk.take(made.of_month(made.months[place]))
        assert state_of(desk.store, last_of(made.files)) == wanted


_CUSTOMER = {"customer_id": FIRM}
_MONTH: Files = {
    **filing("FTYKHX", SEPTEMBER, _CUSTOMER),
    **filing("CLDWDK", SEPTEMBER, {"guarantee_kind": "B"}, {"receipt_no": "OLD", **OLD}),
    **filing("DWDKFS", SEPTEMBER, {}, {"direction": "0", "amount": "250000.00",
                                      "amount_cny": "250000.00", "transaction_no": "T2"}),
    **filing("DBHTXX", SEPTEMBER, {}),
}  # fmt: skip


def test_every_order_of_the_files_of_a_month_ends_alike() -> None:
    wanted = fresh_state(_MONTH)
    for order in itertools.permutations(_MONTH):
        desk = Desk()
        desk.take_one_by_one(_MONTH, order)
        assert state_of(desk.store, SEPTEMBER) == wanted, order


# Odd months.


def test_a_month_of_flows_alone_counts_and_is_carried_at_the_newest_stock() -> None:
    files = stock_of(SEPTEMBER, "1000.00", rate_pct="5.00000", loan_class="FQ03")
    files |= filing("DWDKFS", SEPTEMBER) | filing("DWDKFS", OCTOBER, repaid("1"))
    assert sums_of(imported(files))[BANK, FIRM, "corporate", quarter(OCTOBER)] == {
        "repaid": 10_000,
        "balance": -10_000,
        "balance_rate": -10_000 * 500_000,
        "non_performing": -10_000,
    }


def test_an_opening_that_is_too_large_to_count_is_told_every_time() -> None:
    """The pipeline refuses it, so the month has not made it: it is new again next time."""
    large = "99999999999999.00"
    stock = stock_of(SEPTEMBER, large)
    flows = filing("DWDKFS", SEPTEMBER, repaid("1", amount=large, amount_cny=large))
    desk = Desk()
    desk.take(filing("DWDKFS", SEPTEMBER))
    report = desk.take(stock | flows)["CLDWDK"]
    assert (report.told_count, report.stored_count, report.rejected_count) == (2, 1, 1)
    (refused,) = [one for one in report.findings if one.rule == "out_of_range"]
    assert (refused.line, refused.level, refused.found) == (1, "E", "19999999999999800")
    other = {"purpose_text": "买设备", "amount": large, "amount_cny": large}
    desk.take(filing("DWDKFS", SEPTEMBER, repaid("1", **other)))
    assert rejected_codes(desk.store) == ["out_of_range"] * 2
    mended = filing("DWDKFS", SEPTEMBER, repaid("1"))
    desk.take(mended)
    assert state_of(desk.store, SEPTEMBER) == fresh_state(stock | mended)


def test_a_rate_above_one_hundred_percent_is_no_rate() -> None:
    files = filing("DWDKFS", SEPTEMBER, {"rate_pct": "100.00001"}, {"rate_pct": "100.00000",
                   "receipt_no": "R2", "transaction_no": "2"})  # fmt: skip
    desk = Desk()
    report = desk.take(files)["DWDKFS"]
    assert (report.refused_row_count, report.stored_count, report.rejected_count) == (1, 1, 0)


def test_a_personal_loan_without_a_rate_is_carried_at_none() -> None:
    files = filing("CLGRDK", SEPTEMBER, {"rate_pct": "", **OLD}) | filing("GRDKFS", SEPTEMBER)
    store = imported(files)
    (sums,) = sums_of(store).values()
    assert sums == {"brought_forward": 275_000_000, "balance": 275_000_000}
    assert rejected_codes(store) == []


def test_an_overdraft_without_days_counts_in_its_month() -> None:
    blank = dict.fromkeys(("disbursed_on", "matures_on", "reprices_on", "is_first_loan"), "")
    card = {"product_code": "F042", **blank}
    files = filing("GRDKFS", SEPTEMBER, card) | filing(
        "CLGRDK", SEPTEMBER, card | {"balance": "3000000.00", "balance_cny": "3000000.00"}
    )
    store = imported(files)
    sums = sums_of(store)[BANK, PERSON, "personal_other", quarter(SEPTEMBER)]
    assert (sums["disbursed"], sums["balance"]) == (300_000_000, 300_000_000)
    assert rejected_codes(store) == []


def test_a_bill_discounted_and_rediscounted_stands_twice() -> None:
    twice = ({}, {"discount_kind": "02", "transaction_no": "2", "bill_flow_kind": "A02"})
    stock = ({}, {"discount_kind": "02"})
    files = filing("PJRZFS", SEPTEMBER, *twice) | filing("CLPJRZ", SEPTEMBER, *stock)
    desk = Desk()
    report = desk.take(files)["CLPJRZ"]
    assert report.period_finding_count == 0
    (sums,) = sums_of(desk.store).values()
    assert (sums["disbursed"], sums["balance"]) == (200_000_000, 200_000_000)


def test_a_loan_that_is_refinanced_is_repaid_and_drawn_again() -> None:
    old = stock_of(AUGUST, "100.00") | filing("DWDKFS", AUGUST)
    renewed = {"flow_status": "LF05", "restructuring_kind": "01"}
    flows = filing(
        "DWDKFS",
        SEPTEMBER,
        repaid("1", closed_on="2026-09-10", **renewed),
        {"receipt_no": "NEW", "amount": "100.00", "amount_cny": "100.00", **renewed},
    )
    desk = Desk()
    desk.take(old)
    report = desk.take(flows | stock_of(SEPTEMBER, "100.00", receipt_no="NEW"))["DWDKFS"]
    assert report.event_types == {"loan_refinanced": 1, "loan_disbursed": 1}
    sums = sums_of(desk.store)[BANK, FIRM, "corporate", quarter(SEPTEMBER)]
    assert (sums["repaid"], sums["disbursed"], sums["balance"]) == (10_000, 10_000, 10_000)


def test_the_bank_is_complete_up_to_the_month_before_a_gap() -> None:
    desk = Desk()
    for month in (AUGUST, OCTOBER):
        files = stock_of(month, "100.00") | filing("DWDKFS", month)
        completed = {report.complete_to for report in desk.take(files).values()}
        assert completed == {"2026-08-31"}
    late = stock_of(SEPTEMBER, "100.00") | filing("DWDKFS", SEPTEMBER)
    assert {report.complete_to for report in desk.take(late).values()} == {"2026-10-31"}


def test_a_month_that_changes_nothing_sends_its_balances_only() -> None:
    desk = Desk()
    desk.take(stock_of(AUGUST, "100.00") | filing("DWDKFS", AUGUST))
    before = event_count(desk.store)
    report = desk.take(stock_of(SEPTEMBER, "100.00") | filing("DWDKFS", SEPTEMBER))["CLDWDK"]
    assert report.event_types == {"balance_reported": 1}
    assert event_count(desk.store) == before + 1
