"""What everybody reads: groups, and no figure from which one of a bank could be computed."""

import msgspec
import numpy as np
import pytest

from infra.answers import growth_rows
from infra.publish.circular import circular
from infra.publish.document import SUPPRESSED, Document, Table, pieces
from infra.publish.group_figures import hidden_groups, populations_of
from infra.publish.subject import Subject
from infra.reference_data import load_methodology
from processors.grading.run import grade
from schemas.codes import Basis
from schemas.quarter_life import QuarterLife
from tests.infra.publish.circular_story import QUARTER, stored, subject

replaced = msgspec.structs.replace


def public(about: Subject | None = None) -> Document:
    return circular(about or subject(), "public")


def table(document: Document, name: str) -> Table:
    return next(
        block for block in document.blocks if isinstance(block, Table) and block.name == name
    )


def test_the_public_edition_names_no_bank() -> None:
    text = "".join(f"{piece.zh} {piece.en}" for _, piece in pieces(public()))

    for bank in subject().run.banks:
        assert bank.name_zh not in text
        assert bank.bank_id not in text


def test_a_group_of_one_bank_is_hidden_and_another_with_it() -> None:
    document = public()

    for population in populations_of(subject()):
        rows = table(document, f"groups_{population}").rows
        hidden = {row[0].zh for row in rows if row[1].status == SUPPRESSED}
        assert "政策性、开发性银行" in hidden
        assert len([name for name in hidden if "全省" not in name and "青岛" not in name]) >= 2
        for row in rows:
            assert len({piece.status == SUPPRESSED for piece in row[1:]}) == 1


@pytest.mark.parametrize("seed", range(20))
def test_no_hidden_group_can_be_computed_from_the_printed_ones(seed: int) -> None:
    generator = np.random.default_rng(seed)
    kinds = ("large_commercial", "joint_stock", "city_commercial", "rural", "policy")
    counts = {kind: int(generator.integers(1, 6)) for kind in kinds}
    results = stored(counts).results()
    methodology = load_methodology()
    run = grade(results, methodology, QUARTER)
    about = Subject(run, methodology, results, QuarterLife(quarter=str(QUARTER)), is_synthetic=True)

    for population in populations_of(about):
        hidden = hidden_groups(results, about, population)
        rows = growth_rows(results, quarter=QUARTER, population=population, basis=Basis.YTD)
        known = {row["bank_id"] for row in rows if row["kind"] == "aggregate"}
        peers = sorted(code for code in known if code.startswith("peer:"))
        small = {f"peer:{kind}" for kind, count in counts.items() if count < 3}
        assert small <= hidden
        for code in hidden & set(peers):
            assert not is_determined(code, peers, results, hidden)
        who = [(f"peer:{bank.peer_group}", bank.is_qingdao) for bank in results.banks]
        for code, is_qingdao in set(who):
            if who.count((code, is_qingdao)) < 3 and code != "peer:rural":
                cell = (code, "qingdao" if is_qingdao else "ex")
                assert not is_determined(cell, peers, results, hidden)


def is_determined(
    wanted: str | tuple[str, str], peers: list[str], results, hidden: set[str]
) -> bool:
    """Solve for a group or one cell of it: unknown are the cells group × region with a bank."""
    cells = sorted(
        {
            (f"peer:{bank.peer_group}", "qingdao" if bank.is_qingdao else "ex")
            for bank in results.banks
            if bank.bank_id != "LATE"  # It has nothing in any sum.
        }
    )
    sums = {peer: [cell[0] == peer for cell in cells] for peer in peers}
    sums["region:qingdao"] = [cell[1] == "qingdao" for cell in cells]
    sums["region:province_ex_qingdao"] = [cell[1] == "ex" for cell in cells]
    sums["region:province"] = [True] * len(cells)
    printed = np.array([line for name, line in sums.items() if name not in hidden], float)
    if not printed.size:
        return False
    line = sums[wanted] if isinstance(wanted, str) else [cell == wanted for cell in cells]
    both = np.vstack([printed, np.array(line, float)])
    return bool(np.linalg.matrix_rank(printed) == np.linalg.matrix_rank(both))


def test_the_attacker_finds_a_group_that_is_hidden_alone() -> None:
    peers = ["peer:large_commercial", "peer:policy"]
    results = stored({"large_commercial": 5, "policy": 1}).results()

    assert is_determined("peer:policy", peers, results, {"peer:policy"})


def test_a_grade_that_all_banks_of_a_group_have_is_hidden() -> None:
    run = subject().run
    alike = [
        replaced(bank, grade="good") if bank.peer_group == "large_commercial" else bank
        for bank in run.banks
    ]

    rows = table(public(subject()._replace(run=replaced(run, banks=alike))), "grade_counts")

    row = next(row for row in rows.rows if row[0].zh == "大型商业银行")
    assert row[2].zh == "*"
    assert sum(piece.zh == "*" for piece in row[1:-1]) >= 2
