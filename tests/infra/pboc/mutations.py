"""What can happen to a sound filing: to a row of it, and to the file as a whole."""

import random
from collections.abc import Callable

from infra.imports.pboc.table_spec import CODE_LISTS

Lines = list[bytes]
OnRow = Callable[[random.Random, bytes], bytes]
OnFile = Callable[[random.Random, bytes], bytes]

_CODES = tuple(code for codes in CODE_LISTS.values() for code in codes.codes)
# A resident's number in clear is no part of these: such a row is not given back as it was.
_VALUES: tuple[str, ...] = (
    "", " ", "0", "1", "-1", "0.00", "0.00000", "-1.00", "-0.00", "1e5", "1.5", "1,000.00", "+1.00",
    "9" * 10, "9" * 15 + ".99", "9" * 17, "9" * 19, "9" * 40, "99999999999999.99", "00000000001.00",
    "999999999999.99999", "99999.99999", "30.00001", "2147483648.00000", "０.００", "１２３",
    "٣.٠٠", "NaN", "null", "None", "NA", "TRUE", "∞", "2026-02-30", "2026-9-3", "20260903",
    "9999-12-31", "0001-01-01", "1899-12-31", "2200-12-31", "2026-09-30 00:00:00", "2026-08-31",
    "2026-09-30", "2030-01-01", "USD", "JPY", "XXX", "甲" * 400, "a" * 5_000, "\u200b", "\ufeff",
    "a\ufeffb", "\u202e", "\u2028", "é", "e\u0301", "😀", "\x00", "a\x00b", "\x1a", "\x7f", "\x85",
    "\t", "'", '"', '"a', "\\", "\\|", "\\n", "|", "||||", "\r", "\ra", "a\r", "\n", "\n\n", "\r\n",
    "\ufeff91310000XXBANK018C", "<b>", "=1+1", "%s", "{}", "A01,B01", ",", "，", "a,,b", "*" * 18,
)  # fmt: skip


def flip(rng: random.Random, row: bytes) -> bytes:
    changed = bytearray(row)
    for _ in range(rng.choice([1, 1, 1, 3])):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(32, 127)
    return bytes(changed)


def delete(rng: random.Random, row: bytes) -> bytes:
    begin = rng.randrange(len(row) + 1)
    return row[:begin] + row[begin + rng.choice([1, 1, 2, 5, 40]) :]


def repeat_part(rng: random.Random, row: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(row) + 1) for _ in range(2))
    return row[:end] + row[begin:end] * rng.choice([1, 1, 3]) + row[end:]


def truncate(rng: random.Random, row: bytes) -> bytes:
    return row[: rng.randrange(len(row) + 1)]


def separate(rng: random.Random, row: bytes) -> bytes:
    place = rng.randrange(len(row) + 1)
    return row[:place] + b"|" * rng.choice([1, 1, 2, 9]) + row[place:]


def move_separator(rng: random.Random, row: bytes) -> bytes:
    fields = row.split(b"|")
    place = rng.randrange(len(fields))
    fields.insert(rng.randrange(len(fields)), fields.pop(place))
    return b"|".join(fields)


def swap(rng: random.Random, row: bytes) -> bytes:
    fields = row.split(b"|")
    one, other = rng.randrange(len(fields)), rng.randrange(len(fields))
    fields[one], fields[other] = fields[other], fields[one]
    return b"|".join(fields)


def blank(rng: random.Random, row: bytes) -> bytes:
    return _with_field(rng, row, b"")


def replace(rng: random.Random, row: bytes) -> bytes:
    return _with_field(rng, row, rng.choice(_VALUES).encode())


def recode(rng: random.Random, row: bytes) -> bytes:
    """Put a code of some list in the place of another, or where none belongs."""
    fields = row.split(b"|")
    coded = [n for n, field in enumerate(fields) if 0 < len(field) <= 6] or [0]
    fields[rng.choice(coded)] = rng.choice(_CODES).encode()
    return b"|".join(fields)


def change_number(rng: random.Random, row: bytes) -> bytes:
    fields = row.split(b"|")
    numbers = [n for n, field in enumerate(fields) if b"." in field] or [0]
    value = rng.choice([0, 1, 5, 10**7, 10**13, 10**15 + 1, 10**17 - 1, -5, -(10**9)])
    places = rng.choice([2, 2, 5])
    sign, value = ("-", -value) if value < 0 else ("", value)
    text = f"{sign}{value // 10**places}.{value % 10**places:0{places}}"
    for place in rng.sample(numbers, rng.randrange(1, len(numbers) + 1)):
        fields[place] = text.encode()
    return b"|".join(fields)


def change_date(rng: random.Random, row: bytes) -> bytes:
    fields = row.split(b"|")
    dates = [n for n, field in enumerate(fields) if field[4:5] == b"-"] or [0]
    day = f"{rng.choice([2025, 2026, 2026, 2027])}-{rng.randrange(14):02}-{rng.randrange(33):02}"
    fields[rng.choice(dates)] = day.encode()
    return b"|".join(fields)


def end_with_return(_: random.Random, row: bytes) -> bytes:
    return row + b"\r"


def insert_text(rng: random.Random, row: bytes) -> bytes:
    place = rng.randrange(len(row) + 1)
    return row[:place] + rng.choice(_VALUES).encode() + row[place:]


def _with_field(rng: random.Random, row: bytes, field: bytes) -> bytes:
    fields = row.split(b"|")
    fields[rng.randrange(len(fields))] = field
    return b"|".join(fields)


ON_ROWS: tuple[OnRow, ...] = (
    flip, delete, repeat_part, truncate, separate, move_separator, swap, blank, replace, replace,
    recode, recode, change_number, change_number, change_date, end_with_return, insert_text,
)  # fmt: skip


def flip_any(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 4])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def begin_with_bom(_: random.Random, content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def end_lines_with_returns(_: random.Random, content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def end_with_newlines(rng: random.Random, content: bytes) -> bytes:
    return content + b"\n" * rng.choice([1, 1, 2, 5])


def cut(rng: random.Random, content: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:begin] + content[end:]


def keep_the_beginning(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def double(_: random.Random, content: bytes) -> bytes:
    return content + b"\n" + content


def join_lines(rng: random.Random, content: bytes) -> bytes:
    return content.replace(b"\n", rng.choice([b"", b"\r", b"|", b"\n\n", b"\n\r", b"\x00"]))


def shuffle(rng: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def empty(_: random.Random, content: bytes) -> bytes:
    return content[:0]


def insert_bytes(rng: random.Random, content: bytes) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice([b"\xff", b"\xe7\x94", rng.randbytes(7)]) + content[place:]


ON_FILES: tuple[OnFile, ...] = (
    flip_any, begin_with_bom, end_lines_with_returns, end_with_newlines, cut, keep_the_beginning,
    double, join_lines, shuffle, empty, insert_bytes,
)  # fmt: skip


def mutated_rows(rng: random.Random, rows: Lines, count: int) -> bytes:
    """Return a filing of ``rows`` after ``count`` mutations of rows of it."""
    rows = list(rows)
    for _ in range(count):
        place = rng.randrange(len(rows))
        if rng.randrange(12):
            mutant = rng.choice(ON_ROWS)(rng, rows[place])
            # Half a character would stop the whole file: that is for ``mutated_file``.
            rows[place] = mutant.decode("utf-8", "ignore").encode()
        elif rng.randrange(2):
            rows.insert(rng.randrange(len(rows) + 1), rows[place])
        else:
            rows.insert(place, b"")
    return b"\n".join(rows)


def mutated_file(rng: random.Random, rows: Lines) -> bytes:
    """Return a filing of ``rows`` after one mutation of the whole."""
    return rng.choice(ON_FILES)(rng, b"\n".join(rows))
