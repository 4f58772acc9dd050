"""Do the days of a loan fit each other and the period?"""

import datetime as dt
from collections.abc import Iterator

import numpy as np

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from schemas.units import BoolArray

PAID_OUT, RECOVERED = "1", "0"
TRANSFERRED, RESTRUCTURED = "LF04", "LF05"
# Flows after which nothing of the loan is left.
_ENDING = ("LF02", "LF03", TRANSFERRED, "LF06", "LF07", "LF08")
_RENEWING = ("01", "02")
_OVERDRAFT = "F04"
_OTHER_CONSUMER = "F0219"  # Where joint consumer loans made online are reported.
_EPOCH = dt.date(1970, 1, 1)


def is_acquired(rows: Rows) -> BoolArray:
    """Return flows of loans bought: some banks give the first day of the loan, others of theirs."""
    if "flow_status" not in rows.names:
        return np.zeros(rows.size, np.bool_)
    return rows.one_of("flow_status", (TRANSFERRED,)) & rows.one_of("direction", (PAID_OUT,))


def is_outside(rows: Rows, name: str) -> BoolArray:
    """Return the rows with a day in ``name`` that is none of the period."""
    days = rows.day(name)
    within = (days.day >= rows.period_first_day) & (days.day <= rows.period_last_day)
    return days.is_good & ~within


def within_period(rows: Rows) -> tuple[str, str]:
    """Return in both languages what a day within the period is."""
    first, last = _date(rows.period_first_day), _date(rows.period_last_day)
    return f"在报告期内: {first} 至 {last}", f"a day from {first} to {last}"


def until_period_end(rows: Rows) -> tuple[str, str]:
    """Return in both languages what a day not after the period is."""
    last = _date(rows.period_last_day)
    return f"不晚于报告期末 {last}", f"not after {last}, the period's end"


def _date(day: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=day)


def is_later(rows: Rows, name: str, than: str) -> BoolArray:
    """Return the rows where the day in ``name`` is after the day in ``than``."""
    first, second = rows.day(name), rows.day(than)
    return first.is_good & second.is_good & (first.day > second.day)


def is_after_period(rows: Rows, name: str) -> BoolArray:
    """Return the rows where the day in ``name`` is after the period."""
    days = rows.day(name)
    return days.is_good & (days.day > rows.period_last_day)


def _ends_before_it_starts(rows: Rows) -> Iterator[Breach]:
    is_wrong = is_later(rows, "disbursed_on", "matures_on")
    if "direction" in rows.names:
        is_wrong &= ~is_acquired(rows)
    yield Breach("matures_on", is_wrong, "不早于贷款发放日期", "not before the day it was paid out")


def _starts_after_the_period(rows: Rows) -> Iterator[Breach]:
    yield Breach("disbursed_on", is_after_period(rows, "disbursed_on"), *until_period_end(rows))


def _closed_at_no_such_time(rows: Rows) -> Iterator[Breach]:
    is_recovered = ~rows.one_of("direction", (PAID_OUT,))
    yield Breach(
        "closed_on",
        is_later(rows, "disbursed_on", "closed_on") & is_recovered & ~is_outside(rows, "closed_on"),
        "不早于贷款发放日期",
        "not before the day it was paid out",
    )
    yield Breach("closed_on", is_outside(rows, "closed_on") & is_recovered, *within_period(rows))


def _paid_out_at_another_time(rows: Rows) -> Iterator[Breach]:
    is_new = rows.one_of("direction", (PAID_OUT,)) & ~is_acquired(rows)
    yield Breach("disbursed_on", is_outside(rows, "disbursed_on") & is_new, *within_period(rows))


def _paid_out_and_closed(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("direction", (PAID_OUT,)) & ~rows.is_blank("closed_on")
    yield Breach("closed_on", is_wrong, "空", "blank")


def _is_ended_without_a_day(rows: Rows) -> BoolArray:
    is_renewed = rows.one_of("flow_status", (RESTRUCTURED,))
    is_renewed &= rows.one_of("restructuring_kind", _RENEWING)
    is_ended = rows.one_of("flow_status", _ENDING) | is_renewed
    is_ended &= rows.one_of("direction", (RECOVERED,)) & rows.is_blank("closed_on")
    return is_ended & ~rows.starting("product_code", (_OVERDRAFT,))


def _is_perhaps_joint(rows: Rows) -> BoolArray:
    if rows.spec.family != "personal":
        return np.zeros(rows.size, np.bool_)
    return rows.one_of("product_code", (_OTHER_CONSUMER,))


def _ended_without_a_day(rows: Rows) -> Iterator[Breach]:
    is_wrong = _is_ended_without_a_day(rows) & ~_is_perhaps_joint(rows)
    yield Breach("closed_on", is_wrong, "实际终止日期", "the day it ended")


def _perhaps_ended_without_a_day(rows: Rows) -> Iterator[Breach]:
    is_wrong = _is_ended_without_a_day(rows) & _is_perhaps_joint(rows)
    yield Breach("closed_on", is_wrong, "实际终止日期", "the day it ended")


_ENDING_FIELDS = ("direction", "flow_status", "restructuring_kind", "closed_on", "product_code")

RULES = (
    Rule(
        "20",
        Level.REFUSE,
        ("disbursed_on", "matures_on"),
        _ends_before_it_starts,
        "贷款到期日期不得早于贷款发放日期",
        "A loan does not mature before it is paid out",
        "2027-09-02",
    ),
    Rule(
        "21",
        Level.REFUSE,
        ("disbursed_on",),
        _starts_after_the_period,
        "贷款发放日期不得晚于报告期末",
        "A loan is not paid out after the period's end",
        "2026-09-03",
    ),
    Rule(
        "22",
        Level.REFUSE,
        ("direction", "disbursed_on", "closed_on"),
        _closed_at_no_such_time,
        "贷款实际终止日期应在报告期内, 且不得早于贷款发放日期",
        "A loan ends within the period, and not before it was paid out",
        "2026-09-28",
    ),
    Rule(
        "23",
        Level.REFUSE,
        ("direction", "disbursed_on"),
        _paid_out_at_another_time,
        "发放/收回标识为发放(1)时, 贷款发放日期应在报告期内(转入的贷款除外)",
        "What is paid out (1) is paid out within the period; bought loans excepted",
        "2026-09-03",
    ),
    Rule(
        "24",
        Level.REFUSE,
        ("direction", "closed_on"),
        _paid_out_and_closed,
        "发放/收回标识为发放(1)时, 贷款实际终止日期应为空, 当月发放又收回的也一样",
        "A row of paying out (1) has no day of ending, even where it is repaid in the same month",
        "(空)",
    ),
    Rule(
        "25",
        Level.REFUSE,
        _ENDING_FIELDS,
        _ended_without_a_day,
        "除透支类外, 核销、剥离、转让、重组、以物抵债、证券化、债转股的收回(0)应有实际终止日期",
        "Except overdrafts, a loan that leaves the books otherwise than repaid has its last day",
        "2026-09-25",
    ),
    Rule(
        "25",
        Level.WARN,
        _ENDING_FIELDS,
        _perhaps_ended_without_a_day,
        "其他消费贷款(F0219)终止而无实际终止日期: 仅线上联合消费贷款可以为空, 请核对",
        "A consumer loan (F0219) ended without its last day, as only joint online loans may",
        "2026-09-25",
        tables=("GRDKFS",),
    ),
)
