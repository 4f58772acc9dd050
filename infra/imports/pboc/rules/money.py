"""Amounts, their worth in renminbi, rates and fees."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from schemas.units import AMOUNT_MINOR_MAX, RATE_MBP_MAX, BoolArray

# Currency, amount, and the amount in renminbi.
_AMOUNT = ("currency", "amount", "amount_cny")
_BALANCE = ("currency", "balance", "balance_cny")
_BILL = (
    ("currency", "face_amount", "face_amount_cny"),
    ("discount_currency", "discount_amount", "discount_amount_cny"),
)
_CONVERTED = (_AMOUNT, _BALANCE, *_BILL)
_CNY = "CNY"
# Not guarantees: there the amount stands on the first row of a contract, and 0.00 on the others.
_LOANS = (
    "DWDKFS", "CLDWDK", "GRDKFS", "CLGRDK", "PJRZFS", "CLPJRZ", "WTDKFS", "CLWTDK",
)  # fmt: skip
_HIGH_RATE_MBP = 3_000_000  # 30 % a year.
_FLOWS = ("DWDKFS", "GRDKFS", "PJRZFS", "WTDKFS")
_STOCKS = ("CLDWDK", "CLGRDK", "CLPJRZ", "CLWTDK")
# Ours: no table of exchange rates is at hand, so rows are compared with each other. A stock has
# one rate for all its rows; in a flow table every day of the month has its own.
_STOCK_TOLERANCE_RATIO, _FLOW_TOLERANCE_RATIO = 0.005, 0.05
_ROUNDING_MINOR = 1


def _no_sum(field: str, rows: Rows) -> Iterator[Breach]:
    number = rows.number(field)
    is_wrong = number.is_good & ((number.value <= 0) | (number.value > AMOUNT_MINOR_MAX))
    yield Breach(field, is_wrong, "大于 0, 不超过 100 万亿", "above zero, at most 100 trillion")


def _negative(field: str, rows: Rows) -> Iterator[Breach]:
    number = rows.number(field)
    is_wrong = (number.value < 0) | (number.value > AMOUNT_MINOR_MAX)
    yield Breach(field, is_wrong, "不小于 0, 不超过 100 万亿", "0 to 100 trillion")


def _other_in_renminbi(currency: str, amount: str, cny: str, rows: Rows) -> Iterator[Breach]:
    first, second = rows.number(amount), rows.number(cny)
    is_wrong = first.is_good & second.is_good & (first.value != second.value)
    yield Breach(
        cny,
        is_wrong & rows.one_of(currency, (_CNY,)),
        "与原币金额相等",
        "the same as the amount itself",
    )


def _odd_exchange_rate(
    tolerance_ratio: float, currency: str, amount: str, cny: str, rows: Rows
) -> Iterator[Breach]:
    first, second = rows.number(amount), rows.number(cny)
    is_good = first.is_good & second.is_good & (first.value > 0) & (second.value > 0)
    coded = rows.coded(currency)
    for code, name in enumerate(coded.values):
        if name in {_CNY, ""}:
            continue
        places = np.flatnonzero(is_good & (coded.codes == code))
        # Floats are exact enough: what is judged is a warning, at some thousandths.
        original = first.value[places].astype(np.float64)
        in_renminbi = second.value[places].astype(np.float64)
        if not places.size:
            continue
        median = float(np.median(in_renminbi / original))
        expected = median * original
        is_odd = np.abs(in_renminbi - expected) > tolerance_ratio * expected + _ROUNDING_MINOR
        is_broken: BoolArray = np.zeros(rows.size, np.bool_)
        is_broken[places[is_odd]] = True
        yield Breach(
            cny,
            is_broken,
            f"{name} 折算率接近同批各行的中位数 {median:.4f}",
            f"{name} converted at about {median:.4f}, the median of the rows around",
        )


def _benchmark_of_fixed_rate(rows: Rows) -> Iterator[Breach]:
    is_blank = rows.is_blank("benchmark_rate_pct")
    is_fixed, is_floating = (rows.one_of("rate_kind", (k,)) for k in ("RF01", "RF02"))
    yield Breach("benchmark_rate_pct", is_fixed & ~is_blank, "空", "blank")
    yield Breach("benchmark_rate_pct", is_floating & is_blank, "基准利率", "the benchmark's rate")


def _no_rate(rows: Rows) -> Iterator[Breach]:
    rate = rows.number("rate_pct")
    is_wrong = rate.is_good & ((rate.value <= 0) | (rate.value > RATE_MBP_MAX))
    yield Breach("rate_pct", is_wrong, "大于 0, 不超过 100", "above 0, at most 100")


def _high_rate(rows: Rows) -> Iterator[Breach]:
    rate_mbp = rows.number("rate_pct").value
    is_high = (rate_mbp > _HIGH_RATE_MBP) & (rate_mbp <= RATE_MBP_MAX)
    yield Breach("rate_pct", is_high, "不超过 30", "at most 30")


def _negative_fee(rows: Rows) -> Iterator[Breach]:
    yield Breach("fee_cny", rows.number("fee_cny").value < 0, "不小于 0", "0 or more")


def _for_pairs(
    pairs: tuple[tuple[str, str, str], ...],
    number: str,
    level: Level,
    *,
    check: Callable[[str, str, str, Rows], Iterable[Breach]],
    zh: str,
    en: str,
    example: str,
    tables: tuple[str, ...] = (),
) -> tuple[Rule, ...]:
    """Return one rule for each pair of an amount and its worth in renminbi."""
    return tuple(
        Rule(number, level, columns, partial(check, *columns), zh, en, example, tables)
        for columns in pairs
    )


RULES = (
    *(
        Rule(
            "36",
            Level.REFUSE,
            (field,),
            partial(_no_sum, field),
            "金额和余额应大于 0; 负数的收回应改报为方向相反(发放, 1)的正数行",
            "Amounts and balances are above zero; a negative recovery is sent as a positive row of"
            " the other direction (1)",
            "3000000.00",
            tables=_LOANS,
        )
        for _, amount, amount_cny in _CONVERTED
        for field in (amount, amount_cny)
    ),
    *(
        Rule(
            "36",
            Level.REFUSE,
            (field,),
            partial(_negative, field),
            "授信额度和已用额度不得为负",
            "A credit limit and what is used of it are not negative",
            "5000000.00",
        )
        for field in ("credit_limit", "credit_used")
    ),
    *_for_pairs(
        _CONVERTED,
        "37",
        Level.REFUSE,
        check=_other_in_renminbi,
        zh="币种为人民币(CNY)时, 折人民币金额应等于原币金额",
        en="An amount in CNY is the same in renminbi",
        example="3000000.00",
    ),
    *_for_pairs(
        (_BALANCE, *_BILL),
        "38",
        Level.WARN,
        check=partial(_odd_exchange_rate, _STOCK_TOLERANCE_RATIO),
        zh="外币折人民币的折算率与同币种其他行相差超过 0.5%, 存量表应使用期末汇率",
        en="The exchange rate is more than 0.5 % off the other rows: a stock uses the closing rate",
        example="8520000.00",
        tables=_STOCKS,
    ),
    *_for_pairs(
        (_AMOUNT, *_BILL),
        "38",
        Level.WARN,
        check=partial(_odd_exchange_rate, _FLOW_TOLERANCE_RATIO),
        zh="外币折人民币的折算率与同币种其他行相差超过 5%, 发生额表应使用交易日汇率",
        en="The exchange rate is more than 5 % off the other rows: a flow uses the day's own rate",
        example="8526000.00",
        tables=_FLOWS,
    ),
    Rule(
        "39",
        Level.REFUSE,
        ("rate_kind", "benchmark_rate_pct"),
        _benchmark_of_fixed_rate,
        "固定利率(RF01)的基准利率应为空, 浮动利率(RF02)的基准利率应填写",
        "A fixed rate (RF01) has no benchmark rate, a floating one (RF02) has",
        "3.00000",
    ),
    Rule(
        "40",
        Level.REFUSE,
        ("rate_pct",),
        _no_rate,
        "利率应大于 0, 以百分数填写; 个人贷款存量的零利率应为空",
        "A rate is above zero and in percent; in the personal stock a rate of zero is left blank",
        "3.45000",
    ),
    Rule(
        "40",
        Level.WARN,
        ("rate_pct",),
        _high_rate,
        "年利率超过 30%, 请核对单位",
        "The rate is above 30 % a year; please check its unit",
        "3.45000",
    ),
    Rule(
        "41",
        Level.REFUSE,
        ("fee_cny",),
        _negative_fee,
        "手续费金额不得为负",
        "A fee is not negative",
        "1000.00",
    ),
)
