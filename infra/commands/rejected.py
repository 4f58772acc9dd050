"""Commands about what was rejected: list and show it, send it again, let a lane in again."""

from collections.abc import Sequence
from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, format_options, lang_option, print_answer
from infra.tables_for_people import json_text


@click.group()
def rejected() -> None:
    """See what was rejected, and send it again once it is sound."""


@rejected.command("list")
@click.option("--bank", default="", help="Of this bank only.")
@click.option("--code", default="", help="Of this reason only, such as wrong_lane.")
@click.option("--all", "is_all", is_flag=True, help="With what was sent again since.")
@format_options
@lang_option
@data_option
def list_command(bank: str, code: str, data: Path, form: str, lang: str, *, is_all: bool) -> None:
    """List what was rejected and is not mended yet, and count it by bank and reason."""
    with verbs_of(data) as verbs:
        answer = verbs.run("rejected_list", {"bank_id": bank, "code": code, "is_all": is_all})
    print_answer("rejected_list", answer, form=form, lang=lang)
    if form == "table":
        click.echo()
        print_answer("rejected_summary", {"rows": answer["summary"]}, form=form, lang=lang)


@rejected.command()
@click.argument("place")
@click.option("--json", "is_json", is_flag=True, help="For a program.")
@lang_option
@data_option
def show(place: str, data: Path, lang: str, *, is_json: bool) -> None:
    """Show everything about what was rejected at PLACE, as list prints it."""
    with verbs_of(data) as verbs:
        answer = verbs.run("rejected_show", {"place": place})
    if is_json:
        click.echo(json_text(answer), nl=False)
        return
    for row in answer["rows"]:
        headers = row.pop("headers")
        raw = row.pop("raw")
        click.echo(row[f"sentence_{lang}"])
        facts = {name: value for name, value in row.items() if not name.startswith("sentence")}
        for name, value in [*facts.items(), *headers.items()]:
            click.echo(f"  {name}: {value}")
        click.echo(raw)


@rejected.command("replay")
@click.argument("places", nargs=-1, metavar="[PLACE…]")
@click.option("--bank", default="", help="Of this bank only.")
@click.option("--code", default="", help="Of this reason only, such as wrong_lane.")
@click.option("--dry-run", is_flag=True, help="Send nothing, only say what is sound now.")
@format_options
@lang_option
@data_option
def replay_command(
    places: Sequence[str], data: Path, form: str, lang: str, *, bank: str, code: str, dry_run: bool
) -> None:
    """Judge by today's code what was rejected, and send again what is sound now.

    Each event counts once, however often this is done. Without a bank, a code or a place it is all
    that is open.
    """
    asked = {"bank_id": bank, "code": code, "places": list(places), "is_dry_run": dry_run}
    with verbs_of(data) as verbs:
        answer = verbs.run("rejected_replay", asked)
    print_answer("rejected_replay", answer, form=form, lang=lang)
    if form == "table":
        click.echo()
        print_answer("rejected_counts", {"rows": answer["counts"]}, form=form, lang=lang)


@rejected.command("release")
@click.argument("bank")
@click.option("--lane", type=click.IntRange(0), help="This one only; else all that are kept out.")
@format_options
@lang_option
@data_option
def release_command(bank: str, lane: int | None, data: Path, form: str, lang: str) -> None:
    """Let a lane of BANK in again that was quarantined, once the bank has mended what was wrong.

    What it sent meanwhile is kept: puhui rejected replay sends it again.
    """
    with verbs_of(data) as verbs:
        answer = verbs.run("rejected_release", {"bank_id": bank, "lane": lane})
    print_answer("rejected_release", answer, form=form, lang=lang)


COMMANDS = (rejected,)
