"""The command that gives the banks' own files back."""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, format_options, lang_option, print_answer
from infra.imports.pboc.filing_name import month_end
from infra.imports.pboc.table_spec import SPECS
from infra.tables_for_people import csv_text, json_text

_PERIOD = re.compile(r"(?P<year>[0-9]{4})-?(?P<month>[0-9]{2})(?:-?(?P<day>[0-9]{2}))?")

_ZH = {
    "batch": "{stem}, 第 {batch} 次报送, {row_count:,} 行, 其中退回 {refused_row_count:,} 行",
    "whole": ".dat 与报送时逐字节一致",
    "changed": ".dat 与报送时不完全一致:",
}
_EN = {
    "batch": "{stem}, batch {batch}, rows: {row_count:,}, of them held back: {refused_row_count:,}",
    "whole": "the .dat is byte for byte what was sent",
    "changed": "the .dat is not byte for byte what was sent:",
}


class PeriodType(click.ParamType):
    """Reads 2026-09-30, 20260930 or 2026-09 as the last day of that month."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        period = _month_end_of(str(value))
        if not period:
            self.fail(
                f"period was {value!r}, expected the end of a month such as 2026-09-30", param, ctx
            )
        return period


def _month_end_of(text: str) -> str:
    """Return the last day of the month that ``text`` names; empty where it names none."""
    told = _PERIOD.fullmatch(text)
    if told is None or not dt.MINYEAR <= int(told["year"]) <= dt.MAXYEAR:
        return ""
    if not 1 <= int(told["month"]) <= 12:
        return ""
    last = month_end(int(told["year"]), int(told["month"]))
    return last.isoformat() if int(told["day"] or last.day) == last.day else ""


@click.command(name="export")
@click.option("--pboc", "is_pboc", is_flag=True, help="The banks' own monthly files.")
@click.option("--list", "is_list", is_flag=True, help="List what is kept, of BANK or of all.")
@click.argument("bank", default="", metavar="[BANK]")
@click.argument("table", default="", metavar="[TABLE]")
@click.argument("period", default=None, required=False, type=PeriodType(), metavar="[PERIOD]")
@click.option("--batch", type=click.IntRange(1), help="Which time it was sent; else the newest.")
@click.option("--zip", "kind", flag_value="zip", help="Only the .zip.")
@click.option("--dat", "kind", flag_value="dat", help="Only the .dat, and the .log as it was sent.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="this folder",
    metavar="FOLDER",
    help="Where the files are written; one that is there is not written over.",
)
@format_options
@lang_option
@data_option
def export_command(data: Path, lang: str, form: str, **asked: Any) -> None:
    """Give a bank's own file back, byte for byte: PERIOD of TABLE, as BANK sent it.

    For example: puhui export --pboc 91310000XXBANK018C CLDWDK 2026-09 --out sent

    Rows that were held back and line ends are in it as they came. Two things are never kept, and
    so not given back: fields of the table of persons (GRKHXX) that no event needs, and numbers of
    identity cards sent in clear. It is said where that is so.
    """
    if not asked["is_pboc"]:
        raise click.UsageError("say what is to be exported: --pboc, the banks' own files")
    if asked["is_list"]:
        with verbs_of(data) as verbs:
            answer = verbs.run("kept_filings", {"bank_id": asked["bank"]})
        print_answer("kept_filings", answer, form=form, lang=lang)
        return
    if not (asked["bank"] and asked["table"] and asked["period"]):
        raise click.UsageError(
            "expected BANK TABLE PERIOD, such as 91310000XXBANK018C CLDWDK 2026-09; "
            "--list shows what is kept"
        )
    if asked["table"] not in SPECS:
        raise click.UsageError(f"TABLE was {asked['table']}, expected one of {', '.join(SPECS)}")
    wanted = {
        "bank_id": asked["bank"],
        "table": asked["table"],
        "period": asked["period"],
        "batch": asked["batch"] or 0,
        "form": asked["kind"] or "all",
        # Absolute: the process that does it may stand in another folder.
        "folder": str(asked["out"].absolute()),
    }
    with verbs_of(data) as verbs:
        answer = verbs.run("export_filing", wanted)
    _print(answer, form, lang)


def _print(answer: Mapping[str, Any], form: str, lang: str) -> None:
    if form == "json":
        click.echo(json_text(answer), nl=False)
        return
    if form == "csv":
        click.echo(csv_text([answer]), nl=False)
        return
    words = _ZH if lang == "zh" else _EN
    period = dt.date.fromisoformat(answer["period"])
    stem = f"{answer['bank_id']}_{answer['table']}_{period:%Y%m%d}"
    click.echo(words["batch"].format(stem=stem, **answer))
    for file in answer["files"]:
        click.echo(f"  {file}")
    click.echo(f"  {words['whole' if answer['is_whole'] else 'changed']}")
    for remark in answer["remarks"]:
        click.echo(f"  ! {remark[lang]}")


COMMANDS = (export_command,)
