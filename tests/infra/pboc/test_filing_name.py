"""The name of a file says which bank's which table of which month it is, or what is wrong."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.imports.pboc.filing_fault import FilingError
from infra.imports.pboc.filing_name import (
    FilingName,
    filing_name_of,
    has_prefix,
    looks_like_filing,
    month_end,
)
from infra.imports.pboc.table_spec import SPECS

STEM = "91310000XXBANK018C_DWDKFS_20260930"
NAME = FilingName("91310000XXBANK018C", "DWDKFS", dt.date(2026, 9, 30))

INSTITUTIONS = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=18, max_size=18)
MONTH_ENDS = st.builds(month_end, st.integers(2000, 2099), st.integers(1, 12))


@pytest.mark.parametrize(
    "written",
    [
        STEM,
        f"{STEM}.dat",
        f"{STEM}.log",
        f"{STEM}.ZIP",
        f"some/folder.zip/{STEM}.dat",
        "91310000XXBANK018C_JS_101_DWDKFS_20260930.dat",
    ],
)
def test_a_name_is_read_in_any_folder_and_with_any_ending(written: str) -> None:
    assert filing_name_of(written) == NAME
    assert filing_name_of(Path(written)) == NAME


@given(INSTITUTIONS, st.sampled_from(sorted(SPECS)), MONTH_ENDS)
def test_every_name_that_is_written_is_read_back(
    institution_id: str, table: str, period: dt.date
) -> None:
    name = FilingName(institution_id, table, period)

    assert filing_name_of(name.stem) == name
    assert looks_like_filing(Path(f"{name.stem}.dat"))
    assert name.period_first.day == 1
    assert name.period_first.month == period.month


@pytest.mark.parametrize(
    ("written", "found", "expected"),
    [
        (f"{STEM} (1).zip", f"{STEM} (1).zip", "18 characters of the institution"),
        ("91310000XXBANK018_DWDKFS_20260930.dat", "91310000XXBANK018_", "18 characters"),
        ("91310000XXBANK018C_dwdkfs_20260930.dat", "dwdkfs", "18 characters"),
        ("91310000XXBANK018C_JS_999_DWDKFS_20260930.dat", "JS_999", "18 characters"),
        ("91310000XXBANK018C_DWDKFS_20260930.dat.dat", ".dat.dat", "18 characters"),
        ("91310000XXBANK018C_CLTYJD_20260930.dat", "CLTYJD", "DWDKFS"),
        ("91310000XXBANK018C_DWDKFS_20260929.dat", "20260929", "the last day"),
        ("91310000XXBANK018C_DWDKFS_20260931.dat", "20260931", "the last day"),
        ("91310000XXBANK018C_DWDKFS_20261301.dat", "20261301", "the last day"),
        ("91310000XXBANK018C_DWDKFS_00010131.dat", "00010131", "the last day"),
        ("９1310000XXBANK018C_DWDKFS_20260930.dat", "９1310000XXBANK018C", "18 characters"),
        ("", "", "18 characters"),
    ],
)
def test_a_slip_in_a_name_is_told_in_both_languages(
    written: str, found: str, expected: str
) -> None:
    with pytest.raises(FilingError) as raised:
        filing_name_of(written)

    fault = raised.value.fault
    assert fault.rule == "1"
    assert found in fault.found
    assert expected in fault.expected_en
    assert str(raised.value) == fault.sentence("en")
    assert "应为" in fault.sentence("zh")
    assert fault.remedy_zh in fault.sentence("zh")


@pytest.mark.parametrize(
    ("written", "is_like_one"),
    [
        (f"{STEM}.dat", True),
        (f"{STEM.lower()}.LOG", True),
        (f"folder/{STEM} (1).zip", True),
        ("91310000XXBANK018_DWDKFS_202609.dat", True),
        ("91310000XXBANK018C_JS_205_CLTYJD_20260930.zip", True),
        (f"{STEM}.csv", False),
        (STEM, False),
        ("register.dat", False),
        ("backup_of_20260930.zip", False),
    ],
)
def test_a_filing_is_known_by_its_name_even_with_a_slip_in_it(
    written: str, is_like_one: bool
) -> None:
    assert looks_like_filing(Path(written)) is is_like_one


def test_a_prefix_before_the_table_is_noticed() -> None:
    assert has_prefix("91310000XXBANK018C_JS_102_DWDKFS_20260930")
    assert not has_prefix(STEM)
