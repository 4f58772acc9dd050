"""The commands that take a quarter's grading from the cut to what is published, step by step."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from infra.commands.acting_person import act_as_person, keep_for_person, reason_option
from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    QuarterType,
    data_option,
    format_options,
    lang_option,
    print_answer,
)

Function = Callable[..., Any]


def told_options(function: Function) -> Function:
    """Add --format, --json, --lang and --data."""
    return format_options(lang_option(data_option(function)))


def quarter_argument(function: Function) -> Function:
    """Add the argument QUARTER."""
    return click.argument("quarter", type=QuarterType())(function)


def file_type() -> click.Path:
    """Return the type of an option that takes a file of this machine."""
    return click.Path(exists=True, dir_okay=False, path_type=Path)


def methodology_named(methodology: str) -> str:
    """Return a name as it is, a file absolutely: who reads it may stand in another folder."""
    return str(Path(methodology).absolute()) if methodology.endswith(".toml") else methodology


@click.group()
def quarter() -> None:
    """Take a quarter's grading step by step, each by another person (cut ... publish).

    Every step is written down with who took it: PUHUI_TOKEN holds the token of a principal with
    the role maker (经办), checker (复核) or agency (会签机关).
    """


def _do(
    quarter: str, act: str, body: Mapping[str, Any], folder: Path, *, bank_id: str = ""
) -> dict[str, Any]:
    with verbs_of(folder) as verbs:
        said = {name: value for name, value in body.items() if value not in {"", None}}
        return act_as_person(
            verbs,
            "quarter_act",
            {"quarter": quarter, "act": act, "body": said, "bank_id": bank_id},
        )


def _print(answer: Mapping[str, Any], *, form: str, lang: str, newest: bool = True) -> None:
    """Print the acts, after a step only the newest, and where the quarter stands."""
    rows = answer["rows"][-1:] if newest and form == "table" else answer["rows"]
    print_answer("quarter", dict(answer) | {"rows": rows}, form=form, lang=lang)
    if form != "table":
        return
    for line in _standing(answer, lang):
        click.echo(line)


def _standing(answer: Mapping[str, Any], lang: str) -> list[str]:
    is_zh = lang == "zh"
    head = f"{answer['quarter']} {answer[f'state_{lang}']}"
    head += f"，第 {answer['version']} 版" if is_zh else f", version {answer['version']}"
    if answer["run_id"]:
        head += f", run {answer['run_id'][:12]}…"
    lines = [head]
    if answer["comments_due"]:
        lines.append(f"{'意见截止日' if is_zh else 'Comments due'}: {answer['comments_due']}")
    if answer["signers_missing"] and answer["state"] == "conferred":
        missing = ", ".join(answer["signers_missing"])
        lines.append(f"{'待会签' if is_zh else 'Still to sign'}: {missing}")
    for one in answer["published"]:
        run = f"run {one['run_id'][:12]}…"
        version = f"第 {one['version']} 版" if is_zh else f"Version {one['version']}"
        told = "已通报" if is_zh else "published"
        lines.append(f"{version} {told}: {one['document_number']}, {one['published_at']}, {run}")
    if answer["broken_at"]:
        told = "记录断裂" if is_zh else "THE RECORD IS BROKEN"
        lines.append(f"{told}: {answer[f'broken_{lang}']}")
    now = ", ".join(
        f"{one['act'].replace('_', '-')} {one['zh']}" if is_zh else one["act"].replace("_", "-")
        for one in answer["allowed_acts"]
    )
    lines.append(f"{'现可进行' if is_zh else 'Allowed now'}: {now or '-'}")
    return lines


@quarter.command()
@quarter_argument
@told_options
def show(quarter: str, data: Path, lang: str, form: str) -> None:
    """Show what was done about QUARTER, and verify that nothing of it was changed."""
    with verbs_of(data) as verbs:
        answer = verbs.run("quarter_show", {"quarter": quarter})
    _print(answer, form=form, lang=lang, newest=False)
    if answer["broken_at"]:
        raise click.ClickException(f"{quarter}: act {answer['broken_at']} breaks the chain")


@quarter.command(name="list")
@told_options
def list_command(data: Path, lang: str, form: str) -> None:
    """List the quarters that somebody did something about."""
    with verbs_of(data) as verbs:
        print_answer("quarters", verbs.run("quarter_list", {}), form=form, lang=lang)


@quarter.command()
@quarter_argument
@click.option("--as-of", default="", metavar="DAY", help="What came in by then; now if left out.")
@click.option("--methodology", default="", help="A name, or name@version.")
@reason_option
@told_options
def cut(
    *, quarter: str, as_of: str, methodology: str, reason: str, data: Path, lang: str, form: str
) -> None:
    """Cut (截数): what comes in later does not count for this version. A maker."""
    body = {"as_of": as_of, "methodology": methodology_named(methodology), "reason": reason}
    _print(_do(quarter, "cut", body, data), form=form, lang=lang)


@quarter.command()
@quarter_argument
@reason_option
@told_options
def check(quarter: str, reason: str, data: Path, lang: str, form: str) -> None:
    """Close the checks; what is open is listed, and then needs a reason. A checker."""
    answer = _do(quarter, "check", {"reason": reason}, data)
    _print(answer, form=form, lang=lang)


@quarter.command()
@quarter_argument
@reason_option
@told_options
def trial(quarter: str, reason: str, data: Path, lang: str, form: str) -> None:
    """Grade on trial (试算), as of the cut, with the confirmed values by hand. A maker."""
    _print(_do(quarter, "trial", {"reason": reason}, data), form=form, lang=lang)


@quarter.command(name="open-comments")
@quarter_argument
@click.option("--working-days", type=click.IntRange(0, 60), default=5, show_default=True)
@reason_option
@told_options
def open_comments(
    *, quarter: str, working_days: int, reason: str, data: Path, lang: str, form: str
) -> None:
    """Let every bank see its own trial grade and comment on it. A checker.

    0 days waive the period, with a reason.
    """
    body = {"working_days": working_days, "reason": reason}
    _print(_do(quarter, "open_comments", body, data), form=form, lang=lang)


@quarter.command(name="close-comments")
@quarter_argument
@reason_option
@told_options
def close_comments(quarter: str, reason: str, data: Path, lang: str, form: str) -> None:
    """Close comments, on the day after they were due. A maker."""
    _print(_do(quarter, "close_comments", {"reason": reason}, data), form=form, lang=lang)


@quarter.command()
@quarter_argument
@click.argument("bank_id", metavar="BANK_ID")
@click.option("--column", default="", help="Which value is another.")
@click.option("--value", default="", help="The value, as it is printed; empty takes a change back.")
@click.option("--at-most", default="", metavar="GRADE", help="Hold the grade down to this one.")
@click.option("--clause", required=True, help="Which clause allows it.")
@click.option("--minutes", required=True, help="Number of the minutes.")
@reason_option
@told_options
def change(
    *, quarter: str, bank_id: str, column: str, value: str, at_most: str, clause: str, minutes: str,
    reason: str, data: Path, lang: str, form: str,
) -> None:  # fmt: skip
    """Write down a change that was conferred on: a value, or a grade held down. A maker."""
    body = {
        "column": column,
        "value": value,
        "grade_at_most": at_most,
        "clause": clause,
        "minutes": minutes,
        "reason": reason,
    }
    _print(_do(quarter, "change", body, data, bank_id=bank_id), form=form, lang=lang)


@quarter.command()
@quarter_argument
@click.option("--minutes", required=True, help="Number of the minutes (会商纪要).")
@click.option("--file", "path", type=file_type(), required=True, help="The minutes themselves.")
@reason_option
@told_options
def confer(
    *, quarter: str, minutes: str, path: Path, reason: str, data: Path, lang: str, form: str
) -> None:
    """Confirm what the agencies conferred on, all changes with it. A checker."""
    body = {"minutes_number": minutes, "reason": reason}
    with verbs_of(data) as verbs:
        body["minutes_sha256"] = keep_for_person(verbs, path)
    _print(_do(quarter, "confer", body, data), form=form, lang=lang)


@quarter.command()
@quarter_argument
@reason_option
@told_options
def sign(quarter: str, reason: str, data: Path, lang: str, form: str) -> None:
    """Sign (会签) for the agency of your token. Each agency once, all of them."""
    _print(_do(quarter, "sign", {"reason": reason}, data), form=form, lang=lang)


@quarter.command()
@quarter_argument
@click.option("--number", "document_number", required=True, help="Of the circular (文号).")
@reason_option
@told_options
def publish(
    *, quarter: str, document_number: str, reason: str, data: Path, lang: str, form: str
) -> None:
    """Publish (通报) what was signed, if the stored data still give it. A maker."""
    body = {"document_number": document_number, "reason": reason}
    _print(_do(quarter, "publish", body, data), form=form, lang=lang)


@quarter.command()
@quarter_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept.")
@told_options
def reopen(quarter: str, reason: str, data: Path, lang: str, form: str) -> None:
    """Reopen; what was published stays, and the next version begins. A checker."""
    _print(_do(quarter, "reopen", {"reason": reason}, data), form=form, lang=lang)


_WHY = {
    "values": {"zh": "本行数值变化", "en": "its own values"},
    "others": {"zh": "他行变化所致", "en": "others' values"},
}


def moved_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of moved banks with, in words, why each moved."""
    return [
        row
        | {
            f"moved_by_{lang}": _WHY[row["why"]][lang]
            + "".join(
                f" {value[lang]}: {value['value_before'] or '-'} → {value['value'] or '-'};"
                for value in row["values"]
            )
            for lang in ("zh", "en")
        }
        for row in rows
    ]


@quarter.command()
@quarter_argument
@click.option("--dry-run", is_flag=True, help="Only say what moved.")
@told_options
def revise(quarter: str, data: Path, lang: str, form: str, *, dry_run: bool) -> None:
    """Grade a published QUARTER with what came in since; open a version where it moved anybody."""
    with verbs_of(data) as verbs:
        body = {"quarter": quarter, "is_dry_run": dry_run}
        answer = act_as_person(verbs, "quarter_revise", body)
    answer["rows"] = moved_rows(answer["rows"])
    print_answer("moved", answer, form=form, lang=lang)
    if form == "table":
        click.echo(_revised(answer, lang))


def _revised(answer: Mapping[str, Any], lang: str) -> str:
    is_zh = lang == "zh"
    if not answer["is_changed"]:
        return "与已通报版次一致，无须修订" if is_zh else "As published: nothing to revise"
    if not answer["is_reopened"]:
        return "以上为试算，未重开" if is_zh else "On trial only; nothing was reopened"
    version = answer["version"]
    return (
        f"已重开，第 {version} 版待办；原版次不变"
        if is_zh
        else f"Reopened: version {version} begins; the published one stays"
    )


COMMANDS = (quarter,)
