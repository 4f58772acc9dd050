"""Decodes single events and compares columns, for the tests of the wire."""

from dataclasses import fields
from typing import Any

import msgspec
import numpy as np

from schemas.columns import Decoded, EventColumns, Fault, Ids
from schemas.event import Event
from schemas.events.loan_disbursed import LoanDisbursed
from schemas.events.reversal import Reversal
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.wire import decode, encode, event_json
from tests.identities import bank_id, firm_id

BANK = bank_id(1)
BOTH = (CONTENT_NDJSON, CONTENT_ARROW)


def draw(**changes: Any) -> LoanDisbursed:
    """A loan of 100 yuan, paid out on 15 March 2021."""
    facts: dict[str, Any] = {
        "event_id": "draw-0000-0000-0001",
        "bank_id": BANK,
        "occurred_on": "2021-03-15",
        "borrower_id": firm_id(1),
        "loan_id": "L1",
        "loan_kind": "corporate",
        "amount_minor": 10_000,
        "rate_mbp": 434_500,
        "loan_class": "FQ01",
        "matures_on": "2022-03-15",
        "guarantee_kind": "credit",
    }
    return LoanDisbursed(**(facts | changes))


def decoded(events: list[Event], content_type: str, bank: str = BANK) -> Decoded:
    return decode([(content_type, encode(events, content_type))], [bank])


def accepted(event: Event, content_type: str = CONTENT_NDJSON) -> EventColumns:
    """The columns of one event that must be accepted."""
    result = decoded([event], content_type, event.bank_id)
    assert result.faults == ()
    assert result.events.size == 1
    return result.events


def refusal(event: Event, content_type: str, bank: str = BANK) -> Fault:
    """Why one event is refused, in either encoding."""
    result = decoded([event], content_type, bank)
    assert result.events.size == 0
    assert result.event_counts == (1,)
    (fault,) = result.faults
    return fault


def line_fault(line: bytes, bank: str = BANK) -> Fault:
    """Why one line of NDJSON is refused."""
    result = decode([(CONTENT_NDJSON, line)], [bank])
    assert result.events.size == 0
    (fault,) = result.faults
    return fault


def line(**changes: Any) -> bytes:
    """A sound line of JSON with some fields replaced; None drops the field."""
    fields: dict[str, Any] = msgspec.json.decode(event_json(draw())) | changes
    return msgspec.json.encode({name: v for name, v in fields.items() if v is not None})


def outline(fault: Fault) -> tuple[str, str, str]:
    return fault.code, fault.field, fault.found


def reversal_of(body: bytes, bank: str = BANK) -> Reversal:
    return Reversal(
        event_id="undo-0000-0000-0001", bank_id=bank, occurred_on="2021-06-01",
        body=msgspec.Raw(body),
    )  # fmt: skip


def as_lists(columns: EventColumns) -> dict[str, Any]:
    """The columns as plain lists, so that two can be compared."""
    lists: dict[str, Any] = {"records": columns.records}
    for field in fields(columns):
        column = getattr(columns, field.name)
        if isinstance(column, Ids):
            assert len(set(column.values)) == len(column.values)
            assert column.codes.dtype == np.int32
            lists[field.name] = column.to_list()
        elif isinstance(column, np.ndarray):
            lists[field.name] = (str(column.dtype), column.tolist())
    return lists
