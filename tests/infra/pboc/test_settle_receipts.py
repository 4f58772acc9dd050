"""What one receipt's month gives, on the numbers alone: carried, derived, and what is missing."""

from typing import Any

import numpy as np
import pytest

from infra.imports.pboc import records as r
from infra.imports.pboc.derived import Derived
from infra.imports.pboc.receipt_groups import Month
from infra.imports.pboc.settle_receipts import Settled, settle
from schemas.columns import NONE_CODE

OPENING, FIRST, LAST = 20_696, 20_697, 20_726  # 31 August, 1 and 30 September 2026.
LATER = Month(False, True, True, True, OPENING, FIRST, LAST)
FIRST_MONTH = LATER._replace(is_opening=True, is_next=False)
CNY, USD = 1, 2
PASS, WATCH, SUBSTANDARD = 0, 1, 2
UP, DOWN = 1, -1


def row(source: int, amount: int, **told: Any) -> dict[str, Any]:
    return {"source": source, "amount": amount, "cny": amount, "currency": CNY, "high": 7} | told


def stock(source: int, amount: int, rate: int = 400, **told: Any) -> dict[str, Any]:
    return row(source, amount, rate=rate, loan_class=PASS) | told


def flow(direction: int, amount: int, rate: int = 400, **told: Any) -> dict[str, Any]:
    return row(r.FLOW, amount, rate=rate, direction=direction, loan_class=NONE_CODE) | told


def settled(*rows: dict[str, Any], month: Month = LATER, refused: tuple[int, ...] = ()) -> Settled:
    records = np.zeros(len(rows), r.RECEIPT)
    for number, told in enumerate(rows):
        records[number]["line"] = number + 1
        for name, value in told.items():
            records[number][name] = value
    is_refused = np.isin(np.arange(len(rows)), refused)
    return settle(records, is_refused, month)


def derived(found: Settled, kind: Derived, *names: str) -> list[tuple[int, ...]]:
    return [tuple(int(row[n]) for n in names) for row in found.derived if row["kind"] == kind]


def carried(found: Settled) -> dict[int, tuple[int, int]]:
    lines, rates, classes = (column.tolist() for column in found.carried)
    return dict(zip(lines, zip(rates, classes, strict=True), strict=True))


def gaps(found: Settled) -> list[tuple[str, int, int]]:
    return [
        (gap.rule, expected, closing)
        for gap in found.gaps
        for expected, closing in zip(gap.expected.tolist(), gap.found.tolist(), strict=True)
    ]


def sums(
    found: Settled, *rows: dict[str, Any], opening_cny: int, base: tuple[int, int]
) -> tuple[int, ...]:
    """Balance, balance × rate and non-performing that the sums carry after the month."""
    balance, product, bad = (
        opening_cny,
        opening_cny * base[0],
        opening_cny * (base[1] >= SUBSTANDARD),
    )
    at = carried(found)
    for number, told in enumerate(rows, start=1):
        if told["source"] == r.FLOW:
            signed = told["cny"] * told["direction"]
            balance += signed
            product += signed * at[number][0]
            bad += signed * (at[number][1] >= SUBSTANDARD)
    for change, rate, loan_class in derived(found, Derived.REVALUED, "cny", "rate", "loan_class"):
        balance += change
        product += change * rate
        bad += change * (loan_class >= SUBSTANDARD)
    for yuan, old, new in derived(found, Derived.REPRICED, "cny", "old_rate", "rate"):
        assert yuan > 0
        product += yuan * (new - old)
    for yuan, old, new in derived(found, Derived.RECLASSIFIED, "cny", "old_class", "loan_class"):
        assert yuan > 0
        bad += yuan * ((new >= SUBSTANDARD) - (old >= SUBSTANDARD))
    return balance, product, bad


def test_an_opening_is_the_closing_less_the_months_net_flow() -> None:
    found = settled(stock(r.NOW, 120), flow(UP, 50), flow(DOWN, 30), month=FIRST_MONTH)
    names = ("amount", "cny", "rate", "loan_class", "day")
    assert derived(found, Derived.BROUGHT_FORWARD, *names) == [(100, 100, 400, PASS, OPENING)]
    assert gaps(found) == []


def test_what_was_paid_back_in_the_first_month_was_there_before() -> None:
    found = settled(flow(DOWN, 30, rate=450), month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "amount", "rate", "source") == [
        (30, 450, r.FLOW)
    ]
    assert carried(found) == {1: (450, PASS)}


def test_a_receipt_that_came_in_its_first_month_brings_nothing_forward() -> None:
    found = settled(stock(r.NOW, 120), flow(UP, 120), month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "amount") == []


def test_more_drawn_than_stands_opens_with_nothing_and_is_told() -> None:
    found = settled(stock(r.NOW, 100), flow(UP, 120), month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "amount") == []
    assert gaps(found) == [("55", 120, 100)]


@pytest.mark.parametrize(
    ("closing", "closing_cny", "net", "opening_cny"),
    [(100, 701, 0, 701), (100, 701, 50, 351), (200, 1401, 50, 1051), (3, 1, 1, 1)],
)
def test_an_opening_in_dollars_is_at_the_closing_rate_rounded_half_up(
    closing: int, closing_cny: int, net: int, opening_cny: int
) -> None:
    rows = [stock(r.NOW, closing, cny=closing_cny, currency=USD)]
    rows += [flow(UP, net, cny=net * 7, currency=USD)] if net else []
    found = settled(*rows, month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "cny") == [(opening_cny,)]


def test_without_a_closing_the_opening_is_at_the_rate_of_the_first_flow() -> None:
    rows = (flow(DOWN, 30, cny=215, currency=USD), flow(DOWN, 70, cny=490, currency=USD))
    found = settled(*rows, month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "amount", "cny") == [(100, 717)]
    # The rest moved with the exchange rate, and nothing is left.
    assert derived(found, Derived.REVALUED, "cny") == [(-12,)]


def test_an_opening_is_carried_at_the_closing_rate_and_class() -> None:
    found = settled(
        stock(r.NOW, 120, rate=500, loan_class=SUBSTANDARD),
        flow(UP, 50, rate=450),
        flow(DOWN, 30, rate=999),
        month=FIRST_MONTH,
    )
    told = derived(found, Derived.BROUGHT_FORWARD, "amount", "rate", "loan_class")
    assert told == [(100, 500, SUBSTANDARD)]
    assert carried(found) == {2: (450, SUBSTANDARD), 3: (450, SUBSTANDARD)}


def test_in_the_first_month_a_decrease_alone_takes_the_closing_rate() -> None:
    found = settled(stock(r.NOW, 70, rate=500), flow(DOWN, 30, rate=999), month=FIRST_MONTH)
    assert carried(found) == {2: (500, PASS)}
    assert derived(found, Derived.REPRICED, "cny") == []


def test_an_opening_worth_less_than_half_a_fen_is_not_told() -> None:
    """No event has an amount of nothing."""
    rows = stock(r.NOW, 100, cny=4, currency=USD), flow(UP, 90, cny=4, currency=USD)
    found = settled(*rows, month=FIRST_MONTH)
    assert derived(found, Derived.BROUGHT_FORWARD, "cny") == []
    assert derived(found, Derived.REVALUED, "cny") == []


def test_decreases_take_rate_and_class_of_the_stock_before() -> None:
    found = settled(
        stock(r.BEFORE, 100, rate=400, loan_class=WATCH),
        stock(r.NOW, 90, rate=500, loan_class=SUBSTANDARD),
        flow(UP, 20, rate=450),
        flow(DOWN, 30, rate=999),
    )
    assert carried(found) == {3: (450, SUBSTANDARD), 4: (400, WATCH)}


def test_without_a_stock_before_they_take_those_of_the_months_own_increase() -> None:
    found = settled(flow(DOWN, 10, rate=999), flow(UP, 20, rate=450), stock(r.NOW, 10, rate=470))
    assert carried(found) == {1: (450, PASS), 2: (450, PASS)}


def test_an_increase_without_a_stock_is_of_class_pass() -> None:
    month = LATER._replace(has_stock=False)
    found = settled(stock(r.BEFORE, 10, loan_class=SUBSTANDARD), flow(UP, 20), month=month)
    assert carried(found) == {2: (400, PASS)}
    assert found.derived.size == 0


SUM_CASES = {
    "one rate, one class": ((100, 400, PASS), [(UP, 50, 400), (DOWN, 30, 400)], (120, 400, PASS)),
    "repriced": ((100, 400, PASS), [], (100, 380, PASS)),
    "gone bad": ((100, 400, PASS), [(DOWN, 1, 400)], (99, 400, SUBSTANDARD)),
    "cured": ((100, 400, SUBSTANDARD), [(DOWN, 1, 400)], (99, 400, WATCH)),
    "drawn at three rates": (
        (100, 400, PASS),
        [(UP, 50, 410), (UP, 60, 420), (UP, 70, 410)],
        (280, 430, WATCH),
    ),
    "more taken off than stood before": (
        (100, 400, SUBSTANDARD),
        [(UP, 200, 500), (DOWN, 250, 1)],
        (50, 500, PASS),
    ),
    "all paid back, and some was drawn at another rate": (
        (100, 400, PASS),
        [(UP, 50, 500), (DOWN, 150, 400)],
        None,
    ),
    "a bad loan drawn and written off": (
        (100, 400, SUBSTANDARD),
        [(UP, 50, 400), (DOWN, 150, 400)],
        None,
    ),
    "drawn twice and paid back in one month": (
        None,
        [(UP, 50, 500), (UP, 60, 300), (DOWN, 110, 400)],
        None,
    ),
    "new and bad at once": (None, [(UP, 50, 500)], (50, 480, SUBSTANDARD)),
}


@pytest.mark.parametrize("case", SUM_CASES)
def test_after_the_month_the_sums_are_the_stock(case: str) -> None:
    before, flows, now = SUM_CASES[case]
    rows = [flow(direction, amount, rate) for direction, amount, rate in flows]
    rows += [stock(r.BEFORE, before[0], before[1], loan_class=before[2])] if before else []
    rows += [stock(r.NOW, now[0], now[1], loan_class=now[2])] if now else []
    found = settled(*rows)
    assert gaps(found) == []
    opening, base = (before[0], before[1:]) if before else (0, (0, PASS))
    wanted = (now[0], now[0] * now[1], now[0] * (now[2] >= SUBSTANDARD)) if now else (0, 0, 0)
    assert sums(found, *rows, opening_cny=opening, base=base) == wanted


def test_yuan_that_neither_opening_nor_flows_explain_were_revalued() -> None:
    rows = (
        stock(r.BEFORE, 100, cny=700, currency=USD),
        stock(r.NOW, 80, cny=568, currency=USD, rate=500, loan_class=SUBSTANDARD),
        flow(DOWN, 20, cny=141, currency=USD),
    )
    found = settled(*rows)
    names = ("cny", "rate", "loan_class", "closing", "closing_cny", "day")
    assert derived(found, Derived.REVALUED, *names) == [(9, 500, SUBSTANDARD, 80, 568, LAST)]
    assert sums(found, *rows, opening_cny=700, base=(400, PASS)) == (568, 568 * 500, 568)


def test_nothing_is_revalued_where_the_receipt_does_not_close() -> None:
    found = settled(
        stock(r.BEFORE, 100, cny=700, currency=USD), stock(r.NOW, 80, cny=568, currency=USD)
    )
    assert derived(found, Derived.REVALUED, "cny") == []
    assert gaps(found) == [("55", 100, 80)]


def test_a_receipt_that_leaves_without_a_flow_is_told_by_its_row_of_the_month_before() -> None:
    found = settled(stock(r.BEFORE, 100))
    assert [(gap.rule, gap.source.tolist(), gap.line.tolist()) for gap in found.gaps] == [
        ("56", [r.BEFORE], [1])
    ]


def test_a_receipt_that_enters_without_a_flow_is_told_but_not_in_the_first_month() -> None:
    assert gaps(settled(stock(r.NOW, 100))) == [("56", 0, 100)]
    assert gaps(settled(stock(r.NOW, 100), month=FIRST_MONTH)) == []


@pytest.mark.parametrize(
    "month",
    [
        LATER._replace(is_next=False),
        LATER._replace(has_flows=False),
        LATER._replace(has_stock=False),
    ],
)
def test_where_a_month_or_a_table_is_missing_no_gap_can_be_told(month: Month) -> None:
    assert gaps(settled(stock(r.BEFORE, 100), month=month)) == []


def test_a_receipt_with_a_refused_row_is_compared_with_nothing() -> None:
    rows = (stock(r.BEFORE, 100), stock(r.NOW, 80, rate=500), flow(DOWN, 20), flow(DOWN, 1))
    found = settled(*rows, refused=(3,))
    assert found.held_count == 1
    assert found.derived.size == 0
    assert gaps(found) == []
    assert carried(found) == {3: (400, PASS)}  # The sound flow counts all the same.


def test_another_currency_is_a_gap_and_compared_with_nothing() -> None:
    found = settled(stock(r.BEFORE, 100), stock(r.NOW, 100, cny=700, currency=USD, rate=500))
    assert found.derived.size == 0
    assert [rule for rule, *_ in gaps(found)] == ["55"]


def test_the_currency_of_a_refused_row_is_no_gap() -> None:
    """A row held back for the currency in it was told of once already."""
    found = settled(stock(r.BEFORE, 100), stock(r.NOW, 100, currency=USD), refused=(1,))
    assert found.held_count == 1
    assert gaps(found) == []


def test_a_repricing_has_its_day_where_the_stock_before_names_one_in_the_month() -> None:
    for day, told in ((FIRST, FIRST), (LAST, LAST), (LAST + 1, 0), (OPENING, 0)):
        found = settled(stock(r.BEFORE, 100, reprices=day), stock(r.NOW, 100, rate=380))
        assert derived(found, Derived.REPRICED, "day") == [(told,)]


def test_a_receipt_number_under_two_contracts_is_two_receipts() -> None:
    found = settled(
        stock(r.BEFORE, 100, low=1),
        stock(r.BEFORE, 200, low=2),
        stock(r.NOW, 100, rate=380, low=1),
        stock(r.NOW, 200, low=2),
    )
    assert derived(found, Derived.REPRICED, "amount", "line") == [(100, 3)]


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ((0, 900), (1000, 900), [Derived.EXTENDED]),
        ((1000, 900), (1100, 900), [Derived.EXTENDED]),
        ((1000, 900), (1000, 900), []),
        ((0, 900), (800, 900), [Derived.SHORTENED]),
        ((0, 0), (0, 0), []),  # Overdrafts have no last day.
        ((0, 900), (0, 0), []),
    ],
)
def test_the_last_day_moves_back_or_forward(
    old: tuple[int, int], new: tuple[int, int], kinds: list[Derived]
) -> None:
    found = settled(
        stock(r.BEFORE, 100, extended=old[0], matures=old[1]),
        stock(r.NOW, 100, extended=new[0], matures=new[1]),
    )
    assert [Derived(kind) for kind in found.derived["kind"].tolist()] == kinds


def test_a_loan_becomes_overdue_and_is_cured() -> None:
    late = settled(stock(r.BEFORE, 9), stock(r.NOW, 9, overdue=2))
    assert derived(late, Derived.OVERDUE, "overdue") == [(2,)]
    well = settled(stock(r.BEFORE, 9, overdue=2), stock(r.NOW, 9))
    assert derived(well, Derived.CURED, "overdue") == [(0,)]


def test_only_the_second_row_that_settles_a_loan_is_late() -> None:
    rows = [stock(r.BEFORE, 30)] + [flow(DOWN, 10, closed=LAST - 2 + n) for n in (0, 1, 2)]
    assert settled(*rows).late_settling.tolist() == [3, 4]
    rows = [stock(r.BEFORE, 30), flow(DOWN, 10), flow(DOWN, 20, closed=LAST)]
    assert settled(*rows).late_settling.tolist() == []
