"""The command that prints the circular of a quarter."""

import base64
from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import QuarterType, data_option, lang_option
from infra.tables_for_people import json_text

FORMS = ("docx", "pdf", "xlsx", "csv", "html")


@click.command()
@click.argument("quarter", type=QuarterType())
@click.option(
    "--edition", type=click.Choice(["agencies", "bank", "public"]), default="agencies",
    show_default=True, help="For the agencies, for one bank, or for everybody.",
)  # fmt: skip
@click.option("--bank", "bank_id", default="", metavar="BANK_ID", help="Whose, of a bank's.")
@click.option("--run", default="", metavar="RUN", help="Its id; else what was published or newest.")
@click.option(
    "--form", type=click.Choice(FORMS), default="docx", show_default=True, help="The kind of file."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE",
    help="Where it goes; else a name of its own in this folder.",
)  # fmt: skip
@click.option("--json", "is_json", is_flag=True, help="The document for a program; no file.")
@lang_option
@data_option
def circular(
    *,
    quarter: str,
    edition: str,
    bank_id: str,
    run: str,
    form: str,
    out: Path | None,
    data: Path,
    lang: str,
    is_json: bool,
) -> None:
    """Print the circular (通报) of QUARTER, for example 2021Q4.

    Of the run that was published, else of the newest one, as a draft that says so on every page.
    """
    asked = {"quarter": quarter, "edition": edition, "bank_id": bank_id, "run": run}
    with verbs_of(data) as verbs:
        if is_json:
            click.echo(json_text(verbs.run("circular", asked)), nl=False)
            return
        made = verbs.run("circular_file", asked | {"form": form, "lang": lang})
    path = out or Path(made["file_name"])
    if not path.absolute().parent.is_dir():
        raise click.ClickException(
            f"--out {path}: its folder is not there; make it, or name another file"
        )
    path.write_bytes(base64.b64decode(made["content_base64"]))
    click.echo(str(path))
    for mark in made["marks"]:
        click.echo(mark[lang], err=True)


COMMANDS = (circular,)
