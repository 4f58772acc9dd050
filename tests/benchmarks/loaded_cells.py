"""Five million cells of 400 banks: how long they take to load, and figures from them.

Also how much memory a million live cells take, everything that goes with them included.
"""

import ctypes
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from infra.answers import growth_rows, rate_rows
from infra.reference_data import load_lpr, load_methodology
from infra.wiring import Node
from processors.grading.run import grade
from processors.totals import TouchedTotals
from schemas.codes import Basis, Population
from schemas.columns import Ids
from schemas.events.bank_registered import BankRegistered
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.tables import CELL_SUMS, CELLS, CREDIT_LINES, PROFILES, REGISTERS, TOTALS
from schemas.wire import event_json
from streams.batch_rows import place_columns, total_rows
from streams.evaluate import evaluate, read_snapshot
from streams.partition_memory import recall
from tests.benchmarks.lending_year import ids

BANKS, QUARTERS = 400, 10
LAST = Quarter(2021, 4)
GROUPS = ("large_commercial", "joint_stock", "city_commercial", "rural")


class Loaded(NamedTuple):
    cell_count: int
    load_s: float
    figures_s: float
    memory_mb_a_million: float
    grade_count: int


def resident_mb() -> float:
    """Memory of this process, after everything that is free was given back."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def fill(node: Node, cells: int, bank_ids: list[str]) -> None:
    """Write cells, profiles, credit lines and the register, as batches would have."""
    accounts = cells // QUARTERS
    borrower_ids = ids("91370100", accounts)
    first = LAST.ordinal - FIRST_ORDINAL - QUARTERS + 1
    rng = np.random.default_rng(1)
    for start in range(0, accounts, 25_000):
        chosen = np.arange(start, min(start + 25_000, accounts))
        row = np.repeat(chosen, QUARTERS)
        sums = dict.fromkeys(CELL_SUMS, np.zeros(row.size, np.int64))
        amount = rng.integers(10**8, 10**9, row.size)
        sums["disbursed_minor"] = amount
        sums["repaid_minor"] = amount // 2
        rate = rng.integers(300_000, 600_000, row.size)
        for name, part in (("hi", amount // 10**6), ("lo", amount % 10**6)):
            sums[f"disbursed_rate_{name}"] = part * rate
            sums[f"balance_rate_{name}"] = part * rate // 2
        borrower = Ids((row - start).astype(np.int32), borrower_ids[start : start + chosen.size])
        bank = Ids((row % BANKS).astype(np.int32), bank_ids)
        kind = np.zeros(row.size, np.int64)
        quarter = first + np.tile(np.arange(QUARTERS), chosen.size)
        node.store.insert(
            CELLS,
            place_columns(0, 0, row.size)
            | {"bank_id": bank, "borrower_id": borrower, "loan_kind": kind, "quarter": quarter}
            | sums
            | {"version": np.zeros(row.size, np.int64)},
        )
        _register(node, chosen, first, bank_ids, borrower_ids)


def _register(
    node: Node, chosen: np.ndarray, first: int, bank_ids: list[str], borrower_ids: list[str]
) -> None:
    size, zeros = chosen.size, np.zeros(chosen.size, np.int64)
    who = place_columns(0, 0, size) | {
        "bank_id": Ids((chosen % BANKS).astype(np.int32), bank_ids),
        "borrower_id": [borrower_ids[account] for account in chosen.tolist()],
        "quarter": np.full(size, first),
    }
    order = {"occurred_day": zeros, "revision": zeros, "event_hash": zeros, "version": zeros}
    text = Ids(zeros.astype(np.int32), [""])
    profile = {"borrower_kind": zeros, "holding": zeros + 2, "firm_size": chosen % 4}
    node.store.insert(PROFILES, who | profile | {"industry": text, "city": text} | order)
    limit = {"limit_cny_minor": chosen * 7919 % (2 * 10**9), "used_cny_minor": zeros}
    node.store.insert(CREDIT_LINES, who | limit | order)


def register_banks(node: Node, bank_ids: list[str]) -> None:
    bodies = [
        BankRegistered(
            event_id=f"bank-register-{number:06}",
            bank_id=bank_id,
            occurred_on="2019-01-01",
            name_zh=f"甲{number}银行",
            name_en=f"Bank {number}",
            peer_group=GROUPS[number % len(GROUPS)],
            city="370100",
            is_qingdao=number % 10 == 0,
        )
        for number, bank_id in enumerate(bank_ids)
    ]
    zeros = np.zeros(len(bodies), np.int64)
    node.store.insert(
        REGISTERS,
        place_columns(0, 0, len(bodies))
        | {
            "register": ["bank"] * len(bodies),
            "bank_id": bank_ids,
            "entry": [""] * len(bodies),
            "body": [event_json(body).decode() for body in bodies],
        }
        | {"occurred_day": zeros, "revision": zeros, "event_hash": zeros, "version": zeros},
    )


def measure(folder: Path, cells: int) -> Loaded:
    bank_ids = ids("91370000", BANKS)
    lanes = ",".join(
        f'{{"bank":"{bank}","lane":0,"lanes":1,"seen":[[1,1,"{LAST.last_day}"]],'
        f'"complete_to":"{LAST.last_day}"}}'
        for bank in bank_ids
    )
    with Node(folder) as node:
        fill(node, cells, bank_ids)
        register_banks(node, bank_ids)
        before = resident_mb()
        start = time.perf_counter()
        memory = recall(node.store, generation=0, partition=0, log_identity="bench")
        load_s = time.perf_counter() - start
        memory_mb = (resident_mb() - before) * 10**6 / memory.state.cells.size
        state = memory.state
        totals = state.totals
        everything = TouchedTotals(np.arange(totals.main.size), np.arange(totals.draws.size))
        rows = total_rows(state, everything, lanes=f"[{lanes}]", next_offset=1)
        node.store.insert(TOTALS, place_columns(0, 0, len(rows["version"])) | rows)
        start = time.perf_counter()
        results = evaluate(read_snapshot(node.store), load_lpr())
        growth = growth_rows(
            results, quarter=LAST, population=Population.SMALL_MICRO, basis=Basis.YTD
        )
        rates = rate_rows(results, quarter=LAST, population=Population.SMALL_MICRO)
        run = grade(results, load_methodology(), LAST)
        figures_s = time.perf_counter() - start
        assert len(growth) >= BANKS
        assert len(rates) >= BANKS
        count = state.cells.size
        return Loaded(count, load_s, figures_s, memory_mb, len(run.banks))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        loaded = measure(Path(folder), int(sys.argv[1]))
    print(
        f"\n{loaded.cell_count:,} cells of {BANKS} banks: loaded in {loaded.load_s:.1f} s (aim 10), "
        f"growth, rates and {loaded.grade_count} grades in {loaded.figures_s:.2f} s (aim 2), "
        f"{loaded.memory_mb_a_million:.0f} MB a million cells in memory (aim 150)"
    )


if __name__ == "__main__":
    main()
