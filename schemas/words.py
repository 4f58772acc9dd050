"""What members of the closed lists are called in Chinese and English, on pages and in print.

One word per thing. The Chinese term is the one supervisors use; docs/method.md defines it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.codes import (
    Basis,
    Grade,
    GuaranteeKind,
    PeerGroup,
    PolicyTag,
    Population,
    Region,
    Source,
    Status,
)


class Words(NamedTuple):
    """One thing's name in both languages."""

    zh: str
    en: str


POPULATION_WORDS = {
    Population.ALL: Words("各项贷款", "All loans"),
    Population.ALL_EX_BILLS: Words("各项贷款（不含票据融资）", "All loans without bill financing"),
    Population.PRIVATE: Words("民营企业贷款", "Private firms"),
    Population.PRIVATE_WITH_OWNERS: Words(
        "民营企业贷款（含个体工商户、小微企业主）", "Private firms, sole traders and owners"
    ),
    Population.SMALL_MICRO: Words("小微企业贷款", "Small and micro firms"),
    Population.INCLUSIVE: Words("普惠型小微企业贷款", "Inclusive small and micro loans"),
    Population.PBOC_INCLUSIVE: Words(
        "普惠小微贷款（人民银行口径）", "Inclusive small and micro loans, central bank definition"
    ),
    Population.UNPROFILED: Words("未建档客户贷款", "Borrowers without a profile"),
    Population.NO_CREDIT_LINE: Words(
        "小微企业贷款（授信未报）", "Small and micro firms without a reported credit line"
    ),
    Population.UNPROFILED_BUSINESS: Words(
        "未建档个人经营性贷款", "Personal business loans of borrowers without a profile"
    ),
}

PEER_GROUP_WORDS = {
    PeerGroup.LARGE_COMMERCIAL: Words("大型商业银行", "Large commercial banks"),
    PeerGroup.JOINT_STOCK: Words("股份制商业银行", "Joint-stock banks"),
    PeerGroup.CITY_COMMERCIAL: Words("城市商业银行", "City commercial banks"),
    PeerGroup.RURAL: Words("农村金融机构", "Rural institutions"),
    PeerGroup.PRIVATE_BANK: Words("民营银行", "Private banks"),
    PeerGroup.POLICY: Words("政策性、开发性银行", "Policy and development banks"),
    PeerGroup.FOREIGN_BANK: Words("外资银行", "Foreign banks"),
}

# The wider groups that small peer groups are compared in; a methodology may name others.
WIDER_GROUP_WORDS = {
    "national": Words("全国性银行", "National banks"),
    "local": Words("地方性银行", "Local banks"),
    "all": Words("全部银行", "All banks"),
}

GRADE_WORDS = {
    Grade.EXCELLENT: Words("优秀", "Excellent"),
    Grade.GOOD: Words("良好", "Good"),
    Grade.FAIR: Words("一般", "Fair"),
    Grade.ENCOURAGED: Words("勉励", "Encouraged"),
    Grade.NOT_RATED: Words("不予评级", "Not rated"),
}

STATUS_WORDS = {
    Status.OK: Words("正常", "OK"),
    Status.NOT_REPORTED: Words("未报送", "Not reported"),
    Status.SMALL_BASE: Words("基数过小", "Base too small"),
    Status.NO_BASE: Words("基期无余额", "No balance to start from"),
    Status.NO_LENDING: Words("本期无发放", "No new lending"),
    Status.NOT_DETERMINABLE: Words("无法判定", "Cannot be determined"),
    Status.COVERAGE_TOO_LOW: Words("覆盖率不足", "Coverage too low"),
    Status.SCOPE_CHANGED: Words("口径变化", "Definition changed"),
}

# In place of "not reported" where nobody has told anything of the base yet: no bank is late.
NO_EARLIER_WORDS = Words("无上期数据", "No earlier data")

# What a bank has not said where a figure cannot be determined, by the loans it is not said of.
UNTOLD_WORDS = {
    Population.UNPROFILED_BUSINESS: Words("经营者类型未报", "kind of person not reported"),
    Population.NO_CREDIT_LINE: Words("授信未报", "credit line not reported"),
}

# How far an aggregate's growth is covered, and what that means for printing it.
COVERAGE_WORDS = {
    "full": Words("列示", "Printed"),
    "preliminary": Words("初步", "Preliminary"),
    "not_printed": Words("不列示", "Not printed"),
    "not_reported": Words("未报送", "Not reported"),
    "not_determinable": Words("无法判定", "Cannot be determined"),
}

# Signs that stand behind a value, by the unit's name in a grading run.
UNIT_WORDS = {
    "percent": Words("%", "%"),
    "percent_a_year": Words("%/年", "% a year"),
}

BASIS_WORDS = {
    Basis.YTD: Words("较年初", "Since the start of the year"),
    Basis.YOY: Words("同比", "On a year before"),
    Basis.QOQ: Words("环比", "On the quarter before"),
}

SOURCE_WORDS = {
    Source.LOAN_LEVEL: Words("逐笔", "Loan by loan"),
    Source.POSITION: Words("报表", "Reported position"),
    Source.AGGREGATE: Words("公布汇总", "Published total"),
    Source.NONE: Words("无", "None"),
}
# Sources of a graded value that no event gives.
PERSON_SOURCE_WORDS = {
    "given": Words("表格给出", "Given in a table"),
    "manual": Words("人工录入", "Entered by hand"),
    "conferred": Words("会商决定", "Decided when conferring"),
    "supposed": Words("假设", "Supposed"),
}
MIXED_SOURCE = "mixed"  # An aggregate whose units come from more than one source.
MIXED_SOURCE_WORDS = Words("逐笔与报表", "Loan by loan and reported positions")

GUARANTEE_WORDS = {
    GuaranteeKind.PLEDGE: Words("质押", "Pledge"),
    GuaranteeKind.MORTGAGE: Words("抵押", "Mortgage"),
    GuaranteeKind.GUARANTEE: Words("保证", "Guarantee"),
    GuaranteeKind.CREDIT: Words("信用", "Unsecured"),
    GuaranteeKind.COMBINED: Words("组合", "Combined"),
    GuaranteeKind.OTHER: Words("其他", "Other"),
}

POLICY_TAG_WORDS = {
    PolicyTag.FIRST_LOAN: Words("首贷", "First loan"),
    PolicyTag.RENEWAL: Words("无还本续贷", "Renewal without repayment"),
    PolicyTag.DEFERRAL: Words("延期还本付息", "Deferred repayment"),
    PolicyTag.CREDIT_SUPPORT: Words("信用贷款支持计划", "Unsecured lending support scheme"),
    PolicyTag.MANUFACTURING_LONG_TERM: Words("制造业中长期贷款", "Long-term manufacturing loan"),
}

REGION_WORDS = {
    Region.PROVINCE: Words("全省", "Province"),
    Region.PROVINCE_EX_QINGDAO: Words("全省（不含青岛）", "Province without Qingdao"),
    Region.QINGDAO: Words("青岛", "Qingdao"),
}


def status_name(status: Status) -> str:
    """Return the lower-case word under which ``status`` travels, such as not_reported."""
    return status.name.lower()


def status_words(status: Status, untold: Sequence[Population] = ()) -> Words:
    """Return what ``status`` is called, and in brackets what was not told, where that is known."""
    words = STATUS_WORDS[status]
    if not untold:
        return words
    zh = "、".join(UNTOLD_WORDS[population].zh for population in untold)
    en = ", ".join(UNTOLD_WORDS[population].en for population in untold)
    return Words(f"{words.zh}（{zh}）", f"{words.en} ({en})")


def unit_words(unit: str) -> Words:
    """Return the sign of a unit; a unit that is in no list stands for itself."""
    return UNIT_WORDS.get(unit, Words(unit, unit))


def group_words(group: str) -> Words:
    """Return what a group that banks are compared in is called."""
    by_text = {member.value: words for member, words in PEER_GROUP_WORDS.items()}
    if group in by_text:
        return by_text[group]
    return WIDER_GROUP_WORDS.get(group, Words(group, group))
