"""Findings in the store: what a filing was told, for whoever has to explain it later."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from infra.imports.pboc.archive import Filing
from infra.imports.pboc.findings import Finding, Findings
from schemas.columns import Ids
from schemas.tables import FILING_FINDINGS
from streams.ports import Clock, Store

BLOCK_ROWS = 50_000  # Of one insert: findings become objects only so many at a time.


def keep_findings(store: Store, clock: Clock, found: Sequence[tuple[Filing, Findings]]) -> None:
    """Keep the listed findings of filings."""
    held: list[_Kept] = []
    for filing, findings in found:
        for number, one in enumerate(findings.listed(), 1):
            held.append(_Kept(filing, number, one))
            if len(held) >= BLOCK_ROWS:
                _insert(store, clock, held)
                held = []
    if held:
        _insert(store, clock, held)


class _Kept(NamedTuple):
    """A finding, and its number among those of its filing."""

    filing: Filing
    number: int
    finding: Finding


def _insert(store: Store, clock: Clock, held: Sequence[_Kept]) -> None:
    filings, findings = [one.filing for one in held], [one.finding for one in held]
    store.insert(
        FILING_FINDINGS,
        {
            "bank_id": Ids.of([filing.bank_id for filing in filings]),
            "table_code": Ids.of([filing.table for filing in filings]),
            "period": Ids.of([filing.period.isoformat() for filing in filings]),
            "batch": np.array([filing.batch for filing in filings], np.int64),
            "number": np.array([one.number for one in held], np.int64),
            "line": np.array([one.line for one in findings], np.int64),
            "field": Ids.of([one.field for one in findings]),
            "rule": Ids.of([one.rule for one in findings]),
            "level": Ids.of([one.level.value for one in findings]),
            "found": Ids.of([one.found for one in findings]),
            "expected": Ids.of([one.expected for one in findings]),
            "version": np.full(len(held), clock.now_ms(), np.int64),
        },
    )
