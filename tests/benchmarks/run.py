"""``make bench``: the speed of the main job in one run, on one core, against a plain reference.

Times are processor time of all threads, so that a busy machine disturbs them less; every stage
runs ROUNDS times, interleaved, and the medians count. Compare by ratio.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

# Before anything that starts threads is imported: one core for all of them.
ALL_CORES = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(ALL_CORES)})

from tests.benchmarks import plain_reference, stages  # noqa: E402

TARGETS = {
    "before the store, NDJSON": 1.5,
    "before the store, Arrow": 4.0,
    "into chdb, NDJSON": 1.0,
    "into chdb, Arrow": 2.0,
}


def measure(event_count: int, rounds: int) -> dict[str, float]:
    """Return events a second by stage, medians."""
    drafts = {name: stages.submissions(event_count, kind) for name, kind in stages.CONTENT.items()}
    lines = [line for draft in drafts["NDJSON"] for line in draft.value.splitlines() if line]
    rates: dict[str, list[float]] = defaultdict(list)
    for round_number in range(rounds):
        seconds, count = stages.timed(lambda: len(lines) if plain_reference.run(lines) else 0)
        rates["plain reference"].append(count / seconds)
        for name, sent in drafts.items():
            for stage, work in (
                ("decode and check", lambda: stages.decode_only(sent)),  # noqa: B023
                ("before the store", lambda: stages.before_the_store(sent)),  # noqa: B023
            ):
                seconds, count = stages.timed(work)
                assert count == event_count, (stage, name, count)
                rates[f"{stage}, {name}"].append(count / seconds)
            with tempfile.TemporaryDirectory() as folder:
                seconds, count = stages.timed(lambda: stages.into_chdb(sent, Path(folder)))  # noqa: B023
            rates[f"into chdb, {name}"].append(count / seconds)
        seconds, count = stages.cells_and_totals(drafts["Arrow"])
        rates["cells and totals"].append(count / seconds)
        print(f"round {round_number + 1} of {rounds} done", flush=True)
    return {stage: statistics.median(found) for stage, found in rates.items()}


def report(rates: dict[str, float]) -> None:
    reference = rates["plain reference"]
    print(f"\n{'stage':<28} {'events/s':>10} {'µs':>7} {'ratio':>6} {'target':>7}")
    for stage, rate in rates.items():
        target = f"{TARGETS[stage]:.1f}" if stage in TARGETS else ""
        print(f"{stage:<28} {rate:>10,.0f} {1e6 / rate:>7.2f} {rate / reference:>6.2f} {target:>7}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cells", type=int, default=5_000_000)
    parser.add_argument("--filing-rows", type=int, default=800_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--methods", type=int, default=10_000)
    asked = parser.parse_args()
    print(
        f"{asked.events:,} events (seed 1), submissions of {stages.EVENTS_A_SUBMISSION}, "
        f"{stages.BANKS} banks, one core, {asked.rounds} rounds"
    )
    if asked.events:
        report(measure(asked.events, asked.rounds))
    # In a process of its own, on all cores: loading is not a race against the reference.
    os.sched_setaffinity(0, ALL_CORES)
    for benchmark in (
        ("loaded_cells", str(asked.cells)),
        ("filings", str(asked.filing_rows)),
        ("on_kafka", "--events", str(asked.events), "--rounds", str(asked.rounds)),
        ("latency",),
        ("soak",),
        ("kills", str(asked.kills)),
        ("random_methods", str(asked.methods)),
    ):
        name, *options = benchmark
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *options], check=True)


if __name__ == "__main__":
    main()
