"""A bank paid out a loan: the borrower's outstanding balance rises by the amount."""

from schemas.event import BusinessDate, GuaranteeCode, LoanFlow, Measure, inflow


class LoanDisbursed(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_disbursed"):
    """New lending (新发放). A renewal is one too, and tagged."""

    EFFECT = inflow(Measure.DISBURSED)

    # Decides the tenor of the LPR it is compared with; left out for overdrafts, which have none.
    matures_on: BusinessDate = ""
    guarantee_kind: GuaranteeCode
    use_industry: str = ""  # 贷款实际投向, GB/T 4754: a letter and three digits.
    product_code: str = ""  # 贷款产品类别
    is_first_loan: bool = False  # 首贷
    is_renewal: bool = False  # 无还本续贷
    is_deferral: bool = False  # 延期还本付息
    is_credit_support: bool = False  # 信用贷款支持计划


EVENT = LoanDisbursed
