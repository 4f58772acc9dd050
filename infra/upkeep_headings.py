"""The columns of tables about the system itself, not about banks' figures. See infra.headings."""

from infra.heading_column import Column, text_column

UPKEEP_COLUMNS: dict[str, tuple[Column, ...]] = {
    "doctor": (
        text_column("check", "检查项", "Check"),
        text_column("state", "结果", "State"),
        text_column("found", "现状", "Found"),
        text_column("to_do", "处理", "What to do"),
    ),
    "reconcile": (
        text_column("check", "检查", "Check"),
        text_column("level", "结果", "Result"),
        text_column("message", "说明", "What was found"),
        text_column("to_do", "处理", "What to do"),
    ),
    "gaps": (
        text_column("bank_name", "机构", "Bank"),
        text_column("lane", "通道", "Lane"),
        text_column("state", "状态", "State"),
        text_column("seen", "已收编号", "Received"),
        text_column("missing", "缺号", "Missing"),
        text_column("complete_to", "通道报送截至", "Lane complete to"),
        text_column("bank_complete_to", "机构报送截至", "Bank complete to"),
        text_column("last_received_at", "最近收到", "Last received"),
    ),
    "topics": (
        text_column("topic", "主题", "Topic"),
        text_column("state", "状态", "State"),
        Column("partitions", "分区数", "Partitions"),
        text_column("topic_id", "主题标识", "Topic id"),
        text_column("differences", "差异", "Differences"),
    ),
    "principals": (
        text_column("principal_id", "主体", "Principal"),
        text_column("role", "角色", "Role"),
        text_column("bank_id", "机构", "Bank"),
        text_column("state", "状态", "State"),
        text_column("created_at", "建立时间", "Made"),
    ),
    "receipts": (
        text_column("bank_id", "机构", "Bank"),
        Column("lane", "通道", "Lane"),
        Column("seq", "序号", "Seq"),
        Column("event_count", "事件数", "Events"),
        Column("refused_count", "将被拒收", "To be refused"),
        text_column("place", "位置", "Place"),
        text_column("received_at", "收到时间", "Received"),
        text_column("sha256", "摘要", "SHA-256"),
        text_column("state", "状态", "State"),
    ),
}
