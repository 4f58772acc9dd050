"""Identifiers: which are refused, and that no person's number in clear is ever shown."""

import pytest

from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.parties import parties_of, shown_identifier
from infra.imports.pboc.table_spec import SPECS, spec_of
from tests.infra.pboc.filings import FIRM, OTHER_FIRM, PASSPORT, PERSON, rows_of, sound_row

# Invented, and with the right check character.
CLEAR = "11010119900101123X"
OLD_CLEAR = "110101900101123"

EVERY_IDENTIFIER = [
    (code, party.id_field) for code in SPECS for party in parties_of(spec_of(code).names)
]


def said_of(table: str, **changed: str) -> dict[tuple[str, str], list[str]]:
    """Return by rule and field what was found."""
    checked = check_rows(rows_of(spec_of(table), [sound_row(table, **changed)]))
    return {(g.rule.number, g.field): g.found for g in checked.groups}


def test_every_column_of_identifiers_is_known() -> None:
    columns = {
        (code, name)
        for code in SPECS
        for name in spec_of(code).names
        if name.endswith(("_id", "_ids", "_uscc", "_licence_no")) and name != "institution_id"
    }

    assert set(EVERY_IDENTIFIER) == columns


@pytest.mark.parametrize(("table", "field"), EVERY_IDENTIFIER)
@pytest.mark.parametrize("kind", ["A01", "A02", "A03", "B01", "B08", "Z99", ""])
def test_a_residents_number_in_clear_is_refused_and_never_shown(
    table: str, field: str, kind: str
) -> None:
    types = {f"{field}_type": kind} if f"{field}_type" in spec_of(table).names else {}
    rows = rows_of(spec_of(table), [sound_row(table, **{field: CLEAR}, **types)])
    checked = check_rows(rows)
    found = [text for group in checked.groups for text in group.found]

    assert checked.refused.all()
    assert "12" in {group.rule.number for group in checked.groups if group.field == field}
    assert not any(CLEAR[6:] in text for text in found)


def test_what_is_left_of_a_number_is_its_region() -> None:
    assert said_of("CLGRDK", borrower_id=CLEAR) == {("12", "borrower_id"): ["110101************"]}
    assert said_of("CLGRDK", borrower_id=OLD_CLEAR) == {("12", "borrower_id"): ["110101*********"]}


def test_fifteen_digits_of_a_unit_are_its_registration_number() -> None:
    assert said_of("DWDKFS", borrower_id_type="A03", borrower_id=OLD_CLEAR) == {}


def test_a_passport_number_is_refused_and_hardly_shown() -> None:
    said = said_of("GRDKFS", borrower_id_type="B03", borrower_id="E12345678")

    assert said == {("13", "borrower_id"): ["E1*******"]}


def test_one_of_several_controllers_in_clear_is_found_and_the_others_stay() -> None:
    said = said_of("FTYKHX", controller_ids=f"{OTHER_FIRM},{CLEAR}")

    assert said == {("12", "controller_ids"): [f"{OTHER_FIRM},110101************"]}
    said = said_of("FTYKHX", controller_ids=f"{OTHER_FIRM},{CLEAR},{FIRM}")
    assert set(said) == {("12", "controller_ids"), ("48", "controller_ids")}
    assert not any(CLEAR in text for found in said.values() for text in found)


def test_each_controller_is_judged_by_its_own_kind() -> None:
    said = said_of("FTYKHX", controller_ids=f"{PERSON},{OTHER_FIRM}")

    assert set(said) == {("9", "controller_ids"), ("13", "controller_ids")}


def test_a_number_inside_another_text_is_not_shown_either() -> None:
    said = said_of("DWDKFS", purpose_text=f"借款人{CLEAR}装修！")

    found = ["借款人110101************装修！"]
    assert said == {("8", "purpose_text"): found, ("12", "purpose_text"): found}


def test_a_long_text_is_cut_after_numbers_are_blotted() -> None:
    said = said_of("DWDKFS", purpose_text="甲" * 190 + CLEAR + "！")

    (found,) = said["8", "purpose_text"]

    assert CLEAR[:8] not in found


def test_withheld_fields_of_persons_are_checked_and_not_shown() -> None:
    assert said_of("GRKHXX", born_on="1990-02-30") == {("T", "born_on"): ["***"]}


@pytest.mark.parametrize(
    ("text", "kinds", "shown"),
    [
        (FIRM, "A01", FIRM),
        (PERSON, "B01", PERSON),
        (PASSPORT, "B03", PASSPORT),
        (CLEAR, "", "110101************"),
        (OLD_CLEAR, "A03", OLD_CLEAR),
        (OLD_CLEAR, "A01", "110101*********"),
        (OLD_CLEAR, "Z99", "110101*********"),
        (f"{CLEAR},{CLEAR}", "B01", "110101************,110101************"),
        ("G1", "B06", "G1"),
        ("", "", ""),
    ],
)
def test_an_identifier_as_it_may_be_shown(text: str, kinds: str, shown: str) -> None:
    assert shown_identifier(text, kinds) == shown


@pytest.mark.parametrize("kind", ["B02", "B03", "B08", "B12"])
def test_other_persons_have_the_digest_only(kind: str) -> None:
    assert said_of("GRDKFS", borrower_id_type=kind, borrower_id=PASSPORT) == {}
    said = said_of("GRDKFS", borrower_id_type=kind, borrower_id=PERSON)
    assert set(said) == {("13", "borrower_id")}


@pytest.mark.parametrize("born", ["18991231", "20261001", "19900229", "20261301", "00000000"])
def test_a_masked_number_has_a_real_birth_date(born: str) -> None:
    assert set(said_of("CLGRDK", borrower_id=f"310101{born}{PASSPORT}")) == {("12", "borrower_id")}


@pytest.mark.parametrize("born", ["19000101", "20260930", "20000229"])
def test_the_first_and_last_birth_date_pass(born: str) -> None:
    assert said_of("CLGRDK", borrower_id=f"310101{born}{PASSPORT}") == {}


def test_many_rows_are_judged_by_their_own_identifiers() -> None:
    ids = [FIRM, CLEAR, OTHER_FIRM, "x", FIRM]
    rows = rows_of(spec_of("DWDKFS"), [sound_row("DWDKFS", borrower_id=i) for i in ids])
    places = {g.rule.number: g.places.tolist() for g in check_rows(rows).groups}

    assert places == {"9": [3], "12": [1]}
