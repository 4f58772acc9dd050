"""What a table is: a name, a key, and columns of simple types."""

from typing import NamedTuple

# Column types: unsigned and signed integers by width, text, raw bytes.
U8, U16, U32, I32, I64, TEXT, RAW = "u8", "u16", "u32", "i32", "i64", "text", "raw"


class Table(NamedTuple):
    """A table's shape. ``additive`` sums belong together over partitions of one key."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    additive: tuple[str, ...] = ()
    in_digest: bool = True  # Part of the state digest, without places, versions and times.
    digest_without: tuple[str, ...] = ()
