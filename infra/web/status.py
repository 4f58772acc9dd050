"""What the header of every page says: how new the data are, and what there is to choose from."""

from collections.abc import Mapping
from typing import Any

from infra.web.live import LiveSnapshot
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY, Results, date_text
from schemas.words import (
    BASIS_WORDS,
    GRADE_WORDS,
    GUARANTEE_WORDS,
    MIXED_SOURCE,
    MIXED_SOURCE_WORDS,
    PEER_GROUP_WORDS,
    PERSON_SOURCE_WORDS,
    POLICY_TAG_WORDS,
    POPULATION_WORDS,
    REGION_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    WIDER_GROUP_WORDS,
    Words,
    status_name,
)
from streams.watch import RULES


def _named(words: Mapping[Any, Words]) -> list[dict[str, str]]:
    return [{"code": str(code), "zh": word.zh, "en": word.en} for code, word in words.items()]


LISTS: dict[str, list[dict[str, str]]] = {
    "populations": _named(POPULATION_WORDS),
    "bases": _named(BASIS_WORDS),
    "peer_groups": _named(PEER_GROUP_WORDS),
    "groups": [*_named(PEER_GROUP_WORDS), *_named(WIDER_GROUP_WORDS)],
    "regions": _named(REGION_WORDS),
    "grades": _named(GRADE_WORDS),
    "guarantees": _named(GUARANTEE_WORDS),
    "policy_tags": _named(POLICY_TAG_WORDS),
    "statuses": [
        {"code": status_name(status), "zh": word.zh, "en": word.en}
        for status, word in STATUS_WORDS.items()
    ],
    "rules": [{"code": rule.name, "zh": rule.words.zh, "en": rule.words.en} for rule in RULES],
    "sources": [
        *_named(SOURCE_WORDS),
        *_named(PERSON_SOURCE_WORDS),
        {"code": MIXED_SOURCE, "zh": MIXED_SOURCE_WORDS.zh, "en": MIXED_SOURCE_WORDS.en},
    ],
}


def quarters_of(results: Results | None) -> list[str]:
    """Return the quarters that can be asked for, oldest first: none after the latest one.

    Before any bank has reported, those of the published totals.
    """
    if results is None:
        return []
    latest = results.latest_quarter
    if latest is None:
        published = sorted({entry.quarter_ordinal for entry in results.published})
        return [str(Quarter.from_ordinal(ordinal)) for ordinal in published]
    return [str(quarter) for quarter in results.quarters if quarter.ordinal <= latest.ordinal]


def status_of(
    snapshot: LiveSnapshot, *, is_synthetic: bool, attention_count: int
) -> dict[str, Any]:
    """Return the state of ``snapshot``, without the lists of names."""
    results: Results | None = snapshot.results
    extra = snapshot.extra
    quarters = quarters_of(results)
    return {
        "sequence": snapshot.sequence,
        "data_version": 0 if results is None else results.data_version,
        "generation": 0 if results is None else results.generation,
        "vector": {} if results is None else {str(p): int(n) for p, n in results.vector.items()},
        "quarters": quarters,
        "latest_quarter": quarters[-1] if quarters else "",
        "running_quarter": _running(results),
        "complete_to": _complete_to(results),
        "banks": 0 if results is None else len(results.banks),
        "events": extra.get("events", 0),
        "rejected": extra.get("rejected", 0),
        "attention_count": attention_count,
        "graded_quarters": sorted(extra.get("grading_runs", {})),
        "demo": extra.get("demo", {}),
        "is_synthetic": is_synthetic,
        "updated_at_ms": extra.get("updated_at_ms", snapshot.published_at_ms),
    }


def _running(results: Results | None) -> str:
    if results is None or results.running_place < 0:
        return ""
    return str(Quarter.from_ordinal(results.first_ordinal + results.running_place))


def _complete_to(results: Results | None) -> str:
    """Return the newest day that any bank has completed."""
    if results is None or results.newest_day == NEVER_DAY:
        return ""
    return date_text(results.newest_day)
