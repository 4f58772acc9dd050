"""Generations: complete states side by side, of which readers see one.

A generation is written from one topic of submissions, and several may be written from the same.
Which one readers see is one row, so they all change over at once.
"""

import numpy as np

from schemas.message import TOPIC_LENDING
from schemas.tables import POINTERS
from streams.ports import Store

GENERATION_POINTER = "generation"
"""Names the row that says which generation readers see."""


def shown_generation(store: Store) -> int:
    """Return the generation that readers see."""
    return _pointed(store, GENERATION_POINTER)


def show_generation(store: Store, generation: int, *, now_ms: int) -> None:
    """Let readers see ``generation`` from now on."""
    _point(store, GENERATION_POINTER, generation, now_ms)


def topic_number(store: Store, generation: int) -> int:
    """Return the number of the topic that ``generation`` is written from."""
    return _pointed(store, _topic_pointer(generation))


def write_from_topic(store: Store, generation: int, number: int, *, now_ms: int) -> None:
    """Say that ``generation`` is written from topic ``number``."""
    _point(store, _topic_pointer(generation), number, now_ms)


def topic_name(number: int, prefix: str = "") -> str:
    """Return the name of a lending topic: the first has no number."""
    return f"{prefix}{TOPIC_LENDING}" + (f".g{number}" if number else "")


def _topic_pointer(generation: int) -> str:
    return f"topic of generation {generation}"


def _pointed(store: Store, name: str) -> int:
    value = store.read(POINTERS, {"name": name}, columns=("value",))["value"]
    return int(value[0]) if len(value) else 0


def _point(store: Store, name: str, value: int, now_ms: int) -> None:
    store.insert(
        POINTERS,
        {"name": [name], "value": np.array([value]), "version": np.array([now_ms])},
    )
