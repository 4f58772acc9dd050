"""A certified run of every methodology that was ever shipped stays provable for ever.

Each folder of tests/golden/runs holds a pack, its certificate and the key that it was signed with.
``GOLDEN_UPDATE=1 pytest tests/golden/test_golden_runs.py`` makes those that are missing, and never
writes over one that is there: a methodology that was used is not edited, nor is its golden run.
"""

import os
from fractions import Fraction
from pathlib import Path

import pytest

from infra.certificate import certified, kept_pack
from infra.certificate_checking import Verification, verify
from infra.grading import grade_quarter
from infra.input_pack import read_pack
from infra.intake.signing import PublicKey, SigningKey
from infra.reference_data import load_methodology, methodology_files
from infra.wiring import Node
from processors.grading.measuring import Given
from processors.grading.table import Cell
from schemas.codes import Status
from schemas.event import Event
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.grading import BankGrade
from schemas.methodology import GIVEN, MANUAL, Column, Methodology
from schemas.quarter import Quarter
from tests.told_province import (
    BANKS,
    PAPER,
    YI,
    SetClock,
    loan,
    opening,
    openings,
    paper,
    sent,
    told,
    undone,
)

FOLDER = Path(__file__).parent / "runs"
SHIPPED = sorted(path.stem for paths in methodology_files().values() for path in paths)
BYTES_MAX = 200_000
Q4 = Quarter(2021, 4)


def given_to(methodology: Methodology) -> Given:
    """Return a value for every bank in the columns that no event gives, no two banks alike."""
    return {
        (column.name, bank_id): _cell(column, place + n)
        for place, column in enumerate(methodology.columns)
        if column.measure in {GIVEN, MANUAL}
        for n, bank_id in enumerate(BANKS)
    }


def _cell(column: Column, n: int) -> Cell:
    if column.kind == "choice":
        choice = column.choices[n % len(column.choices)].name
        return Cell(Fraction(0), Status.OK, "by hand", choice=choice)
    value = Fraction(n % 2) if column.kind == "yes_no" else Fraction(7 * n + 50, 7)
    return Cell(value, Status.OK, "by hand")


def credit_lines(bank: int) -> list[Event]:
    """Small lines for every borrower, so that their loans are inclusive ones."""
    borrowers = [
        event.borrower_id for event in opening(bank) if isinstance(event, BorrowerProfiled)
    ]
    line = {"limit_cny_minor": 5 * 10**8, "used_cny_minor": 10**8}
    return [
        told(f"line-{bank}-{n}", "credit_line_set", bank, "2019-12-31", borrower_id=one, **line)
        for n, one in enumerate(borrowers)
    ]


def make(folder: Path, name: str, data: Path) -> None:
    """Grade a small invented province by a methodology, and keep its papers in ``folder``."""
    written, version = name.rsplit("-v", 1)
    methodology = load_methodology(f"{written}@{version}")
    mistaken = loan("mistaken", 2, "2021-12-01", 9 * YI)
    with Node(data, clock=SetClock("2022-01-10"), future_days_max=None) as node:
        (data / "demo.json").write_text("{}")  # Invented figures, and they say so.
        node.ingest.take_drafts([*openings(), sent(paper(109 * YI), PAPER, 1)])
        node.ingest.take_drafts([sent(credit_lines(bank), bank, 2) for bank in range(PAPER)])
        node.ingest.take_drafts([sent([mistaken, undone(mistaken, "undone")], 2, 3)])
        run = grade_quarter(node, Q4, methodology, given=given_to(methodology))
        key = SigningKey.open(data / "signing.key")
        _, certificate = certified(node, key, run.run_id, has_events=True)
        folder.mkdir(parents=True)
        (folder / "pack.zip").write_bytes(kept_pack(node.store, certificate))
        (folder / "certificate.json").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key.public.pem)


def verified(folder: Path) -> Verification:
    return verify(
        (folder / "certificate.json").read_bytes(),
        (folder / "pack.zip").read_bytes(),
        PublicKey.read(folder / "key.pem"),
    )


def banks_of(folder: Path) -> list[BankGrade]:
    return read_pack((folder / "pack.zip").read_bytes()).run.banks


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_methodology_has_a_golden_run(name: str, tmp_path: Path) -> None:
    folder = FOLDER / name
    if os.environ.get("GOLDEN_UPDATE") and not folder.exists():
        make(folder, name, tmp_path / "data")

    assert folder.is_dir(), f"{folder} is missing: run GOLDEN_UPDATE=1 pytest {__file__}"
    assert sum(path.stat().st_size for path in folder.iterdir()) < BYTES_MAX


@pytest.mark.parametrize("name", sorted({*SHIPPED, *(path.name for path in FOLDER.iterdir())}))
def test_a_golden_run_is_still_what_its_certificate_says(name: str) -> None:
    found = verified(FOLDER / name)

    assert found.is_ok, found.steps[-1]
    assert found.certificate is not None
    assert found.certificate.is_synthetic
    assert len({bank.grade for bank in banks_of(FOLDER / name)} - {"not_rated"}) >= 1
    (events,) = [step.en for step in found.steps if step.name == "events"]
    assert events == "totals computed again from the events"
