"""The commands of the right of reply, and of values by hand."""

from pathlib import Path
from typing import Any

import click

from infra.commands.acting_person import act_as_person, keep_for_person, reason_option
from infra.commands.opening import verbs_of
from infra.commands.quarters import (
    file_type,
    methodology_named,
    moved_rows,
    quarter_argument,
    told_options,
)
from infra.commands.shared_options import print_answer
from schemas.quarter_acts import REPLIES

_NOT_OFFICIAL = {"zh": "试算，不作为正式结果", "en": "A trial, not official"}


@click.group()
def reply() -> None:
    """Hear the banks: they comment, confirm and appeal; a maker answers, a checker decides.

    PUHUI_TOKEN holds the token of whoever speaks. A bank speaks for itself and sees only itself.
    """


@reply.command()
@quarter_argument
@click.argument("kind", type=click.Choice([kind.replace("_", "-") for kind in REPLIES]))
@click.option("--text", default="", help="What the bank says.")
@click.option("--column", default="", help="Of an appeal: which value should be another.")
@click.option("--value", default="", help="Of an appeal: which it should be.")
@click.option("--evidence", type=file_type(), help="A file that proves it.")
@told_options
def say(
    *, quarter: str, kind: str, text: str, column: str, value: str, evidence: Path | None,
    data: Path, lang: str, form: str,
) -> None:  # fmt: skip
    """Say something for your bank: self-assessment, comment, confirmation or appeal."""
    body = {
        "quarter": quarter,
        "kind": kind.replace("-", "_"),
        "text": text,
        "column": column,
        "value": value,
    }
    with verbs_of(data) as verbs:
        if evidence is not None:
            body["evidence_sha256"] = keep_for_person(verbs, evidence)
        answer = act_as_person(verbs, "reply_say", body)
    _print_own(answer, form=form, lang=lang)


@reply.command()
@quarter_argument
@told_options
def show(quarter: str, data: Path, lang: str, form: str) -> None:
    """Show your bank its own grade of QUARTER, why, and what it said."""
    with verbs_of(data) as verbs:
        answer = act_as_person(verbs, "reply_show", {"quarter": quarter})
    _print_own(answer, form=form, lang=lang)


def _print_own(answer: dict[str, Any], *, form: str, lang: str) -> None:
    print_answer("own_replies", answer, form=form, lang=lang)
    if form != "table":
        return
    click.echo(f"{answer['quarter']} {answer[f'state_{lang}']}")
    if grade := answer["grade"]:
        name = grade["bank_name" if lang == "zh" else "bank_name_en"]
        click.echo(f"{name}: {grade[f'grade_{lang}']} {grade['points']}")
        for told in (*grade["caps"], *grade["reasons"]):
            clause = f" ({told['clause']})" if told.get("clause") else ""
            click.echo(f"  {told[lang]}{clause}")


@reply.command(name="list")
@quarter_argument
@click.option("--bank", "bank_id", default="", metavar="BANK_ID")
@told_options
def list_command(quarter: str, bank_id: str, data: Path, lang: str, form: str) -> None:
    """List what banks said about QUARTER. For supervisors."""
    with verbs_of(data) as verbs:
        answer = verbs.run("reply_list", {"quarter": quarter, "bank_id": bank_id})
    print_answer("replies", answer, form=form, lang=lang)


@reply.command()
@quarter_argument
@click.argument("number", type=int)
@click.option("--text", required=True, help="What the bank is answered.")
@click.option("--accept/--reject", "is_accepted", default=None, help="Of an appeal: the proposal.")
@told_options
def answer(
    *, quarter: str, number: int, text: str, data: Path, lang: str, form: str,
    is_accepted: bool | None,
) -> None:  # fmt: skip
    """Answer act NUMBER of a bank; of an appeal, propose what becomes of it. A maker."""
    proposal = {None: "", True: "accept", False: "reject"}[is_accepted]
    body = {"quarter": quarter, "number": number, "text": text, "proposal": proposal}
    with verbs_of(data) as verbs:
        print_answer("replies", act_as_person(verbs, "reply_answer", body), form=form, lang=lang)


@reply.command()
@quarter_argument
@click.argument("number", type=int)
@click.option("--accept/--reject", "is_accepted", required=True, default=None)
@click.option("--text", required=True, help="Why.")
@click.option("--clause", default="", help="Accepted: by which clause.")
@told_options
def decide(
    *, quarter: str, number: int, text: str, clause: str, data: Path, lang: str, form: str,
    is_accepted: bool,
) -> None:  # fmt: skip
    """Decide appeal NUMBER, and see who moves by it. A checker."""
    body = {
        "quarter": quarter,
        "number": number,
        "is_accepted": is_accepted,
        "text": text,
        "clause": clause,
    }
    with verbs_of(data) as verbs:
        told = act_as_person(verbs, "reply_decide", body)
    print_answer("replies", told, form=form, lang=lang)
    if form == "table" and is_accepted:
        _print_moved(told | {"rows": told["moved"]}, form=form, lang=lang)
        click.echo(told[f"to_do_{lang}"])


@reply.command()
@quarter_argument
@click.argument("number", type=int)
@told_options
def trial(quarter: str, number: int, data: Path, lang: str, form: str) -> None:
    """Show who would move, were appeal NUMBER right. Not official, and stores nothing."""
    with verbs_of(data) as verbs:
        told = verbs.run("appeal_trial", {"quarter": quarter, "number": number})
    _print_moved(told, form=form, lang=lang)


def _print_moved(told: dict[str, Any], *, form: str, lang: str) -> None:
    told["rows"] = moved_rows(told["rows"])
    print_answer("moved", told, form=form, lang=lang)
    if form == "table":
        click.echo(_NOT_OFFICIAL[lang])


@click.group()
def manual() -> None:
    """Enter values by hand: a maker with evidence, and another person to confirm each.

    PUHUI_TOKEN holds the token of whoever does it.
    """


@manual.command()
@quarter_argument
@click.argument("bank_id", metavar="BANK_ID")
@click.argument("column", metavar="COLUMN")
@click.argument("value", metavar="VALUE")
@click.option("--evidence", type=file_type(), required=True, help="The file that proves it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept.")
@click.option("--methodology", default="", help="Whose column, before the quarter is cut.")
@told_options
def enter(
    *, quarter: str, bank_id: str, column: str, value: str, evidence: Path, reason: str,
    methodology: str, data: Path, lang: str, form: str,
) -> None:  # fmt: skip
    """Enter VALUE of a bank in a column that is filled by hand."""
    body = {
        "quarter": quarter,
        "bank_id": bank_id,
        "column": column,
        "value": value,
        "reason": reason,
        "methodology": methodology_named(methodology),
    }
    with verbs_of(data) as verbs:
        body["evidence_sha256"] = keep_for_person(verbs, evidence)
        print_answer("manual", act_as_person(verbs, "manual_enter", body), form=form, lang=lang)


@manual.command()
@quarter_argument
@click.argument("number", type=int)
@reason_option
@told_options
def confirm(*, quarter: str, number: int, reason: str, data: Path, lang: str, form: str) -> None:
    """Confirm what another person entered as act NUMBER; from then on it counts."""
    body = {"quarter": quarter, "number": number, "reason": reason}
    with verbs_of(data) as verbs:
        print_answer("manual", act_as_person(verbs, "manual_confirm", body), form=form, lang=lang)


@manual.command(name="list")
@quarter_argument
@click.option("--bank", "bank_id", default="", metavar="BANK_ID")
@told_options
def list_values(quarter: str, bank_id: str, data: Path, lang: str, form: str) -> None:
    """List the values by hand of QUARTER, and who confirmed them."""
    with verbs_of(data) as verbs:
        answer = verbs.run("manual_list", {"quarter": quarter, "bank_id": bank_id})
    print_answer("manual", answer, form=form, lang=lang)


COMMANDS = (reply, manual)
