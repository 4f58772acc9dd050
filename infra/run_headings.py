"""The columns of tables about grading runs. See infra.headings."""

from infra.heading_column import Column, text_column

_BANK = text_column("bank_name", "机构", "Bank")
RUN_COLUMNS: dict[str, tuple[Column, ...]] = {
    "runs_list": (
        text_column("run", "运行编号", "Run"),
        text_column("quarter", "季度", "Quarter"),
        text_column("methodology", "办法", "Methodology"),
        text_column("graded_at", "评定时间", "Graded"),
        text_column("as_of", "截至", "As of")._replace(is_optional=True),
        text_column("published_versions", "通报版次", "Published as"),
        Column("bank_count", "机构数", "Banks"),
        text_column("grades", "各档机构数", "Grades"),
    ),
    "runs_compare": (
        _BANK,
        text_column("grade_before", "原档次", "Grade before"),
        text_column("grade_after", "现档次", "Grade now"),
        text_column("direction", "变动", "Moved"),
        Column("points_before", "原得分", "Points before"),
        Column("points_after", "现得分", "Points now"),
        Column("points_moved", "得分变动", "Points moved"),
        Column("rank_before", "原位次", "Rank before"),
        Column("rank_after", "现位次", "Rank now"),
        text_column("causes", "原因", "Because of"),
        Column("late_event_count", "其间收到事件", "Events since", is_optional=True),
        text_column("reason", "主要影响", "What weighs most"),
    ),
    "run_indicators": (
        text_column("name", "指标", "Indicator"),
        Column("value_before", "原值", "Value before"),
        Column("value_after", "现值", "Value now"),
        Column("points_before", "原得分", "Points before"),
        Column("points_after", "现得分", "Points now"),
        Column("weighted_points_moved", "总分变动", "Total moved"),
        text_column("causes", "原因", "Because of"),
        text_column("moved_inputs", "变动的数据(亿元)", "Inputs (100m CNY)"),
    ),
    "late_events": (
        text_column("received_at", "收到时间", "Received"),
        text_column("event_type", "事件", "Event"),
        text_column("occurred_on", "发生日", "Occurred on"),
        text_column("borrower_id", "借款人", "Borrower"),
        Column("amount_cny_minor", "金额(亿元)", "Amount (100m CNY)"),
        text_column("event_id", "事件编号", "Event id"),
    ),
    "transitions": (
        text_column("grade_before", "原档次", "Grade before"),
        text_column("grade_after", "现档次", "Grade now"),
        Column("bank_count", "机构数", "Banks"),
    ),
    "grade_history": (
        text_column("quarter", "季度", "Quarter"),
        text_column("grade", "档次", "Grade"),
        Column("points", "得分", "Points"),
        Column("rank", "位次", "Rank"),
        Column("group_size_count", "组内机构数", "Of banks"),
        text_column("methodology", "办法", "Methodology"),
        Column("methodology_version", "办法版本", "Version"),
        Column("published_version", "通报版次", "Published as", is_optional=True),
        text_column("run", "运行编号", "Run"),
    ),
}
