"""Generations: complete states side by side, of which readers see one.

A generation is written from one topic of submissions, and several may be written from the same.
Which one readers see is one row, so they all change over at once.
"""

import numpy as np

from schemas.message import TOPIC_LENDING
from schemas.tables import CHECKPOINTS, POINTERS
from streams.ports import Store

GENERATION_POINTER = "generation"
"""Names the row that says which generation readers see."""


def shown_generation(store: Store) -> int:
    """Return the generation that readers see."""
    return _pointed(store, GENERATION_POINTER)


def show_generation(store: Store, generation: int, *, now_ms: int) -> None:
    """Let readers see ``generation`` from now on."""
    _point(store, GENERATION_POINTER, generation, now_ms)


def moved_at_ms(store: Store) -> int:
    """Return when readers and senders changed over to a topic with a number; 0 where they did not.

    A later change to another generation of the same topic counts as well.
    """
    if not topic_number(store, shown_generation(store)):
        return 0
    where = {"name": GENERATION_POINTER}
    return int(store.read(POINTERS, where, columns=("version",))["version"].max(initial=0))


def topic_number(store: Store, generation: int) -> int:
    """Return the number of the topic that ``generation`` is written from."""
    return _pointed(store, _topic_pointer(generation))


def write_from_topic(store: Store, generation: int, number: int, *, now_ms: int) -> None:
    """Say that ``generation`` is written from topic ``number``."""
    _point(store, _topic_pointer(generation), number, now_ms)


def next_generation(store: Store) -> int:
    """Return the number of a generation that nothing was written to yet."""
    written = store.read(CHECKPOINTS, columns=("generation",))["generation"]
    return int(max([shown_generation(store), *written.tolist()])) + 1


def next_offsets(store: Store, generation: int) -> dict[int, int]:
    """Return the offset after the last handled message, by partition."""
    rows = store.read(CHECKPOINTS, {"generation": generation}, columns=("partition", "next_offset"))
    return dict(zip(rows["partition"].tolist(), rows["next_offset"].tolist(), strict=True))


def log_identity(store: Store, generation: int) -> str:
    """Return which log ``generation`` is written from; empty where nothing was written."""
    rows = store.read(CHECKPOINTS, {"generation": generation}, columns=("log_identity",))
    return next(iter(rows["log_identity"].to_list()), "")


def lanes_of_banks(store: Store, generation: int) -> dict[str, int]:
    """Return the banks whose lanes were cut for ``generation``, and into how many."""
    beginning = _lanes_pointer(generation, "")
    rows = store.read(POINTERS, columns=("name", "value"))
    named = zip(rows["name"].to_list(), rows["value"].tolist(), strict=True)
    return {name.removeprefix(beginning): n for name, n in named if name.startswith(beginning)}


def cut_lanes(store: Store, generation: int, bank_id: str, lanes: int, *, now_ms: int) -> None:
    """Say that the bank has so many lanes in ``generation``."""
    _point(store, _lanes_pointer(generation, bank_id), lanes, now_ms)


def _lanes_pointer(generation: int, bank_id: str) -> str:
    return f"lanes in generation {generation} of {bank_id}"


def topic_name(number: int, prefix: str = "") -> str:
    """Return the name of a lending topic: the first has no number."""
    return f"{prefix}{TOPIC_LENDING}" + (f".g{number}" if number else "")


def source_number(store: Store, number: int) -> int:
    """Return the number of the topic that topic ``number`` is filled from."""
    return _pointed(store, _source_pointer(number))


def fill_from_topic(store: Store, number: int, source: int, *, now_ms: int) -> None:
    """Say that topic ``number`` is filled with what is in topic ``source``."""
    _point(store, _source_pointer(number), source, now_ms)


def _source_pointer(number: int) -> str:
    return f"source of topic {number}"


def _topic_pointer(generation: int) -> str:
    return f"topic of generation {generation}"


def _pointed(store: Store, name: str) -> int:
    value = store.read(POINTERS, {"name": name}, columns=("value",))["value"]
    return int(value[0]) if len(value) else 0


def _point(store: Store, name: str, value: int, now_ms: int) -> None:
    # Above the version that is there, even if the clock was set back: else nothing would change.
    stored = store.read(POINTERS, {"name": name}, columns=("version",))["version"]
    version = max([now_ms, *(stored + 1).tolist()])
    store.insert(
        POINTERS,
        {"name": [name], "value": np.array([value]), "version": np.array([version])},
    )
