"""What is refused, under which code, and that only the bad event is lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.balance_revalued import BalanceRevalued
from schemas.events.bank_registered import BankRegistered
from schemas.events.entrusted_loan_repaid import EntrustedLoanRepaid
from schemas.events.loan_extended import LoanExtended
from schemas.events.loan_repriced import LoanRepriced
from schemas.events.position_reported import PositionReported
from schemas.expectations import EXPECTED_ORGANISATION_CHECK
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.wire import decode, encode, event_json
from tests.identities import bank_id, firm_id, organisation_code, person_id
from tests.schemas.decoding import (
    BANK,
    BOTH,
    accepted,
    decoded,
    draw,
    line,
    line_fault,
    outline,
    refusal,
    reversal_of,
)

RESIDENT = "370102198001011237"
CREDIT_CODE_LETTER_I = "9137010000000001I0"


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (b'{"type":"loan_cured","loan_id":"\xff"}', ("not_utf8", "", "ff 22 7d")),
        (b"\xff\xfe\x00", ("not_utf8", "", "ff fe 00")),
        (b'{"type":"loan_cured",', ("not_json", "", '{"type":"loan_cured",')),
        (b"\x00\x01", ("not_json", "", "\x00\x01")),
        (b"[1]", ("not_json", "", "[1]")),
        (b"17", ("not_json", "", "17")),
        (b"{}", ("missing_field", "type", "")),
        (line(type="loan_lost"), ("unknown_type", "type", "loan_lost")),
        (line(type=3), ("unknown_type", "type", "3")),
        (line(colour="red"), ("unknown_field", "colour", "red")),
        (line(loan_id=None), ("missing_field", "loan_id", "")),
        (line(loan_id=7), ("wrong_type", "loan_id", "7")),
        (line(amount_minor="7"), ("wrong_type", "amount_minor", '"7"')),
        (line(amount_minor=7.5), ("wrong_type", "amount_minor", "7.5")),
        (line(amount_minor=True), ("wrong_type", "amount_minor", "true")),
        (line(amount_minor=0), ("out_of_range", "amount_minor", "0")),
        (line(amount_minor=10**16 + 1), ("out_of_range", "amount_minor", str(10**16 + 1))),
        (line(amount_minor=10**30), ("out_of_range", "amount_minor", str(10**30))),
        (line(is_renewal=1), ("wrong_type", "is_renewal", "1")),
        (line(loan_class="FQ06"), ("unknown_word", "loan_class", "FQ06")),
        (b"[" * 5_000, ("not_json", "", "[" * 79 + "…")),
    ],
)
def test_a_line_of_the_wrong_shape_is_refused_for_its_first_problem(
    bad: bytes, expected: tuple[str, str, str]
) -> None:
    fault = line_fault(bad)

    assert outline(fault) == expected
    assert fault.raw == bad


@pytest.mark.parametrize("content_type", BOTH)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event_id": "short"}, ("bad_event_id", "event_id", "short")),
        ({"event_id": "x" * 65}, ("bad_event_id", "event_id", "x" * 65)),
        ({"event_id": "sixteen characters"}, ("bad_event_id", "event_id", "sixteen characters")),
        ({"event_id": "é" * 16}, ("bad_event_id", "event_id", "é" * 16)),
        ({"borrower_id": ""}, ("bad_borrower_id", "borrower_id", "")),
        ({"borrower_id": "nobody"}, ("bad_borrower_id", "borrower_id", "nobody")),
        (
            {"borrower_id": CREDIT_CODE_LETTER_I},
            ("bad_borrower_id", "borrower_id", CREDIT_CODE_LETTER_I),
        ),
        ({"borrower_id": RESIDENT}, ("unmasked_person_id", "borrower_id", "370102************")),
        ({"occurred_on": "2021-02-29"}, ("bad_date", "occurred_on", "2021-02-29")),
        ({"occurred_on": "2021-13"}, ("bad_date", "occurred_on", "2021-13")),
        ({"occurred_on": "1989-12-31"}, ("bad_date", "occurred_on", "1989-12-31")),
        ({"occurred_on": "2100-01"}, ("bad_date", "occurred_on", "2100-01")),
        ({"occurred_on": "2021-3-5"}, ("bad_date", "occurred_on", "2021-3-5")),
        ({"occurred_on": ""}, ("bad_date", "occurred_on", "")),
        ({"matures_on": "2022-03"}, ("bad_date", "matures_on", "2022-03")),
        ({"matures_on": "2021-03-14"}, ("matures_before", "matures_on", "2021-03-14")),
        ({"currency": "RMB"}, ("bad_currency", "currency", "RMB")),
        ({"currency": "cny"}, ("bad_currency", "currency", "cny")),
        ({"currency": "USD"}, ("missing_cny_amount", "amount_cny_minor", "")),
        ({"amount_cny_minor": 9_999}, ("amount_mismatch", "amount_cny_minor", "9999")),
        ({"use_industry": "C30"}, ("bad_industry", "use_industry", "C30")),
    ],
)
def test_a_draw_that_makes_no_sense_is_refused(
    content_type: str, changes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert outline(refusal(draw(**changes), content_type)) == expected


LOAN = {
    "event_id": "event-0000-0000-01",
    "bank_id": BANK,
    "occurred_on": "2021-03-15",
    "borrower_id": firm_id(1),
    "loan_id": "L1",
    "loan_kind": "corporate",
}
OF_BANK = {"event_id": "event-0000-0000-01", "bank_id": BANK, "occurred_on": "2021-12-31"}
BANK_FACTS = {"name_zh": "甲", "name_en": "A", "peer_group": "rural", "is_qingdao": False}


@pytest.mark.parametrize("content_type", BOTH)
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            BalanceRevalued(
                **LOAN, currency="USD", change_cny_minor=0, exchange_rate_millionths=1,
                rate_mbp=1, loan_class="FQ01",
            ),
            ("out_of_range", "change_cny_minor", "0"),
        ),
        (
            LoanRepriced(**LOAN, balance_minor=5, balance_cny_minor=6, old_rate_mbp=1, rate_mbp=2),
            ("amount_mismatch", "balance_cny_minor", "6"),
        ),
        (
            LoanRepriced(**LOAN, balance_minor=5, currency="USD", old_rate_mbp=1, rate_mbp=2),
            ("missing_cny_amount", "balance_cny_minor", ""),
        ),
        (
            LoanExtended(**LOAN, old_matures_on="2021-03", matures_on="2022-03-01"),
            ("bad_date", "old_matures_on", "2021-03"),
        ),
        (
            LoanExtended(**LOAN, old_matures_on="2021-03-01", matures_on=""),
            ("bad_date", "matures_on", ""),
        ),
        (
            EntrustedLoanRepaid(
                **{k: v for k, v in LOAN.items() if k != "loan_kind"},
                trustor_id=RESIDENT, amount_minor=1,
            ),
            ("unmasked_person_id", "trustor_id", "370102************"),
        ),
        (
            PositionReported(**OF_BANK, quarter="2021Q5", population="all", balance_minor=0),
            ("bad_quarter", "quarter", "2021Q5"),
        ),
        (
            # Digits of another script: a second entry for one quarter.
            PositionReported(**OF_BANK, quarter="２０２１Q4", population="all", balance_minor=0),
            ("bad_quarter", "quarter", "２０２１Q4"),
        ),
        (BankRegistered(**OF_BANK, **BANK_FACTS, city="济南"), ("bad_city", "city", "济南")),
        (
            BankRegistered(**OF_BANK, **BANK_FACTS, city="370100", opened_on="1999-02-30"),
            ("bad_date", "opened_on", "1999-02-30"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else type(value).__name__,
)  # fmt: skip
def test_other_events_that_make_no_sense_are_refused(
    content_type: str, event: Event, expected: tuple[str, str, str]
) -> None:
    assert outline(refusal(event, content_type)) == expected


@pytest.mark.parametrize("content_type", BOTH)
@pytest.mark.parametrize(
    ("bank", "code"),
    [
        (BANK[:-1] + ("0" if BANK[-1] != "0" else "1"), "bad_bank_id_check"),
        (BANK[:-1], "bad_bank_id_shape"),
        (BANK.lower().replace("9", "o"), "bad_bank_id_shape"),
        ("region", "bad_bank_id_shape"),
        ("", "bad_bank_id_shape"),
    ],
)
def test_a_wrong_bank_id_is_refused_even_where_the_headers_say_the_same(
    content_type: str, bank: str, code: str
) -> None:
    fault = refusal(draw(bank_id=bank), content_type, bank)

    assert outline(fault) == (code, "bank_id", bank)


@pytest.mark.parametrize("content_type", BOTH)
def test_an_event_of_another_bank_than_its_submission_is_refused(content_type: str) -> None:
    fault = refusal(draw(), content_type, bank_id(2))

    assert outline(fault) == ("other_bank", "bank_id", BANK)
    assert bank_id(2) in fault.expected


@pytest.mark.parametrize("content_type", BOTH)
def test_a_published_total_is_named_by_a_word_not_by_a_bank_id(content_type: str) -> None:
    total = AggregatePublished(
        event_id="event-0000-0000-01", bank_id="rural", occurred_on="2021-12-31", name_zh="农村",
        quarter="2021Q4", population="inclusive", balance_minor=1,
    )  # fmt: skip

    assert accepted(total, content_type).records == ((0, total),)
    named_by_bank = msgspec.structs.replace(total, bank_id=BANK)
    assert refusal(named_by_bank, content_type).code == "bad_aggregate_id"


def test_only_the_bad_lines_of_a_submission_are_refused() -> None:
    good = [event_json(draw(event_id=f"draw-0000-0000-000{n}")) for n in range(3)]
    payload = b"\n".join([good[0], b"{", b"  ", good[1], line(rate_mbp=-1), good[2]])

    result = decode([(CONTENT_NDJSON, payload)], [BANK])

    assert result.event_counts == (5,)
    assert result.events.position.tolist() == [0, 2, 4]
    assert [(fault.position, fault.code) for fault in result.faults] == [
        (1, "not_json"),
        (3, "out_of_range"),
    ]


@pytest.mark.parametrize("content_type", BOTH)
def test_an_event_that_breaks_a_check_leaves_its_neighbours_in_order(content_type: str) -> None:
    events = [draw(event_id=f"draw-0000-0000-000{n}") for n in range(4)]
    events[1] = draw(event_id="draw-0000-0000-0001", currency="XXX")

    result = decoded(list(events), content_type)

    assert result.events.position.tolist() == [0, 2, 3]
    assert [(f.position, f.code, f.event_id) for f in result.faults] == [
        (1, "bad_currency", "draw-0000-0000-0001")
    ]


def test_two_events_on_one_line_are_refused_whatever_their_neighbours_are() -> None:
    good = event_json(draw())

    alone = decode([(CONTENT_NDJSON, good + good + b"\n")], [BANK])
    beside_a_bad_line = decode([(CONTENT_NDJSON, good + good + b"\n{\n")], [BANK])

    assert [fault.code for fault in alone.faults] == ["not_json"]
    assert [fault.code for fault in beside_a_bad_line.faults] == ["not_json", "not_json"]


def test_blank_lines_do_not_hide_where_a_line_with_two_events_is_at_fault() -> None:
    good, bad = event_json(draw()), line(currency="XXX")

    result = decode([(CONTENT_NDJSON, good + good + b"\n" + bad + b"\n\n")], [BANK])

    assert "bad_currency" in [fault.code for fault in result.faults]


def test_a_single_event_may_be_laid_out_over_several_lines() -> None:
    payload = msgspec.json.format(event_json(draw()), indent=2)

    result = decode([(CONTENT_NDJSON, payload)], [BANK])

    assert (result.events.size, result.faults) == (1, ())


@pytest.mark.parametrize("content_type", BOTH)
def test_an_unmasked_resident_id_is_kept_nowhere(content_type: str) -> None:
    fault = refusal(draw(borrower_id=RESIDENT), content_type)
    beside_a_good_one = decoded([draw(), draw(borrower_id=RESIDENT)], content_type)

    assert beside_a_good_one.events.borrower.values == [firm_id(1)]
    assert RESIDENT.encode() not in fault.raw
    assert b"370102************" in fault.raw
    assert RESIDENT not in "".join(map(str, fault))


@pytest.mark.parametrize(
    ("sent", "clear"),
    [
        ("370102800101123", "370102800101123"),
        ("B01:370102800101123", "370102800101123"),
        (f"B01:{RESIDENT}", RESIDENT),
    ],
)
@pytest.mark.parametrize("content_type", BOTH)
def test_an_old_resident_id_or_one_behind_its_type_is_kept_nowhere(
    content_type: str, sent: str, clear: str
) -> None:
    fault = refusal(draw(borrower_id=sent), content_type)

    assert fault.code == "unmasked_person_id"
    assert clear not in "".join(map(str, fault))


@pytest.mark.parametrize(
    "bad",
    [
        line(borrower_id=RESIDENT, rate_mbp=-1),
        line(loan_id=RESIDENT, event_id="short"),
        b'{"borrower_id":"' + RESIDENT.encode() + b'",',
        b"\xff" + RESIDENT.encode(),
    ],
)
def test_what_is_refused_for_another_reason_keeps_no_resident_id_either(bad: bytes) -> None:
    assert RESIDENT not in "".join(map(str, line_fault(bad)))


@pytest.mark.parametrize("content_type", BOTH)
def test_a_borrower_with_a_wrong_check_digit_is_kept_with_one_warning(content_type: str) -> None:
    firm = firm_id(1)
    wrong = firm[:-1] + ("0" if firm[-1] != "0" else "1")
    events = [
        draw(event_id=f"draw-0000-0000-000{n}", borrower_id=borrower)
        for n, borrower in enumerate([firm, wrong, wrong])
    ]

    result = decoded(list(events), content_type)

    assert (result.events.size, result.faults) == (3, ())
    (warning,) = result.warnings
    assert (warning.code, warning.position, warning.found) == ("borrower_check_digit", 1, wrong)


@pytest.mark.parametrize("content_type", BOTH)
def test_a_masked_person_may_borrow(content_type: str) -> None:
    assert accepted(draw(borrower_id=person_id(5)), content_type).borrower.to_list() == [
        person_id(5)
    ]


@pytest.mark.parametrize("content_type", BOTH)
def test_a_borrower_with_an_id_of_another_kind_may_borrow(content_type: str) -> None:
    result = decoded([draw(borrower_id="L01:5493001KJTIIGC8Y1R12")], content_type)

    assert (result.faults, result.warnings) == ((), ())
    assert result.events.borrower.to_list() == ["L01:5493001KJTIIGC8Y1R12"]


def test_an_event_over_several_lines_is_kept_as_it_was_sent() -> None:
    sent = msgspec.json.format(line(bank_id=bank_id(2)), indent=1)

    assert line_fault(sent).raw == sent


def test_a_wrong_organisation_code_names_its_own_standard() -> None:
    result = decoded([draw(borrower_id=organisation_code(12)[:-1] + "0")], CONTENT_NDJSON)

    (warning,) = result.warnings
    assert (warning.code, warning.expected) == ("borrower_check_digit", EXPECTED_ORGANISATION_CHECK)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(BOTH))
def test_garbage_never_stops_a_batch(garbage: bytes, content_type: str) -> None:
    good = (CONTENT_NDJSON, encode([draw()], CONTENT_NDJSON))

    result = decode([(content_type, garbage), good], [BANK, BANK])

    assert result.events.submission.tolist() == [1]


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(BOTH))
def test_damaged_bytes_never_stop_a_batch(data: st.DataObject, content_type: str) -> None:
    sound = encode([draw(), reversal_of(event_json(draw()))], content_type)
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    good = (CONTENT_ARROW, encode([draw()], CONTENT_ARROW))

    result = decode([(content_type, bytes(damaged)), good], [BANK, BANK])

    assert 1 in result.events.submission.tolist()
