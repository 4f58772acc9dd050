"""What the verbs about grading runs may be asked."""

from infra.requests import Request


class RunsRequest(Request, frozen=True, kw_only=True):
    """The runs of a quarter; empty: all."""

    quarter: str = ""


class RunRequest(Request, frozen=True, kw_only=True):
    """One run: the first characters of its id, 2021Q4 for the newest, 2021Q4@1 as published."""

    run_id: str


class CompareRequest(Request, frozen=True, kw_only=True):
    """Two runs, named like one; of one bank where ``bank_id`` is given."""

    before: str
    after: str
    bank_id: str = ""


class MethodsRequest(Request, frozen=True, kw_only=True):
    """One quarter by two methodologies: names, or the texts of files."""

    quarter: str
    methodology: str = ""  # Empty: the one that comes with puhui.
    other: str = ""
    methodology_text: str = ""
    other_text: str = ""


class HistoryRequest(Request, frozen=True, kw_only=True):
    """Whose grades."""

    bank_id: str


class WhatIfRequest(Request, frozen=True, kw_only=True):
    """What is supposed, as TOML, of a stored run, or of a quarter as its figures stand now."""

    supposed: str
    run_id: str = ""
    quarter: str = ""
    methodology: str = ""
    methodology_text: str = ""
    as_of: str = ""  # Of a quarter.
