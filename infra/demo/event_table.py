"""Rows of the demo become a table of the wire, column by column and without an object per event.

What infra.demo.telling says of one event, this says of a million; a test compares the two.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.demo.banks import CITIES, QINGDAO
from infra.demo.calendar import date_of
from infra.demo.event_rows import (
    CREDIT_SUPPORT,
    DEFERRAL,
    FIRST_LOAN,
    OVERDUE_KINDS,
    RENEWAL,
    Rows,
    What,
)
from infra.demo.fixed_texts import numbered_texts
from infra.demo.purposes import PRODUCTS, PURPOSES
from infra.demo.telling import EVENT_TYPES, FLOWS, World, event_id_prefix
from schemas.codes import (
    BORROWER_KINDS,
    FIRM_SIZES,
    GUARANTEE_KINDS,
    HOLDINGS,
    LOAN_CLASSES,
    LOAN_KINDS,
)
from schemas.event_types import type_name
from schemas.units import AnyArray, BoolArray, Int64Array
from schemas.wire_arrow import ARROW_SCHEMA

_MARKS = {
    "is_first_loan": FIRST_LOAN,
    "is_renewal": RENEWAL,
    "is_deferral": DEFERRAL,
    "is_credit_support": CREDIT_SUPPORT,
}
_LENDING = (*FLOWS, What.DISBURSED, What.REFINANCED)
_OF_LOANS = (
    *_LENDING, What.REPRICED, What.RECLASSIFIED, What.REVALUED, What.OVERDUE, What.CURED,
    What.EXTENDED,
)  # fmt: skip
_DISCOUNTS = (What.DISCOUNTED, What.REDISCOUNTED)
_BILLS = (*_DISCOUNTS, What.RECOVERED)
_CARRIED = (*_LENDING, *_BILLS, What.REVALUED)
# Columns of words: where a row has the code, the words, and which rows have one.
_WORDS: dict[str, tuple[str, Sequence[str], tuple[What, ...]]] = {
    "loan_kind": ("loan_kind", LOAN_KINDS, _OF_LOANS),
    "loan_class": ("loan_class", LOAN_CLASSES, (*_CARRIED, What.RECLASSIFIED)),
    "old_loan_class": ("old_class", LOAN_CLASSES, (What.RECLASSIFIED,)),
    "guarantee_kind": ("guarantee", GUARANTEE_KINDS, (What.DISBURSED,)),
    "use_industry": ("purpose", PURPOSES, (What.DISBURSED,)),
    "product_code": ("product", PRODUCTS, (What.DISBURSED,)),
    "restructuring_kind": ("restructuring", ("", "01", "02"), (What.REFINANCED,)),
    "overdue_kind": ("overdue", OVERDUE_KINDS, (What.OVERDUE,)),
    "holding": ("holding", HOLDINGS, (What.PROFILED,)),
    "firm_size": ("size", FIRM_SIZES, (What.PROFILED,)),
}
_TYPES = tuple(type_name(EVENT_TYPES[what]) for what in What)
_NAMES = (*_TYPES, "reversal")


class EventTables:
    """Makes tables of events; what is the same in all of them is made once."""

    def __init__(self, world: World) -> None:
        self._world = world
        borrowers, banks = world.borrowers, world.banks.banks
        self._borrower_ids = pa.array(borrowers.ids)
        industries = pa.array(borrowers.industries).dictionary_encode()
        self._industry = industries.indices.to_numpy()
        self._industries = industries.dictionary.to_pylist()
        place = {city: number for number, city in enumerate(CITIES)}
        self._city = np.array([place[city] for city in borrowers.cities], np.int32)
        self._bank_city = np.array([place[bank.city] for bank in banks], np.int32)
        self._bank_ids = [bank.bank_id for bank in banks]
        self._bank_texts = {
            "name_zh": [bank.name_zh for bank in banks],
            "name_en": [bank.name_en for bank in banks],
            "peer_group": [bank.peer_group.value for bank in banks],
        }

    def batch_of(self, rows: Rows) -> pa.RecordBatch:
        """Return the event of each row, in order; columns that none of them has are left out."""
        if not rows.size:  # Whoever reads it asks for this column, even of nothing.
            return pa.record_batch({"type": pa.array([], pa.string())})
        columns = _Columns(rows)
        borrower = self._world.accounts.borrower[rows["account"]]
        self._heads(columns, borrower)
        self._people(columns, borrower)
        _loans(columns)
        _amounts(columns)
        made = columns.made
        return pa.record_batch({name: made[name] for name in ARROW_SCHEMA.names if name in made})

    def _heads(self, columns: "_Columns", borrower: Int64Array) -> None:
        rows, is_reversal = columns.rows, columns.rows["reverses"] > 0
        prefix, every = event_id_prefix(self._world), np.ones(rows.size, np.bool_)
        columns.words("type", np.where(is_reversal, len(What), rows["what"]), every, _NAMES)
        columns.texts("event_id", numbered_texts(prefix, rows["number"], 10), every)
        columns.words("bank_id", rows["bank"], every, self._bank_ids)
        columns.days("occurred_on", np.where(is_reversal, rows["arrival"], rows["day"]), every)
        ids = self._borrower_ids.take(pa.array(borrower))
        columns.texts("borrower_id", ids, rows["account"] >= 0)
        if is_reversal.any():
            types = pa.array(_TYPES).take(pa.array(rows["what"]))
            reversed_ids = numbered_texts(prefix, rows["reverses"], 10)
            columns.texts("reversed_type", types, is_reversal)
            columns.texts("reversed_event_id", reversed_ids, is_reversal)
            columns.days("reversed_occurred_on", rows["day"], is_reversal)

    def _people(self, columns: "_Columns", borrower: Int64Array) -> None:
        rows = columns.rows
        is_profile, is_bank = columns.of(What.PROFILED), columns.of(What.REGISTERED)
        columns.words(
            "borrower_kind", self._world.borrowers.kind[borrower], is_profile, BORROWER_KINDS
        )
        columns.words("industry", self._industry[borrower], is_profile, self._industries)
        city = np.where(is_bank, self._bank_city[rows["bank"]], self._city[borrower])
        columns.words("city", city, is_profile | is_bank, CITIES)
        for name, texts in self._bank_texts.items():
            columns.words(name, rows["bank"], is_bank, texts)
        is_qingdao = self._bank_city == CITIES.index(QINGDAO)
        columns.put("is_qingdao", is_qingdao[rows["bank"]], is_bank)
        columns.days("closed_on", rows["matures"], is_bank & (rows["matures"] > 0))
        columns.put("revision", rows["marks"].astype(np.int64), is_bank & (rows["marks"] > 0))


class _Columns:
    """The columns made so far of a table of rows."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._what = rows["what"].copy()  # Side by side: it is asked for often.
        self.made: dict[str, pa.Array] = {}

    def of(self, *whats: What) -> BoolArray:
        is_one = np.zeros(len(What), np.bool_)
        is_one[list(whats)] = True
        return np.asarray(is_one[self._what], np.bool_)

    def put(self, name: str, values: AnyArray, is_there: BoolArray) -> None:
        """Add a column of numbers or truths, null where it is not there, unless it is nowhere."""
        if is_there.any():
            self.made[name] = pa.array(values, mask=None if is_there.all() else ~is_there)

    def texts(self, name: str, texts: pa.StringArray, is_there: BoolArray) -> None:
        if is_there.any():
            is_whole = bool(is_there.all())
            self.made[name] = texts if is_whole else pc.if_else(pa.array(is_there), texts, None)

    def words(self, name: str, codes: AnyArray, is_there: BoolArray, words: Sequence[str]) -> None:
        """Add a column of words that repeat; an empty one is none."""
        if "" in words:
            is_there = is_there & (codes != words.index(""))
        if is_there.any():
            indices = pa.array(codes.astype(np.int32), mask=None if is_there.all() else ~is_there)
            values = pa.array([str(word) for word in words])
            self.made[name] = pa.DictionaryArray.from_arrays(indices, values)

    def days(self, name: str, days: AnyArray, is_there: BoolArray) -> None:
        """Add a column of dates."""
        if is_there.any():
            first, last = int(days[is_there].min()), int(days[is_there].max())
            is_used = np.zeros(last - first + 1, np.bool_)
            is_used[days[is_there] - first] = True
            code = np.cumsum(is_used) - 1
            words = [date_of(first + day).isoformat() for day in np.flatnonzero(is_used).tolist()]
            self.words(name, code[np.clip(days - first, 0, last - first)], is_there, words)


def _loans(columns: _Columns) -> None:
    """Add what only loans and bills have."""
    rows, is_drawn = columns.rows, columns.of(What.DISBURSED)
    columns.texts("loan_id", numbered_texts("DK", rows["loan"], 10), columns.of(*_OF_LOANS))
    is_bill = columns.of(*_BILLS)
    if is_bill.any():
        columns.texts("bill_no", _bill_numbers(rows), is_bill)
    for name, (column, words, whats) in _WORDS.items():
        columns.words(name, rows[column], columns.of(*whats), words)
    for name, mark in _MARKS.items():
        is_marked = is_drawn & ((rows["marks"] & mark) > 0)
        columns.put(name, is_marked, is_marked)
    is_ending = columns.of(What.DISBURSED, What.EXTENDED, *_DISCOUNTS)
    columns.days("matures_on", rows["matures"], is_ending)
    columns.days("old_matures_on", rows["old_matures"], columns.of(What.EXTENDED))


def _bill_numbers(rows: Rows) -> pa.StringArray:
    """Return a bill number of thirty digits and the whole range of its cents."""
    numbers = numbered_texts("1" + "0" * 19, rows["loan"], 10)
    return pc.binary_join_element_wise(numbers, pa.array(rows["amount"]).cast(pa.string()), "-1-")


def _discounted_minor(rows: Rows) -> Int64Array:
    """Return what the holder of each bill is paid: its face amount less interest to its end.

    The yearly rate is in 10⁻⁷ of one, and a year has 360 days.
    """
    year = 360 * 10**7
    interest = rows["rate"] * (rows["matures"] - rows["day"]).astype(np.int64)
    # Not amount * interest // year: that is too large for 64 bits.
    whole, rest = np.divmod(rows["amount"], year)
    return np.asarray(rows["amount"] - whole * interest - rest * interest // year, np.int64)


def _amounts(columns: _Columns) -> None:
    """Add money and rates."""
    rows = columns.rows
    is_flow, is_bill = columns.of(*_LENDING), columns.of(*_BILLS)
    is_state = columns.of(What.REPRICED, What.RECLASSIFIED)
    is_revalued, is_usd = columns.of(What.REVALUED), rows["is_usd"]
    columns.put("amount_minor", rows["amount"], is_flow | is_bill)
    columns.put("amount_cny_minor", rows["amount_cny"], is_flow & is_usd)
    columns.put("balance_minor", rows["amount"], is_state)
    columns.put("balance_cny_minor", rows["amount_cny"], is_state & is_usd)
    is_foreign = ((is_flow | is_state) & is_usd) | is_revalued
    columns.words("currency", np.zeros(rows.size, np.int32), is_foreign, ("USD",))
    has_rate = columns.of(*_CARRIED, What.REPRICED)
    columns.put("rate_mbp", rows["rate"], has_rate)
    columns.put("old_rate_mbp", rows["old_rate"], columns.of(What.REPRICED))
    columns.put("change_cny_minor", rows["amount"], is_revalued)
    columns.put("exchange_rate_millionths", rows["fx"], is_revalued)
    is_discount = columns.of(*_DISCOUNTS)
    columns.put("discount_amount_minor", _discounted_minor(rows), is_discount)
    columns.put("limit_cny_minor", rows["amount"], columns.of(What.LINE_SET))
