"""How many borrowers several banks have between them, each counted once, asked of the store."""

from collections.abc import Collection

from processors.distinct import CELL_COLUMNS, CountedBorrowers, counted_borrowers
from schemas.codes import Population
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.tables import CELLS, CREDIT_LINES, PROFILES
from streams.ports import Store


class DistinctBorrowers:
    """Counts the borrowers of several banks once each, reading cells when it is asked.

    Remembers one quarter at a time; make a new one for another data version.
    """

    def __init__(self, store: Store, generation: int) -> None:
        self._store = store
        self._where: dict[str, int | str] = {"generation": generation}
        self._known: tuple[Quarter, CountedBorrowers] | None = None

    def __call__(self, bank_ids: Collection[str], population: Population, quarter: Quarter) -> int:
        if self._known is None or self._known[0] != quarter:
            self._known = quarter, self._count(quarter)
        return len(self._known[1].borrowers(bank_ids, population))

    def _count(self, quarter: Quarter) -> CountedBorrowers:
        return counted_borrowers(
            self._store.read(CELLS, self._where, columns=CELL_COLUMNS),
            self._store.read(PROFILES, self._where),
            self._store.read(CREDIT_LINES, self._where),
            quarter.ordinal - FIRST_ORDINAL,
        )
