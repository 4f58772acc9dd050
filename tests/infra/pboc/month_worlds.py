"""Small seeded worlds of banks, and the files they send month by month.

Every loan is followed through its life, so the files of a month fit together: what stood, what
came and went, and what stands. What happens is drawn at random, the odd things as often as the
common ones.
"""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace

from tests.identities import bank_id, firm_id, person_id
from tests.infra.pboc.filings import sound_row
from tests.infra.pboc.plain_months import FLOWS, STOCKS, Files, Filing

CLASSES = ("FQ01", "FQ01", "FQ02", "FQ03", "FQ04", "FQ05")
ENDINGS = ("LF01", "LF02", "LF03", "LF04", "LF05", "LF06", "LF07", "LF08")
SECTORS = (("C01", "CS03"), ("C02", "CS04"), ("C01", "CS02"), ("C99", "CS05"), ("A04", "CS05"))
OWNERSHIPS = ("B0102", "A01", "B0301", "A0202", "B02")


def month_ends(first: dt.date, count: int) -> list[dt.date]:
    """Return ``count`` last days of months, the first of them ``first``."""
    ends = [first]
    while len(ends) < count:
        later = ends[-1] + dt.timedelta(days=32)
        ends.append(later.replace(day=1) - dt.timedelta(days=1))
    return ends


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


@dataclass
class Loan:
    """One receipt or bill; ``balance`` is in its own currency."""

    family: str
    who: str
    receipt: str
    contract: str
    currency: str
    product: str
    rate_mbp: int
    balance: int = 0
    loan_class: str = "FQ01"
    extended_to: str = ""
    is_overdue: bool = False
    is_card: bool = False


@dataclass
class World:
    """Banks of one seed; ``files`` is what they have sent in all months."""

    seed: int
    bank_count: int
    months: list[dt.date]
    files: dict[Filing, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        for number in range(self.bank_count):
            _Bank(self, bank_id(self.seed % 1000 * 10 + number)).live()

    def of_month(self, month: dt.date) -> Files:
        return {filing: text for filing, text in self.files.items() if filing[2] == month}


class _Bank:
    def __init__(self, world: World, bank: str) -> None:
        self.world, self.rng, self.bank = world, world.rng, bank
        self.firms = [firm_id(self.rng.randrange(10**6)) for _ in range(3)]
        self.persons = [person_id(self.rng.randrange(10**4)) for _ in range(2)]
        self.attributes: dict[str, dict[str, str]] = {}
        self.loans: list[Loan] = []
        self.count = 0

    def live(self) -> None:
        for _ in range(5):
            self.loans.append(replace(self.new_loan(), balance=self.amount()))
        for month in self.world.months:
            _Month(self, month).happen()

    def amount(self) -> int:
        return self.rng.choice((self.rng.randint(1, 99), self.rng.randint(10**6, 10**9)))

    def rate(self) -> int:
        return self.rng.choice((345_000, 435_000, self.rng.randint(1, 2_900_000)))

    def new_loan(self) -> Loan:
        self.count += 1
        family = self.rng.choice(("corporate", "corporate", "personal", "bills"))
        is_card = family == "personal" and self.rng.random() < 0.2
        return Loan(
            family,
            self.rng.choice(self.persons if family == "personal" else self.firms),
            # Two contracts may share a receipt's number, two discounts a bill's.
            f"XJ{self.count // 2:05}",
            f"{self.count % 2 + 1:02}" if family == "bills" else f"HT{self.count:05}",
            self.rng.choice(("CNY", "CNY", "USD", "JPY")),
            "F042" if is_card else self.rng.choice(("F022", "F023", "F0211", "F0219")),
            self.rate(),
            is_card=is_card,
        )


class _Month:
    """What happens at one bank in one month, and the rows of it."""

    def __init__(self, bank: _Bank, month: dt.date) -> None:
        self.bank, self.rng, self.month = bank, bank.rng, month
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.exchange = {
            "CNY": 1.0,
            "USD": 7 + self.rng.random(),
            "JPY": 0.04 + self.rng.random() / 100,
        }
        self.transactions = 0

    def happen(self) -> None:
        self.customers()
        for loan in self.bank.loans:
            self.live_on(loan)
        for _ in range(self.rng.randint(1, 3)):
            loan = self.bank.new_loan()
            status = "LF04" if self.rng.random() < 0.2 else "LF01"
            self.draw(loan, status)
            if self.rng.random() < 0.3:
                self.live_on(loan)
            self.bank.loans.append(loan)
        for loan in self.bank.loans:
            self.stand(loan)
        self.bank.loans = [loan for loan in self.bank.loans if loan.balance]
        for table in (*STOCKS.values(), *FLOWS.values(), "FTYKHX", "GRKHXX"):
            content = "\n".join(self.lines[table]).encode()
            self.bank.world.files[self.bank.bank, table, self.month] = content

    def customers(self) -> None:
        rng, world_bank = self.rng, self.bank
        for firm in world_bank.firms:
            if firm not in world_bank.attributes or rng.random() < 0.3:
                sector, size = rng.choice(SECTORS)
                ownership = rng.choice(OWNERSHIPS)
                told = {"sector": sector, "size": size, "ownership": ownership}
                world_bank.attributes[firm] = told | {
                    "credit_limit": money(rng.choice((10**8, 10**9)))
                }
            told = world_bank.attributes[firm]
            self.lines["FTYKHX"].append(
                sound_row("FTYKHX", institution_id=world_bank.bank, customer_id=firm, **told)
            )
        for person in world_bank.persons:
            if person not in world_bank.attributes or rng.random() < 0.3:
                kind = rng.choice(("", "1", "2", "3", "9")) if rng.random() < 0.8 else ""
                world_bank.attributes[person] = {"person_kind": kind}
            told = world_bank.attributes[person]
            self.lines["GRKHXX"].append(
                sound_row("GRKHXX", institution_id=world_bank.bank, customer_id=person, **told)
            )

    def live_on(self, loan: Loan) -> None:
        """Let one thing or more happen to a loan."""
        rng = self.rng
        for happening in rng.choices(
            ("nothing", "repay", "repay", "draw", "end", "rate", "class", "extend", "overdue"),
            k=rng.choice((1, 1, 2, 3)),
        ):
            if happening == "repay" and loan.balance > 1:
                self.recover(loan, rng.randint(1, loan.balance - 1), "LF01", closes=False)
            elif happening == "draw" and not loan.is_card:
                self.draw(loan, "LF01")
            elif happening == "end" and loan.balance:
                part = rng.randint(1, loan.balance)
                if part < loan.balance and rng.random() < 0.5:
                    self.recover(loan, part, rng.choice(ENDINGS[:4]), closes=True)
                self.recover(loan, loan.balance, rng.choice(ENDINGS), closes=True)
            elif happening == "rate":
                loan.rate_mbp = self.bank.rate()
            elif happening == "class":
                loan.loan_class = rng.choice(CLASSES)
            elif happening == "extend":
                loan.extended_to = rng.choice(("", "2031-09-02", "2032-09-02"))
            elif happening == "overdue":
                loan.is_overdue = not loan.is_overdue

    def draw(self, loan: Loan, status: str) -> None:
        amount = self.bank.amount()
        loan.balance += amount
        self.flow(
            loan,
            amount,
            status,
            is_up=True,
            rate=self.rng.choice((loan.rate_mbp, self.bank.rate())),
        )

    def recover(self, loan: Loan, amount: int, status: str, *, closes: bool) -> None:
        loan.balance -= amount
        self.flow(loan, amount, status, is_up=False, rate=loan.rate_mbp, closes=closes)

    def yuan(self, loan: Loan, amount: int, drift: float = 0.0) -> int:
        rate = self.exchange[loan.currency]
        return amount if rate == 1.0 else max(1, round(amount * rate * (1 + drift)))

    def flow(
        self, loan: Loan, amount: int, status: str, *, is_up: bool, rate: int, closes: bool = False
    ) -> None:
        self.transactions += 1
        yuan = self.yuan(loan, amount, self.rng.uniform(-0.02, 0.02))
        day = f"{self.month:%Y-%m}-{self.rng.randint(1, 28):02}"
        row = self.loan_row(loan) | {
            "rate_pct": f"{rate // 100_000}.{rate % 100_000:05}",
            "transaction_no": f"T{self.transactions}",
        }
        if loan.family == "bills":
            if not is_up:
                day = "2025-09-10"
            kind = self.rng.choice(("A01", "A02")) if is_up else self.rng.choice(("B01", "B02"))
            row |= {"face_amount": money(amount), "face_amount_cny": money(yuan)}
            row |= {"bill_flow_kind": kind, "traded_on": day}
        else:
            row |= {"amount": money(amount), "amount_cny": money(yuan)}
            row |= {"direction": "1" if is_up else "0", "flow_status": status}
            row |= {"closed_on": day} if closes else {}
            if status == "LF05":
                row |= {"restructuring_kind": "02"}
            if not loan.is_card:
                row |= {"disbursed_on": day if is_up else "2025-09-03"}
                row |= {"reprices_on": day} if is_up else {}
        self.lines[FLOWS[loan.family]].append(sound_row(FLOWS[loan.family], **row))

    def loan_row(self, loan: Loan) -> dict[str, str]:
        told = {"institution_id": self.bank.bank, "currency": loan.currency}
        attributes = self.bank.attributes[loan.who]
        if loan.family == "bills":
            told |= {
                "bill_no": loan.receipt,
                "discount_kind": loan.contract,
                "applicant_id": loan.who,
            }
            told |= {
                "issued_on": "2025-09-08",
                "matures_on": "2029-03-08",
                "traded_on": "2025-09-10",
            }
            return told | {
                f"applicant_{name}": attributes[name] for name in ("sector", "size", "ownership")
            }
        told |= {"receipt_no": loan.receipt, "contract_no": loan.contract, "borrower_id": loan.who}
        told |= {"product_code": loan.product, "disbursed_on": "2025-09-03"}
        told |= {"matures_on": "2029-09-02", "reprices_on": "2027-01-01"}
        if loan.family == "corporate":
            told |= {
                f"borrower_{name}": attributes[name] for name in ("sector", "size", "ownership")
            }
        elif loan.is_card:
            blank = ("disbursed_on", "matures_on", "reprices_on", "is_first_loan")
            told |= dict.fromkeys(blank, "")
        return told

    def stand(self, loan: Loan) -> None:
        """Put the loan into the stock, if anything is left of it."""
        if not loan.balance:
            return
        yuan = self.yuan(loan, loan.balance)
        row = self.loan_row(loan) | {
            "rate_pct": f"{loan.rate_mbp // 100_000}.{loan.rate_mbp % 100_000:05}",
            "loan_class": loan.loan_class,
        }
        if loan.family == "bills":
            row |= {"face_amount": money(loan.balance), "face_amount_cny": money(yuan)}
        else:
            row |= {"balance": money(loan.balance), "balance_cny": money(yuan)}
            if loan.extended_to and not loan.is_card:
                row |= {"extended_to": loan.extended_to, "loan_status": "LS02"}
            if loan.is_overdue:
                row |= {"loan_status": "LS03", "overdue_kind": "01"}
        self.lines[STOCKS[loan.family]].append(sound_row(STOCKS[loan.family], **row))


def random_batch(files: Files, rng: random.Random) -> Files:
    """Return one of ``files`` with a row dropped, changed or moved."""
    tables = (*STOCKS.values(), *FLOWS.values())
    key = rng.choice(sorted(key for key in files if key[1] in tables and files[key]))
    rows = files[key].decode().split("\n")
    place = rng.randrange(len(rows))
    how = rng.choice(("drop", "shuffle", "class", "rate"))
    if how == "drop":
        del rows[place]
    elif how == "shuffle":
        rng.shuffle(rows)
    elif how == "class":
        rows[place] = rows[place].replace("FQ01", "FQ03").replace("FQ02", "FQ05")
    else:
        rows[place] = rows[place].replace("3.45000", "3.55000").replace("4.35000", "4.25000")
    return {key: "\n".join(rows).encode()}
