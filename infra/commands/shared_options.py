"""Options that many commands have, and how an answer is printed."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from infra.headings import headings, shown, unit_line
from infra.settings import Settings
from infra.tables_for_people import csv_text, json_text, text_table
from schemas.codes import Basis, Population
from schemas.quarter import Quarter

Function = Callable[..., Any]


class QuarterType(click.ParamType):
    """Reads 2021Q4."""

    name = "quarter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "":
            return ""  # Left out.
        try:
            return str(Quarter.parse(str(value)))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class DayType(click.ParamType):
    """Reads 2021-12-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "":
            return ""  # Left out.
        try:
            return dt.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"day was {value!r}, expected a day such as 2021-12-31", param, ctx)


def _setting(name: str) -> Callable[[], Any]:
    return lambda: getattr(click.get_current_context().find_object(Settings), name)


def data_option(function: Function) -> Function:
    """Add --data."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=_setting("data"),
        show_default="./data",
        metavar="DIR",
        help="The folder with everything stored.",
    )(function)


def lang_option(function: Function) -> Function:
    """Add --lang."""
    return click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        default=_setting("lang"),
        show_default="zh",
        help="Language of names and column heads.",
    )(function)


def format_options(function: Function) -> Function:
    """Add --format and --json."""
    json_option = click.option(
        "--json", "form", flag_value="json", help="The same as --format json."
    )
    form_option = click.option(
        "--format",
        "form",
        type=click.Choice(["table", "csv", "json"]),
        default="table",
        show_default=True,
        help="A table for people, or every column as CSV or JSON.",
    )
    return json_option(form_option(function))


def quarter_option(function: Function) -> Function:
    """Add --quarter."""
    return click.option(
        "--quarter", type=QuarterType(), default="", help="Such as 2021Q4; the latest if left out."
    )(function)


def as_of_option(function: Function) -> Function:
    """Add --as-of."""
    return click.option(
        "--as-of",
        default="",
        metavar="DATE",
        help="Only what had been received by the end of this day in Shanghai, such as 2022-01-20.",
    )(function)


def as_of_note(as_of: str, lang: str) -> str:
    """Return the line under a table whose figures are those of an earlier day."""
    return f"截至 {as_of} 已收到的数据" if lang == "zh" else f"As known at the end of {as_of}"


def population_option(function: Function) -> Function:
    """Add --population."""
    return click.option(
        "--population",
        type=click.Choice([population.value for population in Population]),
        default=Population.INCLUSIVE.value,
        show_default=True,
        help="Whose loans.",
    )(function)


def basis_option(default: Basis) -> Callable[[Function], Function]:
    """Add --basis."""
    return click.option(
        "--basis",
        type=click.Choice([basis.value for basis in Basis]),
        default=default.value,
        show_default=True,
        help="From the year's start, the year before, or the quarter before.",
    )


def print_answer(verb: str, answer: Mapping[str, Any], *, form: str, lang: str) -> None:
    """Print what a verb answered: a table of its rows, or all of it for a program."""
    rows: Sequence[Mapping[str, Any]] = answer.get("rows", [])
    if form == "json":
        click.echo(json_text(answer), nl=False)
    elif form == "csv":
        click.echo(csv_text(rows), nl=False)
    else:
        if unit := unit_line(verb, lang):
            click.echo(unit)
        click.echo(text_table(headings(verb, rows, lang), shown(verb, rows, lang)), nl=False)
