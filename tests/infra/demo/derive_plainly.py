"""Events from the banks' files once more, with plain dicts: what two stocks and the flows tell.

Slow and short on purpose, and shares nothing with the importer but the event structs and the
names of the columns. It takes sound files only, month after month and each once.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from infra.demo.filings.tables import Filing
from infra.imports.pboc.table_spec import spec_of
from schemas.event import Event
from schemas.events.balance_brought_forward import BalanceBroughtForward
from schemas.events.balance_revalued import BalanceRevalued
from schemas.events.bill_discounted import BillDiscounted
from schemas.events.bill_recovered import BillRecovered
from schemas.events.bill_rediscounted import BillRediscounted
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.loan_acquired import LoanAcquired
from schemas.events.loan_disbursed import LoanDisbursed
from schemas.events.loan_reclassified import LoanReclassified
from schemas.events.loan_refinanced import LoanRefinanced
from schemas.events.loan_repaid import LoanRepaid
from schemas.events.loan_repriced import LoanRepriced
from schemas.events.loan_securitised import LoanSecuritised
from schemas.events.loan_settled_in_kind import LoanSettledInKind
from schemas.events.loan_transferred import LoanTransferred
from schemas.events.loan_written_off import LoanWrittenOff

Row = dict[str, str]
STOCKS = {"CLDWDK": "corporate", "CLGRDK": "personal", "CLPJRZ": "bills"}
FLOWS = {"DWDKFS": "corporate", "GRDKFS": "personal", "PJRZFS": "bills"}
LEAVING = {
    "LF01": LoanRepaid,
    "LF02": LoanWrittenOff,
    "LF04": LoanTransferred,
    "LF06": LoanSettledInKind,
    "LF07": LoanSecuritised,
}
GUARANTEES = {
    "A": "pledge", "B": "mortgage", "C": "guarantee", "D": "credit", "E": "combined", "Z": "other",
}  # fmt: skip
SIZES = {"CS01": "large", "CS02": "medium", "CS03": "small", "CS04": "micro"}
HOLDINGS = {
    "A01": "state", "A02": "collective", "B01": "private", "B02": "hk_macao_taiwan",
    "B03": "foreign",
}  # fmt: skip
PERSONS = {"1": "farmer", "2": "individual_business", "3": "small_micro_owner", "9": "other_person"}


def rows_in(filing: Filing) -> list[Row]:
    """Every line of a file as a dict."""
    names = spec_of(filing.name.table).names
    if not filing.content:
        return []
    lines = filing.content.decode().split("\n")
    return [dict(zip(names, line.split("|"), strict=True)) for line in lines]


def minor(text: str) -> int:
    """1234.50 → 123450; a rate of 4.34500 → 434500."""
    return int(text.replace(".", ""))


def derive(filings: Iterable[Filing]) -> list[Event]:
    """Every event that the files of some banks tell, month by month."""
    months: dict[tuple[str, dt.date], dict[str, list[Row]]] = defaultdict(dict)
    for filing in filings:
        name = filing.name
        months[name.institution_id, name.period][name.table] = rows_in(filing)
    teller = _Teller()
    return [
        event
        for (bank_id, period), tables in sorted(months.items(), key=lambda month: month[0])
        for event in teller.month(bank_id, period, tables)
    ]


class _Teller:
    """Remembers of every bank its last stock and customers."""

    def __init__(self) -> None:
        self._number = count(1)
        self._stock: dict[str, dict[tuple[str, ...], Row]] = {}
        self._customers: dict[tuple[str, str], Row] = {}

    def month(self, bank_id: str, period: dt.date, tables: dict[str, list[Row]]) -> Iterator[Event]:
        self._bank_id, self._period = bank_id, period
        for table in ("FTYKHX", "GRKHXX"):
            for row in tables[table]:
                yield from self._customer(table, row)
        before = self._stock.get(bank_id)
        now = {
            key_of(family, row): row for table, family in STOCKS.items() for row in tables[table]
        }
        flows: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for table, family in FLOWS.items():
            for row in tables[table]:
                flows[key_of(family, row)].append(row)
        for key in sorted({*now, *flows, *(before or {})}):
            old = None if before is None else before.get(key)
            is_first = before is None
            yield from self._receipt(old, now.get(key), flows[key], key[0], is_first=is_first)
        self._stock[bank_id] = now

    def _receipt(
        self, old: Row | None, new: Row | None, flows: list[Row], family: str, *, is_first: bool
    ) -> Iterator[Event]:
        net, net_cny = (sum(sign_of(f) * amounts(f)[n] for f in flows) for n in (0, 1))
        opening, opening_cny = amounts(old) if old else (0, 0)
        closing, closing_cny = amounts(new) if new else (0, 0)
        increases = [flow for flow in flows if sign_of(flow) > 0]
        new_class = new["loan_class"] if new else "FQ01"
        if old:
            rate, old_class = minor(old["rate_pct"]), old["loan_class"]
        else:
            first = increases[0] if increases else new or flows[0]
            rate, old_class = minor(first["rate_pct"]), new_class
        # What the sums carry: rate, class, yuan.
        parts = [(rate, old_class, opening_cny)]
        if is_first and closing - net > 0:
            assert (new or flows[0])["currency"] == "CNY"
            opening = opening_cny = closing - net
            rate = minor((new or flows[0])["rate_pct"])
            parts = [(rate, new_class, opening)]
            at = {"rate_mbp": rate, "loan_class": new_class}
            day = self._period.replace(day=1) - dt.timedelta(days=1)
            yield BalanceBroughtForward(
                **self._loan(new or flows[0], family, day.isoformat()), **at, amount_minor=opening
            )
        assert opening + net == closing, (old, new, flows)
        for flow in flows:
            if sign_of(flow) > 0:
                carried = (minor(flow["rate_pct"]), new_class)
            else:
                carried = (rate, old_class)
            parts.append((*carried, sign_of(flow) * amounts(flow)[1]))
            yield self._flow(flow, family, *carried)
        change = closing_cny - opening_cny - net_cny
        if change:
            whose = new or flows[0]
            at = {
                "rate_mbp": minor(new["rate_pct"]) if new else rate,
                "loan_class": new_class if new else old_class,
            }
            yield BalanceRevalued(
                **self._loan(whose, family),
                **at,
                currency=whose["currency"],
                change_cny_minor=change,
                exchange_rate_millionths=1,
            )
        if new:
            yield from self._moved(new, family, parts)

    def _moved(self, new: Row, family: str, parts: list[tuple[int, str, int]]) -> Iterator[Event]:
        """Let all that is carried at another rate or class move to that of the closing stock."""
        new_rate, new_class = minor(new["rate_pct"]), new["loan_class"]
        by_rate: dict[int, int] = defaultdict(int)
        by_class: dict[str, int] = defaultdict(int)
        for rate, loan_class, cny in parts:
            by_rate[rate] += cny
            by_class[loan_class] += cny
        for rate, cny in by_rate.items():
            if rate != new_rate and cny:
                rates = (rate, new_rate) if cny > 0 else (new_rate, rate)
                yield LoanRepriced(
                    **self._loan(new, family),
                    old_rate_mbp=rates[0],
                    rate_mbp=rates[1],
                    balance_minor=abs(cny),
                )
        for loan_class, cny in by_class.items():
            if loan_class != new_class and cny:
                classes = (loan_class, new_class) if cny > 0 else (new_class, loan_class)
                yield LoanReclassified(
                    **self._loan(new, family),
                    old_loan_class=classes[0],
                    loan_class=classes[1],
                    balance_minor=abs(cny),
                )

    def _flow(self, row: Row, family: str, rate: int, loan_class: str) -> Event:
        amount, cny = amounts(row)
        at = {"amount_minor": amount, "rate_mbp": rate, "loan_class": loan_class}
        if row["currency"] != "CNY":
            at |= {"currency": row["currency"], "amount_cny_minor": cny}
        if family == "bills":
            return self._bill(row, at)
        if row["direction"] == "0":
            loan = self._loan(row, family, row["closed_on"] or f"{self._period:%Y-%m}")
            if row["flow_status"] == "LF05":
                return LoanRefinanced(**loan, **at, restructuring_kind=row["restructuring_kind"])
            leave: Any = LEAVING[row["flow_status"]]
            return leave(**loan, **at)  # type: ignore[no-any-return]
        loan = self._loan(row, family, row["disbursed_on"])
        if row["flow_status"] == "LF04":
            return LoanAcquired(**loan, **at)
        return LoanDisbursed(
            **loan,
            **at,
            matures_on=row["matures_on"],
            guarantee_kind=GUARANTEES[row["guarantee_kind"][0]],
            use_industry=row.get("use_industry", ""),
            product_code=row["product_code"],
            is_first_loan=row["is_first_loan"] == "1",
            is_renewal=row["flow_status"] == "LF05" and row["restructuring_kind"] == "01",
        )

    def _bill(self, row: Row, at: dict[str, Any]) -> Event:
        is_out = row["bill_flow_kind"].startswith("B")
        head = self._head(
            row["applicant_id"], f"{self._period:%Y-%m}" if is_out else row["traded_on"]
        )
        if is_out:
            return BillRecovered(**head, **at, bill_no=row["bill_no"])
        build: Any = BillRediscounted if row["bill_flow_kind"] == "A02" else BillDiscounted
        return build(  # type: ignore[no-any-return]
            **head,
            **at,
            bill_no=row["bill_no"],
            matures_on=row["matures_on"],
            discount_amount_minor=minor(row["discount_amount"]),
        )

    def _head(self, borrower_id: str, day: str) -> dict[str, Any]:
        event_id = f"plainly-derived-{next(self._number)}"
        return {
            "event_id": event_id,
            "bank_id": self._bank_id,
            "borrower_id": borrower_id,
            "occurred_on": day,
        }

    def _loan(self, row: Row, family: str, day: str = "") -> dict[str, Any]:
        kind = {"corporate": "corporate", "bills": "bill_financing"}.get(family)
        if kind is None:
            is_business = row["product_code"] in {"F022", "F023"}
            kind = "personal_business" if is_business else "personal_other"
        whose = row["applicant_id"] if family == "bills" else row["borrower_id"]
        loan_id = row["bill_no"] if family == "bills" else row["receipt_no"]
        head = self._head(whose, day or f"{self._period:%Y-%m}")
        return head | {"loan_id": loan_id, "loan_kind": kind}

    def _customer(self, table: str, row: Row) -> Iterator[Event]:
        last_day = calendar.monthrange(self._period.year, self._period.month)[1]
        day = self._period.replace(day=last_day).isoformat()
        key = (self._bank_id, row["customer_id"])
        old, self._customers[key] = self._customers.get(key), row
        if (old is None or old["credit_limit"] != row["credit_limit"]) and row["credit_limit"]:
            limit = minor(row["credit_limit"])
            yield CreditLineSet(**self._head(row["customer_id"], day), limit_cny_minor=limit)
        if old is not None and profile(table, old) == profile(table, row):
            return
        if told := profile(table, row):
            yield BorrowerProfiled(**self._head(row["customer_id"], day), **told)


def profile(table: str, row: Row) -> dict[str, str]:
    """Who a customer is; nothing where the bank does not know the kind of person."""
    if table == "GRKHXX":
        if not row["person_kind"]:
            return {}
        about = {"borrower_kind": PERSONS[row["person_kind"]], "industry": "100"}
        return about | {
            "holding": "not_applicable",
            "firm_size": "not_applicable",
            "city": row["region"],
        }
    return {
        "borrower_kind": "firm" if row["sector"] == "C01" else "other_unit",
        "holding": HOLDINGS.get(row["ownership"][:3], "not_applicable"),
        "firm_size": SIZES.get(row["size"], "not_applicable"),
        "industry": row["industry"],
        "city": row["region"],
    }


def key_of(family: str, row: Row) -> tuple[str, ...]:
    """What a receipt or a bill is known by."""
    if family == "bills":
        return family, row["bill_no"], row["discount_kind"]
    return family, row["receipt_no"], row["contract_no"]


def amounts(row: Row) -> tuple[int, int]:
    """The amount of a flow or a stock, in its currency and in yuan; of a bill the face amount."""
    name = next(n for n in ("face_amount", "balance", "amount") if n in row)
    return minor(row[name]), minor(row[f"{name}_cny"])


def sign_of(flow: Row) -> int:
    """+1 where the balance rises."""
    if "bill_flow_kind" in flow:
        return 1 if flow["bill_flow_kind"].startswith("A") else -1
    return 1 if flow["direction"] == "1" else -1
