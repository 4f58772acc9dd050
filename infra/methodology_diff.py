"""What differs between two methodologies, difference by difference, in words."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from infra.methodology_words import part_words
from schemas.methodology import Methodology
from schemas.words import Words

NOTHING = object()
_NAMED_BY = ("name", "clause", "from_quarter")  # What tells parts of a list apart.


class Difference(NamedTuple):
    """One place of the file, with what each of the two says there."""

    path: tuple[str, ...]
    before: Any
    after: Any


def differences(before: Methodology, after: Methodology) -> list[dict[str, Any]]:
    """Return a row for every place where the two say something else, in the order of the file."""
    found = _compared((), msgspec.to_builtins(before), msgspec.to_builtins(after))
    return [_row(difference) for difference in found]


def _compared(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            told = (before.get(name, NOTHING), after.get(name, NOTHING))
            yield from _compared((*path, name), *told)
    elif _is_named(before) and _is_named(after):
        yield from _compared(path, _by_name(before), _by_name(after))
    elif before != after:
        yield Difference(path, before, after)


def _is_named(part: Any) -> bool:
    return isinstance(part, list) and all(
        isinstance(one, dict) and any(key in one for key in _NAMED_BY) for one in part
    )


def _by_name(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return parts by their name; those of one name are numbered."""
    named: dict[str, Any] = {}
    for part in parts:
        name = str(next(part[key] for key in _NAMED_BY if key in part))
        number = sum(key.split("#")[0] == name for key in named)
        named[f"{name}#{number + 1}" if number else name] = part
    return named


def _row(difference: Difference) -> dict[str, Any]:
    place = [part_words(part) for part in difference.path]
    zh, en = "·".join(words.zh for words in place), " · ".join(words.en for words in place)
    before, after = _text(difference.before), _text(difference.after)
    if difference.before is NOTHING:
        change, words = "added", Words(f"{zh}：新增 {after}", f"{en}: added {after}")
    elif difference.after is NOTHING:
        change, words = "removed", Words(f"{zh}：删去 {before}", f"{en}: removed {before}")
    else:
        change = "changed"
        words = Words(f"{zh}：{before} → {after}", f"{en}: {before} → {after}")
    return {
        "place": ".".join(difference.path),
        "place_zh": zh,
        "place_en": en,
        "change": change,
        "before": before,
        "after": after,
        "sentence_zh": words.zh,
        "sentence_en": words.en,
    }


def _text(told: Any) -> str:
    if told is NOTHING:
        return ""
    if told is None or told in ("", [], {}):
        return "—"
    if isinstance(told, bool):
        return "yes" if told else "no"
    if isinstance(told, dict | list):
        return msgspec.json.encode(told).decode()
    return str(told)
