"""Commands that look after the store: migrate, digest, doctor."""

import sys
from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, format_options, lang_option, print_answer
from infra.doctor import examine, is_fit
from infra.lock_file import holder_of
from infra.remote import RemoteOperations
from infra.tables_for_people import json_text


@click.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the store of a data folder up to this version; again does nothing."""
    with verbs_of(data, is_new_allowed=True) as verbs:
        applied = verbs.run("migrate", {})["applied"]
    if not applied:
        click.echo(f"Nothing to apply: the store of {data} is of this version.")
        return
    click.echo(f"Applied to the store of {data}:")
    for name in applied:
        click.echo(f"  {name}")


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For a program.")
@data_option
def digest(data: Path, *, is_json: bool) -> None:
    """Print one number for everything that is stored: the same data, the same number."""
    with verbs_of(data) as verbs:
        answer = verbs.run("digest", {})
    click.echo(json_text(answer).rstrip() if is_json else answer["state_digest"])


@click.command()
@format_options
@lang_option
@data_option
def doctor(data: Path, lang: str, form: str) -> None:
    """Look whether this machine and the data folder are fit for work; change nothing.

    Ends with 1 when something that is needed is wrong.
    """
    holder = holder_of(data)
    if holder is not None and holder.url:
        rows = RemoteOperations(holder).run("doctor", {})["rows"]
    else:
        rows = examine(data)
    print_answer("doctor", {"rows": rows}, form=form, lang=lang)
    if not is_fit(rows):
        sys.exit(1)


COMMANDS = (migrate, digest, doctor)
