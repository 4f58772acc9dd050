"""The columns of tables about the life of a quarter. See infra.headings."""

from infra.heading_column import Column, text_column

_MOVED = (
    text_column("bank_name", "机构", "Bank"),
    text_column("grade_before", "原档次", "Grade before"),
    text_column("grade", "现档次", "Grade now"),
    Column("points_before", "原得分", "Points before"),
    Column("points", "现得分", "Points now"),
    Column("rank_before", "原名次", "Rank before"),
    Column("rank", "现名次", "Rank now"),
    text_column("moved_by", "原因", "Why"),
)
_REPLY = (
    Column("number", "序号", "No."),
    text_column("act", "类别", "Kind"),
    text_column("bank_id", "机构", "Bank"),
    text_column("column", "指标", "Column"),
    text_column("value", "主张值", "Claimed"),
    text_column("text", "内容", "Text"),
    text_column("answer", "答复", "Answer"),
    text_column("decision", "裁定", "Decision"),
    text_column("at", "时间", "Time"),
)
QUARTER_COLUMNS: dict[str, tuple[Column, ...]] = {
    "quarter": (
        Column("number", "序号", "No."),
        text_column("act", "环节", "Act"),
        text_column("person", "人员", "Person"),
        text_column("role", "角色", "Role"),
        text_column("bank_id", "机构", "Bank"),
        text_column("at", "时间", "Time"),
        text_column("said", "内容", "What it says"),
    ),
    "quarters": (
        text_column("quarter", "季度", "Quarter"),
        text_column("state", "状态", "State"),
        Column("version", "版次", "Version"),
        text_column("as_of", "截数", "As of"),
        text_column("comments_due", "意见截止日", "Comments due"),
        Column("published_version", "已通报版次", "Published version"),
        text_column("document_number", "文号", "Document number"),
        text_column("published_at", "通报时间", "Published"),
        Column("broken_at", "记录断裂于", "Broken at", is_optional=True),
    ),
    "moved": _MOVED,
    "manual": (
        Column("number", "序号", "No."),
        text_column("bank_id", "机构", "Bank"),
        text_column("column", "指标", "Column"),
        text_column("value", "值", "Value"),
        text_column("state", "状态", "State"),
        text_column("person", "录入人", "Entered by"),
        text_column("confirmed_by", "复核人", "Confirmed by"),
        text_column("reason", "理由", "Reason"),
        text_column("at", "时间", "Time"),
    ),
    "replies": _REPLY,
    "own_replies": tuple(column for column in _REPLY if column.key != "bank_id"),
}
