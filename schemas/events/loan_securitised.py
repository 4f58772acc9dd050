"""A loan was sold into a securitisation (资产证券化)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanSecuritised(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_securitised"):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.MOVED_OUT)

    abs_product_no: str = ""  # 资产证券化产品代码


EVENT = LoanSecuritised
