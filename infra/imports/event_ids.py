"""Event ids for rows that bring none: the same row of the same table is the same event.

An id is the SHA-256 over (table, institution, period, whole row, n of identical rows). So a
file sent twice changes nothing, and two equal rows in one file are two events.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import msgspec


class EventIds:
    """Gives ids to the rows of one file, in their order."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._seen: Counter[bytes] = Counter()

    def id_of(self, *, institution: str, period: str, row: Sequence[str]) -> str:
        """Return the id of ``row``, whose cells are given as they stand in the file."""
        whole = msgspec.json.encode([self._table, institution, period, list(row)])
        key = hashlib.sha256(whole).digest()[:16]
        number = self._seen[key]
        self._seen[key] += 1
        return hashlib.sha256(whole + b"\n%d" % number).hexdigest()
