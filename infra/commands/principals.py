"""The commands that say who may submit and act: add a principal with its token, list, disable."""

from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, format_options, lang_option, print_answer
from infra.intake.principals import Role
from infra.intake.receipt import shanghai_text
from infra.tables_for_people import json_text
from schemas.words import Words

_STATES = {True: Words("有效", "active"), False: Words("已停用", "disabled")}


@click.group()
def principals() -> None:
    """Say who may submit and who may act, each with a token of its own.

    Kept on the ClickHouse server where PUHUI_CLICKHOUSE_URL is set, else in the data folder.
    """


@principals.command()
@click.argument("principal_id", metavar="NAME")
@click.option("--bank", "bank_id", default="", metavar="BANK_ID", help="Whose, of a bank's.")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default=Role.BANK.value,
    show_default=True, help="A bank submits for itself and replies; a maker (经办) and a checker "
    "(复核) take the steps of a quarter; an agency (会签机关) signs; a supervisor looks on.",
)  # fmt: skip
@click.option("--agency", default="", metavar="NAME", help="For which it signs, of an agency's.")
@click.option("--json", "is_json", is_flag=True, help="For a program.")
@data_option
def add(
    principal_id: str, bank_id: str, role: str, agency: str, data: Path, *, is_json: bool
) -> None:
    """Make a principal and print its token: now or never, only its digest is kept."""
    if bank_id and agency:
        raise click.UsageError("--bank and --agency: expected one of them")
    body = {"principal_id": principal_id, "role": role, "bank_id": bank_id or agency}
    with verbs_of(data, is_new_allowed=True) as verbs:
        made = verbs.run("add_principal", body)
    click.echo(json_text(made).rstrip() if is_json else made["token"])
    click.echo("令牌只显示这一次 / The token is shown only this once.", err=True)


@principals.command(name="list")
@format_options
@lang_option
@data_option
def list_command(data: Path, lang: str, form: str) -> None:
    """List the principals; a token cannot be shown again."""
    with verbs_of(data) as verbs:
        listed = verbs.run("principals", {})["rows"]
    rows = [
        row
        | {"created_at": shanghai_text(row["created_at_ms"])}
        | {"state": "active" if row["is_active"] else "disabled"}
        | {"state_zh": _STATES[row["is_active"]].zh, "state_en": _STATES[row["is_active"]].en}
        for row in listed
    ]
    print_answer("principals", {"rows": rows}, form=form, lang=lang)


@principals.command()
@click.argument("principal_id", metavar="NAME")
@data_option
def disable(principal_id: str, data: Path) -> None:
    """Let a principal in no more, from now on."""
    with verbs_of(data) as verbs:
        verbs.run("disable_principal", {"principal_id": principal_id})
    click.echo(f"{principal_id}: 已停用 / disabled")


COMMANDS = (principals,)
