"""Between the two passes: what only shows when all rows of a bank's month are seen together.

First the rules that hold back rows (a key twice, a borrower who is no customer), then the
comparison of the two stocks, which counts only the rows that are left.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infra.imports.pboc import records as r
from infra.imports.pboc import settle_customers as c
from infra.imports.pboc.cross_texts import TEXTS, UNCHECKED
from infra.imports.pboc.derived import DERIVED
from infra.imports.pboc.filing_month import FilingMonth, day_number
from infra.imports.pboc.parties import shown_identifier
from infra.imports.pboc.receipt_groups import Month, repeated_lines
from infra.imports.pboc.rule import Level
from infra.imports.pboc.settle_receipts import Gap, Settled, settle
from infra.imports.pboc.spill import Records, Spill
from infra.imports.pboc.survey import TABLE_NUMBERS, Source, Spills, Surveyed
from schemas.units import BoolArray, Int64Array

STOCK_OF = {"corporate": "CLDWDK", "personal": "CLGRDK", "bills": "CLPJRZ"}
FLOWS_OF = {"corporate": "DWDKFS", "personal": "GRDKFS", "bills": "PJRZFS"}
DERIVED_LINES = 1 << 16  # Derived events are looked up by ranges of so many lines.
# 规则57 has a threshold, which is not known; this one is ours.
MONTH_ON_MONTH_PERCENT = 30
_KEY_FIELDS = {"DBHTXX": "guarantee_no", "DBWXX": "collateral_no"}


class Sources(NamedTuple):
    """The filings of a bank's month by table, and those they are compared with."""

    current: dict[str, Source]
    before: dict[str, Source]  # Newest earlier stock, or table of customers, of each table.
    earlier_batch: dict[str, Source]  # Of the tables of customers: the batch before this one.


class LinesToTell(NamedTuple):
    """What the second pass needs, by line of a filing."""

    refused: BoolArray
    carried_rate_mbp: Int64Array  # Of flows, as is the next.
    carried_class: Int64Array
    profile: BoolArray  # Of customers: tell it; as the next.
    credit: BoolArray


class Settling:
    """Settles one bank's month."""

    def __init__(
        self, month: FilingMonth, sources: Sources, surveyed: dict[str, Surveyed], spills: Spills
    ) -> None:
        self._month, self._sources, self._spills = month, sources, spills
        self._surveyed = surveyed
        self.lines = {table: _no_lines(found.refused) for table, found in surveyed.items()}
        self._refused_before = {
            table: source.filing.refused for table, source in sources.before.items()
        }

    def settle(self, folder: Path) -> dict[str, Spill]:
        """Hold back rows, settle customers and receipts; return derived events by family."""
        for table in self.lines:
            self._repeated_keys(table)
            self._repeated_transactions(table)
        self._other_borrowers()
        self._absent_contracts()
        for table in ("FTYKHX", "GRKHXX"):
            if table in self.lines:
                self._customers(table)
        return {
            family: self._receipts(family, folder)
            for family in STOCK_OF
            if STOCK_OF[family] in self.lines or FLOWS_OF[family] in self.lines
        }

    # Rules that hold back rows.

    def _hold(self, table: str, rule: str, line: Int64Array, field: str) -> None:
        zh, en = TEXTS[rule]
        findings = self._sources.current[table].findings
        fresh = line[~self.lines[table].refused[line - 1]]
        if fresh.size:
            fresh = np.sort(fresh)
            source = self._sources.current[table]
            shown = shown_texts(source, fresh, field)
            findings.add(rule, Level.REFUSE, fresh, field, shown, zh, en)
            self.lines[table].refused[fresh - 1] = True

    def _warn(self, table: str, rule: str, line: Int64Array, field: str, found: str = "") -> None:
        zh, en = TEXTS[rule]
        findings = self._sources.current[table].findings
        findings.add(rule, Level.WARN, np.sort(line), field, found, zh, en)

    def _repeated_keys(self, table: str) -> None:
        spec = self._sources.current[table].spec
        refused = self.lines[table].refused
        if spec.role == "customers":
            for records in self._spills.customers[table].buckets():
                mine = records[records["source"] == c.THIS_BATCH]
                mine = mine[~refused[mine["line"] - 1]]
                self._hold(table, "42", _lines(mine[~c.first_of_key(mine)]), "customer_id")
        elif spec.makes_events:
            source = r.NOW if spec.role == "stock" else r.FLOW
            for records in self._spills.receipts[spec.family].buckets():
                mine = records[records["source"] == source]
                mine = mine[~refused[mine["line"] - 1]]
                field = "bill_no" if spec.family == "bills" else "receipt_no"
                self._hold(table, "42", _lines(repeated_lines(mine)), field)
        else:
            for records in self._spills.keys[table].buckets():
                mine = records[~refused[records["line"] - 1]]
                field = _KEY_FIELDS.get(table, "receipt_no")
                self._hold(table, "42", _lines(mine[~c.first_of_key(mine)]), field)

    def _repeated_transactions(self, table: str) -> None:
        if table not in self._spills.transactions:
            return
        text, count = self._surveyed[table].common_transaction
        if count > 1 and count * c.REPEATED_SHARE_MIN >= self.lines[table].refused.size:
            # A filler on every row says nothing; that no two rows are one is seen by rule 42.
            self._warn(table, "44", np.zeros(0, np.int64), "transaction_no", text)
            return
        for records in self._spills.transactions[table].buckets():
            mine = records[~self.lines[table].refused[records["line"] - 1]]
            self._hold(table, "43", _lines(mine[~c.first_of_key(mine)]), "transaction_no")

    def _other_borrowers(self) -> None:
        """Hold back rows whose borrower is not in the table of customers, or is another."""
        tables = {TABLE_NUMBERS[table]: table for table in ("CLDWDK", "DWDKFS")}
        if "FTYKHX" not in self.lines:
            self._unchecked("45", [table for table in tables.values() if table in self.lines])
            return
        refused = {c.CUSTOMERS: self.lines["FTYKHX"].refused} | {
            number: self.lines[table].refused
            for number, table in tables.items()
            if table in self.lines
        }
        for records in self._spills.borrowers.buckets():
            mine = records[~_held(records, refused)]
            for mismatch in c.mismatches(mine):
                self._hold(
                    tables[mismatch.source], "45", mismatch.line, f"borrower_{mismatch.field}"
                )

    def _absent_contracts(self) -> None:
        """Hold back what is said to be secured and has no contract; collateral of no contract."""
        stocks = [table for table in ("CLDWDK", "CLGRDK") if table in self.lines]
        if "DBHTXX" not in self.lines:
            self._unchecked("51", stocks)
            self._unchecked("52", [table for table in ("DBWXX",) if table in self.lines])
            return
        for table in stocks:
            number = TABLE_NUMBERS[table]
            for records in self._spills.secured.buckets():
                self._hold(table, "51", c.absent(records, number, 0), "contract_no")
        if "DBWXX" in self.lines:
            for records in self._spills.guarantees.buckets():
                self._hold("DBWXX", "52", c.absent(records, 1, 0), "guarantee_no")

    def _unchecked(self, rule: str, tables: Sequence[str]) -> None:
        for table in tables:
            self._sources.current[table].findings.add_unchecked(rule, *UNCHECKED[rule])

    # Customers.

    def _customers(self, table: str) -> None:
        lines = self.lines[table]
        gone_count = 0
        before = self._refused_before.get(table, np.zeros(0, np.bool_))
        earlier = self._sources.earlier_batch.get(table)
        refused = {
            c.THIS_BATCH: lines.refused,
            c.EARLIER_MONTH: before,
            c.EARLIER_BATCH: np.zeros(0, np.bool_) if earlier is None else earlier.filing.refused,
        }
        for records in self._spills.customers[table].buckets():
            sound = records[~_held(records, refused)]
            settled = c.settle_customers(sound, has_earlier_batch=earlier is not None)
            lines.profile[settled.profile - 1] = True
            lines.credit[settled.credit - 1] = True
            gone_count += settled.gone.size
        findings = self._sources.current[table].findings
        if gone_count:
            zh, en = TEXTS["46"]
            findings.add("46", Level.PERIOD, [], "customer_id", str(gone_count), zh, en)

    # Receipts.

    def _receipts(self, family: str, folder: Path) -> Spill:
        stock, flows = STOCK_OF[family], FLOWS_OF[family]
        month = self._facts(family)
        refused = {
            r.BEFORE: self._refused_before.get(stock, np.zeros(0, np.bool_)),
            r.NOW: self.lines[stock].refused if stock in self.lines else np.zeros(0, np.bool_),
            r.FLOW: self.lines[flows].refused if flows in self.lines else np.zeros(0, np.bool_),
        }
        sizes = [mask.size for mask in refused.values()]
        buckets = len(sizes) * (max(sizes) // DERIVED_LINES + 1)
        derived = Spill(folder, f"derived-{family}", DERIVED, buckets)
        totals = np.zeros(2, np.int64)
        held_count = 0
        for records in self._spills.receipts[family].buckets():
            held = _held(records, refused)
            settled = settle(records, held, month)
            derived.add(settled.derived, derived_bucket(settled.derived))
            self._note(family, settled)
            held_count += settled.held_count
            for place, source in enumerate((r.BEFORE, r.NOW)):
                totals[place] += records["cny"][(records["source"] == source) & ~held].sum()
        self._say_of_month(family, month, totals, held_count)
        return derived

    def _facts(self, family: str) -> Month:
        before = self._sources.before.get(STOCK_OF[family])
        is_next = before is not None and before.filing.period == self._month.month_before
        return Month(
            is_opening=before is None,
            has_stock=STOCK_OF[family] in self.lines,
            has_flows=FLOWS_OF[family] in self.lines,
            is_next=is_next,
            opening_day=day_number(self._month.month_before),
            first_day=self._month.first_day,
            last_day=self._month.last_day,
        )

    def _note(self, family: str, settled: Settled) -> None:
        flows = FLOWS_OF[family]
        if flows in self.lines:
            lines = self.lines[flows]
            lines.carried_rate_mbp[settled.carried.line - 1] = settled.carried.rate_mbp
            lines.carried_class[settled.carried.line - 1] = settled.carried.loan_class
            if settled.late_settling.size:
                self._warn(flows, "26", settled.late_settling, "closed_on")
        for gap in settled.gaps:
            self._add_gap(family, gap)

    def _add_gap(self, family: str, gap: Gap) -> None:
        zh, en = TEXTS[gap.rule]
        for source in np.unique(gap.source).tolist():
            mine = np.flatnonzero(gap.source == source)
            mine = mine[np.argsort(gap.line[mine])]
            table = FLOWS_OF[family] if source == r.FLOW else STOCK_OF[family]
            place = self._sources.before if source == r.BEFORE else self._sources.current
            # What left without a flow has a row in the file before only; it is said of this one.
            report = self._sources.current.get(STOCK_OF[family]) or self._sources.current[table]
            order = np.argsort(gap.line[mine])
            at = gap.line[mine][order]
            field = "bill_no" if family == "bills" else "receipt_no"
            found = [
                f"{receipt}: {_amount(closing)} ≠ {_amount(expected)}"
                for receipt, closing, expected in zip(
                    place[table].texts_at(at, field),
                    gap.found[mine][order].tolist(),
                    gap.expected[mine][order].tolist(),
                    strict=True,
                )
            ]
            line = at if report is place.get(table) else np.zeros(at.size, np.int64)
            report.findings.add(gap.rule, Level.PERIOD, line, "", found, zh, en)

    def _say_of_month(self, family: str, month: Month, totals: Int64Array, held_count: int) -> None:
        """Say what could not be compared, and when the whole book moved very far."""
        table = STOCK_OF[family] if month.has_stock else FLOWS_OF[family]
        findings = self._sources.current[table].findings
        if not month.has_stock or not month.has_flows:
            findings.add_unchecked("55", *UNCHECKED["55"])
        elif not month.is_opening and not month.is_next:
            findings.add_unchecked("55", *UNCHECKED["gap"])
        if held_count:
            zh, en = UNCHECKED["held"]
            findings.add_unchecked("55", zh.format(held_count), en.format(held_count))
        for source in (self._sources.current.get(t) for t in (STOCK_OF[family], FLOWS_OF[family])):
            if source is not None and source.has_bad_lines:
                # Whose receipts they are is not known: they seem to have come or gone.
                zh, en = UNCHECKED["lines"]
                name = f"{source.filing.stem}.dat"
                findings.add_unchecked("55", zh.format(name), en.format(name))
        before, now = totals.tolist()
        is_comparable = month.has_stock and month.is_next and before
        if is_comparable and abs(now - before) * 100 > MONTH_ON_MONTH_PERCENT * before:
            moved = f"{_amount(before)} → {_amount(now)}"
            self._warn(table, "57", np.zeros(0, np.int64), "", moved)


def shown_texts(source: Source, line: Int64Array, field: str) -> list[str]:
    """Return what stands in a field on some lines, as it may be shown."""
    if field not in source.spec.names or field in source.spec.withheld:
        field = "receipt_no" if "receipt_no" in source.spec.names else ""
    if not field:
        return [""] * line.size
    texts = source.texts_at(line, field)
    is_identifier = field.endswith("_id")
    return [shown_identifier(text, "") if is_identifier else text for text in texts]


def derived_bucket(derived: Records) -> Int64Array:
    """Return in which bucket derived events are: by the row that has their texts."""
    sources = 3
    line = derived["line"].astype(np.int64)
    bucket: Int64Array = line // DERIVED_LINES * sources + derived["source"]
    return bucket


def _no_lines(refused: BoolArray) -> LinesToTell:
    size = refused.size
    return LinesToTell(
        refused.copy(),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.bool_),
        np.zeros(size, np.bool_),
    )


def _lines(records: Records) -> Int64Array:
    return records["line"].astype(np.int64)


def _held(records: Records, refused: dict[int, BoolArray]) -> BoolArray:
    """Return which records come from rows that were held back."""
    held = np.zeros(records.size, np.bool_)
    for source, mask in refused.items():
        mine = np.flatnonzero(records["source"] == source)
        if mask.size:
            held[mine] = mask[records["line"][mine].astype(np.int64) - 1]
    return held


def _amount(hundredths: int) -> str:
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"
