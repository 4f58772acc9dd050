"""What each verb may be asked: the fields of its request, their bounds and what is usual."""

from typing import Annotated

import msgspec
from msgspec import Meta

from infra.imports.pboc.export import Form
from infra.intake.principals import Role
from schemas.codes import Basis, Population

Decimals = Annotated[int, Meta(ge=0, le=4)]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of a verb that has none; the others add theirs."""


class FigureRequest(Request, frozen=True, kw_only=True):
    """Which figures. An empty quarter is the latest; as_of: a day, see streams.as_of."""

    quarter: str = ""
    population: Population = Population.INCLUSIVE
    as_of: str = ""


class GrowthRequest(FigureRequest, frozen=True, kw_only=True):
    """Growth of banks and aggregates, beside what was published."""

    basis: Basis = Basis.YTD
    decimals: Decimals = 1
    is_distinct: bool = False  # Count borrowers of a group once each: reads every account.


class RatesRequest(FigureRequest, frozen=True, kw_only=True):
    """Interest rates and what belongs to them."""

    decimals: Decimals = 2


class BridgeRequest(FigureRequest, frozen=True, kw_only=True):
    """From the opening to the closing balance; of one bank where ``bank_id`` is given."""

    basis: Basis = Basis.QOQ
    bank_id: str = ""


class CoverageRequest(FigureRequest, frozen=True, kw_only=True):
    """Who has reported, how far, and what is missing for growth on this basis."""

    basis: Basis = Basis.YTD


class ReconcileRequest(Request, frozen=True, kw_only=True):
    """Whether everything adds up. ``is_deep`` reads every event and message once more."""

    is_deep: bool = False


class GradeRequest(Request, frozen=True, kw_only=True):
    """A quarter, and a methodology by name or as a file ending in .toml."""

    quarter: str
    methodology: str = ""  # Empty: the one that comes with puhui.
    as_of: str = ""  # Only what had been received by the end of this day; empty: everything.


class ImportOptions(Request, frozen=True, kw_only=True):
    """How a file is imported. ``complete_to`` is a day; empty: see Importer.import_file."""

    complete_to: str = ""


class FilingsRequest(Request, frozen=True, kw_only=True):
    """The banks' own files on this machine. ``complete_to``: see FilingImporter."""

    paths: list[str]
    complete_to: str = ""


class TrialRequest(Request, frozen=True, kw_only=True):
    """Files to be checked only, and where the findings are to be written as a workbook."""

    paths: list[str]
    workbook: str


class ExportRequest(Request, frozen=True, kw_only=True):
    """Which batch of a filing goes into which folder of this machine; batch 0 is the newest."""

    bank_id: str
    table: str
    period: str
    folder: str
    batch: Annotated[int, Meta(ge=0)] = 0
    form: Form = "all"


class KeptRequest(Request, frozen=True, kw_only=True):
    """Whose filings are listed; empty: everybody's."""

    bank_id: str = ""


class PrincipalRequest(Request, frozen=True, kw_only=True):
    """Who may come to the door of submissions, see infra.intake.principals."""

    principal_id: str
    role: Role = Role.BANK
    bank_id: str = ""


class NamedPrincipal(Request, frozen=True, kw_only=True):
    """One that is there."""

    principal_id: str
