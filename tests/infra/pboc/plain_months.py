"""What a bank's files say, once more with dicts and loops: the sums that their events must give.

Read from docs/method.md#from-files as a banker would, one receipt after the other; shares nothing
with the importer but the order of the columns. A row whose amount is no amount is held back, as
are a key that comes twice and a borrower whom the table of customers does not have.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from infra.imports.pboc.table_spec import spec_of

Filing = tuple[str, str, dt.date]  # Bank, table, last day of the month.
Files = Mapping[Filing, bytes]
Row = dict[str, str]
Sums = dict[str, int]
Cell = tuple[str, str, str, int]  # Bank, borrower, loan kind, quarters since 1990Q1.

STOCKS = {"corporate": "CLDWDK", "personal": "CLGRDK", "bills": "CLPJRZ"}
FLOWS = {"corporate": "DWDKFS", "personal": "GRDKFS", "bills": "PJRZFS"}
BAD = ("FQ03", "FQ04", "FQ05")
OUT = {"LF02": "written_off", "LF01": "repaid", "LF05": "repaid", "LF99": "repaid"}
SIZES = {"CS01": "large", "CS02": "medium", "CS03": "small", "CS04": "micro"}
HOLDINGS = {
    "A01": "state", "A02": "collective", "B01": "private", "B02": "hk_macao_taiwan",
    "B03": "foreign",
}  # fmt: skip
PERSONS = {
    "1": "farmer", "2": "individual_business", "3": "small_micro_owner", "9": "other_person",
}  # fmt: skip


class Plain(NamedTuple):
    """Sums by cell, and what is known of each borrower by (bank, borrower) and month."""

    cells: dict[Cell, Sums]
    profiles: dict[tuple[str, str], dict[dt.date, tuple[str, ...]]]
    credit_lines: dict[tuple[str, str], dict[dt.date, tuple[int, int]]]


class Receipt(NamedTuple):
    """The sound rows of one receipt in one month."""

    before: Row | None
    now: Row | None
    ups: list[Row]
    downs: list[Row]
    flows: list[Row]  # Both, in the order of their lines.
    is_held: bool  # One of its rows was held back.


def read(files: Files, bank: str, table: str, month: dt.date) -> list[Row] | None:
    """Return the rows of a filing, None where it is not there."""
    content = files.get((bank, table, month))
    if content is None:
        return None
    names = spec_of(table).names
    lines = content.decode().split("\n") if content else []
    return [dict(zip(names, line.split("|"), strict=True)) for line in lines if line]


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def mbp(text: str) -> int:
    return int(text.replace(".", "")) if text else 0


def money(row: Row, *, is_yuan: bool) -> int:
    name = next(n for n in ("face_amount", "balance", "amount") if n in row)
    return fen(row[f"{name}_cny" if is_yuan else name])


def quarter(day: dt.date) -> int:
    return (day.year - 1990) * 4 + (day.month - 1) // 3


def borrower(row: Row) -> str:
    party = next(p for p in ("applicant_", "borrower_", "customer_") if f"{p}id" in row)
    kind, number = row[f"{party}id_type"], row[f"{party}id"]
    return number if kind in {"A01", "A02"} or kind[0] == "B" else f"{kind}:{number}"


def loan_kind(row: Row) -> str:
    if "bill_no" in row:
        return "bill_financing"
    if "borrower_sector" in row:
        return "corporate"
    return "personal_business" if row["product_code"] in {"F022", "F023"} else "personal_other"


def receipt_key(row: Row) -> tuple[str, str]:
    return (
        (row["bill_no"], row["discount_kind"])
        if "bill_no" in row
        else (row["receipt_no"], row["contract_no"])
    )


def is_up(row: Row) -> bool:
    return row["bill_flow_kind"][0] == "A" if "bill_no" in row else row["direction"] == "1"


def is_amount(row: Row) -> bool:
    name = next(n for n in ("face_amount", "balance", "amount") if n in row)
    return bool(row[name].replace(".", "").isdigit() and fen(row[name]) > 0)


def held_rows(files: Files, bank: str, table: str, month: dt.date) -> list[bool]:
    """Return which rows of a filing are held back."""
    rows = read(files, bank, table, month) or []
    customers = read(files, bank, "FTYKHX", month) if table in {"CLDWDK", "DWDKFS"} else None
    known = {
        (c["customer_id_type"], c["customer_id"]): (c["sector"], c["size"], c["ownership"])
        for c in customers or []
    }
    seen, held = set(), []
    for row in rows:
        is_bad = not is_amount(row)
        key = tuple(row[name] for name in spec_of(table).key)
        is_bad |= key in seen
        if not is_bad:
            seen.add(key)
        if customers is not None and not is_bad:
            who = (row["borrower_id_type"], row["borrower_id"])
            is_bad = known.get(who) != tuple(
                row[f"borrower_{n}"] for n in ("sector", "size", "ownership")
            )
        held.append(is_bad)
    return held


def receipts_of(
    files: Files, bank: str, family: str, month: dt.date, before: dt.date | None
) -> dict[tuple[str, str], Receipt]:
    """Return the receipts of a kind of loan by their key."""
    found: dict[tuple[str, str], Receipt] = {}

    def rows(table: str, at: dt.date | None) -> Iterable[tuple[Row, bool]]:
        if at is None:
            return []
        told = read(files, bank, table, at) or []
        return zip(told, held_rows(files, bank, table, at), strict=True)

    def at(row: Row, *, is_held: bool) -> Receipt:
        key = receipt_key(row)
        one = found.setdefault(key, Receipt(None, None, [], [], [], False))
        if is_held:
            found[key] = one = one._replace(is_held=True)
        return one

    for row, is_held in rows(STOCKS[family], before):
        one = at(row, is_held=is_held)
        if not is_held:
            found[receipt_key(row)] = one._replace(before=row)
    for row, is_held in rows(STOCKS[family], month):
        one = at(row, is_held=is_held)
        if not is_held:
            found[receipt_key(row)] = one._replace(now=row)
    for row, is_held in rows(FLOWS[family], month):
        one = at(row, is_held=is_held)
        if not is_held:
            one.flows.append(row)
            (one.ups if is_up(row) else one.downs).append(row)
    return found


class Post(NamedTuple):
    """Adds to the sums of a bank."""

    cells: dict[Cell, Sums]
    bank: str

    def balance(
        self, row: Row, at: int, measure: str, yuan: int, rate: int, loan_class: str
    ) -> None:
        """Post a signed amount of the balance; ``measure`` takes its size."""
        cell = self.cells[self.bank, borrower(row), loan_kind(row), at]
        cell[measure] += (
            yuan if measure in {"brought_forward", "disbursed", "acquired", "revalued"} else -yuan
        )
        cell["balance"] += yuan
        cell["balance_rate"] += yuan * rate
        if measure == "disbursed":
            cell["disbursed_rate"] += yuan * rate
        if loan_class in BAD:
            cell["non_performing"] += yuan

    def moved(
        self, row: Row, at: int, yuan: int, rate: tuple[int, int], to: tuple[str, str]
    ) -> None:
        """Post a change of rate and class of what is carried already."""
        cell = self.cells[self.bank, borrower(row), loan_kind(row), at]
        cell["balance_rate"] += yuan * (rate[1] - rate[0])
        cell["non_performing"] += yuan * ((to[1] in BAD) - (to[0] in BAD))


def measure_of(row: Row) -> str:
    if "bill_no" in row:
        return "disbursed" if is_up(row) else "repaid"
    if is_up(row):
        return "acquired" if row["flow_status"] == "LF04" else "disbursed"
    return OUT.get(row["flow_status"], "moved_out")


def settle(post: Post, one: Receipt, month: dt.date, *, is_opening: bool, has_stock: bool) -> None:
    """Post what one receipt's month adds to the sums."""
    class_of = lambda row: (row or {}).get("loan_class") or "FQ01"  # noqa: E731
    closing = money(one.now, is_yuan=False) if one.now else 0
    closing_yuan = money(one.now, is_yuan=True) if one.now else 0
    net = sum(money(r, is_yuan=False) * (1 if is_up(r) else -1) for r in one.flows)
    net_yuan = sum(money(r, is_yuan=True) * (1 if is_up(r) else -1) for r in one.flows)
    opening = money(one.before, is_yuan=False) if one.before else 0
    opening_yuan = money(one.before, is_yuan=True) if one.before else 0
    if is_opening and has_stock:
        opening = max(closing - net, 0)
        source = one.now or (one.flows[0] if one.flows else None)
        if source and opening:
            unit, yuan = money(source, is_yuan=False), money(source, is_yuan=True)
            opening_yuan = (2 * opening * yuan + unit) // (2 * unit)
    first = one.before or (
        one.ups[0] if one.ups else one.now or (one.flows[0] if one.flows else None)
    )
    base_rate = mbp(first["rate_pct"]) if first else 0
    base_class = class_of(one.before or one.now)
    now_class = class_of(one.now)
    texts = one.now or one.before or (one.flows[0] if one.flows else None)
    all_rows = [row for row in (one.before, one.now, *one.flows) if row]
    is_compared = not one.is_held and has_stock and len({r["currency"] for r in all_rows}) == 1
    book: dict[tuple[int, str], int] = defaultdict(int)
    at = quarter(month)
    if texts is None:
        return
    carried = (
        (mbp(one.now["rate_pct"]), now_class) if one.now and is_opening else (base_rate, base_class)
    )
    if is_opening and is_compared and opening and opening_yuan:
        before = quarter(month.replace(day=1) - dt.timedelta(days=1))
        post.balance(texts, before, "brought_forward", opening_yuan, *carried)
    book[carried] += opening_yuan
    for row in one.flows:
        yuan = money(row, is_yuan=True)
        rate, loan_class = (
            (mbp(row["rate_pct"]), now_class) if is_up(row) else (base_rate, base_class)
        )
        signed = yuan if is_up(row) else -yuan
        post.balance(row, at, measure_of(row), signed, rate, loan_class)
        book[rate, loan_class] += signed
    if not is_compared:
        return
    to_rate, to_class = (
        (mbp(one.now["rate_pct"]), now_class) if one.now else (base_rate, base_class)
    )
    for (rate, loan_class), yuan in book.items():
        post.moved(texts, at, yuan, (rate, to_rate), (loan_class, to_class))
    if opening + net == closing:
        change = closing_yuan - opening_yuan - net_yuan
        post.balance(texts, at, "revalued", change, to_rate, to_class)


def plain_months(files: Files) -> Plain:
    """Return what ``files``, the newest batch of every filing, give."""
    cells: dict[Cell, Sums] = defaultdict(lambda: defaultdict(int))
    profiles: dict[tuple[str, str], dict[dt.date, tuple[str, ...]]] = defaultdict(dict)
    lines: dict[tuple[str, str], dict[dt.date, tuple[int, int]]] = defaultdict(dict)
    for bank, month in sorted({(bank, month) for bank, _, month in files}):
        for family, table in STOCKS.items():
            stocks = [m for b, t, m in files if (b, t) == (bank, table) and m < month]
            has_stock = (bank, table, month) in files
            if not has_stock and (bank, FLOWS[family], month) not in files:
                continue
            before = max(stocks, default=None)
            post = Post(cells, bank)
            for one in receipts_of(files, bank, family, month, before).values():
                settle(post, one, month, is_opening=before is None, has_stock=has_stock)
        for row in read(files, bank, "FTYKHX", month) or []:
            is_firm = row["sector"] in {"C01", "C02"} or (
                row["sector"] == "C99" and row["size"] in SIZES
            )
            profiles[bank, borrower(row)][month] = (
                "firm" if is_firm else "other_unit",
                HOLDINGS.get(row["ownership"][:3], "not_applicable"),
                SIZES.get(row["size"], "not_applicable"),
                row["industry"],
                row["region"],
            )
        for row in read(files, bank, "GRKHXX", month) or []:
            if row["person_kind"]:
                kind = PERSONS[row["person_kind"]]
                told = (kind, "not_applicable", "not_applicable", "100", row["region"])
                profiles[bank, borrower(row)][month] = told
        for table in ("FTYKHX", "GRKHXX"):
            for row in read(files, bank, table, month) or []:
                if row["credit_limit"]:
                    limit, used = fen(row["credit_limit"]), fen(row["credit_used"] or "0.00")
                    lines[bank, borrower(row)][month] = (limit, used)
    return Plain(cells, profiles, lines)
