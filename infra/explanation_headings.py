"""The columns of tables about explanations and about how sure grades are. See infra.headings."""

from infra.heading_column import Column, text_column

EXPLANATION_COLUMNS: dict[str, tuple[Column, ...]] = {
    "explain_events": (
        text_column("occurred_on", "日期", "Day"),
        text_column("event_type", "事件", "Event"),
        text_column("sign_text", "方向", "Sign"),
        text_column("borrower_id", "借款人", "Borrower"),
        text_column("loan_kind", "贷款种类", "Kind"),
        Column("moved_yuan", "余额变动(元)", "Balance moved (CNY)"),
        Column("rate_percent", "利率(%)", "Rate (%)"),
        text_column("event_id", "事件编号", "Event id"),
        text_column("place", "位置", "Place"),
    ),
    "uncertainty": (
        text_column("bank_name", "机构", "Bank"),
        Column("total_points", "得分", "Points"),
        text_column("grade", "档次", "Grade"),
        Column("kept_percent", "等次不变的抽样(%)", "Draws with this grade (%)"),
        Column("rank", "名次", "Rank"),
        text_column("ranks", "名次区间(5%-95%)", "Ranks 5-95 %"),
        text_column("grades_text", "各档抽样占比(%)", "Draws by grade (%)"),
    ),
    "uncertainty_effects": (
        text_column("effect", "单独变动", "Varied alone"),
        Column("changed_percent", "等次改变(%)", "Grades changed (%)"),
        Column("changed_count", "改变次数", "Changed"),
        Column("all_count", "机构×抽样", "Banks × draws"),
    ),
    "next_grade": (
        text_column("name", "指标", "Indicator"),
        Column("value", "现值", "Value"),
        Column("new_value", "需达到", "Needed"),
        Column("change", "变动", "Change"),
        Column("span_percent", "占组内全距(%)", "Of the group's span (%)"),
        text_column("grade", "可得等次", "Grade"),
        Column("total_points", "得分", "Points"),
        text_column("is_verified", "已代入核验", "Verified"),
        text_column("others_moved", "同时变动的机构", "Others that move"),
    ),
    "leave_one_out": (
        text_column("name", "去掉的指标", "Without"),
        text_column("bank_name", "机构", "Bank"),
        text_column("grade", "档次", "Grade"),
        text_column("grade_without", "去掉后", "Without it"),
        Column("total_points", "得分", "Points"),
        Column("total_points_without", "去掉后得分", "Points without"),
        Column("rank", "名次", "Rank"),
        Column("rank_without", "去掉后名次", "Rank without"),
    ),
}
