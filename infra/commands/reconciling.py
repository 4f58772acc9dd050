"""Commands that say whether everything adds up, and what has not come in."""

import sys
from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, format_options, lang_option, print_answer


@click.command()
@click.option(
    "--deep",
    "is_deep",
    is_flag=True,
    help="Read every event and every kept message once more; while nothing is written.",
)
@format_options
@lang_option
@data_option
def reconcile(data: Path, lang: str, form: str, *, is_deep: bool) -> None:
    """Count everything a second way, from the log's offsets to the totals, and name differences.

    Ends with 1 when there is a difference.
    """
    with verbs_of(data) as verbs:
        answer = verbs.run("reconcile", {"is_deep": is_deep})
    shown = answer
    if form == "table":
        # What agrees is only counted: a table of twenty lines that say nothing hides the one.
        shown = {"rows": [row for row in answer["rows"] if row["level"] != "ok"]}
    if form != "table" or shown["rows"]:
        print_answer("reconcile", shown, form=form, lang=lang)
    if form == "table":
        agreed = len(answer["rows"]) - len(shown["rows"])
        click.echo(_summary(answer["differences"], agreed, lang))
    if answer["differences"]:
        sys.exit(1)


def _summary(difference_count: int, agreed_count: int, lang: str) -> str:
    if lang == "zh":
        return f"差异 {difference_count} 项；{agreed_count} 项检查一致"
    return f"{difference_count} differences; {agreed_count} checks agree"


@click.command()
@format_options
@lang_option
@data_option
def gaps(data: Path, lang: str, form: str) -> None:
    """Show what every bank has sent, lane by lane: what is missing, up to when, who is silent."""
    with verbs_of(data) as verbs:
        answer = verbs.run("gaps", {})
    print_answer("gaps", answer, form=form, lang=lang)


COMMANDS = (reconcile, gaps)
