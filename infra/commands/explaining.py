"""The commands that say why a bank has its grade, and how sure that grade is."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    QuarterType,
    data_option,
    format_options,
    lang_option,
    print_answer,
)
from infra.tables_for_people import json_text

run_option = click.option(
    "--run",
    "run_id",
    default="",
    metavar="ID",
    help="A run, or its beginning; else the newest.",
)
methodology_option = click.option(
    "--methodology", default="", help="The newest run by this methodology."
)


@click.command()
@click.argument("bank_id", metavar="BANK")
@click.argument("quarter", type=QuarterType())
@run_option
@methodology_option
@click.option(
    "--xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a workbook whose points, total and grade are live formulas.",
)
@click.option("--events", "column", default="", metavar="COLUMN", help="List the events behind it.")
@click.option("--limit", default=100, show_default=True, help="With --events: so many at most.")
@click.option("--json", "is_json", is_flag=True, help="For a program.")
@lang_option
@data_option
def explain(
    bank_id: str, quarter: str, *, run_id: str, methodology: str, xlsx: Path | None, column: str,
    limit: int, data: Path, lang: str, is_json: bool,
) -> None:  # fmt: skip
    """Say why BANK has its grade in QUARTER: reasons first, then every figure it follows from."""
    body = {
        "bank_id": bank_id, "quarter": quarter, "run_id": run_id, "methodology": methodology,
    }  # fmt: skip
    with verbs_of(data) as verbs:
        if xlsx is not None:
            made = verbs.run("explain_file", body)
            xlsx.write_bytes(base64.b64decode(made["content_base64"]))
            click.echo(str(xlsx))
            return
        if column:
            asked = {**body, "column": column, "limit": limit}
            _print_events(verbs.run("explain_events", asked), lang, is_json=is_json)
            return
        answer = verbs.run("explain", body)
    if is_json:
        click.echo(json_text(answer), nl=False)
    else:
        _print_explanation(answer, lang)


@click.command()
@click.argument("quarter", type=QuarterType())
@run_option
@methodology_option
@click.option("--draws", default=1_000, show_default=True, help="How many times to grade again.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same answer.")
@click.option(
    "--weight-spread",
    default="20",
    show_default=True,
    metavar="PERCENT",
    help="Each weight up or down by so much at most.",
)
@click.option(
    "--cut-off-spread",
    default="1",
    show_default=True,
    metavar="POINTS",
    help="All cut-offs up or down by so much at most; of quotas, percent of the banks.",
)
@click.option(
    "--next-grade",
    "bank_id",
    default="",
    metavar="BANK",
    help="Instead: the smallest change of one indicator that lifts BANK's grade.",
)
@click.option(
    "--leave-one-out",
    "is_left_out",
    is_flag=True,
    help="Instead: whose grade is another without one of the indicators.",
)
@format_options
@lang_option
@data_option
def uncertainty(
    quarter: str, *, run_id: str, methodology: str, draws: int, seed: int, weight_spread: str,
    cut_off_spread: str, bank_id: str, data: Path,
    form: str, lang: str, is_left_out: bool,
) -> None:  # fmt: skip
    """Say how sure the grades of QUARTER are. For graders only, never official."""
    body: dict[str, Any] = {"quarter": quarter, "run_id": run_id, "methodology": methodology}
    with verbs_of(data) as verbs:
        if bank_id:
            verb, answer = "next_grade", verbs.run("next_grade", {**body, "bank_id": bank_id})
        elif is_left_out:
            verb, answer = "leave_one_out", verbs.run("leave_one_out", body)
        else:
            asked = {
                **body, "draws": draws, "seed": seed, "weight_spread_percent": weight_spread,
                "cut_off_spread_points": cut_off_spread,
            }  # fmt: skip
            verb, answer = "uncertainty", verbs.run("uncertainty", asked)
    print_answer(verb, answer, form=form, lang=lang)
    if form != "table":
        return
    if verb == "uncertainty":
        click.echo()
        print_answer("uncertainty_effects", {"rows": answer["effects"]}, form=form, lang=lang)
        for assumption in answer["assumptions"]:
            click.echo(f"- {assumption[lang]}")
        return
    if verb == "next_grade":
        click.echo(_distance(answer, lang))
    click.echo(answer[f"note_{lang}"])


def _distance(answer: Mapping[str, Any], lang: str) -> str:
    own, better = answer[f"grade_{lang}"], answer[f"next_grade_{lang}"]
    if not better:
        return f"{own}：没有更高的等次" if lang == "zh" else f"{own}: there is no better grade"
    needed = answer["points_needed"]
    alone = "、".join(answer["not_found"]) or "-"
    if lang == "zh":
        text = f"{own} → {better}" + (f"：还差{needed}分" if needed else "")
        return f"{text}；单靠下列指标不能提升：{alone}"
    text = f"{own} → {better}" + (f": {needed} points short" if needed else "")
    return f"{text}; no change within reach of these alone lifts it: {alone}"


def _print_events(answer: Mapping[str, Any], lang: str, *, is_json: bool) -> None:
    if is_json:
        click.echo(json_text(answer), nl=False)
        return
    print_answer("explain_events", answer, form="table", lang=lang)
    first, last, count = answer["first_quarter"], answer["last_quarter"], answer["event_count"]
    moved = answer["moved_minor"]
    click.echo(
        f"{first}–{last}：共{count}笔，余额变动合计{moved}分"
        if lang == "zh"
        else f"{first} to {last}: {count} events, which moved the balance by {moved} fen"
    )


def _print_explanation(answer: Mapping[str, Any], lang: str) -> None:
    is_zh = lang == "zh"
    name, grade = answer[f"name_{lang}"], answer[f"grade_{lang}"]
    click.echo(f"{name}  {answer['quarter']}  {grade}  {answer['total_points']}")
    marks = []
    if answer["is_illustrative"]:
        marks.append("示例办法，非官方规则" if is_zh else "illustrative, not an official rule")
    if answer["is_what_if"]:
        marks.append("假设推演，不作为正式结果" if is_zh else "what-if, not official")
    if answer["is_to_date"]:
        marks.append("截至目前，仅供试算" if is_zh else "to date, a trial only")
    if answer["has_moved"]:
        marks.append("评定后又有新数据" if is_zh else "data came in after this run")
    run = f"{answer['methodology']} v{answer['methodology_version']}, run {answer['run_id'][:12]}…"
    click.echo("; ".join([run, *marks]))
    click.echo()
    for number, reason in enumerate(answer["reasons"], start=1):
        click.echo(f"{number}. {reason[lang]}")
    for cap in answer["caps"]:
        click.echo(f"! {cap['clause']} {cap[lang]}: {cap['before']} → {cap['after']}")
    click.echo()
    for row in answer["rows"]:
        if row["operation"] != "same":  # Told where it is first.
            click.echo(_line(row, lang))


def _line(row: Mapping[str, Any], lang: str) -> str:
    name = row["name"] if lang == "zh" else row["name_en"]
    formula = row["formula"] if lang == "zh" else row["formula_en"]
    note = row["note"] if lang == "zh" else row["note_en"]
    text = f"{'  ' * row['depth']}{name}: {row['printed'] or '-'}"
    if row["numbers"] and row["numbers"] != row["printed"]:
        text += f" = {row['numbers']}"
    if formula and formula != row["numbers"]:
        text += f"  [{formula}]"
    return f"{text}  ({note})" if note else text


COMMANDS = (explain, uncertainty)
