"""The closed lists of words that events, results and methodologies use.

The order of members is part of the stored form: append, never reorder.
"""

from enum import IntEnum, StrEnum


class LoanKind(StrEnum):
    """Which of the four books a loan stands in."""

    CORPORATE = "corporate"  # 单位贷款
    PERSONAL_BUSINESS = "personal_business"  # 个人经营性贷款
    PERSONAL_OTHER = "personal_other"  # 个人消费及其他, mortgages included
    BILL_FINANCING = "bill_financing"  # 票据融资


class LoanClass(StrEnum):
    """五级分类; the last three are non-performing (不良)."""

    PASS = "FQ01"  # noqa: S105 - 正常, no password
    SPECIAL_MENTION = "FQ02"  # 关注
    SUBSTANDARD = "FQ03"  # 次级
    DOUBTFUL = "FQ04"  # 可疑
    LOSS = "FQ05"  # 损失


class BorrowerKind(StrEnum):
    """What kind of person a borrower is."""

    FIRM = "firm"  # 企业
    OTHER_UNIT = "other_unit"  # 事业单位、机关团体等
    INDIVIDUAL_BUSINESS = "individual_business"  # 个体工商户
    SMALL_MICRO_OWNER = "small_micro_owner"  # 小微企业主
    FARMER = "farmer"  # 农户
    OTHER_PERSON = "other_person"  # 其他个人


class Holding(StrEnum):
    """企业控股类型."""

    STATE = "state"  # 国有控股
    COLLECTIVE = "collective"  # 集体控股
    PRIVATE = "private"  # 私人控股
    HK_MACAO_TAIWAN = "hk_macao_taiwan"  # 港澳台商控股
    FOREIGN = "foreign"  # 外商控股
    NOT_APPLICABLE = "not_applicable"  # persons, units that are no enterprise


class FirmSize(StrEnum):
    """企业规模 as the bank declares it (工信部联企业〔2011〕300号)."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"
    NOT_APPLICABLE = "not_applicable"


class GuaranteeKind(StrEnum):
    """担保方式, level 1."""

    PLEDGE = "pledge"  # A 质押
    MORTGAGE = "mortgage"  # B 抵押
    GUARANTEE = "guarantee"  # C 保证
    CREDIT = "credit"  # D 信用
    COMBINED = "combined"  # E 组合
    OTHER = "other"  # Z 其他


class PolicyTag(StrEnum):
    """What a draw may be marked with, beside its guarantee kind."""

    FIRST_LOAN = "first_loan"  # 首贷
    RENEWAL = "renewal"  # 无还本续贷
    DEFERRAL = "deferral"  # 延期还本付息
    CREDIT_SUPPORT = "credit_support"  # 信用贷款支持计划
    MANUFACTURING_LONG_TERM = "manufacturing_long_term"  # 制造业中长期贷款


class PeerGroup(StrEnum):
    """Banks that are compared with each other."""

    LARGE_COMMERCIAL = "large_commercial"  # 大型商业银行
    JOINT_STOCK = "joint_stock"  # 股份制商业银行
    CITY_COMMERCIAL = "city_commercial"  # 城市商业银行
    RURAL = "rural"  # 农村金融机构
    PRIVATE_BANK = "private_bank"  # 民营银行
    POLICY = "policy"  # 政策性、开发性银行
    FOREIGN_BANK = "foreign_bank"  # 外资银行


class Population(StrEnum):
    """Whose loans a figure is about. They overlap: never sum them. See processors.population."""

    ALL = "all"  # 各项贷款
    ALL_EX_BILLS = "all_ex_bills"  # 各项贷款(不含票据融资)
    PRIVATE = "private"  # 民营企业, firms only
    PRIVATE_WITH_OWNERS = "private_with_owners"  # 民营企业 + 个体工商户 + 小微企业主
    SMALL_MICRO = "small_micro"  # 小微企业
    INCLUSIVE = "inclusive"  # 普惠型小微企业
    PBOC_INCLUSIVE = "pboc_inclusive"  # 普惠小微 (人民银行口径)
    UNPROFILED = "unprofiled"  # 未建档
    NO_CREDIT_LINE = "no_credit_line"  # 小微, 授信未报
    UNPROFILED_BUSINESS = "unprofiled_business"  # 个人经营性贷款, 未建档


class Basis(StrEnum):
    """Which earlier quarter-end growth is measured from."""

    YTD = "ytd"  # 较年初
    YOY = "yoy"  # 同比
    QOQ = "qoq"  # 环比


class Status(IntEnum):
    """Why a figure is there, or why it is not."""

    OK = 0
    NOT_REPORTED = 1  # 未报送
    SMALL_BASE = 2  # 基数过小
    NO_BASE = 3  # 基期无余额
    NO_LENDING = 4  # 本期无发放
    NOT_DETERMINABLE = 5  # 无法判定
    COVERAGE_TOO_LOW = 6  # 覆盖率不足
    SCOPE_CHANGED = 7  # 口径变化


class Source(StrEnum):
    """Where a figure comes from."""

    LOAN_LEVEL = "loan_level"  # 逐笔
    POSITION = "position"  # 报表
    AGGREGATE = "aggregate"  # 公布汇总
    NONE = "none"


class Grade(StrEnum):
    """The four grades of the circular, and being without one. Not rated is not the lowest."""

    EXCELLENT = "excellent"  # 优秀
    GOOD = "good"  # 良好
    FAIR = "fair"  # 一般
    ENCOURAGED = "encouraged"  # 勉励
    NOT_RATED = "not_rated"  # 不予评级


class Region(StrEnum):
    """The three readings of the province's total."""

    PROVINCE = "province"  # 全省
    PROVINCE_EX_QINGDAO = "province_ex_qingdao"  # 不含青岛
    QINGDAO = "qingdao"  # 青岛


LOAN_KINDS = tuple(LoanKind)
LOAN_CLASSES = tuple(LoanClass)
BORROWER_KINDS = tuple(BorrowerKind)
HOLDINGS = tuple(Holding)
FIRM_SIZES = tuple(FirmSize)
GUARANTEE_KINDS = tuple(GuaranteeKind)
POLICY_TAGS = tuple(PolicyTag)
POPULATIONS = tuple(Population)
FIRST_NON_PERFORMING = LOAN_CLASSES.index(LoanClass.SUBSTANDARD)
