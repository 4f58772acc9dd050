"""Rules 3 and 4: the .log tells what was sent, and both files are UTF-8."""

from pathlib import Path

import pytest

from tests.infra.pboc.package_files import (
    DAT,
    LOG,
    STEM,
    log_lines,
    log_of,
    only_problem,
    put,
    put_zip,
    rules,
)

GB18030 = "补充流动资金".encode("gb18030")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, f"{STEM}.txt"),
        (1, ""),
        (2, "0" * 32),
        (2, ""),
        (2, "not an md5"),
        (3, "4901"),
        (3, "4,900"),
        (3, "９"),
        (4, "2026-10-08"),
        (4, "2026-13-08 09:00:00"),
        (4, "2026-10-08T09:00:00"),
        (5, "21"),
        (5, "-1"),
        (5, ""),
    ],
)
def test_every_line_of_the_log_must_fit_the_dat(
    number: int, text: str, tmp_path: Path, unpacked: Path
) -> None:
    lines = log_lines(DAT)
    lines[number - 1] = text

    problem = only_problem(put(tmp_path, DAT, "\n".join(lines).encode()), unpacked)

    assert rules(problem) == ["3"]
    assert problem.faults[0].line == number
    assert problem.faults[0].file == f"{STEM}.log"


@pytest.mark.parametrize("log", [b"", b"\n", LOG + b"\nmore", LOG[: LOG.rfind(b"\n")], LOG * 999])
def test_a_log_has_five_lines(log: bytes, tmp_path: Path, unpacked: Path) -> None:
    problem = only_problem(put(tmp_path, DAT, log), unpacked)

    assert rules(problem) == ["3"]
    assert "5 lines" in problem.faults[0].expected_en


def test_a_dat_that_was_changed_after_its_log_was_made_differs_in_all_it_says(
    tmp_path: Path, unpacked: Path
) -> None:
    problem = only_problem(put(tmp_path, DAT + b"\nmore", LOG), unpacked)

    assert [fault.line for fault in problem.faults] == [2, 3, 5]
    assert problem.faults[2].found == "20"
    assert problem.faults[2].expected_en == "21"


def test_the_log_inside_an_archive_is_checked_too(tmp_path: Path, unpacked: Path) -> None:
    path = put_zip(tmp_path, [(f"{STEM}.dat", DAT + b"x"), (f"{STEM}.log", LOG)])

    assert set(rules(only_problem([path], unpacked))) == {"3"}
    assert sorted(unpacked.rglob("*.dat")) == []


def test_a_huge_log_inside_an_archive_is_not_read(tmp_path: Path, unpacked: Path) -> None:
    path = put_zip(tmp_path, [(f"{STEM}.dat", DAT), (f"{STEM}.log", LOG * 1000)])

    problem = only_problem([path], unpacked)

    assert rules(problem) == ["2"]
    assert problem.faults[0].expected_en == "at most 4096 bytes"


@pytest.mark.parametrize(
    ("dat", "line", "said"),
    [
        (b"\xef\xbb\xbf" + DAT, 1, "byte order mark"),
        (b"ab\ncd\xff", 2, "line 2 is not UTF-8 from its byte 3 on"),
        (b"ab\n" + GB18030, 2, "from its byte 1 on"),
        (b"ab\n\xe4\xb8", 2, "from its byte 1 on"),
        ("甲\n乙".encode() + b"\xe4\nab", 2, "from its byte 4 on"),
        (b"a\xed\xa0\x80", 1, "from its byte 2 on"),
    ],
)
def test_a_dat_is_utf8_without_a_byte_order_mark(
    dat: bytes, line: int, said: str, tmp_path: Path, unpacked: Path
) -> None:
    problem = only_problem(put(tmp_path, dat, log_of(dat)), unpacked)

    assert rules(problem) == ["4"]
    assert problem.faults[0].line == line
    assert said in problem.faults[0].wrong_en


@pytest.mark.parametrize("log", [b"\xef\xbb\xbf" + LOG, GB18030 + LOG])
def test_a_log_is_utf8_without_a_byte_order_mark(
    log: bytes, tmp_path: Path, unpacked: Path
) -> None:
    assert rules(only_problem(put(tmp_path, DAT, log), unpacked)) == ["4"]
