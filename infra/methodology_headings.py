"""The columns of tables about methodologies. See infra.headings."""

from infra.heading_column import Column, text_column

METHODOLOGY_COLUMNS: dict[str, tuple[Column, ...]] = {
    "methodology_list": (
        text_column("methodology", "办法", "Methodology"),
        Column("version", "版本", "Version"),
        text_column("label", "名称", "Name"),
        text_column("kind", "性质", "Kind"),
        text_column("effective_from", "自", "From"),
        text_column("effective_to", "至", "To"),
        Column("indicator_count", "指标数", "Indicators"),
    ),
    "methodology_show": (text_column("sentence", "内容", "What it says"),),
    "methodology_check": (
        text_column("grade", "档次", "Grade"),
        Column("bank_count", "家数", "Banks"),
        Column("share_percent", "占参评机构(%)", "Of rated banks (%)"),
    ),
    "methodology_diff": (
        text_column("place", "位置", "Place"),
        text_column("before", "原为", "Before"),
        text_column("after", "改为", "After"),
    ),
    "methodology_apply": (
        text_column("bank_id", "机构代码", "Bank id"),
        text_column("bank_name", "机构", "Bank"),
        text_column("group", "比较组", "Compared in"),
        Column("points", "得分", "Points"),
        Column("rank", "名次", "Rank"),
        text_column("grade", "档次", "Grade"),
        Column(
            "caps", "封顶", "Held down by", is_number=False, is_optional=True, is_first_only=True
        ),
        Column("reasons", "评估理由", "Reasons", is_number=False, is_first_only=True),
    ),
}
