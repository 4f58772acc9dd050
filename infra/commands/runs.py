"""Commands about grading runs: list, show, compare, two methodologies, a bank's grades."""

from pathlib import Path
from typing import Any

import click

from infra.commands.grading import TO_DATE_NOTE, named_methodology
from infra.commands.opening import verbs_of
from infra.commands.run_tables import bank_comparison_text, comparison_text
from infra.commands.shared_options import (
    QuarterType,
    as_of_note,
    data_option,
    format_options,
    lang_option,
    print_answer,
)


@click.group()
def runs() -> None:
    """Look at grading runs and compare them.

    A RUN is named by the beginning of its id; 2021Q4 is the newest of a quarter, 2021Q4@1 what was
    published as version 1.
    """


@runs.command(name="list")
@click.argument("quarter", type=QuarterType(), default="")
@format_options
@lang_option
@data_option
def list_command(quarter: str, data: Path, lang: str, form: str) -> None:
    """List the stored runs, of QUARTER or of all, newest first."""
    answer = _asked(data, "runs_list", {"quarter": quarter})
    print_answer("runs_list", answer, form=form, lang=lang)


@runs.command()
@click.argument("run_id", metavar="RUN")
@format_options
@lang_option
@data_option
def show(run_id: str, data: Path, lang: str, form: str) -> None:
    """Show the grades of one stored run."""
    answer = _asked(data, "runs_show", {"run_id": run_id})
    print_answer("grade", answer, form=form, lang=lang)
    if form == "table":
        click.echo(
            f"{answer['quarter']}, {answer['methodology']} v{answer['methodology_version']}, "
            f"run {answer['run_id'][:12]}…, {answer['graded_at']}"
        )
        if answer["as_of"]:
            click.echo(as_of_note(answer["as_of"], lang))
        if answer["is_to_date"]:
            click.echo(TO_DATE_NOTE[lang])


@runs.command()
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN")
@click.option("--bank", "bank_id", default="", help="Everything about this bank, by its id.")
@format_options
@lang_option
@data_option
def compare(*, before: str, after: str, bank_id: str, data: Path, lang: str, form: str) -> None:
    """Say who moved between two runs, by how much, and why."""
    body = {"before": before, "after": after, "bank_id": bank_id}
    answer = _asked(data, "runs_compare", body)
    if form == "table" and bank_id:
        click.echo(bank_comparison_text(answer["rows"][0], lang), nl=False)
        return
    _print_comparison(answer, lang, form)


@runs.command()
@click.argument("quarter", type=QuarterType())
@click.option("--methodology", default="", help="A name, or a file ending in .toml.")
@click.option("--other", required=True, help="The one to compare it with, named likewise.")
@format_options
@lang_option
@data_option
def methods(data: Path, lang: str, form: str, **asked: str) -> None:
    """Grade QUARTER by two methodologies and say who moves, and why; nothing is stored."""
    body = {"quarter": asked["quarter"]} | named_methodology(asked["methodology"])
    answer = _asked(data, "methods_compare", body | named_methodology(asked["other"], "other"))
    _print_comparison(answer, lang, form)


@runs.command()
@click.argument("bank_id", metavar="BANK")
@format_options
@lang_option
@data_option
def history(bank_id: str, data: Path, lang: str, form: str) -> None:
    """Show the grades of BANK, by its id, quarter by quarter."""
    answer = _asked(data, "grade_history", {"bank_id": bank_id})
    print_answer("grade_history", answer, form=form, lang=lang)


def _asked(folder: Path, verb: str, body: dict[str, str]) -> dict[str, Any]:
    with verbs_of(folder) as verbs:
        return verbs.run(verb, body)


def _print_comparison(answer: dict[str, Any], lang: str, form: str) -> None:
    if form != "table":
        print_answer("runs_compare", answer, form=form, lang=lang)
        return
    for when in ("before", "after"):
        head = answer[when]
        as_of = f", {as_of_note(head['as_of'], lang)}" if head["as_of"] else ""
        click.echo(
            f"{head['quarter']}, {head['methodology']} v{head['methodology_version']}, "
            f"run {head['run_id'][:12]}…{as_of}"
        )
    click.echo(comparison_text(answer["rows"], answer["transitions"], lang), nl=False)


COMMANDS = (runs,)
