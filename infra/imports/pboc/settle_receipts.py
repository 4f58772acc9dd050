"""A month's flows between two stocks, receipt by receipt: what is carried, derived, and missing.

    opening = the stock before; in a bank's first month the closing less the month's net flow
    closing = opening + increases − decreases, in the currency of the receipt

A decrease takes rate and class from the stock before, else from the month's own increase; an
increase has its own rate and the class of this month's stock, else FQ01. What the sums then
carry at another rate or class than the closing stock shows is repriced or reclassified, part by
part, so that the sums are the stock. Yuan of a foreign currency that neither opening nor flows
explain were revalued, but only where the receipt closes in its own currency.

Pure: numbers in, numbers out. Source: docs/method.md#from-files
"""

from typing import NamedTuple

import numpy as np

from infra.imports.pboc.derived import DERIVED, Derived
from infra.imports.pboc.receipt_groups import NOWHERE, Groups, Month, SoundRecords
from infra.imports.pboc.spill import Records
from schemas.codes import LOAN_CLASSES, LoanClass
from schemas.columns import NONE_CODE
from schemas.units import BoolArray, Int64Array

PASS = LOAN_CLASSES.index(LoanClass.PASS)


class Carried(NamedTuple):
    """At which rate and class the sums carry the amount of a flow."""

    line: Int64Array
    rate_mbp: Int64Array
    loan_class: Int64Array


class Gap(NamedTuple):
    """Receipts whose month does not add up."""

    rule: str  # 55: the amounts differ; 56: one came or went without a flow.
    source: Int64Array  # Where the row stands that tells which receipt it is.
    line: Int64Array
    expected: Int64Array  # What opening and flows give, in hundredths of the currency.
    found: Int64Array  # The closing balance.


class Settled(NamedTuple):
    """What comes out for the receipts of one bucket."""

    carried: Carried
    derived: Records
    gaps: list[Gap]
    held_count: int  # Receipts that cannot be compared, because a row of theirs was refused.
    late_settling: Int64Array  # Lines of flows that say once more that the loan was settled.


def settle(records: Records, refused: BoolArray, month: Month) -> Settled:
    """Return what the receipts of one bucket give.

    Args:
        records: of RECEIPT, all of a receipt's records among them.
        refused: by record, rows that were held back.
        month: what is known of the month.

    """
    assert records.size == refused.size
    groups = Groups(records)
    is_refused = refused[groups.order]
    has_held = groups.has(is_refused)
    receipts = _Receipts(SoundRecords(groups, ~is_refused, month), has_held)
    return Settled(
        carried=receipts.carried(),
        derived=receipts.derived(),
        gaps=receipts.gaps(),
        held_count=int(has_held.sum()),
        late_settling=receipts.late_settling(),
    )


class _Part(NamedTuple):
    """Amounts that the sums carry at one rate and class."""

    group: Int64Array
    rate_mbp: Int64Array
    loan_class: Int64Array
    amount_minor: Int64Array
    cny_minor: Int64Array


class _Receipts:
    """What follows for each receipt; all arrays are by receipt."""

    def __init__(self, sound: SoundRecords, has_held: BoolArray) -> None:
        self._sound, self._month = sound, sound.month
        value, now, before = sound.value, sound.now, sound.before
        self._has_now, self._has_before = now != NOWHERE, before != NOWHERE
        self._closing, self._closing_cny = value("amount", now), value("cny", now)
        self._net, self._net_cny = sound.net("amount"), sound.net("cny")
        self._opening, self._opening_cny = self._opened()
        self._closes = self._opening + self._net == self._closing
        self._same_currency = self._one_currency()
        self._rate, self._class = value("rate", now), value("loan_class", now, NONE_CODE)
        self._class = np.where(self._class == NONE_CODE, PASS, self._class)
        self._base_rate, self._base_class = self._base()
        # What has left the book ends at the rate and class at which it was taken off.
        self._end_rate = np.where(self._has_now, self._rate, self._base_rate)
        self._end_class = np.where(self._has_now, self._class, self._base_class)
        is_opened = self._month.is_opening & self._has_now
        self._opening_rate = np.where(is_opened, self._rate, self._base_rate)
        self._is_mixed = ~has_held & ~self._same_currency
        # Compared only where everything about the receipt is there.
        self._is_compared = ~has_held & self._same_currency & self._month.has_stock

    def _opened(self) -> tuple[Int64Array, Int64Array]:
        """Return the opening balance, in its currency and in yuan."""
        value, before = self._sound.value, self._sound.before
        if not self._month.is_opening or not self._month.has_stock:
            return value("amount", before), value("cny", before)
        opening = np.maximum(self._closing - self._net, 0)
        # At the closing exchange rate, else at that of the month's first flow.
        flow = self._sound.first_flow
        unit = np.where(self._closing > 0, self._closing, value("amount", flow))
        unit_cny = np.where(self._closing > 0, self._closing_cny, value("cny", flow))
        is_plain = (unit == unit_cny) | (unit <= 0)
        cny = opening.copy()
        for row in np.flatnonzero(~is_plain & (opening > 0)).tolist():
            cny[row] = _share(int(opening[row]), int(unit_cny[row]), int(unit[row]))
        return opening, cny

    def _one_currency(self) -> BoolArray:
        groups, currency = self._sound.groups, self._sound.records["currency"]
        first = groups.one(np.ones(currency.size, np.bool_))
        return ~groups.has(currency != currency[np.maximum(first, 0)][groups.of])

    def _base(self) -> tuple[Int64Array, Int64Array]:
        """Return the rate and class of what is taken off the balance."""
        value, sound = self._sound.value, self._sound
        own_rate = value("rate", sound.first_flow, self._rate)
        has_increase = sound.first_increase != NOWHERE
        rate = np.where(self._has_now, self._rate, own_rate)
        rate = np.where(has_increase, value("rate", sound.first_increase), rate)
        rate = np.where(self._has_before, value("rate", sound.before), rate)
        before_class = value("loan_class", sound.before, NONE_CODE)
        before_class = np.where(before_class == NONE_CODE, PASS, before_class)
        return rate, np.where(self._has_before, before_class, self._class)

    def carried(self) -> Carried:
        """Return at what every flow is carried."""
        sound, of = self._sound, self._sound.groups.of
        up, down = sound.increases, sound.decreases
        records = sound.records
        return Carried(
            np.concatenate([records["line"][up], records["line"][down]]).astype(np.int64),
            np.concatenate([records["rate"][up].astype(np.int64), self._base_rate[of[down]]]),
            np.concatenate([self._class[of[up]], self._base_class[of[down]]]),
        )

    def _parts(self) -> _Part:
        """Return what the sums carry after the month's flows, before anything is repriced."""
        sound, of, records = self._sound, self._sound.groups.of, self._sound.records
        up, down = sound.increases, sound.decreases
        opened = np.flatnonzero(self._opening)
        joined = np.concatenate
        return _Part(
            joined([opened, of[up], of[down]]),
            joined([self._opening_rate[opened], records["rate"][up], self._base_rate[of[down]]]),
            joined([self._base_class[opened], self._class[of[up]], self._base_class[of[down]]]),
            joined([self._opening[opened], records["amount"][up], -records["amount"][down]]),
            joined([self._opening_cny[opened], records["cny"][up], -records["cny"][down]]),
        )

    def derived(self) -> Records:
        """Return the derived events of these receipts."""
        parts = self._parts()
        return np.concatenate(
            [
                self._brought_forward(),
                self._revalued(),
                self._repriced(parts),
                self._reclassified(parts),
                *self._ends(),
                *self._overdues(),
            ]
        )

    def _rows(self, kind: Derived, group: Int64Array) -> Records:
        """Return empty derived events of these receipts, with where their texts stand."""
        sound = self._sound
        place = np.where(
            self._has_now, sound.now, np.where(self._has_before, sound.before, sound.first_flow)
        )[group]
        rows = np.zeros(group.size, DERIVED)
        rows["kind"] = kind
        rows["source"], rows["line"] = sound.records["source"][place], sound.records["line"][place]
        rows["rate"], rows["loan_class"] = self._end_rate[group], self._end_class[group]
        return rows

    def _brought_forward(self) -> Records:
        if not self._month.is_opening:
            return np.zeros(0, DERIVED)
        group = np.flatnonzero(self._is_compared & (self._opening > 0) & (self._opening_cny > 0))
        rows = self._rows(Derived.BROUGHT_FORWARD, group)
        rows["amount"], rows["cny"] = self._opening[group], self._opening_cny[group]
        rows["rate"], rows["loan_class"] = self._opening_rate[group], self._base_class[group]
        rows["day"] = self._month.opening_day
        return rows

    def _revalued(self) -> Records:
        change = self._closing_cny - self._opening_cny - self._net_cny
        group = np.flatnonzero(self._is_compared & self._closes & (change != 0))
        rows = self._rows(Derived.REVALUED, group)
        rows["cny"], rows["day"] = change[group], self._month.last_day
        has_now = self._has_now[group]
        flow = self._sound.first_flow[group]
        value = self._sound.value
        rows["closing"] = np.where(has_now, self._closing[group], value("amount", flow))
        rows["closing_cny"] = np.where(has_now, self._closing_cny[group], value("cny", flow))
        return rows

    def _repriced(self, parts: _Part) -> Records:
        chosen = self._is_compared[parts.group] & (parts.rate_mbp != self._end_rate[parts.group])
        group, old_rate, amount, cny = _summed(parts, parts.rate_mbp, chosen)
        rows = self._rows(Derived.REPRICED, group)
        new_rate = self._end_rate[group]
        # Less than nothing at the old rate: turned round, so that every amount is one.
        rows["old_rate"] = np.where(cny > 0, old_rate, new_rate)
        rows["rate"] = np.where(cny > 0, new_rate, old_rate)
        rows["amount"], rows["cny"] = np.maximum(np.abs(amount), 1), np.abs(cny)
        known = self._sound.value("reprices", self._sound.before[group])
        is_inside = (known >= self._month.first_day) & (known <= self._month.last_day)
        rows["day"] = np.where(is_inside, known, 0)
        return rows

    def _reclassified(self, parts: _Part) -> Records:
        is_other = parts.loan_class != self._end_class[parts.group]
        chosen = self._is_compared[parts.group] & is_other
        group, old_class, amount, cny = _summed(parts, parts.loan_class, chosen)
        rows = self._rows(Derived.RECLASSIFIED, group)
        new_class = self._end_class[group]
        rows["old_class"] = np.where(cny > 0, old_class, new_class)
        rows["loan_class"] = np.where(cny > 0, new_class, old_class)
        rows["amount"], rows["cny"] = np.maximum(np.abs(amount), 1), np.abs(cny)
        return rows

    def _ends(self) -> list[Records]:
        """Return extensions and shortenings."""
        value, now, before = self._sound.value, self._sound.now, self._sound.before
        both = self._is_compared & self._has_now & self._has_before
        old_extended, extended = value("extended", before), value("extended", now)
        matures = value("matures", now)
        old_end = np.where(old_extended > 0, old_extended, value("matures", before))
        new_end = np.where(extended > 0, extended, matures)
        both &= (old_end > 0) & (new_end > 0)
        longer = both & (extended > old_extended) & (extended > matures)
        is_shortened = value("is_shortened", now) > 0
        shorter = both & ~longer & (new_end < old_end) & (is_shortened | (extended > 0))
        found = []
        for kind, chosen in ((Derived.EXTENDED, longer), (Derived.SHORTENED, shorter)):
            group = np.flatnonzero(chosen)
            rows = self._rows(kind, group)
            rows["old_end"], rows["new_end"] = old_end[group], new_end[group]
            found.append(rows)
        return found

    def _overdues(self) -> list[Records]:
        value, now, before = self._sound.value, self._sound.now, self._sound.before
        both = self._is_compared & self._has_now & self._has_before
        was, is_now = value("overdue", before), value("overdue", now)
        found = []
        for kind, chosen in (
            (Derived.OVERDUE, both & (was == 0) & (is_now > 0)),
            (Derived.CURED, both & (was > 0) & (is_now == 0)),
        ):
            group = np.flatnonzero(chosen)
            rows = self._rows(kind, group)
            rows["overdue"] = is_now[group]
            found.append(rows)
        return found

    def gaps(self) -> list[Gap]:
        """Return the receipts whose month does not add up, where it can be said."""
        month, sound = self._month, self._sound
        if not (month.has_stock and month.has_flows and (month.is_opening or month.is_next)):
            return []
        is_open = self._is_compared & ~self._closes
        came = is_open & ~self._has_before & (sound.first_increase == NOWHERE) & self._has_now
        went = is_open & self._has_before & ~self._has_now
        moved = came | went
        found = []
        for rule, chosen in (("56", moved), ("55", (is_open & ~moved) | self._is_mixed)):
            group = np.flatnonzero(chosen)
            rows = self._rows(Derived.REVALUED, group)
            found.append(
                Gap(
                    rule,
                    rows["source"].astype(np.int64),
                    rows["line"].astype(np.int64),
                    (self._opening + self._net)[group],
                    self._closing[group],
                )
            )
        return [gap for gap in found if gap.line.size]

    def late_settling(self) -> Int64Array:
        """Return the lines of decreases that settle a loan which an earlier one has settled."""
        sound, records = self._sound, self._sound.records
        settling = sound.decreases[records["closed"][sound.decreases] > 0]
        group = sound.groups.of[settling]
        again = np.zeros(settling.size, np.bool_)
        again[1:] = group[1:] == group[:-1]
        return records["line"][settling[again]].astype(np.int64)


def _summed(
    parts: _Part, key: Int64Array, chosen: BoolArray
) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Return receipt, key, amount and yuan of the chosen parts by (receipt, key), without nils."""
    group, key = parts.group[chosen], key[chosen].astype(np.int64)
    order = np.lexsort((key, group))
    group, key = group[order], key[order]
    is_new = np.ones(group.size, np.bool_)
    is_new[1:] = (group[1:] != group[:-1]) | (key[1:] != key[:-1])
    place = np.cumsum(is_new) - 1
    amount, cny = np.zeros((2, int(is_new.sum())), np.int64)
    np.add.at(amount, place, parts.amount_minor[chosen][order])
    np.add.at(cny, place, parts.cny_minor[chosen][order])
    keep = cny != 0
    return group[is_new][keep], key[is_new][keep], amount[keep], cny[keep]


def _share(amount_minor: int, unit_cny: int, unit: int) -> int:
    """Return ``amount_minor`` in yuan at ``unit_cny`` for ``unit``, rounded half up."""
    return (2 * amount_minor * unit_cny + unit) // (2 * unit)
