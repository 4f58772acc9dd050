"""The deep checks: totals made again from every event, registers and checksums from messages."""

from collections.abc import Iterator

import msgspec
import numpy as np

from infra.reconciling.reading import Checkpoint
from infra.reconciling.store_checks import CHECKSUMS, StoreCheck, Whole
from processors.panel import first_difference
from schemas.codes import POPULATIONS
from schemas.quarter import FIRST_ORDINAL
from schemas.tables import MESSAGES, REGISTERS, TOTALS
from schemas.wire import decode
from schemas.words import Words
from streams.evaluate import rows_of_totals
from streams.id_filter import id_hash
from streams.recompute import totals_of_events
from streams.reconcile import Check, Finding, differs
from streams.registers import Key, Registers

_TOTALS = Check(
    "totals_of_events",
    Words("合计与逐笔全量重算", "Totals, made again from every event"),
    Words("由事件重算", "made from events"),
    Words("库内合计", "stored totals"),
    Words(
        "合计与事件不符：以 puhui replay --from-store 重建新一代数据，核对一致后切换",
        "Totals are not what the events give: build a new generation with puhui replay "
        "--from-store and switch to it once it agrees",
    ),
    step=9,
)


def _totals(whole: Whole) -> Iterator[Finding]:
    """Yield the first row of totals that is not what the events give.

    For a store that stands still: a batch between the two readings would look like a loss.
    """
    store, generation = whole.asking.store, whole.asking.generation
    vector = {one.partition: one.next_offset for one in whole.checkpoints}
    made, made_banks = rows_of_totals(
        totals_of_events(store, whole.lpr, generation=generation, vector=vector)
    )
    kept, kept_banks = rows_of_totals(store.read(TOTALS, {"generation": generation}))
    found = first_difference(made, made_banks, kept, kept_banks)
    if found is not None:
        place = f"{POPULATIONS[found.population_place].value}, tag {found.tag}"
        yield differs(
            _TOTALS,
            found.measure,
            found.live,
            found.recomputed,
            where=f"{place}; {found.row_count} rows",
            bank_id=found.bank_id,
            quarter=found.quarter.ordinal - FIRST_ORDINAL,
        )


_ENTRIES = Check(
    "registers_of_messages",
    Words("登记与原文", "Registers and the messages that told them"),
    Words("原文", "message"),
    Words("登记", "registered"),
    Words(
        "登记与原文不符：以 puhui replay --from-store 重建",
        "A register is not what the messages say: rebuild with puhui replay --from-store",
    ),
    step=6,
)
_TOLD_SQL = """
    select partition, offset, bank_id, groupArray(position) as positions from events final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
        and event_type in ('bank_registered', 'position_reported', 'aggregate_published',
            'indicator_reported')
    group by partition, offset, bank_id order by offset
"""
_HEADERS = msgspec.json.Decoder(dict[str, str])


def _registers(whole: Whole) -> Iterator[Finding]:
    for checkpoint in whole.checkpoints:
        told = _told(whole, checkpoint)
        kept = _kept(whole, checkpoint)
        for key in sorted(told.keys() | kept.keys()):
            if told.get(key) != kept.get(key):
                register, bank_id, entry = key
                yield differs(
                    _ENTRIES,
                    f"{register} {entry}".strip(),
                    told.get(key, "-"),
                    kept.get(key, "-"),
                    where=f"{checkpoint.topic}[{checkpoint.partition}]",
                    bank_id=bank_id,
                )


def _told(whole: Whole, checkpoint: Checkpoint) -> dict[Key, str]:
    """Return the entries that the accepted events of the kept messages give, by key."""
    registers = Registers()
    place = {"partition": checkpoint.partition, "next_offset": checkpoint.next_offset}
    for row in whole.asking.rows(_TOLD_SQL, place):
        where: dict[str, int | str] = {
            "topic": checkpoint.topic,
            "partition": checkpoint.partition,
            "offset": int(row["offset"]),
        }
        message = whole.asking.store.read(MESSAGES, where, columns=("headers", "value"))
        if not message["value"]:
            continue  # submissions_messages has named it.
        headers = _HEADERS.decode(message["headers"].to_list()[0])
        sent = [(headers["content-type"], message["value"][0])]
        events = decode(sent, [headers["bank"]]).events
        is_accepted = np.isin(events.position, row["positions"])
        hashes = id_hash(events.event_id)
        registers.merge(
            (event, int(events.occurred_day[at]), int(hashes[at]), int(row["offset"]))
            for at, event in events.records
            if is_accepted[at]
        )
    return {key: entry.body for key, entry in registers.entries.items()}


def _kept(whole: Whole, checkpoint: Checkpoint) -> dict[Key, str]:
    where: dict[str, int | str] = {
        "generation": whole.asking.generation,
        "partition": checkpoint.partition,
    }
    rows = whole.asking.store.read(REGISTERS, where)
    keys = zip(*(rows[name].to_list() for name in ("register", "bank_id", "entry")), strict=True)
    return dict(zip(keys, rows["body"].to_list(), strict=True))


DEEP_CHECKS = (
    StoreCheck(_TOTALS, is_continuous=False, find=_totals),
    StoreCheck(_ENTRIES, is_continuous=False, find=_registers),
    CHECKSUMS,
)
