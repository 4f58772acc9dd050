"""What the columns hold for single events that can be checked by hand."""

import dataclasses
from typing import Any

import msgspec
import pytest

from schemas.codes import GUARANTEE_KINDS, LOAN_CLASSES, LOAN_KINDS, POLICY_TAGS, PolicyTag
from schemas.columns import NONE_CODE, EventColumns
from schemas.event_types import TYPE_CODES
from schemas.events.balance_brought_forward import BalanceBroughtForward
from schemas.events.balance_revalued import BalanceRevalued
from schemas.events.bill_discounted import BillDiscounted
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.entrusted_loan_repaid import EntrustedLoanRepaid
from schemas.events.loan_cured import LoanCured
from schemas.events.loan_reclassified import LoanReclassified
from schemas.events.loan_repriced import LoanRepriced
from schemas.events.reversal import Reversal
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.wire import event_json
from tests.identities import firm_id
from tests.schemas.decoding import BANK, BOTH, accepted, as_lists, decoded, draw

BORROWER = {
    "event_id": "event-0000-0000-01",
    "bank_id": BANK,
    "occurred_on": "2021-03",
    "borrower_id": firm_id(1),
}
LOAN = BORROWER | {"loan_id": "L1", "loan_kind": "personal_business"}
MONEY = {"amount_minor": 10_000, "rate_mbp": 300_000, "loan_class": "FQ03"}


def only(columns: EventColumns, *names: str) -> list[Any]:
    """The values of the only row."""
    lists = as_lists(columns)
    return [
        lists[name][1][0] if isinstance(lists[name], tuple) else lists[name][0] for name in names
    ]


pytestmark = pytest.mark.parametrize("content_type", BOTH)


def test_a_draw(content_type: str) -> None:
    columns = accepted(draw(loan_class="FQ02"), content_type)

    quarter = Quarter(2021, 1).ordinal - FIRST_ORDINAL
    assert only(columns, "event_type", "sign", "quarter", "occurred_day", "is_day_known") == [
        TYPE_CODES["loan_disbursed"], 1, quarter, 18_701, True,
    ]  # fmt: skip
    assert only(columns, "loan_kind", "loan_class", "old_loan_class", "guarantee_kind") == [
        LOAN_KINDS.index("corporate"),
        LOAN_CLASSES.index("FQ02"),
        NONE_CODE,
        GUARANTEE_KINDS.index("credit"),
    ]
    assert only(columns, "amount_cny_minor", "rate_mbp", "is_cny", "matures_day") == [
        10_000, 434_500, True, 19_066,
    ]  # fmt: skip
    assert only(columns, "bank", "borrower", "occurred_on") == [BANK, firm_id(1), "2021-03-15"]
    assert columns.event_id.tolist() == [b"draw-0000-0000-0001"]
    assert columns.reversed_event_id.tolist() == [b""]


def test_foreign_money_counts_by_its_amount_in_yuan(content_type: str) -> None:
    columns = accepted(draw(currency="USD", amount_cny_minor=64_000), content_type)

    assert only(columns, "amount_cny_minor", "is_cny") == [64_000, False]


def test_yuan_may_be_said_twice(content_type: str) -> None:
    columns = accepted(draw(currency="CNY", amount_cny_minor=10_000), content_type)

    assert only(columns, "amount_cny_minor", "is_cny") == [10_000, True]


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({}, []),
        ({"is_first_loan": True}, [PolicyTag.FIRST_LOAN]),
        ({"is_renewal": True}, [PolicyTag.RENEWAL]),
        ({"is_deferral": True}, [PolicyTag.DEFERRAL]),
        ({"is_credit_support": True}, [PolicyTag.CREDIT_SUPPORT]),
        ({"use_industry": "C301", "matures_on": "2022-03-15"}, []),  # One year, not more.
        (
            {"use_industry": "C301", "matures_on": "2022-03-16"},
            [PolicyTag.MANUFACTURING_LONG_TERM],
        ),
        ({"use_industry": "F511", "matures_on": "2031-03-16"}, []),
        (
            {"use_industry": "C301", "matures_on": "2031-03-16", "is_first_loan": True},
            [PolicyTag.FIRST_LOAN, PolicyTag.MANUFACTURING_LONG_TERM],
        ),
    ],
)
def test_marks_of_a_draw_are_bits(
    content_type: str, changes: dict[str, Any], tags: list[PolicyTag]
) -> None:
    columns = accepted(draw(**changes), content_type)

    assert only(columns, "policy_tags") == [sum(1 << POLICY_TAGS.index(tag) for tag in tags)]


def test_a_month_is_dated_by_its_last_day_and_may_hold_the_maturity(content_type: str) -> None:
    columns = accepted(draw(occurred_on="2021-03", matures_on="2021-03-02"), content_type)

    assert only(columns, "occurred_day", "is_day_known", "occurred_on") == [
        18_717,
        False,
        "2021-03",
    ]


def test_a_bill_is_bill_financing_by_face_amount(content_type: str) -> None:
    bill = BillDiscounted(
        **BORROWER, **MONEY, bill_no="B1", matures_on="2021-09-01", discount_amount_minor=9_900
    )

    assert only(accepted(bill, content_type), "loan_kind", "guarantee_kind", "amount_cny_minor") == [
        LOAN_KINDS.index("bill_financing"), NONE_CODE, 10_000,
    ]  # fmt: skip


def test_a_bill_may_be_brought_forward(content_type: str) -> None:
    forward = BalanceBroughtForward(**LOAN | MONEY | {"loan_kind": "bill_financing"})

    assert only(accepted(forward, content_type), "loan_kind") == [
        LOAN_KINDS.index("bill_financing")
    ]


def test_an_overdraft_has_no_last_day(content_type: str) -> None:
    assert only(accepted(draw(matures_on=""), content_type), "matures_day") == [0]


def test_repricing_and_reclassification_carry_the_balance(content_type: str) -> None:
    repriced = LoanRepriced(
        **LOAN, balance_minor=1, currency="EUR", balance_cny_minor=8, old_rate_mbp=5, rate_mbp=4
    )
    reclassified = LoanReclassified(
        **LOAN, balance_minor=70, old_loan_class="FQ02", loan_class="FQ04"
    )

    assert only(accepted(repriced, content_type), "amount_cny_minor", "old_rate_mbp", "rate_mbp") == [
        8, 5, 4,
    ]  # fmt: skip
    assert only(
        accepted(reclassified, content_type), "amount_cny_minor", "old_loan_class", "loan_class"
    ) == [70, 1, 3]


def test_a_revaluation_is_signed(content_type: str) -> None:
    event = BalanceRevalued(
        **LOAN, currency="USD", change_cny_minor=-5, exchange_rate_millionths=6_400_000,
        rate_mbp=1, loan_class="FQ01",
    )  # fmt: skip

    assert only(accepted(event, content_type), "amount_cny_minor", "is_cny") == [-5, False]


def test_profiles_and_credit_lines_fill_their_own_columns(content_type: str) -> None:
    profile = BorrowerProfiled(
        **BORROWER, revision=3, borrower_kind="farmer", holding="not_applicable",
        firm_size="micro", industry="100", city="370200",
    )  # fmt: skip
    line = CreditLineSet(**BORROWER, limit_cny_minor=500, used_cny_minor=20)

    assert only(
        accepted(profile, content_type),
        "revision", "borrower_kind", "holding", "firm_size", "industry", "city",
    ) == [3, 4, 5, 3, "100", "370200"]  # fmt: skip
    assert only(accepted(line, content_type), "limit_cny_minor", "used_cny_minor", "revision") == [
        500, 20, 0,
    ]  # fmt: skip


def test_an_event_that_moves_no_sum_moves_none(content_type: str) -> None:
    entrusted = EntrustedLoanRepaid(
        **BORROWER, loan_id="L1", trustor_id="anybody", amount_minor=7, currency="USD"
    )

    for event in (entrusted, LoanCured(**LOAN)):
        assert only(accepted(event, content_type), "amount_cny_minor", "rate_mbp") == [0, 0]


def test_a_reversal_is_its_body_with_the_other_sign(content_type: str) -> None:
    body = draw(is_renewal=True, currency="USD", amount_cny_minor=9)
    reversal = Reversal(
        event_id="undo-0000-0000-0001", bank_id=BANK, occurred_on="2021-06",
        body=msgspec.Raw(event_json(body)),
    )  # fmt: skip

    undone = accepted(reversal, content_type)

    assert undone.reversed_event_id.tolist() == [body.event_id.encode()]
    assert undone.event_id.tolist() == [b"undo-0000-0000-0001"]
    assert undone.sign.tolist() == [-1]
    done = accepted(body, content_type)
    as_body = dataclasses.replace(
        undone, sign=done.sign, event_id=done.event_id, reversed_event_id=done.reversed_event_id
    )
    assert as_lists(as_body) == as_lists(done)


def test_reversals_stand_in_order_among_other_events(content_type: str) -> None:
    undo = [
        Reversal(
            event_id=f"undo-0000-0000-000{n}", bank_id=BANK, occurred_on="2021-06-01",
            body=msgspec.Raw(event_json(body)),
        )
        for n, body in enumerate([draw(), LoanCured(**LOAN)])
    ]  # fmt: skip
    events = [undo[0], draw(), undo[1], LoanCured(**LOAN)]

    columns = decoded(list(events), content_type).events

    assert columns.sign.tolist() == [-1, 1, -1, 1]
    assert [id_.decode() for id_ in columns.event_id.tolist()] == [e.event_id for e in events]
    assert columns.occurred_on.to_list() == ["2021-03-15", "2021-03-15", "2021-03", "2021-03"]
