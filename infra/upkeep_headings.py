"""The columns of tables about the system itself, not about banks' figures. See infra.headings."""

from infra.heading_column import Column, text_column

UPKEEP_COLUMNS: dict[str, tuple[Column, ...]] = {
    "doctor": (
        text_column("check", "检查项", "Check"),
        text_column("state", "结果", "State"),
        text_column("found", "现状", "Found"),
        text_column("to_do", "处理", "What to do"),
    ),
    "topics": (
        text_column("topic", "主题", "Topic"),
        text_column("state", "状态", "State"),
        Column("partitions", "分区数", "Partitions"),
        text_column("topic_id", "主题标识", "Topic id"),
        text_column("differences", "差异", "Differences"),
    ),
}
