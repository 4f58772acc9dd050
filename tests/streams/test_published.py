"""Growth from three vintages of its base, each against figures worked by hand."""

from fractions import Fraction

import msgspec
import pytest

from infra.reference_data import load_lpr, load_methodology
from schemas.codes import Population
from schemas.grading import GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from streams.grading_run import Beside, run_grading
from streams.published import newest_published, published_balances, published_runs
from tests.processors.test_grading import YI, eight
from tests.published_acts import publish
from tests.stored_totals import StoredTotals
from tests.streams.test_evaluate import FakeClock

Q4, YEAR_BEFORE = Quarter(2021, 4), Quarter(2020, 4)
RULE = load_methodology()
replaced = msgspec.structs.replace


def by_vintage(vintage: str) -> Methodology:
    indicators = [
        replaced(entry, vintage=vintage) if entry.measure == "growth" else entry
        for entry in RULE.indicators
    ]
    return replaced(RULE, name=f"rule-{vintage.replace('_', '-')}", indicators=indicators)


def growth(run: GradingRun, bank_id: str = "B0") -> tuple[str, dict[str, int]]:
    (bank,) = [one for one in run.banks if one.bank_id == bank_id]
    return bank.indicators[0].value_exact, bank.indicators[0].inputs


@pytest.fixture
def stored() -> StoredTotals:
    """B0 stood at 110 at the end of 2020 as was published, and was corrected to 100 afterwards.

    In 2021 it lent 11 more, and 20 became private by reclassification.
    """
    stored = eight()
    run = run_grading(stored.write(), load_lpr(), RULE, YEAR_BEFORE, FakeClock())
    publish(stored.store, run, at_ms=500)
    stored.total("B0", "2020Q4", Population.PRIVATE, balance_change_minor=-10 * YI)
    stored.total(
        "B0", "2021Q4", Population.PRIVATE, balance_change_minor=20 * YI, reclassified_minor=20 * YI
    )
    stored.write()
    return stored


def graded(stored: StoredTotals, vintage: str, **beside: object) -> GradingRun:
    published = published_balances(stored.store, before=Q4, **beside)  # type: ignore[arg-type]
    rule = by_vintage(vintage)
    known = Beside(published=published)
    return run_grading(stored.store, load_lpr(), rule, Q4, FakeClock(), beside=known)


def test_as_known_at_the_cut_the_corrected_base_counts(stored: StoredTotals) -> None:
    # 131 ÷ 100.
    assert growth(graded(stored, "known_at_cut")) == (
        "31",
        {"base_minor": 100 * YI, "latest_minor": 131 * YI},
    )


def test_as_published_the_base_is_what_was_published_then(stored: StoredTotals) -> None:
    # 131 ÷ 110 = 1 + 21/110.
    assert growth(graded(stored, "as_published")) == (
        str(Fraction(2100, 110)),
        {"base_minor": 110 * YI, "latest_minor": 131 * YI},
    )


def test_restated_what_was_reclassified_stands_in_the_base_too(stored: StoredTotals) -> None:
    # 131 ÷ 120.
    assert growth(graded(stored, "restated")) == (
        str(Fraction(1100, 120)),
        {"base_minor": 120 * YI, "latest_minor": 131 * YI},
    )


def test_a_small_base_is_none_in_any_vintage(stored: StoredTotals) -> None:
    published = {("B0", Population.PRIVATE, str(YEAR_BEFORE)): YI - 1}
    known = Beside(published=published)
    rule = by_vintage("as_published")

    run = run_grading(stored.store, load_lpr(), rule, Q4, FakeClock(), beside=known)

    assert run.banks[0].indicators[0].status == "small_base"
    assert run.banks[0].grade == "not_rated"


def test_reported_positions_cannot_be_restated() -> None:
    stored = eight()
    stored.bank("told", "2021-12-31")
    for quarter, balance in (("2020Q4", 100), ("2021Q4", 120)):
        for population in (Population.PRIVATE, Population.SMALL_MICRO):
            stored.position("told", quarter, balance * YI, population=population)
    stored.write()

    statuses = {
        vintage: next(
            bank.indicators[0].status
            for bank in graded(stored, vintage).banks
            if bank.bank_id == "told"
        )
        for vintage in ("known_at_cut", "restated")
    }

    assert statuses == {"known_at_cut": "ok", "restated": "not_reported"}


def test_what_was_published_after_the_cut_is_no_base(stored: StoredTotals) -> None:
    run = graded(stored, "as_published", before_ms=500)

    (bank,) = [one for one in run.banks if one.bank_id == "B0"]
    assert (bank.indicators[0].status, bank.grade) == ("not_reported", "not_rated")


def test_of_two_versions_the_newer_is_the_base(stored: StoredTotals) -> None:
    again = run_grading(stored.store, load_lpr(), RULE, YEAR_BEFORE, FakeClock())
    publish(stored.store, again, number=9, at_ms=900)

    assert growth(graded(stored, "as_published"))[1]["base_minor"] == 100 * YI
    assert growth(graded(stored, "as_published", before_ms=900))[1]["base_minor"] == 110 * YI
    runs = published_runs(stored.store)
    assert [(run.quarter, run.version) for run in runs] == [("2020Q4", 1), ("2020Q4", 2)]
    assert newest_published(runs)["2020Q4"].run_id == again.run_id


def test_another_published_base_is_another_run(stored: StoredTotals) -> None:
    with_it, without = (graded(stored, "as_published", before_ms=ms).run_id for ms in (None, 500))

    assert with_it != without
