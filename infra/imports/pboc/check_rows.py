"""Every rule of a table, over one piece of its rows.

What a rule says is in the catalog ``rules``; here rules are chosen by table, run, and what they
found is made fit to be shown.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from infra.imports.pboc import rules
from infra.imports.pboc.field_examples import example_of
from infra.imports.pboc.parties import parties_of, shown_identifier
from infra.imports.pboc.rows import FOUND_BYTES_MAX, Rows
from infra.imports.pboc.rule import FORM, MANDATORY, Breach, Level, Rule
from infra.imports.pboc.table_spec import TableSpec
from schemas.catalog import entries
from schemas.identifiers import without_residents
from schemas.units import BoolArray, Int64Array

_WITHHELD = "***"
# Rules that look at fields of all kinds: a date would be no example for an amount.
_OF_EVERY_FIELD = frozenset((MANDATORY, FORM, "6", "7", "8", "14"))
_RESIDENT_SIZE_MIN = 18


def _order(rule: Rule) -> tuple[int, str, Level]:
    """Blanks and forms first, then by number."""
    return (int(rule.number) if rule.number.isdigit() else 0, rule.number, rule.level)


CATALOG: tuple[Rule, ...] = tuple(
    sorted((rule for part in entries(rules, "RULES") for rule in part), key=_order)
)


class Broken(NamedTuple):
    """Rows of a piece that break one rule in one field."""

    rule: Rule
    field: str
    places: Int64Array  # Which rows, from 0.
    found: list[str]
    expected_zh: str
    expected_en: str
    example: str


class Checked(NamedTuple):
    """What was found in a piece. ``refused`` rows make no event."""

    refused: BoolArray
    groups: list[Broken]


@cache
def rules_for(spec: TableSpec) -> tuple[Rule, ...]:
    """Return the rules that apply to a version of a table."""
    return tuple(rule for rule in CATALOG if rule.applies_to(spec))


def check_rows(rows: Rows) -> Checked:
    """Return what is wrong with ``rows``, and which of them are held back for it."""
    refused = np.zeros(rows.size, np.bool_)
    groups = []
    for rule in rules_for(rows.spec):
        for breach in rule.check(rows):
            if not breach.is_broken.any():
                continue
            if rule.level is Level.REFUSE:
                refused |= breach.is_broken
            groups.append(_broken(rows, rule, breach))
    return Checked(refused, groups)


def _broken(rows: Rows, rule: Rule, breach: Breach) -> Broken:
    field = next(one for one in rows.spec.fields if one.name == breach.field)
    places = np.flatnonzero(breach.is_broken)
    return Broken(
        rule,
        breach.field,
        places,
        found_to_show(rows, breach.field, places),
        breach.expected_zh,
        breach.expected_en,
        example_of(field) if rule.number in _OF_EVERY_FIELD else rule.example,
    )


def found_to_show(rows: Rows, field: str, places: Int64Array) -> list[str]:
    """Return what stands in ``field`` of some rows, without what may not be shown of a person."""
    if field in rows.spec.withheld:
        return [_WITHHELD] * places.size
    texts = _at(rows, field, places)
    party = next((p for p in parties_of(rows.spec.names) if p.id_field == field), None)
    if party is not None and party.type_field:
        named = list(zip(texts, _at(rows, party.type_field, places), strict=True))
        # Once a value: to see whether a text is a person's number takes long.
        shown = {(text, kind): _cut(shown_identifier(text, kind)) for text, kind in set(named)}
        return [shown[one] for one in named]
    return [_cut(text) for text in texts]


def _at(rows: Rows, field: str, places: Int64Array) -> list[str]:
    texts: list[str] = rows.texts(field).take(pa.array(places)).to_pylist()
    return texts


def _cut(text: str) -> str:
    # Blotted before it is cut: half of an identity card number would not be known for one.
    if len(text) < _RESIDENT_SIZE_MIN:
        return text
    return without_residents(text.encode()).decode()[:FOUND_BYTES_MAX]
