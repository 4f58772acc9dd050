"""Identifiers: their shapes, their check characters, and what must not be sent in clear."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from schemas.identifiers import (
    Verdict,
    bank_verdicts,
    blotted,
    borrower_verdicts,
    event_ids,
    is_aggregate_id,
    is_unmasked_person,
    without_residents,
)
from tests.identities import firm_id, organisation_code, person_id

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODES = st.builds(
    "{}{}{}".format,
    st.text("123459", min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=10, max_size=10),
)
RESIDENT = "370102198001011237"


def verdict_of(text: str) -> Verdict:
    return Verdict(int(borrower_verdicts(pa.array([text], pa.string()))[0]))


@given(st.lists(CODES, max_size=8))
def test_check_characters_are_those_of_the_standard(codes: list[str]) -> None:
    """The reference is an independent implementation; ours judges many at once."""
    every = [made for code in codes for made in (code, code[:-1] + uscc.calc_check_digit(code))]

    verdicts = bank_verdicts(pa.array(every, pa.string()))

    assert [verdict == Verdict.OK for verdict in verdicts.tolist()] == [
        uscc.is_valid(code) for code in every
    ]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (firm_id(7), Verdict.OK),
        ("N2370102MF1234567" + uscc.calc_check_digit("N2370102MF1234567"), Verdict.OK),
        (organisation_code(12), Verdict.OK),
        ("D2143569X", Verdict.OK),  # The example that GB 11714 gives.
        ("D21435690", Verdict.CHECK_DIGIT),
        (person_id(3), Verdict.OK),
        (person_id(3)[:14] + person_id(3)[14:].upper(), Verdict.OK),
        (person_id(3)[14:], Verdict.OK),
        ("", Verdict.EMPTY),
        (firm_id(7).lower(), Verdict.MALFORMED),
        (firm_id(7)[:-1], Verdict.MALFORMED),
        (firm_id(7) + " ", Verdict.MALFORMED),
        ("9137010O" + firm_id(7)[8:], Verdict.MALFORMED),
        ("9A370100" + firm_id(7)[8:], Verdict.CHECK_DIGIT),
        ("913701A0" + firm_id(7)[8:], Verdict.MALFORMED),
        ("91370100" + "A000000I7" + "1", Verdict.MALFORMED),
        ("济" * 6, Verdict.MALFORMED),  # 18 bytes, but not 18 characters.
        (person_id(3)[:-1] + "g", Verdict.MALFORMED),
        (person_id(3)[:-1], Verdict.MALFORMED),
        (RESIDENT, Verdict.UNMASKED_PERSON),
        ("370102800101123", Verdict.UNMASKED_PERSON),
        ("370102801301123", Verdict.MALFORMED),  # No thirteenth month.
    ],
)
def test_every_shape_has_its_verdict(text: str, verdict: Verdict) -> None:
    assert verdict_of(text) is verdict


@pytest.mark.parametrize(
    "text",
    [
        "L01:5493001KJTIIGC8Y1R12",
        "A03:370000018012345",  # A business registration number: 15 digits that might be a birth.
        "C01:C1030121000001",
        "C02:SM1234",
        "Z99:鲁-0001/2",
        "Z99:1",
        "Z99:" + "7" * 60,
        "L01:12345678901234",  # 18 characters, as a credit code has.
        "Z99:" + "a" * 28,  # 32 and 46, as a masked person has.
        "Z99:" + "a" * 42,
    ],
)
def test_an_id_of_another_kind_travels_with_its_type(text: str) -> None:
    assert verdict_of(text) is Verdict.OK


@pytest.mark.parametrize(
    "text",
    [
        "5493001KJTIIGC8Y1R12",  # Without its type.
        "L01:",
        "Z99:" + "7" * 61,
        "l01:5493001KJTIIGC8Y1R12",
        "L1:5493001KJTIIGC8Y1R12",
        "L011:5493001KJTIIGC8Y1R12",
        "Ｌ01:5493001KJTIIGC8Y1R12",
        "L0１:5493001KJTIIGC8Y1R12",
        "L01 5493001KJTIIGC8Y1R12",
        "L01:5493001KJTIIGC8Y1R12\n",
        *(f"Z99:a{mark}b" for mark in " \t\n\x00\x7f\u0085\u00a0\u3000\u200b\u202e|\"'“”‘’"),
    ],
)
def test_a_typed_id_is_plain_and_short(text: str) -> None:
    assert verdict_of(text) is Verdict.MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        f"B01:{RESIDENT}",
        "B08:37010219800101001x",
        "B08:37010219800101001X",
        f"Z99:{RESIDENT}",
        f"A03:{RESIDENT}",
        f"Z99:no.{RESIDENT}-1",
        f"b01:{RESIDENT}",  # No type, so it would be refused anyway; but it must not be kept.
        f" {RESIDENT}",
        "B01:370102800101123",
    ],
)
def test_a_type_hides_no_resident_id(text: str) -> None:
    assert verdict_of(text) is Verdict.UNMASKED_PERSON


@given(st.dates(min_value=dt.date(1900, 1, 1)), st.integers(0, 999))
@example(dt.date(1980, 1, 1), 12)  # Ends in X.
def test_a_resident_id_in_clear_is_found_in_either_case(born: dt.date, number: int) -> None:
    if born.year > 2099:
        return
    clear = f"370102{born:%Y%m%d}{number:03}"
    clear += ric.calc_check_digit(clear + "0")

    for text in (clear, clear.lower()):
        assert is_unmasked_person(text)
        assert verdict_of(text) is Verdict.UNMASKED_PERSON
        assert text.encode() not in without_residents(b'{"a":"' + text.encode() + b'"}')


@pytest.mark.parametrize(
    "text",
    [
        "970102198001011238",  # Wrong check character, and no province begins with 97.
        "370102198013011236",  # No such day.
        firm_id(7),
    ],
)
def test_other_numbers_of_18_digits_are_no_resident_ids(text: str) -> None:
    assert not is_unmasked_person(text)
    assert without_residents(text.encode()) == text.encode()


def test_a_mistyped_resident_id_is_not_kept_as_a_credit_code() -> None:
    mistyped = RESIDENT[:-1] + "8"
    assert verdict_of(mistyped) is Verdict.UNMASKED_PERSON
    assert mistyped.encode() not in without_residents(mistyped.encode())


def test_blotting_keeps_the_length_and_six_characters() -> None:
    assert blotted(RESIDENT) == "370102************"


@pytest.mark.parametrize("text", ["rural", "province_ex_qingdao", "a", "x" * 64, "b.(1),2"])
def test_published_totals_are_named_by_lower_case_words(text: str) -> None:
    assert is_aggregate_id(text)


@pytest.mark.parametrize("text", ["", "Rural", "1a", "x" * 65, "a b", "a\n"])
def test_other_texts_do_not_name_published_totals(text: str) -> None:
    assert not is_aggregate_id(text)


ANY_IDS = st.lists(
    st.text("abcXYZ019._:-", min_size=14, max_size=66)
    | st.text("aZ0 é{", min_size=14, max_size=20)
    | st.just("")
    | st.text("abcdef0123456789", min_size=64, max_size=64),
    max_size=12,
)


@given(ANY_IDS, st.integers(0, 3))
@example(["a" * 64, "b" * 64], 0)
@example(["a" * 64, "b" * 64], 1)
@example(["é" * 16, "a" * 16], 0)
def test_event_ids_keep_every_character_and_judge_every_one(texts: list[str], start: int) -> None:
    """Also of a slice: an Arrow column need not begin where its bytes begin."""
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")
    expected = [16 <= len(text) <= 64 and set(text) <= allowed for text in texts[start:]]

    ids, is_well_formed = event_ids(pa.array(texts, pa.string())[start:])

    assert is_well_formed.tolist() == expected
    assert ids.dtype == np.dtype("S64")
    assert [id_.decode() for id_, good in zip(ids.tolist(), expected, strict=True) if good] == [
        text for text, good in zip(texts[start:], expected, strict=True) if good
    ]
