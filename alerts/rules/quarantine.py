"""A bank's lane is kept out, because too much of what it sent was wrong."""

from collections.abc import Iterator

from alerts.rule import Alert, AlertFacts, Rule, Severity
from schemas.words import Words


def quarantine(facts: AlertFacts) -> Iterator[Alert]:
    """Yield an alert for each lane that is kept out: what it sends counts nowhere till then."""
    for point in facts.quarantined:
        yield Alert(
            key=f"quarantine/{point.bank_id}/{point.lane}",
            rule=RULE.name,
            severity=RULE.severity,
            bank_id=point.bank_id,
            quarter=point.quarter,
            message_zh=(
                f"{point.name_zh}：通道{point.lane}差错过多，已隔离，其后报送的数据均未计入。"
                f"请银行更正后运行 puhui rejected release {point.bank_id} --lane {point.lane}。"
            ),
            message_en=(
                f"{point.name_en}: lane {point.lane} sent too much that was wrong and is "
                "quarantined; nothing it sends counts. When the bank has mended it: "
                f"puhui rejected release {point.bank_id} --lane {point.lane}."
            ),
        )


RULE = Rule(
    code="A030",
    name="quarantine",
    words=Words("通道隔离", "Lane quarantined"),
    severity=Severity.WARNING,
    method="docs/method.md#quarantine",
    check=quarantine,
)
