"""A guarantee contract was made or changed (担保合同)."""

from schemas.event import Event, GuaranteeCode
from schemas.units import BalanceMinor


class GuaranteeRecorded(Event, frozen=True, kw_only=True, gc=False, tag="guarantee_recorded"):
    """Moves no sum."""

    guarantee_no: str
    contract_no: str  # 被担保合同编码
    guarantee_kind: GuaranteeCode
    amount_minor: BalanceMinor
    currency: str = "CNY"
    guarantor_id: str = ""


EVENT = GuaranteeRecorded
