"""What is still open when the checks of a quarter are closed, bank by bank.

Source: docs/method.md#quarter-life
"""

from infra.gap_answers import COMPLETE, STATE_WORDS, gap_rows
from infra.rejected_verbs import ChoiceRequest, list_rejected
from infra.store_node import StoreNode
from schemas.quarter import Quarter
from schemas.quarter_acts import Finding
from streams.evaluate import evaluate, read_snapshot


def open_findings(node: StoreNode, quarter: Quarter) -> list[Finding]:
    """Return what somebody should settle, or close the checks in spite of, with a reason."""
    return [*_gaps(node), *_unfinished(node, quarter), *_rejected(node)]


def _gaps(node: StoreNode) -> list[Finding]:
    snapshot = read_snapshot(node.store)
    rows = gap_rows(snapshot, evaluate(snapshot, node.lpr), {})
    states: dict[tuple[str, str], int] = {}
    for row in rows:
        if row["is_registered"] and row["state"] != COMPLETE:
            key = (row["bank_id"], row["state"])
            states[key] = states.get(key, 0) + row["missing_count"]
    return [
        Finding(
            kind=state,
            bank_id=bank_id,
            zh=f"{STATE_WORDS[state].zh}，缺 {missing} 个报送编号",
            en=f"{STATE_WORDS[state].en}, {missing} submissions missing",
        )
        for (bank_id, state), missing in sorted(states.items())
    ]


def _unfinished(node: StoreNode, quarter: Quarter) -> list[Finding]:
    """Return the banks that have not said that they sent everything of the quarter."""
    results = evaluate(read_snapshot(node.store), node.lpr)
    last = quarter.last_day.isoformat()
    return [
        Finding(
            kind="not_complete",
            bank_id=bank.bank_id,
            zh=f"报送截至 {report.complete_to or '无'}，应至 {last}",
            en=f"complete to {report.complete_to or 'nothing'}, expected {last}",
        )
        for bank, report in zip(results.banks, results.reports, strict=True)
        if bank.is_registered and (report.complete_to or "") < last
    ]


def _rejected(node: StoreNode) -> list[Finding]:
    return [
        Finding(
            kind="rejected",
            bank_id=row["bank_id"],
            zh=f"被拒 {row['count']} 条（{row['code']}），尚未重报",
            en=f"{row['count']} rejected ({row['code']}), not sent again",
        )
        for row in list_rejected(node, ChoiceRequest())["summary"]
    ]
