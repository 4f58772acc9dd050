"""A small province to look at: invented banks, made into results by the real evaluation.

No two banks are alike in what may go wrong on a page: one has not reported, one is known by
positions only, one began this year, one is tiny, one has a very long name, one is unregistered.
"""

from typing import Any, NamedTuple

import numpy as np

from infra.reference_data import load_lpr
from processors.panel import TotalRows
from schemas.codes import POPULATIONS, Grade, GuaranteeKind, Population
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.bank_registered import BankRegistered
from schemas.events.position_reported import PositionReported
from schemas.grading import BankGrade, GradingRun, IndicatorGrade, Reason
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import Results
from schemas.tables import TOTAL_SUMS
from schemas.tags import FIRST_LOAN_TAG, LPR_FIRST, TOTAL, guarantee_tag
from streams.evaluate import Snapshot, evaluate

YI = 10**10  # Fen in 1 亿元.
FIRST, LATEST = Quarter(2019, 4), Quarter(2021, 4)
LATE_BANK, POSITION_BANK, TINY_BANK, NEW_BANK = "B08", "B14", "B19", "B20"
SHARE_PERCENT = {
    Population.ALL: 100,
    Population.ALL_EX_BILLS: 96,
    Population.PRIVATE: 41,
    Population.PRIVATE_WITH_OWNERS: 52,
    Population.SMALL_MICRO: 38,
    Population.INCLUSIVE: 17,
    Population.PBOC_INCLUSIVE: 18,
}
_GROUPS = (
    ("large_commercial", "示例大型银行", "Example Large Bank", 6),
    ("joint_stock", "示例股份制银行", "Example Joint-stock Bank", 6),
    ("city_commercial", "示例城市商业银行", "Example City Bank", 5),
    ("rural", "示例农村商业银行", "Example Rural Bank", 6),
)
_MARKS = "甲乙丙丁戊己"


class BankStory(NamedTuple):
    """One invented bank: its size at the start and how it grows, in tenths of a percent."""

    bank_id: str
    event: BankRegistered
    start_minor: int
    growth_permille: int


def _bank_id(n: int) -> str:
    return f"9137000000000{n:05}"


def _banks() -> list[BankStory]:
    stories = []
    n = 0
    for group, zh, en, count in _GROUPS:
        for mark in range(count):
            n += 1
            name_zh, name_en = f"{zh}{_MARKS[mark]}", f"{en} {'ABCDEF'[mark]}"
            if n == 22:
                name_zh = "示例农村商业银行股份有限公司(由多家县级联社合并组建)己"
                name_en = "Example Rural Commercial Bank Company Limited by Shares, Merged of Many"
            event = BankRegistered(
                event_id=f"story-bank-{n:08}",
                bank_id=_bank_id(n),
                occurred_on="2019-01-01",
                name_zh=name_zh,
                name_en=name_en,
                peer_group=group,  # type: ignore[arg-type]
                city="370200" if n % 7 == 3 else f"370{1 + n % 2 * 2}00",
                is_qingdao=n % 7 == 3,
            )
            size = {"large_commercial": 4200, "joint_stock": 1300, "city_commercial": 800}
            start = (size.get(group, 260) + 37 * n) * YI + 123_456_789 * n
            if f"B{n:02}" == TINY_BANK:
                start = 3 * YI + 17
            stories.append(BankStory(f"B{n:02}", event, start, 9 + (n * 29) % 41 - 6))
    return stories


def id_of(name: str) -> str:
    """Return the identifier of the bank that the story calls ``name``."""
    return _bank_id(int(name[1:]))


class _Rows:
    """Collects rows of totals."""

    def __init__(self) -> None:
        self.places: list[tuple[int, int, int, int]] = []
        self.sums: dict[str, list[int]] = {name: [] for name in TOTAL_SUMS}

    def add(
        self, bank: int, population: Population, quarter: Quarter, tag: int, **sums: int
    ) -> None:
        place = POPULATIONS.index(population)
        self.places.append((bank, place, quarter.ordinal - FIRST_ORDINAL, tag))
        for name, column in self.sums.items():
            column.append(sums.get(name, 0))

    def done(self) -> TotalRows:
        columns = np.array(self.places, np.int64).reshape(-1, 4).T
        sums = {name: np.array(column, np.int64) for name, column in self.sums.items()}
        return TotalRows(columns[0], columns[1], columns[2], columns[3], sums)


def _limbs(name: str, amount_minor: int, rate_mbp: int) -> dict[str, int]:
    high, low = divmod(amount_minor, 10**6)
    return {f"{name}_hi": high * rate_mbp, f"{name}_lo": low * rate_mbp}


def _tell(rows: _Rows, bank: int, story: BankStory, extra_minor: int) -> None:
    first = Quarter(2021, 2) if story.bank_id == NEW_BANK else FIRST
    for population, percent in SHARE_PERCENT.items():
        balance = 0
        for ordinal in range(first.ordinal, LATEST.ordinal + 1):
            quarter = Quarter.from_ordinal(ordinal)
            rate = 480_000 + (bank * 7919) % 90_000 - 6_000 * (ordinal - first.ordinal)
            if ordinal == first.ordinal:
                opening = story.start_minor * percent // 100
                sums = {"brought_forward_minor": opening, "balance_change_minor": opening}
                sums |= {"borrower_change_count": opening // (YI // 140)}
                sums |= _limbs("balance_rate_change", opening, rate)
                rows.add(bank, population, quarter, TOTAL, **sums)
                balance = opening
                continue
            boost = 1000 if population is not Population.INCLUSIVE else 1700
            grown = balance * story.growth_permille * boost // 1_000_000
            repaid, lost = balance // 9 + 777, balance // 900
            disbursed = grown + repaid + lost
            if ordinal == LATEST.ordinal:
                disbursed, grown = disbursed + extra_minor, grown + extra_minor
            _tell_quarter(
                rows,
                (bank, population, quarter),
                rate=rate,
                disbursed=disbursed,
                repaid=repaid,
                lost=lost,
            )
            balance += grown


def _tell_quarter(
    rows: _Rows,
    place: tuple[int, Population, Quarter],
    *,
    rate: int,
    disbursed: int,
    repaid: int,
    lost: int,
) -> None:
    change = disbursed - repaid - lost
    bank, _, quarter = place
    rows.add(
        *place,
        TOTAL,
        balance_change_minor=change,
        disbursed_minor=disbursed,
        repaid_minor=repaid,
        written_off_minor=lost,
        borrower_change_count=change // (YI // 90),
        draw_count=disbursed // 10**9,
        draw_borrower_count=disbursed // 10**9,
        non_performing_change_minor=change // 60,
        **_limbs("disbursed_rate", disbursed, rate),
        **_limbs("balance_rate_change", change, rate + 11_000),
    )
    month = (quarter.year - 2019) * 12 + quarter.number * 3 - 8
    credit, compared = disbursed // 5, disbursed - disbursed // 50
    for tag, amount in (
        (guarantee_tag(GuaranteeKind.CREDIT), credit),
        (guarantee_tag(GuaranteeKind.MORTGAGE), disbursed - credit),
        (LPR_FIRST + 2 * month, compared),
        (FIRST_LOAN_TAG, disbursed // 11),
    ):
        draws = {"draw_count": 1 + bank, "draw_borrower_count": 1 + bank}
        limbs = _limbs("disbursed_rate", amount, rate)
        rows.add(*place, tag, disbursed_minor=amount, **draws, **limbs)


def _positions(story: BankStory) -> list[PositionReported]:
    return [
        PositionReported(
            event_id=f"story-position-{quarter}-{population.value}",
            bank_id=story.event.bank_id,
            occurred_on=str(quarter.last_day),
            quarter=str(quarter),
            population=population.value,  # type: ignore[arg-type]
            balance_minor=story.start_minor * percent // 100 * (100 + 3 * n) // 100,
            borrower_count=40_000 + 900 * n,
        )
        for population, percent in SHARE_PERCENT.items()
        for n, quarter in enumerate(
            map(Quarter.from_ordinal, range(FIRST.ordinal, LATEST.ordinal + 1))
        )
    ]


def _published() -> list[AggregatePublished]:
    balances = {"2020Q4": ("152672.29", "48327.63"), "2021Q4": ("190747.25", "65560.41")}
    names = (
        ("all_banking_institutions", "合计", "All institutions"),
        ("large_commercial", "大型商业银行", "Large commercial banks"),
    )
    return [
        AggregatePublished(
            event_id=f"story-published-{quarter}-{code}",
            bank_id=code,
            occurred_on=str(Quarter.parse(quarter).last_day),
            name_zh=zh,
            name_en=en,
            quarter=quarter,
            population="inclusive",
            balance_minor=int(texts[n].replace(".", "")) * 10**8,
            source="quarterly table of the authority",
        )
        for quarter, texts in balances.items()
        for n, (code, zh, en) in enumerate(names)
    ]


def results_of(
    *, extra_minor: int = 0, version: int = 1000, late: bool = True, complete_to: str = "2021-12-31"
) -> Results:
    """Return results of the story.

    ``extra_minor`` is lent by the first bank in the newest quarter on top of what it always
    lends, in every population; ``late`` leaves one bank without its newest report; all others
    are complete up to ``complete_to``.
    """
    stories = _banks()
    rows = _Rows()
    lanes: list[dict[str, Any]] = []
    for bank, story in enumerate(stories):
        if story.bank_id == POSITION_BANK:
            continue
        is_late = late and story.bank_id == LATE_BANK
        _tell(rows, bank, story, extra_minor if bank == 0 else 0)
        seen = [[1, 40, "2021-09-30"], [43, 60, ""]] if is_late else [[1, 60, complete_to]]
        to = "2021-09-30" if is_late else complete_to
        entry = {
            "bank": story.event.bank_id,
            "lane": 0,
            "lanes": 1,
            "seen": seen,
            "complete_to": to,
        }
        lanes.append(entry)
    told = [story for story in stories if story.bank_id == POSITION_BANK]
    snapshot = Snapshot(
        generation=0,
        vector={0: version, 1: 7},
        lanes=tuple(lanes),
        bank_ids=tuple(story.event.bank_id for story in stories),
        rows=rows.done(),
        banks={story.event.bank_id: story.event for story in stories},
        positions=tuple(event for story in told for event in _positions(story)),
        published=tuple(_published()),
        indicators=(),
    )
    return evaluate(snapshot, load_lpr())


def graded() -> GradingRun:
    """Return a grading run of three banks: one of the best, one of the last, one not rated."""
    stories = _banks()
    told = (
        (stories[0], Grade.EXCELLENT, "91.25", 9_125_000_000),
        (stories[6], Grade.ENCOURAGED, "38.00", 3_800_000_000),
        (stories[18], Grade.NOT_RATED, "", 0),
    )
    return GradingRun(
        run_id="story-run",
        quarter=str(LATEST),
        methodology="illustrative",
        methodology_version=1,
        methodology_hash="0" * 64,
        is_illustrative=True,
        label_zh="示例办法",
        label_en="Illustrative methodology",
        input_digest="0" * 64,
        formula_version="1",
        banks=[
            BankGrade(
                bank_id=story.event.bank_id,
                name_zh=story.event.name_zh,
                name_en=story.event.name_en,
                peer_group=story.event.peer_group,
                group=story.event.peer_group if points else "",
                group_size_count=6,
                grade=grade.value,
                total_points=points,
                total_hundred_millionths=exact_points,
                indicators=[_indicator(is_rated=bool(points))],
                reasons=[
                    Reason(
                        zh="普惠型小微企业贷款较年初增速在组内领先",
                        en="Inclusive lending grew faster than in most of the group",
                        indicator="I020",
                        points_millionths=4_000_000,
                    )
                ]
                if points
                else [],
            )
            for story, grade, points, exact_points in told
        ],
    )


def _indicator(*, is_rated: bool) -> IndicatorGrade:
    return IndicatorGrade(
        code="I020",
        name="inclusive_growth_ytd",
        name_zh="普惠型小微企业贷款较年初增速",
        name_en="Inclusive lending, growth since the start of the year",
        value="23.6" if is_rated else "",
        change="1.2" if is_rated else "",
        unit="percent",
        status="ok" if is_rated else "small_base",
        points_millionths=90_000_000 if is_rated else 0,
        weight_percent=40,
        source="loan_level" if is_rated else "none",
        place=1 if is_rated else 0,
    )
