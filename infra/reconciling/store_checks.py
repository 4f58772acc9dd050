"""Checks that need all partitions at once: logs, lanes, event ids, reversals, positions."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from infra.reconciling.reading import Asking, Checkpoint
from processors.lpr import LprTable
from schemas.codes import POPULATIONS
from schemas.quarter import FIRST_ORDINAL
from schemas.tables import REGISTERS
from schemas.words import POPULATION_WORDS, Words
from streams.evaluate import evaluate, read_snapshot
from streams.ports import Log
from streams.reconcile import NAMED_MAX, NO_QUARTER, Check, Finding, Level, differs


class Whole(NamedTuple):
    """What the checks of a whole store are handed."""

    asking: Asking
    checkpoints: Sequence[Checkpoint]
    log: Log | None
    lpr: LprTable


class StoreCheck(NamedTuple):
    """A check of all partitions together. What it reads never changes once it is there."""

    check: Check
    is_continuous: bool  # Cheap enough to be done all the time.
    find: Callable[[Whole], Iterable[Finding]]


_LOG = Check(
    "log_identity",
    Words("日志标识", "Which log it is"),
    Words("日志", "log"),
    Words("检查点", "checkpoint"),
    Words(
        "库由另一日志写成：把处理进程指回原日志，或将新日志重放为新一代",
        "The store was filled from another log: point the workers at that one, or replay this "
        "one into a new generation",
    ),
    step=0,
)


def _other_logs(whole: Whole) -> Iterator[Finding]:
    if whole.log is None:
        return
    for checkpoint in whole.checkpoints:
        if checkpoint.log_identity != whole.log.identity:
            yield differs(
                _LOG,
                "log_identity",
                whole.log.identity,
                checkpoint.log_identity,
                where=f"partition {checkpoint.partition}",
            )


_LANES = Check(
    "lanes",
    Words("通道数", "Number of lanes"),
    Words("最少", "least"),
    Words("最多", "most"),
    Words(
        "同一机构通道数不一致，同一借款人可能分在两处：请机构按同一通道数重报，并重放为新一代",
        "A bank counts its lanes in two ways, so one borrower may stand in two places: have the "
        "bank send with one number of lanes, and replay into a new generation",
    ),
    step=10,
)


def _lanes(whole: Whole) -> Iterator[Finding]:
    told: dict[str, dict[int, int]] = {}  # Bank → number of lanes → a partition that says so.
    for checkpoint in whole.checkpoints:
        for entry in json.loads(checkpoint.lanes) if checkpoint.lanes else []:
            told.setdefault(entry["bank"], {})[int(entry["lanes"])] = checkpoint.partition
    for bank_id, counts in sorted(told.items()):
        if len(counts) > 1:
            where = ", ".join(f"partition {place}" for place in sorted(set(counts.values())))
            yield differs(_LANES, "lanes", min(counts), max(counts), where=where, bank_id=bank_id)


_IDS = Check(
    "event_ids",
    Words("事件编号", "Event ids"),
    Words("应有", "expected"),
    Words("库内", "stored"),
    Words(
        "同一事件记了两次：请机构冲销其中一笔（换新编号）",
        "An event counts twice: have the bank reverse one of the two under a new id",
    ),
    step=11,
)
_IDS_SQL = f"""
    select event_id, toInt64(count()) as times, min(bank_id) as bank_id, min(partition) as first,
        max(partition) as last, min(quarter) as quarter
    from events final where generation = {{generation:UInt16}}
    group by event_id having times > 1 order by event_id limit {NAMED_MAX + 1}
"""  # noqa: S608 - a number of ours


def _double_ids(whole: Whole) -> Iterator[Finding]:
    for row in whole.asking.rows(_IDS_SQL):
        yield differs(
            _IDS,
            f"event {row['event_id']}",
            1,
            row["times"],
            where=f"partition {row['first']}, partition {row['last']}",
            bank_id=row["bank_id"],
            quarter=row["quarter"],
        )


_REVERSALS = Check(
    "reversals",
    Words("冲销与原事件", "Reversals and what they reverse"),
    Words("冲销", "reversal"),
    Words("原事件", "event"),
    Words("", ""),
    step=12,
)
_REVERSALS_SQL = f"""
    select * from (
        select event_id, bank_id, quarter, partition, reversed_event_id, amount, original_bank,
            original_amount
        from (
            select event_id, bank_id, quarter, partition, reversed_event_id,
                amount_cny_minor as amount
            from events final where generation = {{generation:UInt16}} and sign < 0
        ) as reversals
        any left join (
            select event_id as reversed_event_id, bank_id as original_bank,
                amount_cny_minor as original_amount
            from events final
            where generation = {{generation:UInt16}} and sign > 0 and event_id in (
                select reversed_event_id from events
                where generation = {{generation:UInt16}} and sign < 0)
        ) as originals
        using reversed_event_id
    )
    where original_bank != bank_id or original_amount != amount
    order by event_id limit {NAMED_MAX + 1}
"""  # noqa: S608 - a number of ours


def _odd_reversals(whole: Whole) -> Iterator[Finding]:
    for row in whole.asking.rows(_REVERSALS_SQL):
        is_matched = row["original_bank"] == row["bank_id"]
        yield differs(
            _REVERSALS,
            f"reversal {row['event_id']}",
            row["amount"],
            row["original_amount"] if is_matched else row["original_bank"] or "-",
            where=f"partition {row['partition']}, {row['reversed_event_id']}",
            bank_id=row["bank_id"],
            quarter=row["quarter"],
            level=Level.NOTICE,
        )


_POSITIONS = Check(
    "totals_positions",
    Words("逐笔合计与报表", "Loan-level totals and positions"),
    Words("逐笔（分）", "loan-level, fen"),
    Words("报表（分）", "position, fen"),
    Words("", ""),
    step=13,
)


def _positions(whole: Whole) -> Iterator[Finding]:
    generation = whole.asking.generation
    where: dict[str, int | str] = {"generation": generation, "register": "position"}
    if not len(whole.asking.store.read(REGISTERS, where, columns=("version",))["version"]):
        return
    results = evaluate(read_snapshot(whole.asking.store), whole.lpr)
    if results.generation != generation:
        return  # Readers have moved on to another generation.
    both = results.positions.is_reported & results.told.levels
    told, found = results.totals.balance_minor, results.positions.balance_minor
    for place in np.argwhere(both & (told != found)).tolist():
        bank, population, quarter = place
        words = POPULATION_WORDS[POPULATIONS[population]]
        yield differs(
            _POSITIONS,
            f"balance_minor {words.en}",
            int(told[tuple(place)]),
            int(found[tuple(place)]),
            where=POPULATIONS[population].value,
            bank_id=results.banks[bank].bank_id,
            quarter=results.first_ordinal + quarter - FIRST_ORDINAL,
            level=Level.NOTICE,
        )


_CHECKSUMS = Check(
    "kept_messages",
    Words("原文校验", "Kept messages and their checksums"),
    Words("报送时", "as sent"),
    Words("原文", "as kept"),
    Words(
        "原文已变：从日志补回，日志已过保留期则请机构重报",
        "A kept message was changed: read it again from the log, or have the bank send it again",
    ),
    step=3,
)
_CHECKSUMS_SQL = f"""
    select * from (
        select partition, offset, bank_id, told, found from (
            select partition, offset, bank_id, sha256 as told from submissions final
            where generation = {{generation:UInt16}} and sha256 != ''
        ) as submissions_of_now
        any left join (
            select partition, offset, lower(hex(SHA256(value))) as found from messages final
            where topic = {{topic:String}}
        ) as messages_of_now
        using partition, offset
    )
    where told != found and found != ''
    order by partition, offset limit {NAMED_MAX + 1}
"""  # noqa: S608 - a number of ours


def _changed_messages(whole: Whole) -> Iterator[Finding]:
    for topic in sorted({checkpoint.topic for checkpoint in whole.checkpoints}):
        for row in whole.asking.rows(_CHECKSUMS_SQL, {"topic": topic}):
            yield differs(
                _CHECKSUMS,
                "sha256",
                row["told"],
                row["found"],
                where=f"{topic}[{row['partition']}]@{row['offset']}",
                bank_id=row["bank_id"],
                quarter=NO_QUARTER,
            )


STORE_CHECKS = (
    StoreCheck(_LOG, is_continuous=True, find=_other_logs),
    StoreCheck(_LANES, is_continuous=True, find=_lanes),
    StoreCheck(_POSITIONS, is_continuous=True, find=_positions),
    StoreCheck(_IDS, is_continuous=False, find=_double_ids),
    StoreCheck(_REVERSALS, is_continuous=False, find=_odd_reversals),
)
CHECKSUMS = StoreCheck(_CHECKSUMS, is_continuous=False, find=_changed_messages)
