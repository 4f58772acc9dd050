"""What a circular is about: a run, what it was graded by, and where its quarter stands."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from infra.publish.document import Label
from schemas.codes import Grade
from schemas.grading import BankGrade, GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from schemas.quarter_life import Published, QuarterLife
from schemas.results import Results

SHANGHAI = ZoneInfo("Asia/Shanghai")
_NUMBERS = ("一", "二", "三", "四")
_ORDINALS = ("first", "second", "third", "fourth")
_MS_PER_S = 1000


class Subject(NamedTuple):
    """All that an edition is made from."""

    run: GradingRun
    methodology: Methodology
    results: Results
    life: QuarterLife
    is_synthetic: bool

    @property
    def quarter(self) -> Quarter:
        return Quarter.parse(self.run.quarter)

    @property
    def published(self) -> Published | None:
        """The version as which the run was published; None: it is a draft."""
        versions = [one for one in self.life.published if one.run_id == self.run.run_id]
        return versions[-1] if versions else None

    @property
    def published_on(self) -> dt.date | None:
        found = self.published
        return shanghai_day(found.published_at_ms) if found else None

    @property
    def named_on(self) -> dt.date:
        """The day whose names of the agencies count; of a draft, what it is known as on."""
        if self.published_on:
            return self.published_on
        if self.run.as_of:
            return dt.date.fromisoformat(self.run.as_of[:10])
        return self.quarter.last_day

    @property
    def issuer_keys(self) -> list[str]:
        """Which agencies signed; of a draft, which are to sign. Empty: nobody said yet."""
        if self.published:
            return [signer.agency for signer in self.published.signers]
        return list(self.life.agencies)

    @property
    def ranked(self) -> list[BankGrade]:
        """Banks as the API lists them: best first, those not rated last."""
        return sorted(
            self.run.banks,
            key=lambda bank: (not is_rated(bank), -bank.total_hundred_millionths, bank.bank_id),
        )


def is_rated(bank: BankGrade) -> bool:
    """Return whether the bank has a grade."""
    return bank.grade != Grade.NOT_RATED


def shanghai_day(at_ms: int) -> dt.date:
    """Return the business date of a moment."""
    return dt.datetime.fromtimestamp(at_ms // _MS_PER_S, SHANGHAI).date()


def day_label(day: dt.date) -> Label:
    """Return a day as documents write it: 2022年1月28日, 28 January 2022."""
    return Label(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {day:%B} {day.year}")


def quarter_label(quarter: Quarter) -> Label:
    """Return a quarter in words."""
    n = quarter.number - 1
    return Label(
        zh=f"{quarter.year}年第{_NUMBERS[n]}季度",
        en=f"the {_ORDINALS[n]} quarter of {quarter.year}",
    )


def marks(subject: Subject) -> list[Label]:
    """Return what every page must say of a document that is not an official one, or not yet."""
    run, found = subject.run, []
    if run.is_what_if:
        found.append(Label(zh="假设测算，不作为正式结果", en="What-if, not official"))
    if run.is_to_date:
        found.append(Label(zh="截至目前，季度未结束，不得通报", en="To date, not to be published"))
    published = subject.published
    if published is None:
        found.append(Label(zh="试算稿，不作为正式结果", en="Trial draft, not official"))
    elif published.version < max(one.version for one in subject.life.published):
        found.append(Label(zh="已被后续版本取代", en="Superseded by a later version"))
    if run.is_illustrative:
        found.append(
            Label(zh="示例办法，非官方规则", en="Illustrative methodology, not an official rule")
        )
    if subject.is_synthetic:
        found.append(Label(zh="模拟数据", en="Synthetic data"))
    return found
