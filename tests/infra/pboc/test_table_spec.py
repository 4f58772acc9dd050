"""The tables are the ones banks send: what is known about them from elsewhere agrees."""

import re

import pytest

from infra.imports.pboc.table_spec import (
    CODE_LISTS,
    SPECS,
    Field,
    TableSpec,
    spec_for,
    spec_of,
)
from schemas.currencies import CURRENCIES
from tests.infra.pboc.package_files import SAMPLES

FIELD_COUNTS = {
    "DWDKFS": 34, "CLDWDK": 32, "GRDKFS": 29, "CLGRDK": 27, "PJRZFS": 32, "CLPJRZ": 32,
    "FTYKHX": 29, "GRKHXX": 20, "DBHTXX": 18, "DBWXX": 15, "WTDKFS": 32, "CLWTDK": 33,
}  # fmt: skip

# Positions (from 1) of numbers with so many decimals, as programs that make or check the files
# have them, found apart from the orders of the fields. Of the bill tables none are known.
DECIMAL_POSITIONS: dict[str, dict[int, tuple[int, ...]]] = {
    "CLDWDK": {2: (19, 20), 5: (22, 24)},
    "DWDKFS": {2: (19, 20), 5: (22, 24)},
    "CLGRDK": {2: (14, 15), 5: (17, 19)},
    "GRDKFS": {2: (14, 15), 5: (17, 19)},
    "CLWTDK": {2: (18, 19, 22), 5: (21,)},
    "WTDKFS": {2: (18, 19, 22), 5: (21,)},
    "DBHTXX": {2: (10, 11, 12)},
    "DBWXX": {2: (11, 13, 14)},
    "FTYKHX": {2: (8, 9, 10, 11, 23, 24), 0: (12, 28, 29)},
    "GRKHXX": {2: (10, 11, 14, 15), 0: (19, 20)},
}

# The columns that make a row unique, by position, where a public system names them.
KEY_POSITIONS = {
    "DWDKFS": (1, 2, 11, 12, 32, 33),
    "CLDWDK": (1, 11, 12),
    "FTYKHX": (1, 3, 4),
    "DBHTXX": (1, 2, 3, 4, 13, 14),
}

EVERY_SPEC = [spec for versions in SPECS.values() for spec in versions]


def position(spec: TableSpec, name: str) -> int:
    return spec.names.index(name) + 1


def test_every_table_has_its_number_of_fields() -> None:
    assert {table: len(spec_of(table).fields) for table in SPECS} == FIELD_COUNTS


@pytest.mark.parametrize("table", DECIMAL_POSITIONS)
def test_numbers_stand_where_other_programs_round_them(table: str) -> None:
    found: dict[int, tuple[int, ...]] = {}
    for place, field in enumerate(spec_of(table).fields, start=1):
        if field.decimals is not None:
            found[field.decimals] = (*found.get(field.decimals, ()), place)

    assert found == DECIMAL_POSITIONS[table]


@pytest.mark.parametrize("table", KEY_POSITIONS)
def test_the_key_is_the_one_that_other_programs_use(table: str) -> None:
    spec = spec_of(table)

    assert tuple(sorted(position(spec, name) for name in spec.key)) == KEY_POSITIONS[table]


@pytest.mark.parametrize("spec", EVERY_SPEC, ids=lambda spec: f"{spec.code}-{spec.version}")
def test_a_spec_is_sound_in_itself(spec: TableSpec) -> None:
    assert len(set(spec.names)) == len(spec.names)
    assert spec.names[0] == "institution_id"
    assert set(spec.key) <= set(spec.names)
    assert set(spec.withheld) <= set(spec.names) - set(spec.key)
    for field in spec.fields:
        assert re.fullmatch(r"[a-z][a-z_]*", field.name)
        assert re.fullmatch(r"[A-Z]+", field.pinyin)
        assert field.zh
        assert field.length_max > 0
        assert not field.code_list or field.code_list in CODE_LISTS
        assert field.need == "M" or field.name not in spec.key


@pytest.mark.parametrize("spec", EVERY_SPEC, ids=lambda spec: f"{spec.code}-{spec.version}")
def test_every_code_fits_the_field_it_stands_in(spec: TableSpec) -> None:
    for field in spec.fields:
        for code in CODE_LISTS[field.code_list].codes if field.code_list else ():
            assert len(code) <= field.length_max, (field.name, code)
            assert not field.is_exact_length or len(code) == field.length_max, (field.name, code)


@pytest.mark.parametrize("table", ["DWDKFS", "CLDWDK"])
def test_the_rows_of_the_sample_bank_fit(table: str) -> None:
    spec = spec_of(table)
    path = SAMPLES / f"91310000XXBANK018C_{table}_20260930.dat"
    rows = [line.split("|") for line in path.read_text(encoding="utf-8").split("\n")]

    assert len(rows) == 20
    for row in rows:
        assert len(row) == len(spec.fields)
        for field, text in zip(spec.fields, row, strict=True):
            assert text or field.need != "M", field.name
            if text:
                assert fits(field, text), (field.name, text)


def fits(field: Field, text: str) -> bool:
    if field.decimals is not None:
        return re.fullmatch(rf"[0-9]+\.[0-9]{{{field.decimals}}}", text) is not None
    has_length = len(text) <= field.length_max
    if field.is_exact_length:
        has_length = len(text) == field.length_max
    return has_length and (not field.code_list or CODE_LISTS[field.code_list].knows(text))


def test_every_list_is_used_and_says_what_it_is() -> None:
    used = {field.code_list for spec in EVERY_SPEC for field in spec.fields} - {""}

    assert used == set(CODE_LISTS)
    for listed in CODE_LISTS.values():
        assert listed.zh, listed.name
        assert listed.en, listed.name
        assert set(listed.doubtful) | set(listed.marks) <= set(listed.codes)
        assert listed.codes or listed.patterns or not listed.is_closed
        for zh, en in listed.codes.values():
            assert zh, listed.name
            assert en, listed.name


def test_the_other_three_tables_of_loans_share_the_columns_of_the_first() -> None:
    """Where two tables have a column of one name, it is the same column."""
    flow = {field.name: field for field in spec_of("DWDKFS").fields}
    stock = {field.name: field for field in spec_of("CLDWDK").fields}
    persons = spec_of("GRDKFS").fields + spec_of("CLGRDK").fields

    assert spec_of("CLDWDK").names[:16] == spec_of("DWDKFS").names[:16]
    assert spec_of("CLDWDK").names[17:18] == ("currency",)
    assert spec_of("CLDWDK").names[20:28] == spec_of("DWDKFS").names[20:28]
    for field in persons:
        twin = flow.get(field.name) or stock[field.name]
        assert field._replace(need=twin.need) == twin


def test_a_credit_card_row_may_leave_four_fields_blank() -> None:
    blank = {"disbursed_on", "matures_on", "reprices_on", "is_first_loan"}

    for persons, firms in (("GRDKFS", "DWDKFS"), ("CLGRDK", "CLDWDK")):
        needed = {f.name for f in spec_of(persons).fields if f.need == "M"}
        assert needed & blank == set()
        assert blank <= {f.name for f in spec_of(firms).fields if f.need == "M"}


def test_only_what_an_event_needs_is_kept_of_a_person() -> None:
    spec = spec_of("GRKHXX")
    kept = [place for place, name in enumerate(spec.names, start=1) if name not in spec.withheld]

    assert kept == [1, 2, 3, 9, 13, 14, 15, 16]
    assert [s.code for s in EVERY_SPEC if s.withheld] == ["GRKHXX"]


def test_guarantees_and_entrusted_loans_are_read_and_checked_only() -> None:
    checked_only = {spec.code for spec in EVERY_SPEC if not spec.makes_events}

    assert checked_only == {"DBHTXX", "DBWXX", "WTDKFS", "CLWTDK"}


def test_the_version_of_a_table_is_told_by_its_number_of_fields() -> None:
    longer = spec_for("CLDWDK", 33)

    assert spec_for("CLDWDK", 32) == spec_of("CLDWDK")
    assert longer is not None
    assert longer.fields[:32] == spec_of("CLDWDK").fields
    assert longer.fields[32].zh == "登记交易场所代码"
    assert spec_for("CLDWDK", 31) is None
    assert spec_for("DWDKFS", 33) is None


@pytest.mark.parametrize(
    ("kind", "length_max", "is_exact_length", "decimals", "is_date"),
    [
        ("C18", 18, True, None, False),
        ("C..1000", 1000, False, None, False),
        ("I..10", 10, False, 0, False),
        ("D20.2", 20, False, 2, False),
        ("D10.5", 10, False, 5, False),
        ("date", 10, True, None, True),
    ],
)
def test_a_type_says_length_and_decimals(
    kind: str, length_max: int, is_exact_length: bool, decimals: int | None, is_date: bool
) -> None:
    field = Field("name", "名称", "MC", kind, "", "M")

    assert field.length_max == length_max
    assert field.is_exact_length is is_exact_length
    assert field.decimals == decimals
    assert field.is_number is (decimals is not None)
    assert field.is_date is is_date


@pytest.mark.parametrize(
    ("name", "code", "is_known"),
    [
        ("restructuring_kind", "03", True),
        ("restructuring_kind", "04", False),
        ("guarantee_kind", "B07", True),
        ("guarantee_kind", "Q", False),
        ("industry", "C39", True),
        ("industry", "C391", False),
        ("use_industry", "2000", True),
        ("region", "310115", True),
        ("region", "31011X", False),
        ("uscc", "91310000XXBANK018C", True),
        ("uscc", "91310000XXBANK018S", False),
        ("product", "F9", False),
    ],
)
def test_a_list_knows_its_codes(name: str, code: str, is_known: bool) -> None:
    assert CODE_LISTS[name].knows(code) is is_known


def test_the_currencies_are_those_that_events_may_have() -> None:
    listed = {code for pattern in CODE_LISTS["currency"].patterns for code in pattern.split("|")}

    assert listed == CURRENCIES


def test_a_list_that_is_not_fully_known_is_open() -> None:
    still_open = {listed.name for listed in CODE_LISTS.values() if not listed.is_closed}

    assert {"product", "secured_trade_kind", "collateral_kind", "benchmark_kind"} <= still_open
    assert CODE_LISTS["restructuring_kind"].doubtful == ("03",)
    assert not {"loan_class", "loan_status", "flow_status", "direction", "size"} & still_open
