"""Do the sector, the size and the industry of a borrower, trustor or guarantor agree?"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from infra.imports.pboc.table_spec import CODE_LISTS
from schemas.units import BoolArray

# What stands before "sector", "size" and "industry" in the names of the columns.
_CUSTOMER = ""  # In the table of customers.
_FIRMS = ("borrower_", "applicant_", "trustor_", _CUSTOMER)
_EVERYBODY = (*_FIRMS, "guarantor_")
# Unit loans and their customers: no persons, no financial institutions.
_UNITS = ("DWDKFS", "CLDWDK", "FTYKHX")

_FIRM_SIZES = ("CS01", "CS02", "CS03", "CS04")
_NO_FIRM_SIZE = "CS05"
_FIRM, _FINANCIAL, _PERSON, _NON_RESIDENT = "C", "B", "D", "E"
_OTHER_FIRM, _HOUSEHOLD = "C99", "D01"
_PERSON_INDUSTRY, _NON_RESIDENT_INDUSTRY, _NON_RESIDENT_USE = "100", "200", "2000"


def _person_or_bank(sector: str, rows: Rows) -> Iterator[Breach]:
    # A code that is in no list is judged by the rule of lists.
    yield Breach(
        sector,
        _is_known(rows, sector) & rows.starting(sector, (_PERSON, _FINANCIAL)),
        "A、C、E 类部门",
        "a sector of A, C or E",
    )


def _is_known(rows: Rows, sector: str) -> BoolArray:
    return rows.one_of(sector, frozenset(CODE_LISTS["sector"].codes))


def _size_of_no_firm(party: str, rows: Rows) -> Iterator[Breach]:
    sector, size = f"{party}sector", f"{party}size"
    is_firm = rows.starting(sector, (_FIRM, _FINANCIAL))
    is_wrong = rows.one_of(size, _FIRM_SIZES) & _is_known(rows, sector) & ~is_firm
    yield Breach(sector, is_wrong, "B 或 C 类部门, 否则规模应为 CS05", "B or C, or else size CS05")


def _firm_without_size(party: str, rows: Rows) -> Iterator[Breach]:
    sector, size = f"{party}sector", f"{party}size"
    is_firm = rows.starting(sector, (_FIRM,)) & ~rows.one_of(sector, (_OTHER_FIRM,))
    has_none = rows.one_of(size, ("", _NO_FIRM_SIZE))
    yield Breach(size, is_firm & _is_known(rows, sector) & has_none, "CS01 至 CS04", "CS01 to CS04")


def _household_guarantor(rows: Rows) -> Iterator[Breach]:
    is_household = rows.one_of("guarantor_sector", (_HOUSEHOLD,))
    is_sized = ~rows.one_of("guarantor_size", (_NO_FIRM_SIZE,))
    yield Breach("guarantor_size", is_household & is_sized, _NO_FIRM_SIZE, _NO_FIRM_SIZE)
    has_industry = ~rows.one_of("guarantor_industry", (_PERSON_INDUSTRY, ""))
    yield Breach(
        "guarantor_industry", is_household & has_industry, _PERSON_INDUSTRY, _PERSON_INDUSTRY
    )


def _non_resident_industry(party: str, rows: Rows) -> Iterator[Breach]:
    is_abroad = rows.starting(f"{party}sector", (_NON_RESIDENT,))
    industry = f"{party}industry"
    has_other = ~rows.one_of(industry, (_NON_RESIDENT_INDUSTRY, ""))
    yield Breach(industry, is_abroad & has_other, _NON_RESIDENT_INDUSTRY, _NON_RESIDENT_INDUSTRY)


def _non_resident_use(rows: Rows) -> Iterator[Breach]:
    is_abroad = rows.starting("borrower_sector", (_NON_RESIDENT,))
    has_other = ~rows.one_of("use_industry", (_NON_RESIDENT_USE, ""))
    yield Breach("use_industry", is_abroad & has_other, _NON_RESIDENT_USE, _NON_RESIDENT_USE)


def _for_each(
    parties: tuple[str, ...],
    number: str,
    level: Level,
    *,
    columns: tuple[str, ...],
    check: Callable[[str, Rows], Iterable[Breach]],
    zh: str,
    en: str,
    example: str,
) -> tuple[Rule, ...]:
    """Return one rule for each of ``parties``, on its own columns."""
    return tuple(
        Rule(
            number,
            level,
            tuple(f"{party}{column}" for column in columns),
            partial(check, party),
            zh,
            en,
            example,
        )
        for party in parties
    )


RULES = (
    *(
        Rule(
            "15",
            Level.REFUSE,
            (sector,),
            partial(_person_or_bank, sector),
            "单位贷款和非同业单位客户的国民经济部门不得为个人(D)和金融机构(B)",
            "The sector of a unit customer is neither a person (D) nor a financial institution (B)",
            "C01",
            tables=_UNITS,
        )
        for sector in ("borrower_sector", "sector")
    ),
    *_for_each(
        _FIRMS,
        "16",
        Level.REFUSE,
        columns=("sector", "size"),
        check=_size_of_no_firm,
        zh="企业规模为 CS01-CS04 时, 国民经济部门应为 C 或 B 类",
        en="Who has a size CS01 to CS04 is of sector C or B",
        example="C01",
    ),
    *_for_each(
        _FIRMS,
        "17",
        Level.REFUSE,
        columns=("sector", "size"),
        check=_firm_without_size,
        zh="国民经济部门为 C 类且不是 C99 时, 企业规模应为 CS01-CS04",
        en="Who is of sector C and not C99 has a size CS01 to CS04",
        example="CS03",
    ),
    Rule(
        "18",
        Level.REFUSE,
        ("guarantor_sector", "guarantor_size", "guarantor_industry"),
        _household_guarantor,
        "担保人为住户(D01)时, 企业规模应为 CS05, 行业应为 100",
        "A guarantor who is a household (D01) has size CS05 and industry 100",
        "CS05",
    ),
    *_for_each(
        _EVERYBODY,
        "19",
        Level.WARN,
        columns=("sector", "industry"),
        check=_non_resident_industry,
        zh="非居民(E 类部门)的行业应为 200",
        en="The industry of a non-resident (sector E) is 200",
        example="200",
    ),
    Rule(
        "19",
        Level.WARN,
        ("borrower_sector", "use_industry"),
        _non_resident_use,
        "借款人为非居民(E 类部门)时, 贷款实际投向应为 2000",
        "The use of a non-resident's loan is 2000",
        "2000",
    ),
)
