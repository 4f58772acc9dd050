"""Is what is said about a customer of one piece: days, accounts, controllers, status, credit."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from schemas.units import BoolArray

_ENDED_THIS_YEAR = ("04", "05", "06", "07")
_EPOCH = dt.date(1970, 1, 1)


def _credit_before_founding(rows: Rows) -> Iterator[Breach]:
    founded, credit = rows.day("founded_on"), rows.day("first_credit_on")
    yield Breach(
        "first_credit_on",
        founded.is_good & credit.is_good & (founded.day >= credit.day),
        "晚于成立日期",
        "after the day it was founded",
    )


def _half_an_account(rows: Rows) -> Iterator[Breach]:
    has_no, has_bank = ~rows.is_blank("basic_account_no"), ~rows.is_blank("basic_account_bank")
    yield Breach(
        "basic_account_bank", has_no & ~has_bank, "基本账户开户行名称", "the bank of the account"
    )
    yield Breach("basic_account_no", has_bank & ~has_no, "基本存款账号", "the account's number")


def _half_a_controller(rows: Rows) -> Iterator[Breach]:
    has_type, has_id = ~rows.is_blank("controller_id_types"), ~rows.is_blank("controller_ids")
    yield Breach(
        "controller_ids", has_type & ~has_id, "实际控制人证件代码", "the controller's identifier"
    )
    yield Breach(
        "controller_id_types", has_id & ~has_type, "实际控制人证件类型", "the identifier's kind"
    )
    yield Breach(
        "controller_ids",
        has_type & has_id & _has_other_count(rows),
        "与证件类型个数相同, 用英文逗号分隔",
        "as many as there are kinds, with commas between",
    )


def _has_other_count(rows: Rows) -> BoolArray:
    commas = [
        pc.count_substring(rows.texts(name), ",").to_numpy(zero_copy_only=False)
        for name in ("controller_id_types", "controller_ids")
    ]
    differs: BoolArray = commas[0] != commas[1]
    return differs


def _ended_last_year(rows: Rows) -> Iterator[Breach]:
    month = (_EPOCH + dt.timedelta(days=rows.period_last_day)).month
    is_ended = rows.one_of("operating_status", _ENDED_THIS_YEAR)
    yield Breach(
        "operating_status",
        is_ended if month == 1 else np.zeros(rows.size, np.bool_),
        "上年关闭的为 02",
        "02 for what ended last year",
    )


def _more_than_the_limit(rows: Rows) -> Iterator[Breach]:
    limit, used = rows.number("credit_limit"), rows.number("credit_used")
    is_wrong = limit.is_good & used.is_good & (used.value > limit.value) & (limit.value >= 0)
    yield Breach("credit_used", is_wrong, "不大于授信额度", "at most the credit limit")


RULES = (
    Rule(
        "47",
        Level.REFUSE,
        ("founded_on", "first_credit_on"),
        _credit_before_founding,
        "首次建立信贷关系日期应晚于成立日期",
        "A customer is founded before the first day of credit",
        "2020-05-18",
    ),
    Rule(
        "48",
        Level.REFUSE,
        ("basic_account_no", "basic_account_bank"),
        _half_an_account,
        "基本存款账号和开户行名称应同时填写或同时为空",
        "The number of the basic account and its bank are both given, or neither",
        "甲银行上海分行",
    ),
    Rule(
        "48",
        Level.REFUSE,
        ("controller_id_types", "controller_ids"),
        _half_a_controller,
        "实际控制人证件类型和证件代码应同时填写或同时为空, 且个数相同",
        "Kinds and identifiers of controllers are both given or neither, and equally many",
        "A01",
    ),
    Rule(
        "49",
        Level.WARN,
        ("operating_status",),
        _ended_last_year,
        "04-07 只用于当年关闭、破产、注销、吊销, 次年一月起应改为 02, 请核对是否为今年发生",
        "04 to 07 are for what ended this year; from next January on it is 02: please check",
        "02",
    ),
    Rule(
        "50",
        Level.WARN,
        ("credit_limit", "credit_used"),
        _more_than_the_limit,
        "已用额度一般不大于授信额度",
        "The credit used is not more than the limit",
        "2000000.00",
    ),
)
