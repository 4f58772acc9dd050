"""What must hold of an event beyond its shape, checked for a whole batch at once.

Whatever depends on one text only (a date, an identifier, a currency) is looked at once per
distinct text. Lanes and duplicates are not judged here: that takes the headers and the past.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

import numpy as np

from schemas import flat as f
from schemas.business_date import DateTable, is_date
from schemas.currencies import CURRENCIES, YUAN
from schemas.event_types import TYPE_CODES, TYPE_NAMES
from schemas.expectations import (
    EXPECTED_AGGREGATE_ID,
    EXPECTED_BANK_ID,
    EXPECTED_BORROWER_ID,
    EXPECTED_CHANGE,
    EXPECTED_CHECK,
    EXPECTED_CITY,
    EXPECTED_CURRENCY,
    EXPECTED_DATE,
    EXPECTED_DAY,
    EXPECTED_FEN,
    EXPECTED_INDUSTRY,
    EXPECTED_MASKED_ID,
    EXPECTED_NOT_BEFORE,
    EXPECTED_ORGANISATION_CHECK,
    EXPECTED_OWN_BANK,
    EXPECTED_QUARTER,
    EXPECTED_SAME_AMOUNT,
    EXPECTED_USE_INDUSTRY,
)
from schemas.flat import ABSENT, Flat, Texts
from schemas.identifiers import (
    ORGANISATION_SIZE,
    Verdict,
    bank_verdicts,
    blotted,
    borrower_verdicts,
    is_aggregate_id,
)
from schemas.quarter import Quarter
from schemas.units import BoolArray, Int32Array, Int64Array, UInt8Array
from schemas.verdicts import Note, Verdicts, shortened
from schemas.wire_fields import FIELDS, IS_OF_BORROWER

_CITY = re.compile(r"[0-9]{6}|")
_INDUSTRY = re.compile(r"[A-T][0-9]{2}|100|200|")
_USE_INDUSTRY = re.compile(r"[A-T][0-9]{3}|1000|2000|")


def has_field(name: str) -> BoolArray:
    """Return for every type code (0 to 255) whether that type has the field."""
    table = np.zeros(256, np.bool_)
    for code, type_of_row in enumerate(TYPE_NAMES):
        table[code] = name in FIELDS[type_of_row]
    return table


_HAS_BORROWER = np.zeros(256, np.bool_)
_HAS_BORROWER[[TYPE_CODES[name] for name in IS_OF_BORROWER]] = True
_HAS_AMOUNT = has_field("amount_cny_minor")
_HAS_BALANCE = has_field("balance_cny_minor")
_HAS_MATURITY = has_field("matures_on")
_HAS_OLD_MATURITY = has_field("old_matures_on")
_MAY_LACK_MATURITY = np.zeros(256, np.bool_)
_MAY_LACK_MATURITY[TYPE_CODES["loan_disbursed"]] = True  # An overdraft has no last day.
_AGGREGATE = TYPE_CODES["aggregate_published"]
_REVALUED = TYPE_CODES["balance_revalued"]


def _is_date_or_empty(text: str) -> bool:
    return not text or is_date(text)


def _is_quarter(text: str) -> bool:
    try:
        Quarter.parse(text)
    except ValueError:
        return False
    return True


class TextRule(NamedTuple):
    """What the text of one field must be like, in events that have the field."""

    name: str  # In Flat.
    field: str  # As the bank calls it.
    has: BoolArray
    is_good: Callable[[str], object]
    code: str
    expected: str

    @classmethod
    def of(cls, name: str, is_good: Callable[[str], object], code: str, expected: str) -> Self:
        return cls(name, name, has_field(name), is_good, code, expected)


_TEXT_RULES = (
    # Every reversal has a day of its own, the others have an empty one.
    TextRule("sent_on", "occurred_on", np.ones(256, np.bool_), _is_date_or_empty, "bad_date",
             EXPECTED_DATE),
    TextRule.of("opened_on", _is_date_or_empty, "bad_date", EXPECTED_DATE),
    TextRule.of("closed_on", _is_date_or_empty, "bad_date", EXPECTED_DATE),
    TextRule.of("quarter", _is_quarter, "bad_quarter", EXPECTED_QUARTER),
    TextRule.of("city", _CITY.fullmatch, "bad_city", EXPECTED_CITY),
    TextRule.of("industry", _INDUSTRY.fullmatch, "bad_industry", EXPECTED_INDUSTRY),
    TextRule.of("use_industry", _USE_INDUSTRY.fullmatch, "bad_industry", EXPECTED_USE_INDUSTRY),
    TextRule.of("currency", CURRENCIES.__contains__, "bad_currency", EXPECTED_CURRENCY),
)  # fmt: skip


class Dates:
    """The dates of a batch in numbers, by row."""

    def __init__(self, flat: Flat) -> None:
        occurred_on, matures_on = flat.text("occurred_on"), flat.text("matures_on")
        self.occurred = DateTable.of(occurred_on.dictionary.to_pylist())
        self.occurred_codes = occurred_on.codes
        self.matures = DateTable.of(matures_on.dictionary.to_pylist())
        self.matures_codes = matures_on.codes

    @property
    def matures_day(self) -> Int32Array:
        return self.matures.day[self.matures_codes]

    @property
    def year_later_day(self) -> Int32Array:
        return self.occurred.year_later_day[self.occurred_codes]


def check(flat: Flat, banks: Sequence[str], verdicts: Verdicts) -> tuple[Dates, Int64Array]:
    """Judge every row; return its dates, and its amount in fen (0 where it moves none)."""
    assert verdicts.refused.size == flat.size
    _check_bank(flat, banks, verdicts)
    _check_borrower(flat, verdicts)
    for name in ("trustor_id", "guarantor_id"):
        _check_no_unmasked_person(flat, name, verdicts)
    dates = Dates(flat)
    _check_dates(flat, dates, verdicts)
    for rule in _TEXT_RULES:
        _check_text(flat, rule, verdicts)
    return dates, _amounts(flat, verdicts)


def _bad_rows(texts: Texts, is_bad: BoolArray) -> BoolArray | None:
    """Return the rows whose text is bad; None if no distinct text is."""
    return is_bad[texts.codes] if is_bad.any() else None


def _is_empty(texts: Texts) -> BoolArray:
    is_empty: BoolArray = texts.codes == texts.code_of("")
    return is_empty


def _check_bank(flat: Flat, banks: Sequence[str], verdicts: Verdicts) -> None:
    texts = flat.text("bank_id")
    values = texts.dictionary.to_pylist()
    place = {value: code for code, value in enumerate(values)}
    of_submission = np.fromiter((place.get(bank, -1) for bank in banks), np.int32, len(banks))
    verdict = bank_verdicts(texts.dictionary)
    is_aggregate = flat.event_type == _AGGREGATE
    if is_aggregate.any():
        is_word = np.fromiter(map(is_aggregate_id, values), np.bool_, len(values))
        bad = is_aggregate & ~is_word[texts.codes]
        verdicts.refuse(bad, "bad_aggregate_id", "bank_id", texts.at, EXPECTED_AGGREGATE_ID)
    if verdict.any():
        by_row = np.where(is_aggregate, Verdict.OK, verdict[texts.codes])
        is_malformed = (by_row == Verdict.MALFORMED) | (by_row == Verdict.EMPTY)
        verdicts.refuse(is_malformed, "bad_bank_id_shape", "bank_id", texts.at, EXPECTED_BANK_ID)
        bad = by_row == Verdict.CHECK_DIGIT
        verdicts.refuse(bad, "bad_bank_id_check", "bank_id", texts.at, EXPECTED_CHECK)
    verdicts.refuse(
        texts.codes != of_submission[flat.submission],
        "other_bank",
        "bank_id",
        texts.at,
        lambda row: EXPECTED_OWN_BANK.format(banks[int(flat.submission[row])]),
    )


def _refuse_unmasked(texts: Texts, bad: BoolArray, field: str, verdicts: Verdicts) -> None:
    for row in np.flatnonzero(bad & ~verdicts.refused).tolist():
        text = texts.at(row)
        verdicts.refuse_row(
            Note(row, "unmasked_person_id", field, blotted(text), EXPECTED_MASKED_ID, blotted=text)
        )


def _check_borrower(flat: Flat, verdicts: Verdicts) -> None:
    texts = flat.text("borrower_id")
    verdict = borrower_verdicts(texts.dictionary)
    if not verdict.any():
        return
    by_row = verdict[texts.codes]
    _refuse_unmasked(texts, by_row == Verdict.UNMASKED_PERSON, "borrower_id", verdicts)
    bad = (by_row == Verdict.EMPTY) & _HAS_BORROWER[flat.event_type]
    bad |= by_row == Verdict.MALFORMED
    verdicts.refuse(bad, "bad_borrower_id", "borrower_id", texts.at, EXPECTED_BORROWER_ID)
    doubtful = np.flatnonzero(by_row == Verdict.CHECK_DIGIT)
    if doubtful.size:
        # One warning for each borrower of a submission, however many events it has there.
        pairs = flat.submission[doubtful].astype(np.int64) << 32 | texts.codes[doubtful]
        _, first = np.unique(pairs, return_index=True)
        verdicts.warn(
            doubtful[first],
            lambda row: Note(
                row,
                "borrower_check_digit",
                "borrower_id",
                texts.at(row),
                EXPECTED_CHECK
                if len(texts.at(row)) > ORGANISATION_SIZE
                else EXPECTED_ORGANISATION_CHECK,
            ),
        )


def _check_no_unmasked_person(flat: Flat, name: str, verdicts: Verdicts) -> None:
    """Refuse a resident's id in clear; any other shape may stand here, it decides nothing."""
    if name in flat.texts:
        texts = flat.texts[name]
        bad = _bad_rows(texts, borrower_verdicts(texts.dictionary) == Verdict.UNMASKED_PERSON)
        if bad is not None:
            _refuse_unmasked(texts, bad, name, verdicts)


def _check_dates(flat: Flat, dates: Dates, verdicts: Verdicts) -> None:
    occurred_on = flat.text("occurred_on")
    bad = _bad_rows(occurred_on, ~dates.occurred.is_valid)
    if bad is not None:
        verdicts.refuse(bad, "bad_date", "occurred_on", occurred_on.at, EXPECTED_DATE)
    for name, has in (("matures_on", _HAS_MATURITY), ("old_matures_on", _HAS_OLD_MATURITY)):
        if name in flat.texts:
            texts = flat.texts[name]
            is_maturity = name == "matures_on"
            table = dates.matures if is_maturity else DateTable.of(texts.dictionary.to_pylist())
            bad = _bad_rows(texts, ~(table.is_valid & table.is_day_known))
            if bad is not None:
                bad &= has[flat.event_type] & ~(
                    _MAY_LACK_MATURITY[flat.event_type] & _is_empty(texts)
                )
                verdicts.refuse(bad, "bad_date", name, texts.at, EXPECTED_DAY)
    if "matures_on" in flat.texts:
        texts = flat.texts["matures_on"]
        bad = dates.matures_day < dates.occurred.first_day[dates.occurred_codes]
        bad &= _HAS_MATURITY[flat.event_type] & ~_is_empty(texts)
        verdicts.refuse(
            bad,
            "matures_before",
            "matures_on",
            texts.at,
            lambda row: EXPECTED_NOT_BEFORE.format(occurred_on.at(row)),
        )


def _check_text(flat: Flat, rule: TextRule, verdicts: Verdicts) -> None:
    """Refuse the rows whose text breaks ``rule``, where their type has that field."""
    if rule.name not in flat.texts:
        return
    texts = flat.texts[rule.name]
    values = texts.dictionary.to_pylist()
    is_bad = np.fromiter((not rule.is_good(value) for value in values), np.bool_, len(values))
    bad = _bad_rows(texts, is_bad)
    if bad is not None:
        bad &= rule.has[flat.event_type]
        verdicts.refuse(bad, rule.code, rule.field, texts.at, rule.expected)


def is_yuan(flat: Flat) -> BoolArray:
    """Return which rows are in yuan; those without a currency are."""
    texts = flat.text("currency")
    is_cny: BoolArray = texts.codes == texts.code_of(YUAN)
    return is_cny


def _amounts(flat: Flat, verdicts: Verdicts) -> Int64Array:
    """Return what each row moves, in fen, and refuse those whose two amounts do not agree."""
    fen = np.zeros(flat.size, np.int64)
    is_cny = is_yuan(flat)
    for has, name, cny_name in (
        (_HAS_AMOUNT, "amount_minor", "amount_cny_minor"),
        (_HAS_BALANCE, "balance_minor", "balance_cny_minor"),
    ):
        if name in flat.numbers:
            rows = has[flat.event_type]
            amount, cny = flat.number(name), flat.number(cny_name)
            if cny_name in flat.numbers or not is_cny.all():
                is_absent = cny == ABSENT
                _refuse_amounts(verdicts, amount, cny, rows & is_cny & ~is_absent, cny_name)
                verdicts.refuse(
                    rows & ~is_cny & is_absent,
                    "missing_cny_amount",
                    cny_name,
                    lambda _row: "",
                    EXPECTED_FEN,
                )
                amount = np.where(is_absent, amount, cny)
            fen = np.where(rows, amount, fen)
    is_revalued = flat.event_type == _REVALUED
    if is_revalued.any():
        change = flat.number("change_cny_minor")
        verdicts.refuse(
            is_revalued & (change == 0),
            "out_of_range",
            "change_cny_minor",
            lambda _row: "0",
            EXPECTED_CHANGE,
        )
        fen = np.where(is_revalued, change, fen)
    return fen


def _refuse_amounts(
    verdicts: Verdicts, amount_minor: Int64Array, cny: Int64Array, rows: BoolArray, cny_name: str
) -> None:
    verdicts.refuse(
        rows & (amount_minor != cny),
        "amount_mismatch",
        cny_name,
        lambda row: shortened(int(cny[row])),
        lambda row: EXPECTED_SAME_AMOUNT.format(amount_minor[row]),
    )


def policy_tags(flat: Flat, dates: Dates) -> UInt8Array:
    """Return one bit per member of schemas.codes.POLICY_TAGS, the first member lowest."""
    bits = np.zeros(flat.size, np.uint8)
    for bit, name in enumerate(f.MARKS):
        if name in flat.marks:
            bits |= flat.marks[name].astype(np.uint8) << bit
    if "use_industry" in flat.texts and "matures_on" in flat.texts:
        texts = flat.texts["use_industry"]
        values = texts.dictionary.to_pylist()
        is_section_c = np.fromiter((v.startswith("C") for v in values), np.bool_, len(values))
        if is_section_c.any():
            is_long = dates.matures_day > dates.year_later_day  # 中长期: more than one year.
            bits |= (is_section_c[texts.codes] & is_long).astype(np.uint8) << len(f.MARKS)
    return bits
