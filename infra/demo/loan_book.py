"""The loans that are outstanding in the demo, and what has been told about them.

Every step of the story changes loans here and tells it as rows; amounts in a row are those at
which the book carries the loan, so that the sums of the rows are always the book.
"""

import numpy as np
from numpy.typing import NDArray

from infra.demo.calendar import Month
from infra.demo.event_rows import ROW, Rows, What, new_rows
from infra.demo.records import joined, picked
from infra.demo.telling import World
from schemas.units import AnyArray, BoolArray, Int32Array, Int64Array

BILLS = 3  # The fourth segment, after those of infra.demo.banks.
SEGMENTS = 4
FIXED, QUARTERLY, YEARLY = 0, 1, 2  # When a loan's rate follows the LPR.

LOAN = np.dtype([
    ("loan", "i8"),
    ("contract", "i8"),  # Number of the first loan under the same contract, mostly its own.
    ("account", "i4"),
    ("bank", "i2"),
    ("segment", "i1"),
    ("loan_kind", "i1"),
    ("product", "i1"),  # Index into purposes.PRODUCTS, as the next into purposes.PURPOSES.
    ("purpose", "i2"),
    ("is_usd", "?"),
    ("original", "i8"),  # As paid out, in the loan's currency; of a bill its face amount.
    ("balance", "i8"),  # In the loan's currency.
    ("cny", "i8"),  # The same as the book carries it in fen.
    ("rate", "i8"),
    ("benchmark", "i8"),  # The LPR that the rate was last set by.
    ("reprices", "i1"),
    ("is_long", "?"),  # Priced by the LPR of five years.
    ("disbursed", "i4"),  # By the first lender; of a bill the day it was discounted.
    ("matures", "i4"),  # As first agreed.
    ("extended_to", "i4"),  # 0: never extended.
    ("due", "i4"),  # When something next becomes of it; not in any file, as the next.
    ("is_planted", "?"),  # Belongs to a trouble, and not to the bank's ordinary growth.
    ("instalment", "i8"),  # Paid each month; 0: all at the end.
    ("loan_class", "i1"),
    ("overdue", "i1"),  # Index into event_rows.OVERDUE_KINDS; 0: not overdue.
    ("guarantee", "i1"),  # Index into schemas.codes.GUARANTEE_KINDS.
    ("marks", "i1"),  # As it was drawn: bits of event_rows.
    ("restructuring", "i1"),  # What it replaced the loan before as: RENEWED, REFINANCED or 0.
    ("discount", "i1"),  # Of a bill, as are the next: DIRECT or BOUGHT.
    ("bill_kind", "i1"),  # BANK_BILL, accepted by a bank, or TRADE_BILL, accepted by a firm.
    ("acceptor", "i4"),  # Index of that bank, or of that borrower.
    ("drawer", "i4"),  # Index of a borrower.
])  # fmt: skip
Loans = NDArray[np.void]
DIRECT, BOUGHT = 1, 2  # 贴现方式 01 直贴, 02 买断式转贴现.
BANK_BILL, TRADE_BILL = 1, 2  # 票据种类 01 银承, 02 商承.
BILL_DAYS = 180  # A bill is drawn so long before it matures.
# Every so many loans a borrower draws under the contract of the one before.
SHARED_CONTRACT_EVERY = 7
_IN_ROWS = (
    "account", "bank", "loan", "loan_kind", "is_usd", "rate", "loan_class", "matures", "guarantee",
    "marks", "product", "purpose", "restructuring", "overdue",
)  # fmt: skip


def ends_on(loans: Loans) -> Int32Array:
    """Return the day on which each loan is to be paid back, extensions included."""
    return np.asarray(np.maximum(loans["matures"], loans["extended_to"]), np.int32)


def repricing_day(loans: Loans, day: int) -> Int32Array:
    """Return the first day after ``day`` on which each loan's rate may move.

    Of a fixed rate, or when the loan ends before, it is the day on which the loan ends.
    """
    month = Month.of_day(day)
    quarter_month = (month.number - 1) // 3 * 3 + 4
    next_quarter = Month(month.year + quarter_month // 12, quarter_month % 12)
    next_day = np.select(
        [loans["reprices"] == QUARTERLY, loans["reprices"] == YEARLY],
        [next_quarter.first_day, Month(month.year + 1, 1).first_day],
        np.iinfo(np.int32).max,
    )
    return np.asarray(np.minimum(ends_on(loans), next_day), np.int32)


class LoanBook:
    """All outstanding loans, what each bank knows of its borrowers, and the story so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loans: Loans = np.zeros(0, LOAN)
        self._ended: list[Loans] = []
        self.limit_minor = world.accounts.limit_minor.copy()
        self.holding = world.borrowers.holding.copy()
        self.size = world.borrowers.size.copy()
        # By account: is or may become a customer, is one, since when, and is known to be what kind
        # of person.
        self.has_arrived = np.zeros(world.accounts.size, np.bool_)
        self.is_known = np.zeros(world.accounts.size, np.bool_)
        self.is_closed = np.zeros(world.accounts.size, np.bool_)  # With its bank.
        self.first_credit_day = np.zeros(world.accounts.size, np.int32)
        self.is_kind_known = world.accounts.is_kind_known.copy()
        # What a bank says of an account, whatever is true: a firm's size (-1: as it is), and that
        # the next loan is the borrower's first.
        self.size_claim = np.full(world.accounts.size, -1, np.int8)
        self.claims_first = np.zeros(world.accounts.size, np.bool_)
        self.has_borrowed = np.zeros(len(world.borrowers.ids), np.bool_)
        self._exposure_minor = np.zeros(world.accounts.size, np.int64)
        self._outstanding_minor = np.zeros(len(world.banks.banks) * SEGMENTS, np.int64)
        self._contract = np.zeros(world.accounts.size, np.int64)  # The last of each account.
        self._new_loans: list[Loans] = []
        self._told: list[Rows] = []
        self._last_loan = 0
        self._last_number = 0

    def tell(
        self, what: What, loans: Loans, day: AnyArray | int, **columns: AnyArray | int
    ) -> None:
        """Add a row for each of ``loans``, as they stand; ``columns`` say what differs."""
        shared = {name: loans[name] for name in _IN_ROWS}
        shared |= {"amount": loans["balance"], "amount_cny": loans["cny"]}
        self._told.append(new_rows(what, loans.size, **shared | {"day": day} | columns))

    def tell_account(
        self, what: What, account: Int64Array, day: AnyArray | int, **columns: AnyArray | int
    ) -> None:
        """Add a row for each of ``account``: a profile or a credit line."""
        bank = self.world.accounts.bank[account]
        rows = new_rows(what, account.size, account=account, bank=bank, day=day, **columns)
        self._told.append(rows)

    def tell_bank(self, bank: Int64Array, day: int, *, closed_day: int = 0) -> None:
        """Add the registration of each of ``bank``, or its closing."""
        about = {"matures": closed_day, "marks": int(closed_day > 0)}
        self._told.append(
            new_rows(What.REGISTERED, bank.size, account=-1, bank=bank, day=day, **about)
        )

    def add(self, loans: Loans) -> Loans:
        """Give new loans their numbers; they join the book when the month closes."""
        loans["loan"] = self._last_loan + 1 + np.arange(loans.size)
        self._last_loan += loans.size
        account = loans["account"]
        is_shared = (loans["loan"] % SHARED_CONTRACT_EVERY == 0) & (self._contract[account] > 0)
        is_shared &= loans["segment"] != BILLS
        loans["contract"] = np.where(is_shared, self._contract[account], loans["loan"])
        self._contract[account] = loans["contract"]
        self._new_loans.append(loans)
        self._move(loans, loans["cny"])
        return loans

    def reduce(
        self,
        what: What,
        place: Int64Array,
        amount_minor: Int64Array,
        day: AnyArray,
        *,
        restructuring: Int64Array | None = None,
    ) -> None:
        """Take ``amount_minor``, in the loan's currency, off each loan and tell it."""
        loans = picked(self.loans, place)
        is_all = amount_minor == loans["balance"]
        share = amount_minor / np.maximum(loans["balance"], 1)
        part = np.minimum((loans["cny"] * share).astype(np.int64), loans["cny"] - 1)
        cny = np.where(is_all, loans["cny"], np.where(loans["is_usd"], part, amount_minor))
        # A dollar loan of a few cents may leave nothing to take in yuan.
        keep = (amount_minor > 0) & (cny > 0)
        place, amount_minor, cny = place[keep], amount_minor[keep], cny[keep]
        loans = picked(loans, keep)
        how = 0 if restructuring is None else restructuring[keep]
        self.tell(what, loans, day[keep], amount=amount_minor, amount_cny=cny, restructuring=how)
        self.loans["balance"][place] -= amount_minor
        self.loans["cny"][place] -= cny
        self._move(loans, -cny)

    def close(self) -> None:
        """Let new loans into the book and loans without balance out of it."""
        every = joined([self.loans, *self._new_loans], LOAN)
        self._new_loans = []
        is_left = every["balance"] > 0
        self.loans = picked(every, is_left)
        self._ended.append(picked(every, ~is_left))

    def take_ended(self) -> Loans:
        """Return the loans of which nothing was left, since the last call."""
        ended, self._ended = joined(self._ended, LOAN), []
        return ended

    def size_of(self, account: Int64Array) -> Int64Array:
        """Return the size of the borrower of each account, as the bank says it is."""
        claimed = self.size_claim[account]
        true = self.size[self.world.accounts.borrower[account]]
        return np.asarray(np.where(claimed >= 0, claimed, true), np.int64)

    def take_rows(self) -> Rows:
        """Return what was told since the last call, by day, and number it."""
        rows = joined(self._told, ROW)
        self._told = []
        first = int(rows["day"].min(initial=0 if not rows.size else rows["day"][0]))
        # Days of two bytes are sorted by counting.
        rows = picked(rows, np.argsort((rows["day"] - first).astype(np.int16), kind="stable"))
        self.number(rows)
        rows["arrival"] = rows["day"]
        return rows

    def number(self, rows: Rows) -> None:
        """Give rows the next numbers."""
        rows["number"] = self._last_number + 1 + np.arange(rows.size)
        self._last_number += rows.size

    def revalue(self, place: Int64Array, cny_minor: Int64Array) -> None:
        """Carry some loans at another value in yuan."""
        change_minor = cny_minor - self.loans["cny"][place]
        self.loans["cny"][place] = cny_minor
        self._move(picked(self.loans, place), change_minor)

    def _move(self, loans: Loans, change_minor: Int64Array) -> None:
        """Add to the running sums what was added to each loan."""
        place = loans["bank"].astype(np.int64) * SEGMENTS + loans["segment"]
        ordinary = np.where(loans["is_planted"], 0, change_minor)
        np.add.at(self._outstanding_minor, place, ordinary)
        no_bill = np.where(loans["segment"] == BILLS, 0, change_minor)
        np.add.at(self._exposure_minor, loans["account"], no_bill)

    def outstanding_minor(self) -> Int64Array:
        """Return what each bank has outstanding by segment, new loans included, none planted."""
        return self._outstanding_minor.reshape(-1, SEGMENTS).copy()

    def exposure_minor(self) -> Int64Array:
        """Return what each account has outstanding, bills left out, new loans included."""
        return self._exposure_minor.copy()

    def is_told(self) -> BoolArray:
        """Return of which accounts changes are told: customers of banks that are open."""
        return np.asarray(self.is_known & ~self.is_closed)

    def is_good(self) -> BoolArray:
        """Return which loans are performing."""
        return np.asarray(self.loans["loan_class"] < 2)
