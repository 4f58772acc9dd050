"""A bank has not completed a quarter that others have left well behind."""

from collections.abc import Iterator

from alerts.rule import Alert, AlertFacts, Rule, Severity
from schemas.words import Words

# Working days after the quarter's end, by the most advanced bank. docs/method.md#late
LATE_WORKING_DAYS = 3


def late_report(facts: AlertFacts) -> Iterator[Alert]:
    """Yield an alert for each registered bank that is not present at the newest quarter-end."""
    for point in facts.reports:
        if point.is_present or point.working_days_since_quarter_end <= LATE_WORKING_DAYS:
            continue
        until_zh = f"已报送至{point.complete_to}" if point.complete_to else "尚无完整报送"
        until_en = f"is at {point.complete_to}" if point.complete_to else "has completed nothing"
        yield Alert(
            key=f"late_report/{point.bank_id}/{point.quarter}",
            rule=RULE.name,
            severity=RULE.severity,
            bank_id=point.bank_id,
            quarter=point.quarter,
            message_zh=(
                f"{point.name_zh}：{point.quarter}数据未报齐，{until_zh}；"
                f"最快的银行已报送至{point.newest_complete_to}。"
            ),
            message_en=(
                f"{point.name_en}: {point.quarter} is not complete, the bank {until_en}; "
                f"the most advanced bank is at {point.newest_complete_to}."
            ),
        )


RULE = Rule(
    code="A020",
    name="late_report",
    words=Words("迟报", "Late report"),
    severity=Severity.NOTICE,
    method="docs/method.md#late",
    check=late_report,
)
