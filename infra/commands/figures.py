"""Commands that show figures: growth, rates, bridge, coverage."""

from pathlib import Path
from typing import Any

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    as_of_note,
    as_of_option,
    basis_option,
    data_option,
    format_options,
    lang_option,
    population_option,
    print_answer,
    quarter_option,
)
from schemas.codes import Basis


@click.command()
@quarter_option
@as_of_option
@population_option
@basis_option(Basis.YTD)
@click.option("--decimals", type=click.IntRange(0, 4), default=1, show_default=True)
@click.option(
    "--distinct",
    "is_distinct",
    is_flag=True,
    help="Count every borrower once over the banks of a group too; reads every account.",
)
@format_options
@lang_option
@data_option
def growth(data: Path, lang: str, form: str, **asked: Any) -> None:
    """Show how much lending grew, by bank, by group and as published."""
    _show("growth", data, lang, form, asked)


@click.command()
@quarter_option
@as_of_option
@population_option
@click.option("--decimals", type=click.IntRange(0, 4), default=2, show_default=True)
@format_options
@lang_option
@data_option
def rates(data: Path, lang: str, form: str, **asked: Any) -> None:
    """Show interest rates of new and outstanding loans, and their distance to the LPR."""
    _show("rates", data, lang, form, asked)


@click.command()
@quarter_option
@as_of_option
@population_option
@basis_option(Basis.QOQ)
@click.option("--bank", "bank_id", default="", help="Only this bank, by its id.")
@format_options
@lang_option
@data_option
def bridge(data: Path, lang: str, form: str, **asked: Any) -> None:
    """Show how balances went from one quarter-end to another, part by part."""
    _show("bridge", data, lang, form, asked)


@click.command()
@quarter_option
@as_of_option
@population_option
@basis_option(Basis.YTD)
@format_options
@lang_option
@data_option
def coverage(data: Path, lang: str, form: str, **asked: Any) -> None:
    """Show who has reported, up to when, and what is missing."""
    _show("coverage", data, lang, form, asked)


def _show(verb: str, folder: Path, lang: str, form: str, asked: dict[str, Any]) -> None:
    with verbs_of(folder) as verbs:
        answer = verbs.run(verb, asked)
    print_answer(verb, answer, form=form, lang=lang)
    if form == "table" and asked["as_of"]:
        click.echo(as_of_note(asked["as_of"], lang))


COMMANDS = (growth, rates, bridge, coverage)
