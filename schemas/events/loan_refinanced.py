"""An old loan ended because a new one replaced it (借新还旧, 无还本续贷)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanRefinanced(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_refinanced"):
    """The new loan is its own loan_disbursed, tagged."""

    EFFECT = outflow(Measure.REPAID)

    restructuring_kind: str = ""  # 贷款重组方式: 01 无还本续贷, 02 借新还旧, 09 其他


EVENT = LoanRefinanced
