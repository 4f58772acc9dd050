"""The stored events in an input pack, so that its totals can be computed again from them.

Events, profiles and credit lines as they are stored, one CSV each. They name borrowers by their
identifiers, so they are packed only where somebody asks for them.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from infra.pack_rows import PackRowsError
from schemas.columns import Ids
from schemas.table import TEXT, Table
from schemas.tables import CREDIT_LINES, EVENTS, PROFILES
from streams.memory_store import MemoryStore
from streams.ports import Store

_TABLES = (EVENTS, PROFILES, CREDIT_LINES)
EVENT_PARTS = {f"events/{table.name}.csv": table for table in _TABLES}


class PackedEvents(NamedTuple):
    """Stored rows by the name of their part, as CSV."""

    texts: Mapping[str, bytes]

    def parts(self) -> dict[str, bytes]:
        return dict(self.texts)

    def store(self) -> MemoryStore:
        """Return a store that holds these rows and nothing else."""
        memory = MemoryStore()
        for name, table in EVENT_PARTS.items():
            rows = _rows(self.texts[name], table, name)
            if len(rows["version"]):
                memory.insert(table, rows)
        return memory


def stored_events(store: Store, generation: int, vector: Mapping[int, int]) -> PackedEvents:
    """Return the events that the totals of ``vector`` stand on, with what borrowers are."""
    texts = {}
    for name, table in EVENT_PARTS.items():
        held = io.StringIO()
        writer = csv.writer(held, lineterminator="\n")
        writer.writerow(table.columns)
        for partition, next_offset in sorted(vector.items()):
            where: dict[str, int | str] = {"generation": generation, "partition": partition}
            within = ("offset", 0, next_offset) if "offset" in table.columns else None
            for rows in store.read_batches(table, where, within=within):
                writer.writerows(_lines(rows, table))
        texts[name] = held.getvalue().encode()
    return PackedEvents(texts)


def events_of_parts(parts: Mapping[str, bytes]) -> PackedEvents:
    """Return the events among the parts of a pack; raise PackRowsError where one is missing."""
    missing = [name for name in EVENT_PARTS if name not in parts]
    if missing:
        raise PackRowsError(f"{', '.join(missing)} is not in the pack")
    return PackedEvents({name: parts[name] for name in EVENT_PARTS})


def _lines(rows: Mapping[str, Any], table: Table) -> Iterator[tuple[Any, ...]]:
    columns = [
        rows[name].to_list() if kind == TEXT else rows[name].tolist()
        for name, kind in table.columns.items()
    ]
    return zip(*columns, strict=True)


def _rows(content: bytes, table: Table, name: str) -> dict[str, Any]:
    lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
    if not lines or lines[0] != list(table.columns):
        raise PackRowsError(f"{name}: another head than {','.join(table.columns)}")
    columns = list(zip(*lines[1:], strict=True)) or [()] * len(table.columns)
    try:
        return {
            column: Ids.of(list(texts))
            if kind == TEXT
            else np.array([int(text) for text in texts], np.int64)
            for (column, kind), texts in zip(table.columns.items(), columns, strict=True)
        }
    except (ValueError, OverflowError) as error:
        raise PackRowsError(f"{name}: {error}, expected whole numbers") from error
