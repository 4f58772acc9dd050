"""Banks and borrowers as the files write them: codes, names and numbers, each made once.

What the story does not know is made up from the number of the borrower or the account: it is
the same in every month and every table, and nobody's.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.demo.filings.fields import Field, picked
from infra.demo.fixed_texts import numbered_texts
from infra.demo.telling import World
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, BorrowerKind, FirmSize, Holding
from schemas.units import AnyArray, BoolArray, Int64Array

BRANCHES = 12  # Of a bank, at which its accounts are kept.
CREDIT_CODE, RESIDENT = "A01", "B01"
COMPANY, PUBLIC_BODY, HOUSEHOLD = "C01", "A04", "D01"  # 国民经济部门
NO_FIRM = "CS05"
PERSON_INDUSTRY = "100"
SIZES = {
    FirmSize.LARGE: "CS01",
    FirmSize.MEDIUM: "CS02",
    FirmSize.SMALL: "CS03",
    FirmSize.MICRO: "CS04",
    FirmSize.NOT_APPLICABLE: NO_FIRM,
}
# Relative and absolute control.
OWNERSHIPS = {
    Holding.STATE: ("A0101", "A0102"),
    Holding.COLLECTIVE: ("A0201", "A0202"),
    Holding.PRIVATE: ("B0101", "B0102"),
    Holding.HK_MACAO_TAIWAN: ("B0201", "B0202"),
    Holding.FOREIGN: ("B0301", "B0302"),
    Holding.NOT_APPLICABLE: ("", ""),
}
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)
_UNIT = BORROWER_KINDS.index(BorrowerKind.OTHER_UNIT)
_SIZE_CODES = pa.array([SIZES[size] for size in FIRM_SIZES])
_OWNERSHIP_CODES = pa.array([code for holding in HOLDINGS for code in OWNERSHIPS[holding]])


class Places:
    """The texts of the banks and borrowers of a world."""

    def __init__(self, world: World) -> None:
        banks, borrowers = world.banks.banks, world.borrowers
        count = len(borrowers.ids)
        self.world = world
        self.bank_ids = pa.array([bank.bank_id for bank in banks])
        self.bank_names = pa.array([bank.name_zh for bank in banks])
        self.bank_cities = pa.array([bank.city for bank in banks])
        branches = np.arange(len(banks) * BRANCHES)
        self._branches = numbered_texts("ZH", branches // BRANCHES * 100 + branches % BRANCHES, 6)
        self.borrower_ids = pa.array(borrowers.ids, pa.string())
        self.cities = pa.array(borrowers.cities, pa.string())
        self.industries = pa.array(borrowers.industries, pa.string())
        self.is_unit = np.isin(borrowers.kind, (_FIRM, _UNIT))
        self.is_firm: BoolArray = borrowers.kind == _FIRM
        self.firm_names = _names(self.is_unit, self.is_firm)
        self.addresses = _joined("齐鲁省", self.cities, "样本路", np.arange(count) % 997 + 1, "号")
        scopes = pa.array(
            [f"{industry}类产品的生产，销售和服务" for industry in borrowers.industries]
        )
        self.business_scopes = scopes
        self.birth_days = _birth_days(borrowers.ids, self.is_unit)
        self.firms = np.flatnonzero(self.is_firm)
        self.persons = np.flatnonzero(~self.is_unit)

    def institution(self, bank: AnyArray, account: AnyArray) -> dict[str, Field]:
        """Return which bank and which branch of it keeps an account."""
        branch = bank.astype(np.int64) * BRANCHES + account % BRANCHES
        return {
            "institution_id": picked(self.bank_ids, bank),
            "internal_org_no": picked(self._branches, branch),
            "institution_region": picked(self.bank_cities, bank),
        }

    def unit(
        self, prefix: str, borrower: AnyArray, size: Int64Array, holding: Int64Array
    ) -> dict[str, Field]:
        """Return who a firm or public body is.

        Args:
            prefix: of the names of the fields.
            borrower: by row, as is the next.
            size: what its bank says it is.
            holding: by borrower.

        """
        return {
            f"{prefix}id_type": (CREDIT_CODE,),
            f"{prefix}id": picked(self.borrower_ids, borrower),
            f"{prefix}sector": self.sector(borrower),
            f"{prefix}industry": picked(self.industries, borrower),
            f"{prefix}region": picked(self.cities, borrower),
            f"{prefix}ownership": self.ownership(borrower, holding),
            f"{prefix}size": self.size(size),
        }

    def sector(self, borrower: AnyArray) -> Field:
        sorts = np.where(self.is_firm[borrower], 0, np.where(self.is_unit[borrower], 1, 2))
        return picked((COMPANY, PUBLIC_BODY, HOUSEHOLD), sorts)

    def size(self, size: AnyArray) -> Field:
        return picked(_SIZE_CODES, size)

    def ownership(self, borrower: AnyArray, holding: Int64Array) -> Field:
        # Control is absolute for two of three.
        return picked(_OWNERSHIP_CODES, 2 * holding[borrower] + (borrower % 3 > 0))

    def person(self, borrower: AnyArray) -> dict[str, Field]:
        """Return who a borrower of personal loans is."""
        return {
            "borrower_id_type": (RESIDENT,),
            "borrower_id": picked(self.borrower_ids, borrower),
            "borrower_region": picked(self.cities, borrower),
        }


def _joined(*parts: pa.StringArray | AnyArray | str) -> pa.StringArray:
    columns = [
        pa.array(part).cast(pa.string()) if isinstance(part, np.ndarray) else part for part in parts
    ]
    return pc.binary_join_element_wise(*columns, "")


def _names(is_unit: BoolArray, is_firm: BoolArray) -> pa.StringArray:
    """Return a name for each borrower; persons have none in any file."""
    number = numbered_texts("", np.arange(is_unit.size), 7)
    firm = pc.binary_join_element_wise("样本企业", number, "有限公司", "")
    body = pc.binary_join_element_wise("样本单位", number, "", "")
    return pc.if_else(pa.array(is_firm), firm, pc.if_else(pa.array(is_unit), body, ""))


def _birth_days(ids: list[str], is_unit: BoolArray) -> pa.StringArray:
    """Return the birth date that stands in each person's masked identity number."""
    return pa.array(
        [
            "" if unit else f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
            for number, unit in zip(ids, is_unit.tolist(), strict=True)
        ],
        pa.string(),
    )
