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
        self._generation = generation
        self._known: tuple[Quarter, CountedBorrowers] | None = None

    def __call__(self, bank_ids: Collection[str], population: Population, quarter: Quarter) -> int:
        if self._known is None or self._known[0] != quarter:
            self._known = quarter, read_counted(self._store, self._generation, quarter)
        ((_, distinct_count),) = self._known[1].counts([bank_ids], population)
        return distinct_count


def read_counted(store: Store, generation: int, quarter: Quarter) -> CountedBorrowers:
    """Return who counts at the end of ``quarter``, from every stored account."""
    where: dict[str, int | str] = {"generation": generation}
    return counted_borrowers(
        store.read(CELLS, where, columns=CELL_COLUMNS),
        store.read(PROFILES, where),
        store.read(CREDIT_LINES, where),
        quarter.ordinal - FIRST_ORDINAL,
    )
