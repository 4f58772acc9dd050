"""Do the days of a bill fit each other and the period?

The rules of loans, read for bills: a bill starts when it is issued, and moves on the day of trade.
"""

from collections.abc import Iterator

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from infra.imports.pboc.rules.dates import (
    is_after_period,
    is_later,
    is_outside,
    until_period_end,
    within_period,
)

_INCREASE = "A"  # The first letter of discounts and of bills bought.


def _matures_before_it_is_issued(rows: Rows) -> Iterator[Breach]:
    yield Breach(
        "matures_on",
        is_later(rows, "issued_on", "matures_on"),
        "不早于出票日期",
        "not before the day it was issued",
    )


def _after_the_period(rows: Rows) -> Iterator[Breach]:
    for name in ("issued_on", "traded_on"):
        yield Breach(name, is_after_period(rows, name), *until_period_end(rows))


def _discounted_at_another_time(rows: Rows) -> Iterator[Breach]:
    is_new = rows.starting("bill_flow_kind", (_INCREASE,))
    yield Breach("traded_on", is_outside(rows, "traded_on") & is_new, *within_period(rows))


RULES = (
    Rule(
        "20",
        Level.REFUSE,
        ("issued_on", "matures_on"),
        _matures_before_it_is_issued,
        "票据到期日期不得早于出票日期",
        "A bill does not mature before it is issued",
        "2027-03-01",
    ),
    Rule(
        "21",
        Level.REFUSE,
        ("issued_on", "traded_on"),
        _after_the_period,
        "出票日期和交易日期不得晚于报告期末",
        "A bill is not issued or traded after the period's end",
        "2026-09-10",
    ),
    Rule(
        "23",
        Level.REFUSE,
        ("bill_flow_kind", "traded_on"),
        _discounted_at_another_time,
        "贴现和买入(A01、A02、A09)的交易日期应在报告期内",
        "A bill discounted or bought (A01, A02, A09) is traded within the period",
        "2026-09-10",
    ),
)
