"""What is planted in the demo really happens, is recorded, and leaves everything else alone."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest

from infra.demo.banks import LARGER, SMALL
from infra.demo.calendar import Month, day_number
from infra.demo.economy import Economy
from infra.demo.event_rows import FIRST_LOAN, Rows, What
from infra.demo.planted import Truth, chosen_names, names
from infra.demo.sending import FIRST_NUMBER, Sending
from infra.demo.story import MonthEnd, Story
from infra.demo.troubles import unit_slip
from infra.reference_data import load_lpr
from schemas.codes import FIRM_SIZES
from schemas.message import Draft
from schemas.tables import TOTALS
from tests.infra.demo.reading import events_in
from tests.job import added_up, run_job

QUARTERS = 9
CLAIMS = ("size_conflict", "first_loan_conflict")
UNSEEN = ("silent_bank", "unit_slip")


def province(*troubles: str, seed: int = 6, quarters: int = QUARTERS) -> Economy:
    borrowers = 2_500 if quarters == QUARTERS else 700
    return Economy(
        seed, lpr=load_lpr(), banks=24, borrowers=borrowers, quarters=quarters, troubles=troubles
    )


class Told:
    """A province whose story has been told to its end."""

    def __init__(self, *troubles: str, seed: int = 6) -> None:
        self.economy = province(*troubles, seed=seed)
        self.story: Story = self.economy.story()
        self.months: list[MonthEnd] = []
        self.outstanding_minor: list[np.ndarray] = []
        for _ in range(3 * QUARTERS - 1):
            month = self.story.next_month()
            self.months.append(month._replace(loans=month.loans[:0], ended=month.ended[:0]))
            self.outstanding_minor.append(self.story.book.outstanding_minor())
        self.rows: Rows = np.concatenate([month.rows for month in self.months])
        self.banks = {b.bank_id: n for n, b in enumerate(self.economy.world.banks.banks)}

    def truths(self, trouble: str) -> list[Truth]:
        return [truth for truth in self.story.truth() if truth.trouble == trouble]

    def bank(self, truth: Truth) -> int:
        return self.banks[truth.bank_ids[0]]


@pytest.fixture(scope="module")
def clean() -> Told:
    return Told()


@pytest.fixture(scope="module")
def troubled() -> Told:
    return Told(*names())


def day(text: str) -> int:
    return day_number(dt.date.fromisoformat(text))


def spans(rows: Rows, first: str, last: str) -> np.ndarray:
    return (rows["day"] >= day(first)) & (rows["day"] <= day(last))


def test_a_clean_economy_has_no_truth(clean: Told) -> None:
    assert clean.story.truth() == []
    assert chosen_names("none") == ()


def test_every_trouble_is_planted_in_a_province_of_usual_size(troubled: Told) -> None:
    assert {truth.trouble for truth in troubled.story.truth()} == set(names())
    assert chosen_names("all") == names()
    assert chosen_names("unit_slip, odd_rates") == ("unit_slip", "odd_rates")


def test_an_unknown_trouble_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"found 'locusts', expected all, none.*unit_slip"):
        chosen_names("locusts")


def test_what_only_sending_changes_leaves_the_story_alone(clean: Told) -> None:
    told = Told(*UNSEEN)

    assert {truth.trouble for truth in told.story.truth()} == set(UNSEEN)
    assert not any(truth.is_real for truth in told.story.truth())
    assert (told.rows == clean.rows).all()


def test_claims_change_what_is_said_and_no_amount(clean: Told) -> None:
    told = Told(*CLAIMS)
    differs = [
        name for name in clean.rows.dtype.names if (told.rows[name] != clean.rows[name]).any()
    ]

    assert not any(truth.is_real for truth in told.story.truth())
    assert set(differs) == {"size", "marks"}


def test_leaving_one_trouble_out_moves_no_other(troubled: Told) -> None:
    told = Told(*(name for name in names() if name != "window_dressing"))

    assert [(t.bank_ids, t.from_day) for t in told.truths("odd_rates")] == [
        (t.bank_ids, t.from_day) for t in troubled.truths("odd_rates")
    ]
    assert told.truths("unit_slip")[0].bank_ids == troubled.truths("unit_slip")[0].bank_ids


def test_another_seed_plants_with_other_parameters() -> None:
    seen: dict[str, set[tuple]] = {}
    for seed in range(4):
        economy = province(*names(), seed=seed)
        for trouble in economy.story().troubles:
            for truth in trouble.truth():
                first = (truth.from_day, *truth.bank_ids, *truth.figures.values())
                seen.setdefault(truth.trouble, set()).add(first)

    # The others are known only when the story has been told.
    assert {name: len(found) for name, found in seen.items()} == dict.fromkeys(
        ("odd_rates", "one_large_borrower", "shrinking_lender", "silent_bank", "unit_slip"), 4
    )


def test_a_dressed_window_is_lent_at_the_end_of_a_quarter_and_back_at_once(troubled: Told) -> None:
    truths = troubled.truths("window_dressing")
    rows = troubled.rows

    assert len(truths) >= 2
    for truth in truths:
        assert truth.is_real
        quarter_end = day(truth.from_day) + 2
        assert Month.of_day(quarter_end).last_day == quarter_end
        drawn = rows[
            (rows["what"] == What.DISBURSED)
            & spans(rows, truth.from_day, truth.to_day)
            & (rows["bank"] == troubled.bank(truth))
        ]
        back = rows[(rows["what"] == What.REPAID) & np.isin(rows["loan"], drawn["loan"])]
        at_once = back[back["day"] <= day(truth.to_day)]
        if quarter_end < int(rows["day"].max()):
            # Dollars may have become a little cheaper since.
            assert at_once["amount_cny"].sum() >= 0.99 * truth.figures["lent_minor"]


def test_a_large_borrower_hides_behind_small_ones(troubled: Told) -> None:
    (truth,) = troubled.truths("one_large_borrower")
    accounts, book = troubled.economy.world.accounts, troubled.story.book
    ids = troubled.economy.world.borrowers.ids
    group = {ids.index(borrower_id) for borrower_id in truth.borrower_ids[1:]}
    is_group = (accounts.bank == troubled.bank(truth)) & np.isin(accounts.borrower, list(group))

    assert truth.is_real
    assert truth.figures["large_borrower_id"] == truth.borrower_ids[0]
    assert (accounts.segment[is_group] == SMALL).all()
    assert int(truth.figures["receipt_count"]) >= 6
    assert book.exposure_minor()[is_group].sum() > 10**9  # 10 million yuan, to a few firms.
    assert (book.exposure_minor()[is_group] <= 10**9).mean() > 0.8


def test_a_shrinking_lender_shrinks(clean: Told, troubled: Told) -> None:
    (truth,) = troubled.truths("shrinking_lender")
    bank = troubled.bank(truth)
    first = next(
        n for n, m in enumerate(troubled.months) if m.month.last_day >= day(truth.from_day)
    )

    def growth(told: Told) -> float:
        before, after = (
            told.outstanding_minor[n][bank, [SMALL, LARGER]].sum() for n in (first - 1, -1)
        )
        return float(after / before - 1)

    assert growth(troubled) < -0.03
    assert growth(clean) > 0.03


def test_odd_rates_are_off_by_what_was_planted(clean: Told, troubled: Told) -> None:
    (truth,) = troubled.truths("odd_rates")

    def rate_mbp(told: Told) -> float:
        rows = told.rows
        chosen = rows[
            (rows["what"] == What.DISBURSED)
            & spans(rows, truth.from_day, truth.to_day)
            & (rows["bank"] == told.bank(truth))
        ]
        return float((chosen["rate"] * (chosen["amount_cny"] / chosen["amount_cny"].sum())).sum())

    shift = int(truth.figures["shift_mbp"])
    assert abs(shift) >= 100_000
    assert rate_mbp(troubled) - rate_mbp(clean) == pytest.approx(shift, rel=0.35)


def test_two_banks_say_different_sizes_of_one_firm(troubled: Told) -> None:
    truths = troubled.truths("size_conflict")
    rows, world = troubled.rows, troubled.economy.world
    profiles = rows[rows["what"] == What.PROFILED]

    assert len(truths) >= 3
    for truth in truths:
        borrower = world.borrowers.ids.index(truth.borrower_ids[0])
        said = []
        for bank_id in truth.bank_ids:
            account = np.flatnonzero(
                (world.accounts.borrower == borrower)
                & (world.accounts.bank == troubled.banks[bank_id])
            )
            of_account = profiles[np.isin(profiles["account"], account)]
            said.append(FIRM_SIZES[int(of_account["size"][-1])].value)
        assert said == [truth.figures["claimed_size"], truth.figures["other_size"]]
        assert said[0] != said[1]


def test_two_banks_claim_one_first_loan(clean: Told, troubled: Told) -> None:
    truths = troubled.truths("first_loan_conflict")
    world = troubled.economy.world

    def banks_that_claim(told: Told, borrower_id: str) -> set[int]:
        rows = told.rows[
            (told.rows["what"] == What.DISBURSED) & (told.rows["marks"] & FIRST_LOAN > 0)
        ]
        borrower = world.borrowers.ids.index(borrower_id)
        return set(rows["bank"][world.accounts.borrower[rows["account"]] == borrower].tolist())

    assert len(truths) >= 3
    for truth in truths:
        (borrower_id,) = truth.borrower_ids
        claiming = {troubled.banks[bank_id] for bank_id in truth.bank_ids}
        assert banks_that_claim(troubled, borrower_id) >= claiming
        assert set(truth.figures) == set(truth.bank_ids)
        assert len(claiming) >= 2
        assert len(banks_that_claim(clean, borrower_id)) <= 1


def slips() -> Iterator[tuple[int, Truth]]:
    """Yield a seed and its slip for each way in which units are mistaken."""
    seen = set()
    for seed in range(12):
        economy = province("unit_slip", seed=seed, quarters=5)
        for truth in economy.truth():
            kind = (truth.figures["sent_as"], truth.figures["corrected_day"] != "")
            if kind not in seen:
                seen.add(kind)
                yield seed, truth


def test_a_unit_slip_is_sent_and_where_it_is_noticed_made_good() -> None:
    kinds = set()
    for seed, truth in slips():
        kinds.add((truth.figures["sent_as"], truth.figures["corrected_day"] != ""))
        clean, slipped = (
            list(province(*troubles, seed=seed, quarters=5).history())
            for troubles in ((), ("unit_slip",))
        )
        said, meant = (first_said(drafts) for drafts in (slipped, clean))
        wrong = [event_id for event_id, amount in said.items() if amount != meant[event_id]]
        factor = unit_slip.FACTOR
        if truth.figures["sent_as"] == "too_small":
            factor = 1 / factor
        assert len(wrong) == truth.figures["event_count"] > 20
        for event_id in wrong:
            # One in three hundred would have been sent a tenth too large.
            assert said[event_id] == pytest.approx(meant[event_id] * factor, rel=0.1, abs=1)
        is_same = added_up(run_job(slipped), TOTALS) == added_up(run_job(clean), TOTALS)
        is_sent_again = str(truth.figures["corrected_day"] or "9999") <= "2020-12-31"
        assert is_same == is_sent_again
    assert kinds == {("too_large", True), ("too_small", True), ("too_small", False)}


def first_said(drafts: list[Draft]) -> dict[str, int]:
    """Return the amount of each event as it was sent at first."""
    return {
        event["event_id"]: event["amount_minor"]
        for event in events_in(drafts)
        if "amount_minor" in event and int(event["event_id"].rsplit("-", 1)[1]) < FIRST_NUMBER
    }


def test_what_is_sent_of_a_month_leaves_what_happened_as_it_is(troubled: Told) -> None:
    month = troubled.months[5]
    before = month.rows.copy()

    sent = Sending(6, troubled.story.troubles).as_sent(month.month, month.rows)

    assert (month.rows == before).all()
    assert sent.size > before.size
