"""The command that writes a bank's archive of one quarter."""

import base64
from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import QuarterType, data_option, lang_option


@click.command()
@click.argument("bank_id", metavar="BANK")
@click.argument("quarter", type=QuarterType())
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The zip to write.")
@click.option("--run", "run_id", default="", help="Of which run; else the published, or newest.")
@lang_option
@data_option
def archive(
    bank_id: str, quarter: str, out: Path | None, *, run_id: str, data: Path, lang: str
) -> None:
    """Gather everything about BANK in QUARTER into one zip, with an index; say what is missing."""
    with verbs_of(data) as verbs:
        answer = verbs.run("archive", {"bank_id": bank_id, "quarter": quarter, "run_id": run_id})
    file = out or Path(answer["file_name"])
    file.write_bytes(base64.b64decode(answer["content_base64"]))
    for row in answer["rows"]:
        mark = "✓" if row["file_count"] else "–"
        remark = row[f"remark_{lang}"]
        told = f"{row['file_count']}" if row["file_count"] else ""
        line = f"{mark} {row['part']} {row[f'name_{lang}']} {told} {remark}"
        click.echo(line.rstrip())
    click.echo(f"{file}: {answer['size_bytes']:,} bytes, SHA-256 {answer['sha256']}")


COMMANDS = (archive,)
