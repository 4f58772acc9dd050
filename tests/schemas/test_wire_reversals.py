"""Reversals that are refused: what they carry, and under which id they come."""

import pytest

from schemas.expectations import EXPECTED_OTHER_ID
from schemas.message import CONTENT_NDJSON
from schemas.wire import event_json
from tests.identities import bank_id
from tests.schemas.decoding import BOTH, draw, line, line_fault, outline, refusal, reversal_of


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event_json(reversal_of(line())), ("reversal_of_reversal", "body.type", "reversal")),
        (line(type="credit_line_set"), ("not_reversible", "body.type", "credit_line_set")),
        (line(bank_id=bank_id(2)), ("other_bank", "body.bank_id", bank_id(2))),
        (line(amount_minor=0), ("out_of_range", "body.amount_minor", "0")),
        (line(rate_mbp=None), ("missing_field", "body.rate_mbp", "")),
        (line(type="loan_lost"), ("unknown_type", "body.type", "loan_lost")),
        (b"[]", ("wrong_type", "body", "[]")),
        (line(event_id="short"), ("bad_event_id", "reversed_event_id", "short")),
        (line(occurred_on="2021-00"), ("bad_date", "occurred_on", "2021-00")),
    ],
)
def test_a_reversal_of_what_cannot_be_reversed_is_refused(
    body: bytes, expected: tuple[str, str, str]
) -> None:
    fault = refusal(reversal_of(body), CONTENT_NDJSON)

    assert outline(fault) == expected
    assert fault.event_id == "undo-0000-0000-0001"


@pytest.mark.parametrize("content_type", BOTH)
def test_a_reversal_needs_an_id_of_its_own(content_type: str) -> None:
    """With the id of its event one of the two would be dropped as a repeated event."""
    body = event_json(draw(event_id="undo-0000-0000-0001"))

    fault = refusal(reversal_of(body), content_type)

    assert outline(fault) == ("bad_event_id", "event_id", "undo-0000-0000-0001")
    assert fault.expected == EXPECTED_OTHER_ID


def test_a_body_that_is_not_utf8_is_refused() -> None:
    payload = event_json(reversal_of(line(loan_id="LL"))).replace(b"LL", b"\xff\xff")

    assert line_fault(payload).code == "not_utf8"
