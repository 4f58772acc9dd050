"""Verbs about methodology files. They read only: a file comes with the program, or as text."""

from infra.methodology_answers import (
    Answer,
    applied,
    checked,
    chosen,
    compared,
    listed,
    measured,
    quarter_of,
    shown,
)
from infra.requests import Request
from infra.values_file import read_values
from infra.verb import Access, Context, Verb
from processors.grading.table import Table
from streams.methodology_record import edited_since


class MethodologyRequest(Request, frozen=True, kw_only=True):
    """A methodology by name, such as illustrative-quarterly@2, or the text of its file."""

    methodology: str = ""  # Empty: the one that comes first with the program.
    text: str = ""
    where: str = ""  # What errors call the text: the name of its file.


class DiffRequest(MethodologyRequest, frozen=True, kw_only=True):
    """Two methodologies; ``other`` is the later one."""

    other: str = ""
    other_text: str = ""
    other_where: str = ""


class ValuesRequest(MethodologyRequest, frozen=True, kw_only=True):
    """A methodology and a table of values as CSV; an empty quarter is the first it grades."""

    values: str = ""
    values_where: str = "values.csv"
    quarter: str = ""


def _list(_context: Context, _asked: Request) -> Answer:
    return {"rows": listed()}


def _show(_context: Context, asked: MethodologyRequest) -> Answer:
    return shown(chosen(asked.methodology, asked.text, asked.where))


def _check(context: Context, asked: ValuesRequest) -> Answer:
    methodology = chosen(asked.methodology, asked.text, asked.where)

    def table() -> Table | None:
        if asked.values:
            at = str(quarter_of(methodology, asked.quarter))
            return read_values(asked.values, asked.values_where, methodology, at)
        return measured(context.results(), methodology, asked.quarter)

    return checked(methodology, table, edited_since(context.node.store, methodology))


def _diff(_context: Context, asked: DiffRequest) -> Answer:
    before = chosen(asked.methodology, asked.text, asked.where)
    return compared(before, chosen(asked.other, asked.other_text, asked.other_where))


def _apply(_context: Context, asked: ValuesRequest) -> Answer:
    methodology = chosen(asked.methodology, asked.text, asked.where)
    return applied(methodology, asked.values, asked.values_where, asked.quarter)


VERBS = {
    "methodology_list": Verb(Request, _list, Access.READ),
    "methodology_show": Verb(MethodologyRequest, _show, Access.READ),
    "methodology_check": Verb(ValuesRequest, _check, Access.READ),
    "methodology_diff": Verb(DiffRequest, _diff, Access.READ),
    "methodology_apply": Verb(ValuesRequest, _apply, Access.READ),
}
