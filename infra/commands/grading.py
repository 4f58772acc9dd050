"""The command that grades a quarter."""

from pathlib import Path

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    QuarterType,
    data_option,
    format_options,
    lang_option,
    print_answer,
)


@click.command()
@click.argument("quarter", type=QuarterType())
@click.option("--methodology", default="", help="A name, or a file ending in .toml.")
@format_options
@lang_option
@data_option
def grade(quarter: str, methodology: str, data: Path, lang: str, form: str) -> None:
    """Grade every bank for QUARTER, for example 2021Q4, and store the run.

    Running it again with the same data gives the same run and stores nothing new.
    """
    # Absolute: the process that reads it may stand in another folder.
    named = str(Path(methodology).absolute()) if methodology.endswith(".toml") else methodology
    with verbs_of(data) as verbs:
        answer = verbs.run("grade", {"quarter": quarter, "methodology": named})
    print_answer("grade", answer, form=form, lang=lang)
    if form == "table":
        note = ("示例办法,非官方规则", "illustrative, not an official rule")
        mark = f" ({note[0] if lang == 'zh' else note[1]})" if answer["is_illustrative"] else ""
        click.echo(f"{answer['methodology']}{mark}, run {answer['run_id'][:12]}…")
        if answer["is_to_date"]:
            click.echo(TO_DATE_NOTE[lang])


TO_DATE_NOTE = {
    "zh": "截至目前：该季度尚未结束，仅供试算，不得通报",
    "en": "To date: the quarter is not over; a trial only, not to be published",
}
COMMANDS = (grade,)
