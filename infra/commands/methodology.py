"""The commands about methodology files: list, show, check, compare them, apply one to a table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from infra import methodology_answers as answers
from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    data_option,
    format_options,
    lang_option,
    print_answer,
    quarter_option,
)
from infra.settings import Settings
from infra.values_file import empty_values, read_values
from schemas.words import Words

KINDS = {True: Words("示例", "illustrative"), False: Words("按文件", "after a document")}
ILLUSTRATIVE = {"zh": "示例办法，非官方规则", "en": "illustrative, not an official rule"}
NO_FIGURES = {
    "zh": "没有可评定的数据：未给出分布（可用 --values 给表，或用 --data 指定数据文件夹）",
    "en": "no figures to grade, so no distribution: give a table (--values) or a folder (--data)",
}  # fmt: skip

Asked = TypeVar("Asked")


@click.group()
def methodology() -> None:
    """List, show, check, compare and apply methodologies: a NAME, NAME@2, or a FILE.toml."""


@methodology.command(name="list")
@format_options
@lang_option
def list_command(lang: str, form: str) -> None:
    """List the methodologies that come with puhui, every version."""
    rows = [
        row | {f"kind_{one}": getattr(KINDS[row["is_illustrative"]], one) for one in ("zh", "en")}
        for row in answers.listed()
    ]
    print_answer("methodology_list", {"rows": rows}, form=form, lang=lang)


@methodology.command()
@click.argument("name")
@format_options
@lang_option
def show(name: str, lang: str, form: str) -> None:
    """Say what NAME grades and how, in plain words."""
    answer = _reported(lambda: answers.shown(answers.chosen(**_named(name))))
    if form != "table":
        print_answer("methodology_show", answer, form=form, lang=lang)
        return
    for row in answer["rows"]:
        click.echo(row[f"sentence_{lang}"])


@methodology.command()
@click.argument("name")
@click.option(
    "--values", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CSV",
    help="A table of values to see the grades on; else the newest quarter stored.",
)  # fmt: skip
@quarter_option
@format_options
@lang_option
@data_option
@click.pass_context
def check(
    ctx: click.Context,
    /,
    *,
    name: str,
    values: Path | None,
    quarter: str,
    data: Path,
    lang: str,
    form: str,
) -> None:
    """Say what is wrong with NAME, and how many banks would have each grade.

    Ends with 1 where something is wrong. Warns where more than half would have one grade.
    """
    body = _body(name) | {"quarter": quarter} | _values(values)
    if values is None and _has_figures(data):
        with verbs_of(data) as verbs:
            answer = verbs.run("methodology_check", body)
    else:
        answer = _reported(lambda: _checked(name, values, quarter))
    if form == "table":
        _print_check(answer, lang)
    else:
        print_answer("methodology_check", answer, form=form, lang=lang)
    ctx.exit(0 if answer["is_sound"] else 1)


@methodology.command()
@click.argument("before")
@click.argument("after")
@format_options
@lang_option
def diff(before: str, after: str, lang: str, form: str) -> None:
    """Name every difference between two methodologies."""
    answer = _reported(
        lambda: answers.compared(answers.chosen(**_named(before)), answers.chosen(**_named(after)))
    )
    if form != "table":
        print_answer("methodology_diff", answer, form=form, lang=lang)
        return
    for row in answer["rows"]:
        click.echo(row[f"sentence_{lang}"])
    if answer["is_equal"]:
        click.echo("没有差异" if lang == "zh" else "no difference")


@methodology.command()
@click.argument("name")
@click.argument(
    "values", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="VALUES.csv",
    required=False,
)  # fmt: skip
@quarter_option
@click.option("--head", "is_head", is_flag=True, help="Print the first line of such a table.")
@format_options
@lang_option
def apply(
    name: str, values: Path | None, quarter: str, lang: str, form: str, *, is_head: bool
) -> None:
    """Grade a table of values with no events behind it; nothing is stored.

    Columns bank_id, peer_group, one for each indicator and fact; NAME.before is a year before.
    """
    if is_head:
        click.echo(empty_values(_reported(lambda: answers.chosen(**_named(name)))), nl=False)
        return
    if values is None:
        raise click.ClickException(
            "VALUES.csv: found nothing, expected a table of values; --head prints its first line"
        )
    chosen = _reported(lambda: answers.chosen(**_named(name)))
    text = _text(values)
    answer = _reported(lambda: answers.applied(chosen, text, str(values), quarter))
    print_answer("methodology_apply", answer, form=form, lang=lang)
    if form == "table":
        mark = f"（{ILLUSTRATIVE[lang]}）" if answer["is_illustrative"] else ""
        head = f"{answer[f'label_{lang}']}{mark}, {answer['quarter']}"
        click.echo(f"{head}: {answer[f'note_{lang}']}")


def _checked(name: str, values: Path | None, quarter: str) -> dict[str, Any]:
    chosen = answers.chosen(**_named(name))
    if values is None:
        return answers.checked(chosen, lambda: None)
    text, at = _text(values), str(answers.quarter_of(chosen, quarter))
    return answers.checked(chosen, lambda: read_values(text, str(values), chosen, at))


def _print_check(answer: Mapping[str, Any], lang: str) -> None:
    mark = f"（{ILLUSTRATIVE[lang]}）" if answer["is_illustrative"] else ""
    click.echo(f"{answer['methodology']}@{answer['version']}{mark}")
    for problem in answer["problems"]:
        click.echo(problem[f"sentence_{lang}"])
    if answer["is_sound"]:
        click.echo("未发现问题" if lang == "zh" else "nothing is wrong with it")
        if answer["rows"]:
            rated = answer["rated_bank_count"]
            zh, en = f"{answer['quarter']}：参评{rated}家", f"{answer['quarter']}: {rated} rated"
            if answer["is_assumed"]:
                zh, en = (
                    f"没有数据：全部{rated}种组合各计一次",
                    f"no figures: all {rated} combinations",
                )
            click.echo(zh if lang == "zh" else en)
            print_answer("methodology_check", answer, form="table", lang=lang)
        else:
            click.echo(NO_FIGURES[lang])
    for warning in answer["warnings"]:
        click.echo(f"{'注意' if lang == 'zh' else 'warning'}: {warning[f'sentence_{lang}']}")


def _has_figures(folder: Path) -> bool:
    settings = click.get_current_context().find_object(Settings) or Settings()
    return bool(settings.clickhouse_url) or folder.exists()


def _named(name: str) -> dict[str, str]:
    """Return a methodology as it is asked for: a file of one's own is read here."""
    if not name.endswith(".toml"):
        return {"name": name, "text": "", "where": ""}
    return {"name": "", "text": _text(Path(name)), "where": name}


def _body(name: str) -> dict[str, str]:
    named = _named(name)
    return {"methodology": named["name"], "text": named["text"], "where": named["where"]}


def _values(values: Path | None) -> dict[str, str]:
    return {} if values is None else {"values": _text(values), "values_where": str(values)}


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path}: {error}") from error
    # A spreadsheet on a Chinese system saves CSV in GB 18030; that is never UTF-8 by chance.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.ClickException(f"{path}: found neither UTF-8 nor GB 18030 text, save it as one")


def _reported(ask: Callable[[], Asked]) -> Asked:
    try:
        return ask()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


COMMANDS = (methodology,)
