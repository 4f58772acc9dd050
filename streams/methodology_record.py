"""Which methodologies runs have used: a file that was used is never edited.

A change of a single figure is a new version; otherwise two runs under one name and version could
have been graded by different rules, and nobody could tell which.
"""

import msgspec

from schemas.grading_tables import METHODOLOGIES
from schemas.methodology import Methodology, methodology_hash
from streams.manual_cells import without_decisions
from streams.ports import Store


class EditedMethodologyError(ValueError):
    """A file that says something else than what a run used under its name and version."""


def edited_since(store: Store, methodology: Methodology) -> list[str]:
    """Return hashes that runs stored for this name and version, other than the file's own.

    What was decided when a quarter was conferred on stands in its run alone, and is no edit.
    """
    equal: dict[str, int | str] = {"name": methodology.name, "number": methodology.version}
    bodies = store.read(METHODOLOGIES, equal, columns=("body",))["body"].to_list()
    used = [msgspec.json.decode(body, type=Methodology) for body in bodies]
    hashes = {methodology_hash(without_decisions(one)) for one in used}
    return sorted(hashes - {methodology_hash(methodology)})


def refuse_edited(store: Store, methodology: Methodology) -> None:
    """Raise EditedMethodologyError where a run used something else under this name and version."""
    others = edited_since(store, methodology)
    if others:
        raise EditedMethodologyError(
            f"methodology {methodology.name} version {methodology.version}: found "
            f"{methodology_hash(methodology)[:12]}…, expected {others[0][:12]}… as a stored run "
            "used it. A file is never edited once used: give the change a higher version. "
            "Nothing was graded"
        )
