"""Tells random but seeded stories of loans, one event at a time; see tests/event_stories.py."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any

from schemas.event import Event
from schemas.event_types import EVENT_TYPES, type_name
from schemas.quarter import Quarter
from tests.identities import bank_id, borrower_id, firm_id, is_firm

TYPES = {type_name(event_type): event_type for event_type in EVENT_TYPES}
PEER_GROUPS = ("large_commercial", "joint_stock", "city_commercial", "rural")
CLASSES = ("FQ01", "FQ02", "FQ03", "FQ04", "FQ05")
GUARANTEES = ("pledge", "mortgage", "guarantee", "credit", "combined", "other")
PERSON_KINDS = ("individual_business", "small_micro_owner", "farmer", "other_person")
POPULATIONS = ("all", "private", "small_micro", "inclusive")
OUTFLOWS = (
    "loan_repaid", "loan_refinanced", "loan_written_off", "loan_carved_out", "loan_transferred",
    "loan_securitised", "loan_settled_in_kind", "loan_converted_to_equity",
)  # fmt: skip


class Teller:
    """Tells one story: remembers loans loosely, so that most of what it tells makes sense."""

    def __init__(self, seed: int, banks: int, borrowers: int, quarters: Sequence[str]) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.banks = [bank_id(n) for n in range(banks)]
        self.borrowers = [borrower_id(n) for n in range(borrowers)]
        self.quarters = [Quarter.parse(text) for text in quarters]
        self.loans: list[dict[str, Any]] = []
        self.serial = 0

    def next_id(self) -> str:
        self.serial += 1
        return f"story-{self.seed:04d}-{self.serial:08d}"

    def amount_minor(self) -> int:
        if self.rng.random() < 0.003:
            return self.rng.randrange(10**14, 10**15)
        return int(10 ** self.rng.uniform(0, 11)) + self.rng.randrange(97)

    def rate_mbp(self) -> int:
        odd = self.rng.choice((0, 10_000_000, 1))
        return odd if self.rng.random() < 0.02 else self.rng.randrange(200_000, 900_000)

    def head(self, day: dt.date) -> dict[str, Any]:
        month_only = self.rng.random() < 0.1
        return {
            "event_id": self.next_id(),
            "bank_id": self.rng.choice(self.banks),
            "occurred_on": day.isoformat()[:7] if month_only else day.isoformat(),
        }

    def money(self, amount: int, currency: str, name: str = "amount") -> dict[str, Any]:
        foreign = {} if currency == "CNY" else {f"{name}_cny_minor": amount * 7 + 3}
        return {f"{name}_minor": amount, "currency": currency} | foreign

    def new_loan(self, head: dict[str, Any]) -> dict[str, Any]:
        rng, borrower = self.rng, self.rng.choice(self.borrowers)
        usual = "corporate" if is_firm(borrower) else "personal_business"
        odd = rng.choice(("corporate", "personal_business", "personal_other"))
        loan = {
            "bank_id": head["bank_id"],
            "borrower_id": borrower,
            "loan_id": f"L{self.serial:08d}",
            "loan_kind": usual if rng.random() < 0.75 else odd,
            "amount": self.amount_minor(),
            "currency": "USD" if rng.random() < 0.15 else "CNY",
            "rate_mbp": self.rate_mbp(),
            "loan_class": rng.choices(CLASSES, (80, 10, 5, 3, 2))[0],
        }
        self.loans.append(loan)
        return loan

    def old_loan(self, head: dict[str, Any]) -> dict[str, Any]:
        """A loan told of before; now and then one that nobody ever heard of."""
        if not self.loans or self.rng.random() < 0.02:
            return self.new_loan(head)
        return self.rng.choice(self.loans)

    def of_loan(self, head: dict[str, Any], loan: dict[str, Any]) -> dict[str, Any]:
        names = ("bank_id", "borrower_id", "loan_id", "loan_kind")
        return head | {name: loan[name] for name in names}

    def flow(self, head: dict[str, Any], loan: dict[str, Any], amount: int) -> dict[str, Any]:
        carried = {"rate_mbp": loan["rate_mbp"], "loan_class": loan["loan_class"]}
        return self.of_loan(head, loan) | self.money(amount, loan["currency"]) | carried

    def matures_on(self, day: dt.date) -> str:
        """Some terms end on the very anniversary at which one or five years are over."""
        years = self.rng.choice((0, 1, 1, 3, 5, 5, 10))
        extra = self.rng.choice((0, 0, 1, 2, 90)) + (30 if years == 0 else 0)
        last = dt.date(day.year + years, day.month, min(day.day, 28))
        if day.day <= 28 or extra:
            last += dt.timedelta(days=extra)
        return last.isoformat()

    def event(self, name: str, day: dt.date) -> Event:
        special: dict[str, Callable[[dict[str, Any], dt.date], dict[str, Any]]] = {
            "loan_disbursed": self.disbursed,
            "balance_brought_forward": self.inflow,
            "loan_acquired": self.inflow,
            "loan_repriced": self.repriced,
            "loan_reclassified": self.reclassified,
            "balance_revalued": self.revalued,
            "borrower_profiled": self.profiled,
            "credit_line_set": self.credit_line,
        }
        if name in special:
            tell = special[name]
        elif name in OUTFLOWS:
            tell = self.outflow
        elif name.startswith("bill_"):
            tell = self.bill
        else:
            tell = self.quiet(name)
        fields = tell(self.head(day), day)
        if name == "bill_recovered":
            del fields["matures_on"], fields["discount_amount_minor"]
        return TYPES[name](**fields)

    def inflow(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        loan = self.new_loan(head)
        return self.flow(head, loan, loan["amount"])

    def disbursed(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        rng, chance = self.rng, lambda p: self.rng.random() < p
        return self.inflow(head, day) | {
            "matures_on": self.matures_on(day),
            "guarantee_kind": rng.choice(GUARANTEES),
            "use_industry": rng.choice(("", "C131", "C261", "F511", "A011")),
            "is_first_loan": chance(0.1),
            "is_renewal": chance(0.1),
            "is_deferral": chance(0.1),
            "is_credit_support": chance(0.1),
        }

    def outflow(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        loan = self.old_loan(head)
        part = self.rng.choice((1, 1, 2, 3))
        amount = max(1, loan["amount"] // part)
        if self.rng.random() < 0.05:
            amount += self.rng.randrange(1, 10**6)
        loan["amount"] -= amount
        fields = self.flow(head, loan, amount)
        if loan["amount"] <= 0:
            self.loans.remove(loan)
        return fields

    def repriced(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        loan, rate = self.old_loan(head), self.rate_mbp()
        old_rate, loan["rate_mbp"] = loan["rate_mbp"], rate
        moved = {"old_rate_mbp": old_rate, "rate_mbp": rate}
        balance = self.money(loan["amount"], loan["currency"], "balance")
        return self.of_loan(head, loan) | balance | moved

    def reclassified(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        loan = self.old_loan(head)
        new = self.rng.choice([code for code in CLASSES if code != loan["loan_class"]])
        old, loan["loan_class"] = loan["loan_class"], new
        balance = self.money(loan["amount"], loan["currency"], "balance")
        return self.of_loan(head, loan) | balance | {"old_loan_class": old, "loan_class": new}

    def revalued(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        loan = self.new_loan(head)
        return self.of_loan(head, loan) | {
            "currency": "USD",
            "change_cny_minor": self.rng.choice((-1, 1)) * max(1, loan["amount"] // 30),
            "exchange_rate_millionths": self.rng.randrange(6_300_000, 7_200_000),
            "rate_mbp": loan["rate_mbp"],
            "loan_class": loan["loan_class"],
        }

    def bill(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        amount = self.amount_minor()
        firms = [borrower for borrower in self.borrowers if is_firm(borrower)]
        currency = "USD" if self.rng.random() < 0.05 else "CNY"
        return (
            head
            | self.money(amount, currency)
            | {
                "borrower_id": self.rng.choice(firms or self.borrowers),
                "bill_no": f"1{self.serial:029d}-1-{amount}",
                "rate_mbp": self.rate_mbp(),
                "loan_class": self.rng.choices(CLASSES, (90, 4, 2, 2, 2))[0],
                "matures_on": (day + dt.timedelta(days=self.rng.randrange(20, 180))).isoformat(),
                "discount_amount_minor": max(1, amount * 98 // 100),
            }
        )

    def profiled(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        rng, borrower = self.rng, self.rng.choice(self.borrowers)
        fields = {"borrower_id": borrower, "revision": rng.choice((0, 0, 0, 1)), "city": "370100"}
        if not is_firm(borrower):
            persons = {"borrower_kind": rng.choice(PERSON_KINDS), "industry": "100"}
            return (
                head | fields | persons | dict.fromkeys(("holding", "firm_size"), "not_applicable")
            )
        if rng.random() < 0.1:
            unit = {"borrower_kind": "other_unit", "industry": "S91"}
            return head | fields | unit | dict.fromkeys(("holding", "firm_size"), "not_applicable")
        return (
            head
            | fields
            | {
                "borrower_kind": "firm",
                "holding": rng.choices(("private", "state", "collective", "foreign"), (7, 1, 1, 1))[
                    0
                ],
                "firm_size": rng.choices(("micro", "small", "medium", "large"), (4, 4, 1, 1))[0],
                "industry": rng.choice(("C13", "C26", "F51", "A01")),
            }
        )

    def credit_line(self, head: dict[str, Any], day: dt.date) -> dict[str, Any]:
        edges = (5 * 10**8, 10**9, 2 * 10**9)  # 5, 10 and 20 million yuan, in fen
        near = self.rng.choice(edges) + self.rng.choice((-1, 0, 1))
        limit = near if self.rng.random() < 0.5 else self.amount_minor()
        return head | {
            "borrower_id": self.rng.choice(self.borrowers),
            "revision": self.rng.choice((0, 0, 0, 1)),
            "limit_cny_minor": limit,
            "used_cny_minor": limit // 3,
        }

    def quiet(self, name: str) -> Callable[[dict[str, Any], dt.date], dict[str, Any]]:
        """Kinds of event that move no sum."""
        return {
            "balance_reported": lambda head, day: self.checked_balance(head),
            "loan_overdue": lambda head, day: (
                self.of_loan(head, self.old_loan(head)) | {"overdue_kind": "principal"}
            ),
            "loan_cured": lambda head, day: self.of_loan(head, self.old_loan(head)),
            "loan_extended": lambda head, day: self.new_last_day(head, day, (200, 400)),
            "loan_shortened": lambda head, day: self.new_last_day(head, day, (400, 200)),
            "entrusted_loan_disbursed": lambda head, day: (
                self.entrusted(head) | {"rate_mbp": self.rate_mbp(), "fee_cny_minor": 100}
            ),
            "entrusted_loan_repaid": lambda head, day: self.entrusted(head),
            "guarantee_recorded": lambda head, day: (
                head
                | {"guarantee_no": f"G{self.serial}", "contract_no": f"C{self.serial}"}
                | {"guarantee_kind": "mortgage", "amount_minor": self.amount_minor()}
            ),
            "collateral_valued": lambda head, day: (
                head
                | {"collateral_no": f"W{self.serial}", "guarantee_no": f"G{self.serial}"}
                | {"appraised_cny_minor": self.amount_minor()}
            ),
            "aggregate_published": lambda head, day: (
                head | {"bank_id": "rural", "name_zh": "农村金融机构"} | self.position(day)
            ),
            "position_reported": lambda head, day: (
                head
                | self.position(day)
                | {"borrower_count": 60, "new_lending_minor": 7, "new_lending_rate_mbp": 500_000}
            ),
            "indicator_reported": lambda head, day: (
                head
                | {"quarter": str(Quarter.of_date(day)), "indicator": "due_diligence_exemption"}
                | {"revision": self.rng.randrange(3), "value_millionths": 1_000_000}
            ),
            "bank_registered": lambda head, day: (
                head
                | {"name_zh": "甲银行", "name_en": "Bank A", "revision": self.rng.randrange(3)}
                | {
                    "peer_group": self.rng.choice(PEER_GROUPS),
                    "city": "370100",
                    "is_qingdao": False,
                }
            ),
        }[name]

    def checked_balance(self, head: dict[str, Any]) -> dict[str, Any]:
        loan = self.old_loan(head)
        carried = {"rate_mbp": loan["rate_mbp"], "loan_class": loan["loan_class"]}
        balance = self.money(loan["amount"], loan["currency"], "balance")
        return self.of_loan(head, loan) | balance | carried

    def new_last_day(
        self, head: dict[str, Any], day: dt.date, days: tuple[int, int]
    ) -> dict[str, Any]:
        old, new = ((day + dt.timedelta(days=n)).isoformat() for n in days)
        loan = self.of_loan(head, self.old_loan(head))
        return loan | {"old_matures_on": old, "matures_on": new}

    def entrusted(self, head: dict[str, Any]) -> dict[str, Any]:
        return head | {
            "borrower_id": self.rng.choice(self.borrowers),
            "loan_id": f"E{self.serial:08d}",
            "trustor_id": firm_id(7),
            "amount_minor": self.amount_minor(),
        }

    def position(self, day: dt.date) -> dict[str, Any]:
        return {
            "quarter": str(Quarter.of_date(day)),
            "population": self.rng.choice(POPULATIONS),
            "revision": self.rng.randrange(3),
            "balance_minor": self.amount_minor(),
        }
