"""Lending to a population shrank quarter after quarter."""

from collections.abc import Iterator
from itertools import groupby

from alerts.rule import Alert, AlertFacts, Rule, Severity
from schemas.codes import Status
from schemas.words import Words

SHRINKING_QUARTERS = 2  # One weak quarter is weather; two are a trend. docs/method.md#slump


def growth_slump(facts: AlertFacts) -> Iterator[Alert]:
    """Yield an alert for each bank and population whose last quarters all shrank.

    A quarter without a figure breaks the run: silence is the business of ``late_report``.
    """
    for (bank_id, population), points in groupby(
        facts.growth, lambda point: (point.bank_id, point.population)
    ):
        last = list(points)[-SHRINKING_QUARTERS:]
        # Not the printed growth: a fall of 0.04 % prints as 0.0.
        shrank = [p.status is Status.OK and p.latest_minor < p.base_minor for p in last]
        if len(last) < SHRINKING_QUARTERS or not all(shrank):
            continue
        newest = last[-1]
        yield Alert(
            key=f"growth_slump/{bank_id}/{population}/{newest.quarter}",
            rule=RULE.name,
            severity=RULE.severity,
            bank_id=bank_id,
            quarter=newest.quarter,
            message_zh=(
                f"{newest.name_zh}：{newest.population_zh}连续{SHRINKING_QUARTERS}个季度下降，"
                f"{newest.quarter}环比{newest.growth_percent}%。"
            ),
            message_en=(
                f"{newest.name_en}: {newest.population_en} fell {SHRINKING_QUARTERS} quarters in "
                f"a row, {newest.growth_percent} % in {newest.quarter}."
            ),
        )


RULE = Rule(
    code="A010",
    name="growth_slump",
    words=Words("贷款连续下降", "Falling lending"),
    severity=Severity.WARNING,
    method="docs/method.md#slump",
    check=growth_slump,
)
