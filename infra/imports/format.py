"""What a kind of file must bring to be importable: how to know it, and how to read it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from infra.imports.parcel import Packed
from infra.imports.source_file import SourceFile

OnBytes = Callable[[int], None]
OnDate = Callable[[str], None]


class Format(NamedTuple):
    """One kind of file. Known by its content: a file may be called anything."""

    name: str
    name_zh: str
    name_en: str
    expected: str  # What a file of this kind looks like, for the error of one that is none.
    is_lending: bool  # Holds what happened at banks, so that "complete to" makes sense.
    recognises: Callable[[SourceFile], bool]
    # Bytes as they are read, and every occurred_on: the caller shows progress and completeness.
    read: Callable[[SourceFile, OnBytes, OnDate], Iterator[Packed]]
