"""Which customers are told anew, and what rules over two tables find, on the keys alone."""

from typing import Any

import numpy as np
import pytest

from infra.imports.pboc import records as r
from infra.imports.pboc.settle_customers import (
    CUSTOMERS,
    EARLIER_BATCH,
    EARLIER_MONTH,
    THIS_BATCH,
    SettledCustomers,
    absent,
    first_of_key,
    mismatches,
    settle_customers,
)

NAMES = {EARLIER_MONTH: "month", EARLIER_BATCH: "batch", THIS_BATCH: "now"}


def records(kind: np.dtype[np.void], *rows: dict[str, Any]) -> np.ndarray:
    made = np.zeros(len(rows), kind)
    for number, told in enumerate(rows):
        made[number]["line"] = number + 1
        for name, value in told.items():
            made[number][name] = value
    return made


def customer(source: int, profile: int, credit: int = 1, who: int = 7) -> dict[str, Any]:
    return {"source": source, "profile": profile, "credit": credit, "high": who}


def settled(*rows: dict[str, Any], has_earlier_batch: bool = False) -> SettledCustomers:
    return settle_customers(records(r.CUSTOMER, *rows), has_earlier_batch=has_earlier_batch)


# What the month before, the batch before and this one say; None: the customer is not in it.
CASES = [
    # No earlier batch.
    ((None, None, 1), False, True),
    ((1, None, 1), False, False),
    ((2, None, 1), False, True),
    # Batches: what the last one said stands, whatever the month before says.
    ((1, 1, 1), True, False),
    ((1, 2, 1), True, True),
    ((2, 1, 1), True, True),
    ((None, 1, 1), True, True),
    # Not in the batch before, or held back there: a batch before that may have said 2.
    ((1, None, 1), True, True),
    ((None, None, 1), True, True),
]


@pytest.mark.parametrize(("said", "has_earlier_batch", "is_told"), CASES)
def test_a_customer_is_told_when_somebody_may_have_said_something_else(
    said: tuple[int | None, ...], has_earlier_batch: bool, is_told: bool
) -> None:
    sources = (EARLIER_MONTH, EARLIER_BATCH, THIS_BATCH)
    rows = [
        customer(source, value)
        for source, value in zip(sources, said, strict=True)
        if value is not None
    ]
    found = settled(*rows, has_earlier_batch=has_earlier_batch)
    assert found.profile.tolist() == ([len(rows)] if is_told else [])


def test_profile_and_credit_line_change_apart_from_each_other() -> None:
    rows = (customer(EARLIER_MONTH, 1, credit=5), customer(THIS_BATCH, 1, credit=6))
    assert (settled(*rows).profile.tolist(), settled(*rows).credit.tolist()) == ([], [2])
    rows = (customer(EARLIER_MONTH, 1, credit=5), customer(THIS_BATCH, 2, credit=5))
    assert (settled(*rows).profile.tolist(), settled(*rows).credit.tolist()) == ([2], [])


def test_who_has_gone_since_the_month_before_is_counted_and_not_told() -> None:
    found = settled(customer(EARLIER_MONTH, 1, who=1), customer(THIS_BATCH, 1, who=2))
    assert (found.profile.tolist(), found.gone.tolist()) == ([2], [1])


def test_who_was_only_in_the_batch_before_has_not_gone_from_the_month_before() -> None:
    assert settled(customer(EARLIER_BATCH, 1), has_earlier_batch=True).gone.tolist() == []


def test_customers_do_not_know_each_other() -> None:
    rows = [customer(EARLIER_MONTH, who, who=who) for who in (5, 3, 4)]
    rows += [customer(THIS_BATCH, who if who != 4 else 9, who=who) for who in (4, 5, 3)]
    assert settled(*rows).profile.tolist() == [4]


def test_only_the_first_line_of_a_key_is_the_first() -> None:
    marks = records(
        r.MARK,
        {"high": 1, "line": 9},
        {"high": 1, "line": 2},
        {"high": 2, "line": 3},
        {"high": 1, "line": 4, "source": 1},
        {"high": 1, "line": 5, "low": 1},
    )
    assert first_of_key(marks).tolist() == [False, True, True, True, True]


def borrower(source: int, who: int, **told: int) -> dict[str, Any]:
    return {"source": source, "high": who, "sector": 1, "size": 1, "ownership": 1} | told


def test_a_borrower_is_a_customer_with_the_same_attributes() -> None:
    found = mismatches(
        records(
            r.BORROWER,
            borrower(CUSTOMERS, 1),
            borrower(1, 1),
            borrower(2, 1),
            borrower(1, 2),
            borrower(2, 1, size=2),
            borrower(1, 1, sector=2, ownership=3),
        )
    )
    told = {(one.source, one.field): one.line.tolist() for one in found}
    assert told == {
        (1, "id"): [4],
        (2, "size"): [5],
        (1, "sector"): [6],
        (1, "ownership"): [6],
    }


def test_a_key_without_its_counterpart_is_absent() -> None:
    marks = records(
        r.MARK,
        {"high": 1, "source": 0},
        {"high": 1, "source": 1},
        {"high": 2, "source": 1},
        {"high": 2, "source": 2},
        {"high": 3, "source": 0},
    )
    assert absent(marks, 1, 0).tolist() == [3]
    assert absent(marks, 2, 0).tolist() == [4]
