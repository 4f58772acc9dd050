"""Small files of every table with faults in them, by the thousand: to try the importer on."""

from functools import cache

import numpy as np

from infra.demo.economy import Economy
from infra.demo.filings.faults import spoilt
from infra.demo.filings.month_books import month_books
from infra.demo.filings.places import Places
from infra.demo.filings.tables import Filing, Filings
from infra.imports.pboc.table_spec import spec_of
from infra.reference_data import load_lpr

SEED, BANKS, BORROWERS, MONTHS = 3, 3, 600, 3
ROWS_MIN, ROWS_MAX = 20, 200


def small_filing(seed: int, table: str) -> Filing:
    """A sound file of 20 to 200 rows, or all that there are."""
    rng = np.random.default_rng([seed, 20])
    choices = _sound()[table]
    filing = choices[int(rng.integers(len(choices)))]
    lines = filing.content.split(b"\n")
    wanted = min(int(rng.integers(ROWS_MIN, ROWS_MAX + 1)), len(lines))
    chosen = rng.choice(len(lines), wanted, replace=False)
    return filing._replace(content=b"\n".join(lines[place] for place in np.sort(chosen).tolist()))


def faulty_filing(seed: int, table: str) -> Filing:
    """A file as ``small_filing`` gives it, with faults of fields, rows and line ends."""
    filing = small_filing(seed, table)
    return filing._replace(content=spoilt([seed, 22], spec_of(table), filing.content))


@cache
def _sound() -> dict[str, list[Filing]]:
    """The sound files of a very small world by table, those with enough rows."""
    economy = Economy(SEED, lpr=load_lpr(), banks=BANKS, borrowers=BORROWERS, quarters=2)
    story, filings = economy.story(), Filings(Places(economy.world))
    found: dict[str, list[Filing]] = {}
    for month in range(MONTHS + 1):
        end = story.next_month()
        for filing in filings.of_month(month_books(story.book, end)) if month else ():
            if filing.content.count(b"\n") + 1 >= ROWS_MIN:
                found.setdefault(filing.name.table, []).append(filing)
    return found
