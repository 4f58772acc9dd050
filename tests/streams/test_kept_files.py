"""Files that persons hand in: bounded, named safely, and as they were."""

import hashlib

import numpy as np
import pytest

from schemas.grading_tables import GRADING_FILES
from streams.kept_files import FILE_BYTES_MAX, keep_file, read_file, safe_name
from streams.memory_store import MemoryStore


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("minutes.pdf", "minutes.pdf"),
        ("会商纪要 3号.docx", "会商纪要 3号.docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\mei\\evidence.xlsx", "evidence.xlsx"),
        ('a"b\r\nSet-Cookie: x', "a_b_Set-Cookie_ x"),
        ("\u202efdp.exe", "fdp.exe"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_a_name_means_no_folder_and_no_command(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("证" * 300 + ".pdf")

    assert len(name) <= 100
    assert name.endswith(".pdf")


@pytest.mark.parametrize("size", [0, FILE_BYTES_MAX + 1])
def test_an_empty_file_and_one_too_large_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 20971520"):
        keep_file(MemoryStore(), "x.pdf", bytes(size))


def test_a_file_that_was_changed_where_it_is_kept_is_not_given() -> None:
    store = MemoryStore()
    kept = keep_file(store, "x.pdf", b"as it was")
    store.insert(
        GRADING_FILES,
        {
            "sha256": [kept.sha256],
            "file_name": ["x.pdf"],
            "size_bytes": np.array([2]),
            "content": [b"no"],
            "version": np.array([2]),
        },
    )

    with pytest.raises(ValueError, match="it was changed"):
        read_file(store, kept.sha256)


def test_a_file_that_is_not_kept_is_missed() -> None:
    with pytest.raises(LookupError, match="none is kept"):
        read_file(MemoryStore(), hashlib.sha256(b"x").hexdigest())
