"""The command that grades a quarter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import verbs_of
from infra.commands.run_tables import comparison_text
from infra.commands.shared_options import (
    QuarterType,
    as_of_note,
    as_of_option,
    data_option,
    format_options,
    lang_option,
    print_answer,
)


@click.command()
@click.argument("quarter", type=QuarterType())
@as_of_option
@click.option("--methodology", default="", help="A name, or a file ending in .toml.")
@click.option(
    "--what-if",
    "what_if",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .toml file of what is supposed; the result is not official and not stored.",
)
@format_options
@lang_option
@data_option
def grade(
    *,
    quarter: str,
    as_of: str,
    methodology: str,
    what_if: Path | None,
    data: Path,
    lang: str,
    form: str,
) -> None:
    """Grade every bank for QUARTER, for example 2021Q4, and store the run.

    Running it again with the same data gives the same run and stores nothing new.
    """
    if what_if is not None:
        asked = {"quarter": quarter, "as_of": as_of} | named_methodology(methodology)
        _suppose(asked | {"supposed": what_if.read_text(encoding="utf-8")}, data, lang, form)
        return
    # Absolute: the process that reads it may stand in another folder.
    named = str(Path(methodology).absolute()) if methodology.endswith(".toml") else methodology
    with verbs_of(data) as verbs:
        answer = verbs.run("grade", {"quarter": quarter, "methodology": named, "as_of": as_of})
    print_answer("grade", answer, form=form, lang=lang)
    if form == "table":
        _print_foot(answer, lang)


def named_methodology(methodology: str, key: str = "methodology") -> dict[str, str]:
    """Return a methodology as a verb that opens no files is asked for it."""
    if not methodology.endswith(".toml"):
        return {key: methodology}
    path = Path(methodology)
    if not path.is_file():
        raise click.ClickException(f"methodology {methodology}: no such file")
    return {f"{key}_text": path.read_text(encoding="utf-8")}


def _suppose(asked: Mapping[str, str], folder: Path, lang: str, form: str) -> None:
    with verbs_of(folder) as verbs:
        answer = verbs.run("what_if", asked)
    print_answer("grade", answer, form=form, lang=lang)
    if form == "table":
        _print_foot(answer, lang)
        click.echo(f"*** {answer[f'notice_{lang}']} ***")
        for line in answer[f"supposed_{lang}"]:
            click.echo(f"  {line}")
        click.echo(comparison_text(answer["changes"], answer["transitions"], lang), nl=False)
        click.echo(f"*** {answer[f'notice_{lang}']} ***")


def _print_foot(answer: Mapping[str, Any], lang: str) -> None:
    note = ("示例办法,非官方规则", "illustrative, not an official rule")
    mark = f" ({note[0] if lang == 'zh' else note[1]})" if answer["is_illustrative"] else ""
    click.echo(f"{answer['methodology']}{mark}, run {answer['run_id'][:12]}…")
    if answer["as_of"]:
        click.echo(as_of_note(answer["as_of"], lang))
    if answer["is_to_date"]:
        click.echo(TO_DATE_NOTE[lang])


TO_DATE_NOTE = {
    "zh": "截至目前：该季度尚未结束，仅供试算，不得通报",
    "en": "To date: the quarter is not over; a trial only, not to be published",
}
COMMANDS = (grade,)
