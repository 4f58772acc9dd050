"""How fast the banks' own files are checked and imported, and with how much memory.

    python -m tests.benchmarks.filings [rows of the stock]

One invented bank, two months: the first opens the books, the second has new loans, repayments,
repricing and reclassification. On one core; rows a second are of processor time, all threads
together.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Before anything that starts threads is imported: one core for all of them.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from infra.imports.pboc.filing_importer import check_filings  # noqa: E402
from infra.imports.pboc.filing_report import FilingReport  # noqa: E402
from infra.wiring import Node  # noqa: E402
from tests.identities import firm_id  # noqa: E402

BANK = "91310000XXBANK018C"
LOANS_A_FIRM = 4
MONTHS = ("20260831", "20260930")
ROW_TARGET = 60_000  # A second.
MEMORY_TARGET_MB = 600


def amount(number: int) -> str:
    return f"{1_000_000 + number * 7_919 % 8_000_000}.00"


def firms(count: int) -> Iterator[str]:
    for number in range(count):
        yield (
            f"{BANK}|客户{number}有限公司|A01|{firm_id(number)}|||批发零售|1000000.00|1000000.00|"
            f"5000000.00|8000000.00|20|0|2018-05-04|山东省济南市历下区某路{number}号|370102|01|"
            f"2015-03-02|F51|CS04|B0102|C01|36000000.00|{amount(number)}|0||||"
        )


def loan(firm: str, kind: str, number: int, money: str, rest: str) -> str:
    days = "2025-03-18|2027-03-17" if kind == "X" else f"2026-09-{1 + number % 28:02}|2027-09-01"
    return (
        f"{BANK}|XB310001|370102|A01|{firm}|C01|F51|370102|B0102|CS04|{kind}J{number:012}|"
        f"{kind}H{number:012}|F022|F512|{days}||CNY|{money}|{money}|{rest}"
    )


def floating(rate: str) -> str:
    return f"RF02|{rate}|TR05|3.00000||2027-01-01|C99|0|"


FIXED = "RF01|3.95000|TR05|||2027-09-01|C99|0|"


def stock(ids: list[str], count: int, month: int) -> Iterator[str]:
    for number in range(count):
        is_repaid = month and number % 5 == 0
        money = amount(number) if not is_repaid else f"{float(amount(number)) - 1_000:.2f}"
        rate = "4.15000" if month and number % 50 == 0 else "4.35000"
        loan_class = "FQ03" if month and number % 100 == 0 else "FQ01"
        rest = floating(rate) + f"{loan_class}|LS01||存货采购"
        yield loan(ids[number // LOANS_A_FIRM], "X", number, money, rest)
    for number in range(count // 5 if month else 0):
        rest = f"{FIXED}FQ01|LS01||存货采购"
        yield loan(ids[number // LOANS_A_FIRM], "N", number, amount(number), rest)


def flows(ids: list[str], count: int) -> Iterator[str]:
    for number in range(0, count, 5):
        rest = floating("4.35000") + f"LF01|||0|R{number:010}|存货采购"
        yield loan(ids[number // LOANS_A_FIRM], "X", number, "1000.00", rest)
    for number in range(count // 5):
        rest = f"{FIXED}LF01|||1|T{number:010}|存货采购"
        yield loan(ids[number // LOANS_A_FIRM], "N", number, amount(number), rest)


def write_files(folder: Path, count: int) -> None:
    """Write two months of files; a stock of ``count`` loans in the first."""
    ids = [firm_id(number) for number in range(count // LOANS_A_FIRM + 1)]
    for month, period in enumerate(MONTHS):
        for table, lines in (
            ("FTYKHX", firms(len(ids))),
            ("CLDWDK", stock(ids, count, month)),
            ("DWDKFS", flows(ids, count) if month else iter(())),
        ):
            with (folder / f"{BANK}_{table}_{period}.dat").open("w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def told(what: str, reports: list[FilingReport], cpu_s: float) -> None:
    row_count = sum(report.row_count for report in reports)
    assert all(report.accepted_row_count == report.row_count for report in reports)
    print(
        f"{what:<28} {row_count:>10,} rows {row_count / cpu_s:>9,.0f} rows/s {peak_mb():>6,} MB",
        flush=True,
    )


def measure(step: str, folder: Path) -> None:
    """Do one step in this process, which then ends: memory is measured by process."""
    by_month = {month: sorted(folder.glob(f"*_{month}.dat")) for month in MONTHS}
    if step == "check":
        begin_s = time.process_time()
        reports = [trial.report for trial in check_filings(by_month[MONTHS[1]], None)]
        told("trial, one month", reports, time.process_time() - begin_s)
        return
    month = MONTHS[0] if step == "open" else MONTHS[1]
    with Node(folder / "data") as node:
        assert node.ingest  # What is stored is loaded before the clock starts.
        begin_s = time.process_time()
        reports = node.filing_importer.import_filings(by_month[month])
        what = "import, opening month" if step == "open" else "import, a month after"
        told(what, reports, time.process_time() - begin_s)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 800_000
    print(f"aims: {ROW_TARGET:,} rows/s, {MEMORY_TARGET_MB} MB")
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), count)
        for step in ("check", "open", "after"):
            command = [sys.executable, "-m", "tests.benchmarks.filings", "--step", step, folder]
            subprocess.run(command, check=True, env=os.environ)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
