"""The first place where a certified run and the same run computed again do not agree.

What was certified decides what is compared: a field that a newer program adds says nothing about
an older run. Words may be put better by a newer program; figures may not.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

# Of a bank's grade, what is said in words about the figures beside it.
_WORDS = {"zh", "en", "name_zh", "name_en", "grade_zh", "grade_en"}
# Of an indicator, what was measured; all else of it comes from points.
_MEASURED = {
    "name", "value", "change", "unit", "status", "source", "value_exact", "before_exact", "inputs",
    "untold",
}  # fmt: skip
_SHOWN_MAX = 200  # Characters of a value that differs.
_COLUMNS = ("indicators", "facts")


class Difference(NamedTuple):
    """One field of one bank."""

    place: str  # 9137…, indicators[0].points_millionths
    certified: str
    recomputed: str
    is_words: bool
    is_measured: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.certified} → {self.recomputed}"


def differences(certified: bytes, recomputed: bytes) -> Iterator[Difference]:
    """Yield every field that differs, banks in the order of the certified results.

    Both are as infra.input_pack.results_bytes writes them; the certified ones perhaps years ago.
    """
    before = _banks(certified)
    again = {str(bank["bank_id"]): bank for bank in _banks(recomputed)}
    order = list(again)
    for bank in before:
        bank_id = str(bank["bank_id"])
        if bank_id not in again:
            yield Difference(bank_id, "—", "no such bank", is_words=False, is_measured=True)
            continue
        yield from _compared((bank_id,), bank, again.pop(bank_id))
    for bank_id in again:
        yield Difference(bank_id, "no such bank", "—", is_words=False, is_measured=True)
    if [bank["bank_id"] for bank in before] != order:
        yield Difference("banks", "their order", "another", is_words=True, is_measured=False)


def _banks(results: bytes) -> list[dict[str, Any]]:
    return msgspec.json.decode(results, type=list[dict[str, Any]])


def _compared(path: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            yield from _compared((*path, name), value, new.get(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for n, (before, after) in enumerate(zip(old, new, strict=True)):
            name = before.get("name", n) if isinstance(before, dict) else n
            yield from _compared((*path, str(name)), before, after)
    elif old != new:
        is_column = len(path) > 3 and path[1] in _COLUMNS
        yield Difference(
            f"{path[0]}, {'.'.join(path[1:])}",
            _short(old),
            _short(new),
            is_words=path[-1] in _WORDS,
            is_measured=is_column and path[3] in _MEASURED,
        )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
