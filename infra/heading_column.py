"""One column of a table for people."""

from typing import NamedTuple


class Column(NamedTuple):
    """One column. Where it is empty, the words for ``status_key`` stand in its place."""

    key: str
    zh: str
    en: str
    is_number: bool = True
    status_key: str = ""
    is_optional: bool = False  # Left out where no row has it.
    is_first_only: bool = False  # Of a list: the first says most; JSON has them all.


def text_column(key: str, zh: str, en: str) -> Column:
    """Return a column of text."""
    return Column(key, zh, en, is_number=False)
