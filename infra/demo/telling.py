"""Rows of the demo become events: the only place that knows both."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np

from infra.demo.accounts import Accounts
from infra.demo.banks import QINGDAO, Banks
from infra.demo.borrowers import Borrowers
from infra.demo.calendar import date_of
from infra.demo.event_rows import (
    CREDIT_SUPPORT,
    DEFERRAL,
    FIRST_LOAN,
    OVERDUE_KINDS,
    RENEWAL,
    ROW,
    Rows,
    What,
)
from infra.demo.purposes import PRODUCTS, PURPOSES
from schemas.codes import (
    BORROWER_KINDS,
    FIRM_SIZES,
    GUARANTEE_KINDS,
    HOLDINGS,
    LOAN_CLASSES,
    LOAN_KINDS,
)
from schemas.event import Event
from schemas.events.balance_brought_forward import BalanceBroughtForward
from schemas.events.balance_revalued import BalanceRevalued
from schemas.events.bank_registered import BankRegistered
from schemas.events.bill_discounted import BillDiscounted
from schemas.events.bill_recovered import BillRecovered
from schemas.events.bill_rediscounted import BillRediscounted
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.loan_acquired import LoanAcquired
from schemas.events.loan_cured import LoanCured
from schemas.events.loan_disbursed import LoanDisbursed
from schemas.events.loan_extended import LoanExtended
from schemas.events.loan_overdue import LoanOverdue
from schemas.events.loan_reclassified import LoanReclassified
from schemas.events.loan_refinanced import LoanRefinanced
from schemas.events.loan_repaid import LoanRepaid
from schemas.events.loan_repriced import LoanRepriced
from schemas.events.loan_securitised import LoanSecuritised
from schemas.events.loan_settled_in_kind import LoanSettledInKind
from schemas.events.loan_transferred import LoanTransferred
from schemas.events.loan_written_off import LoanWrittenOff
from schemas.events.reversal import Reversal

FLOWS: dict[What, type[Any]] = {
    What.BROUGHT_FORWARD: BalanceBroughtForward,
    What.ACQUIRED: LoanAcquired,
    What.REPAID: LoanRepaid,
    What.WRITTEN_OFF: LoanWrittenOff,
    What.TRANSFERRED: LoanTransferred,
    What.SECURITISED: LoanSecuritised,
    What.IN_KIND: LoanSettledInKind,
}
EVENT_TYPES: dict[What, type[Event]] = FLOWS | {
    What.REGISTERED: BankRegistered,
    What.PROFILED: BorrowerProfiled,
    What.LINE_SET: CreditLineSet,
    What.DISBURSED: LoanDisbursed,
    What.REFINANCED: LoanRefinanced,
    What.REPRICED: LoanRepriced,
    What.RECLASSIFIED: LoanReclassified,
    What.REVALUED: BalanceRevalued,
    What.OVERDUE: LoanOverdue,
    What.CURED: LoanCured,
    What.EXTENDED: LoanExtended,
    What.DISCOUNTED: BillDiscounted,
    What.REDISCOUNTED: BillRediscounted,
    What.RECOVERED: BillRecovered,
}


class World(NamedTuple):
    """Who there is: what rows point at."""

    seed: int
    banks: Banks
    borrowers: Borrowers
    accounts: Accounts


def event_id_prefix(world: World) -> str:
    """Return what the ids of all events of the demo begin with."""
    return f"demo-{world.seed}-"


def event_id(world: World, number: int) -> str:
    """Return the id of the ``number``-th event of the demo."""
    return f"{event_id_prefix(world)}{number:010d}"


def loan_id(number: int) -> str:
    """Return the id of the ``number``-th loan of the demo."""
    return f"DK{number:010d}"


def registration(
    world: World, bank: int, number: int, day: int, *, closed_day: int = 0, revision: int = 0
) -> BankRegistered:
    """Return the registration that a bank sends first, or with its last day when it closes."""
    about = world.banks.banks[bank]
    return BankRegistered(
        event_id=event_id(world, number),
        bank_id=about.bank_id,
        occurred_on=date_of(day).isoformat(),
        revision=revision,
        name_zh=about.name_zh,
        name_en=about.name_en,
        peer_group=about.peer_group.value,
        city=about.city,
        is_qingdao=about.city == QINGDAO,
        closed_on=date_of(closed_day).isoformat() if closed_day else "",
    )


class Columns:
    """Rows as lists, with the texts that events of them need."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.of: dict[str, list[Any]] = {name: rows[name].tolist() for name in ROW.names or ()}
        self.world = world
        accounts, borrowers = world.accounts, world.borrowers
        self.bank_ids = [world.banks.banks[bank].bank_id for bank in self.of["bank"]]
        self.borrower = accounts.borrower[rows["account"]].tolist()
        self.borrower_ids = borrowers.ids
        days = np.unique(
            np.concatenate([rows[name] for name in ("day", "arrival", "matures", "old_matures")])
        )
        self.date = {day: date_of(day).isoformat() for day in days.tolist()}

    def head(self, place: int) -> dict[str, Any]:
        """Return the fields of every event; a reversal's body has the id of what it reverses."""
        number = self.of["reverses"][place] or self.of["number"][place]
        return {
            "event_id": event_id(self.world, number),
            "bank_id": self.bank_ids[place],
            "occurred_on": self.date[self.of["day"][place]],
            "borrower_id": self.borrower_ids[self.borrower[place]],
        }

    def loan(self, place: int) -> dict[str, Any]:
        return self.head(place) | {
            "loan_id": loan_id(self.of["loan"][place]),
            "loan_kind": LOAN_KINDS[self.of["loan_kind"][place]].value,
        }

    def money(self, place: int, name: str) -> dict[str, Any]:
        """Return an amount in the loan's currency, and in yuan if that is another."""
        amount = self.of["amount"][place]
        if not self.of["is_usd"][place]:
            return {f"{name}_minor": amount}
        in_yuan = self.of["amount_cny"][place]
        return {f"{name}_minor": amount, "currency": "USD", f"{name}_cny_minor": in_yuan}

    def carried(self, place: int) -> dict[str, Any]:
        return {
            "rate_mbp": self.of["rate"][place],
            "loan_class": LOAN_CLASSES[self.of["loan_class"][place]].value,
        }


def events_of(world: World, rows: Rows) -> list[Event]:
    """Return the event of each row, in order."""
    events = np.empty(rows.size, object)
    columns = Columns(world, rows)
    for what in map(What, np.unique(rows["what"]).tolist()):
        build = BUILDERS[what]
        for place in np.flatnonzero(rows["what"] == what).tolist():
            events[place] = build(columns, place)
    for place in np.flatnonzero(rows["reverses"]).tolist():
        row = rows[place]
        events[place] = Reversal(
            event_id=event_id(world, int(row["number"])),
            bank_id=events[place].bank_id,
            occurred_on=date_of(int(row["arrival"])).isoformat(),
            body=msgspec.Raw(msgspec.json.encode(events[place])),
        )
    return list(events)


def _registered(columns: Columns, place: int) -> Event:
    return registration(
        columns.world,
        columns.of["bank"][place],
        columns.of["number"][place],
        columns.of["day"][place],
        closed_day=columns.of["matures"][place],
        revision=columns.of["marks"][place],
    )


def _profiled(columns: Columns, place: int) -> Event:
    borrower = columns.borrower[place]
    about = columns.world.borrowers
    return BorrowerProfiled(
        **columns.head(place),
        borrower_kind=BORROWER_KINDS[int(about.kind[borrower])].value,
        holding=HOLDINGS[columns.of["holding"][place]].value,
        firm_size=FIRM_SIZES[columns.of["size"][place]].value,
        industry=about.industries[borrower],
        city=about.cities[borrower],
    )


def _line_set(columns: Columns, place: int) -> Event:
    return CreditLineSet(**columns.head(place), limit_cny_minor=columns.of["amount"][place])


def _flow(columns: Columns, place: int) -> Event:
    build = FLOWS[What(columns.of["what"][place])]
    return build(  # type: ignore[no-any-return]
        **columns.loan(place), **columns.money(place, "amount"), **columns.carried(place)
    )


def _refinanced(columns: Columns, place: int) -> Event:
    return LoanRefinanced(
        **columns.loan(place),
        **columns.money(place, "amount"),
        **columns.carried(place),
        restructuring_kind=f"{columns.of['restructuring'][place]:02d}",
    )


def _disbursed(columns: Columns, place: int) -> Event:
    marks = columns.of["marks"][place]
    return LoanDisbursed(
        **columns.loan(place),
        **columns.money(place, "amount"),
        **columns.carried(place),
        matures_on=columns.date[columns.of["matures"][place]],
        guarantee_kind=GUARANTEE_KINDS[columns.of["guarantee"][place]].value,
        use_industry=PURPOSES[columns.of["purpose"][place]],
        product_code=PRODUCTS[columns.of["product"][place]],
        is_first_loan=bool(marks & FIRST_LOAN),
        is_renewal=bool(marks & RENEWAL),
        is_deferral=bool(marks & DEFERRAL),
        is_credit_support=bool(marks & CREDIT_SUPPORT),
    )


def _bill(build: type[Any], columns: Columns, place: int) -> Event:
    amount = columns.of["amount"][place]
    fields = columns.head(place) | {"bill_no": f"1{columns.of['loan'][place]:029d}-1-{amount}"}
    fields |= {"amount_minor": amount} | columns.carried(place)
    if build is not BillRecovered:
        days = columns.of["matures"][place] - columns.of["day"][place]
        # The discount: days of interest at the yearly rate, which is in 10⁻⁷ of one.
        discount = amount * columns.of["rate"][place] * days // (360 * 10**7)
        fields["matures_on"] = columns.date[columns.of["matures"][place]]
        fields["discount_amount_minor"] = amount - discount
    return build(**fields)  # type: ignore[no-any-return]


def _repriced(columns: Columns, place: int) -> Event:
    return LoanRepriced(
        **columns.loan(place),
        **columns.money(place, "balance"),
        old_rate_mbp=columns.of["old_rate"][place],
        rate_mbp=columns.of["rate"][place],
    )


def _reclassified(columns: Columns, place: int) -> Event:
    return LoanReclassified(
        **columns.loan(place),
        **columns.money(place, "balance"),
        old_loan_class=LOAN_CLASSES[columns.of["old_class"][place]].value,
        loan_class=LOAN_CLASSES[columns.of["loan_class"][place]].value,
    )


def _revalued(columns: Columns, place: int) -> Event:
    return BalanceRevalued(
        **columns.loan(place),
        **columns.carried(place),
        currency="USD",
        change_cny_minor=columns.of["amount"][place],
        exchange_rate_millionths=columns.of["fx"][place],
    )


def _overdue(columns: Columns, place: int) -> Event:
    kind: Any = OVERDUE_KINDS[columns.of["overdue"][place]]
    return LoanOverdue(**columns.loan(place), overdue_kind=kind)


def _cured(columns: Columns, place: int) -> Event:
    return LoanCured(**columns.loan(place))


def _extended(columns: Columns, place: int) -> Event:
    return LoanExtended(
        **columns.loan(place),
        old_matures_on=columns.date[columns.of["old_matures"][place]],
        matures_on=columns.date[columns.of["matures"][place]],
    )


BUILDERS: Mapping[What, Callable[[Columns, int], Event]] = dict.fromkeys(FLOWS, _flow) | {
    What.REGISTERED: _registered,
    What.PROFILED: _profiled,
    What.LINE_SET: _line_set,
    What.DISBURSED: _disbursed,
    What.REFINANCED: _refinanced,
    What.REPRICED: _repriced,
    What.RECLASSIFIED: _reclassified,
    What.REVALUED: _revalued,
    What.OVERDUE: _overdue,
    What.CURED: _cured,
    What.EXTENDED: _extended,
    What.DISCOUNTED: partial(_bill, BillDiscounted),
    What.REDISCOUNTED: partial(_bill, BillRediscounted),
    What.RECOVERED: partial(_bill, BillRecovered),
}
