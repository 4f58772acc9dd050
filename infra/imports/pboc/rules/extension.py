"""Do extension, overdue, repricing and the status of a loan in the stock agree?"""

from collections.abc import Iterator

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from infra.imports.pboc.rules.dates import is_later
from schemas.units import BoolArray

_FIXED, _FLOATING = ("RF01",), ("RF02",)
_NORMAL, _EXTENDED, _OVERDUE, _SHORTENED = ("LS01",), ("LS02",), ("LS03",), ("LS04",)
_REPRICED = ("extended_to", "rate_kind", "reprices_on")
_UNEXTENDED = (*_REPRICED, "matures_on")


def _has_no_extension(rows: Rows) -> BoolArray:
    return rows.is_blank("extended_to")


def _differ(rows: Rows, name: str, other: str) -> BoolArray:
    first, second = rows.day(name), rows.day(other)
    differs: BoolArray = first.is_good & second.is_good & (first.day != second.day)
    return differs


def _fixed_and_extended(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("rate_kind", _FIXED) & _differ(rows, "reprices_on", "extended_to")
    yield Breach("reprices_on", is_wrong, "等于展期到期日期", "the day it is extended to")


def _floating_and_extended(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("rate_kind", _FLOATING) & is_later(rows, "reprices_on", "extended_to")
    yield Breach(
        "reprices_on", is_wrong, "不晚于展期到期日期", "not after the day it is extended to"
    )


def _extended_to_an_earlier_day(rows: Rows) -> Iterator[Breach]:
    dates = rows.day("matures_on"), rows.day("extended_to")
    is_wrong = dates[0].is_good & dates[1].is_good & (dates[0].day >= dates[1].day)
    yield Breach(
        "extended_to",
        is_wrong & rows.one_of("loan_status", _EXTENDED),
        "晚于贷款到期日期",
        "after the day it matured",
    )


def _shortened_to_a_later_day(rows: Rows) -> Iterator[Breach]:
    dates = rows.day("matures_on"), rows.day("extended_to")
    is_wrong = dates[0].is_good & dates[1].is_good & (dates[0].day <= dates[1].day)
    yield Breach(
        "extended_to",
        is_wrong & rows.one_of("loan_status", _SHORTENED),
        "早于贷款到期日期",
        "before the day it matured",
    )


def _extended_but_normal(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.day("extended_to").is_good & rows.one_of("loan_status", _NORMAL)
    yield Breach("loan_status", is_wrong, "LS02、LS03 或 LS04", "LS02, LS03 or LS04")


def _fixed_to_another_day(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("rate_kind", _FIXED) & _differ(rows, "reprices_on", "matures_on")
    yield Breach(
        "reprices_on", is_wrong & _has_no_extension(rows), "等于贷款到期日期", "the day it matures"
    )


def _floating_outside_the_loan(rows: Rows) -> Iterator[Breach]:
    is_wrong = is_later(rows, "reprices_on", "matures_on")
    is_wrong |= is_later(rows, "disbursed_on", "reprices_on")
    is_wrong &= rows.one_of("rate_kind", _FLOATING) & _has_no_extension(rows)
    yield Breach(
        "reprices_on",
        is_wrong,
        "在发放日期与到期日期之间",
        "from the day it was paid out to the day it matures",
    )


def _overdue_without_kind(rows: Rows) -> Iterator[Breach]:
    is_overdue, is_blank = rows.one_of("loan_status", _OVERDUE), rows.is_blank("overdue_kind")
    yield Breach("overdue_kind", is_overdue & is_blank, "01、02 或 03", "01, 02 or 03")
    is_other = ~is_overdue & ~rows.is_blank("loan_status")
    yield Breach(
        "overdue_kind", is_other & ~is_blank, "空, 或状态为 LS03", "blank, or the status LS03"
    )


def _past(rows: Rows, name: str) -> BoolArray:
    days = rows.day(name)
    return days.is_good & (days.day < rows.period_last_day)


def _extended_and_past(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("loan_status", _EXTENDED) & _past(rows, "extended_to")
    yield Breach("loan_status", is_wrong, "LS03 逾期", "LS03, overdue")


def _normal_and_past(rows: Rows) -> Iterator[Breach]:
    is_wrong = rows.one_of("loan_status", _NORMAL) & _past(rows, "matures_on")
    if "extended_to" in rows.names:
        is_wrong &= _has_no_extension(rows)
    yield Breach("loan_status", is_wrong, "LS03 逾期", "LS03, overdue")


RULES = (
    Rule(
        "27",
        Level.REFUSE,
        _REPRICED,
        _fixed_and_extended,
        "已展期的固定利率(RF01)贷款, 重新定价日应等于展期到期日期",
        "An extended loan with a fixed rate reprices on the day it is extended to",
        "2026-12-17",
    ),
    Rule(
        "28",
        Level.REFUSE,
        _REPRICED,
        _floating_and_extended,
        "已展期的浮动利率(RF02)贷款, 重新定价日不得晚于展期到期日期",
        "An extended loan with a floating rate reprices no later than the day it is extended to",
        "2026-12-17",
    ),
    Rule(
        "29",
        Level.REFUSE,
        ("extended_to", "loan_status", "matures_on"),
        _extended_to_an_earlier_day,
        "状态为展期(LS02)时, 展期到期日期应晚于贷款到期日期",
        "A loan that is extended (LS02) ends later than it matured",
        "2026-12-17",
    ),
    Rule(
        "30",
        Level.REFUSE,
        ("extended_to", "loan_status", "matures_on"),
        _shortened_to_a_later_day,
        "状态为缩期(LS04)时, 展期到期日期应早于贷款到期日期, 相等也不行",
        "A loan that is shortened (LS04) ends earlier than it matured, not on the same day",
        "2026-10-31",
    ),
    Rule(
        "31",
        Level.REFUSE,
        ("extended_to", "loan_status"),
        _extended_but_normal,
        "有展期到期日期时, 贷款状态应为 LS02、LS03 或 LS04",
        "A loan with a day it is extended to has the status LS02, LS03 or LS04",
        "LS02",
    ),
    Rule(
        "32",
        Level.REFUSE,
        _UNEXTENDED,
        _fixed_to_another_day,
        "未展期的固定利率(RF01)贷款, 重新定价日应等于贷款到期日期",
        "A loan with a fixed rate and no extension reprices on the day it matures",
        "2027-03-03",
    ),
    Rule(
        "33",
        Level.REFUSE,
        (*_UNEXTENDED, "disbursed_on"),
        _floating_outside_the_loan,
        "未展期的浮动利率(RF02)贷款, 重新定价日应在发放日期与到期日期之间",
        "A loan with a floating rate and no extension reprices within its term",
        "2027-01-01",
    ),
    Rule(
        "34",
        Level.REFUSE,
        ("loan_status", "overdue_kind"),
        _overdue_without_kind,
        "状态为逾期(LS03)时应填逾期类型, 否则逾期类型应为空",
        "A loan that is overdue (LS03) says what is overdue, and no other loan does",
        "01",
    ),
    Rule(
        "35",
        Level.WARN,
        ("loan_status", "extended_to"),
        _extended_and_past,
        "展期到期日期已过而状态仍为展期(LS02), 请核对是否逾期",
        "The loan is past the day it was extended to and is not called overdue",
        "LS03",
    ),
    Rule(
        "35",
        Level.WARN,
        ("loan_status", "matures_on"),
        _normal_and_past,
        "到期日期已过而状态仍为正常(LS01), 请核对是否逾期",
        "The loan is past its maturity and is not called overdue",
        "LS03",
    ),
)
