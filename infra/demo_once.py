"""The demo without a server: all of the past at once, and a summary that can be compared.

The same seed gives the same state digest on every machine.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from infra.live_demo import DemoSpec, claim_folder, grade_quarters, shipments
from infra.wiring import Node
from schemas.tables import CELLS
from streams.digest import state_digest
from streams.ports import BatchReport


def play_once(folder: Path, spec: DemoSpec, truth: Path | None = None) -> dict[str, Any]:
    """Play the past of ``spec`` into ``folder`` and return the summary.

    ``truth``: a file for the record of the troubles that were planted.
    """
    claim_folder(folder, spec)
    counts: Counter[str] = Counter()

    def count(batch: BatchReport) -> None:
        counts.update(
            submission_count=batch.submission_count,
            event_count=batch.event_count,
            stored_count=batch.stored_count,
            rejected_count=batch.rejected_count,
            duplicate_count=batch.duplicate_count,
        )

    with Node(folder, on_report=count, future_days_max=None) as node:
        started_ms = node.clock.now_ms()
        economy = spec.economy(node.lpr)
        for drafts in shipments(economy.history()):
            node.ingest.take_drafts(drafts)
        history_s = (node.clock.now_ms() - started_ms) / 1000
        if truth is not None:
            record = {"spec": spec, "truth": economy.truth()}
            truth.write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
        runs = grade_quarters(node, economy.last_quarter, 1)
        banks = runs[0].banks if runs else []
        cells = node.store.read(CELLS, {"generation": node.generation}, columns=("quarter",))
        return {
            "seed": spec.seed,
            "banks": spec.banks,
            "borrowers": spec.borrowers,
            "quarters": spec.quarters,
            "troubles": spec.troubles,
            **counts,
            "cell_count": int(cells["quarter"].size),
            "graded_quarter": str(economy.last_quarter) if runs else "",
            "grades": dict(sorted(Counter(bank.grade for bank in banks).items())),
            "bank_grades": {bank.bank_id: bank.grade for bank in banks},
            "state_digest": state_digest(node.store, node.generation),
            "duration_s": {
                "history": history_s,
                "all": (node.clock.now_ms() - started_ms) / 1000,
            },
        }
