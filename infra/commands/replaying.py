"""The command that reads the same messages again, into a new generation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import verbs_of
from infra.commands.shared_options import (
    data_option,
    format_options,
    lang_option,
    print_answer,
)
from infra.settings import Settings
from streams.headers import LANES_MAX


@click.command()
@click.option("--from-store", "source", flag_value="store", help="Read the messages that are kept.")
@click.option("--from-kafka", "source", flag_value="kafka", help="Read Kafka's topic.")
@click.option(
    "--partitions",
    type=click.IntRange(1, 1024),
    help="With --from-store: deal the messages anew to so many partitions.",
)
@click.option(
    "--lanes",
    multiple=True,
    metavar="BANK=N",
    help="With --to-new-topic --partitions: cut what this bank sent into so many lanes.",
)
@click.option("--generation", type=click.IntRange(1), help="Go on with this one; else a new one.")
@click.option("--show", is_flag=True, help="Let readers see it, if it is the same.")
@click.option(
    "--accept-differences", is_flag=True, help="With --show: although it differs from what is seen."
)
@click.option(
    "--to-new-topic",
    is_flag=True,
    help="With --partitions: publish the messages to a topic with so many; with --generation: copy "
    "what came since.",
)
@click.option(
    "--check",
    is_flag=True,
    help="After a move: name what is not copied and not handled; copy none.",
)
@format_options
@lang_option
@data_option
@click.pass_obj
def replay(
    settings: Settings,
    /,
    source: str | None,
    data: Path,
    form: str,
    lang: str,
    *,
    partitions: int | None,
    lanes: tuple[str, ...],
    generation: int | None,
    show: bool,
    accept_differences: bool,
    to_new_topic: bool,
    check: bool,
) -> None:
    """Read the same messages again into a new generation, and compare it with the one readers see.

    With the same code the state digest must be the same, at any number of partitions. After a
    correction the tables that differ are named, and --show --accept-differences switches.
    """
    if to_new_topic or check:
        answer = _move(
            settings,
            partitions,
            generation,
            lanes=_lanes_of(lanes),
            is_shown=show,
            are_differences_accepted=accept_differences,
            is_check=check,
        )
        print_answer("move", answer, form=form, lang=lang)
        return
    if source is None:
        raise click.UsageError("name what to read: --from-store or --from-kafka")
    asked: dict[str, Any] = {
        "source": source,
        "partitions": partitions or 0,
        "generation": generation or 0,
        "is_shown": show,
        "are_differences_accepted": accept_differences,
    }
    with verbs_of(data) as verbs:
        answer = verbs.run("replay", asked)
    print_answer("replay", answer, form=form, lang=lang)
    if form == "table":
        for row in answer["rows"]:
            click.echo(f"{row['generation']}: {row['state_digest']}")
            click.echo(f"{row['compared_generation']}: {row['compared_digest']}")


def _lanes_of(texts: Sequence[str]) -> dict[str, int]:
    lanes = {}
    for text in texts:
        bank_id, _, number = text.partition("=")
        if not (
            bank_id and number.isascii() and number.isdigit() and 1 <= int(number) <= LANES_MAX
        ):
            raise click.UsageError(
                f"--lanes was {text!r}, expected BANK=N with N up to {LANES_MAX}"
            )
        lanes[bank_id] = int(number)
    return lanes


def _move(
    settings: Settings,
    partitions: int | None,
    generation: int | None,
    *,
    lanes: Mapping[str, int],
    is_shown: bool,
    are_differences_accepted: bool,
    is_check: bool,
) -> dict[str, Any]:
    """Begin a move to a new topic, go on with it, or look at it."""
    if not (settings.clickhouse_url and settings.kafka_brokers):
        raise click.UsageError(
            "a new topic needs PUHUI_CLICKHOUSE_URL and PUHUI_KAFKA_BROKERS: a data folder has one "
            "partition and no Kafka"
        )
    # Here: kafka-python takes a while to load, which no other command should wait for.
    from infra import new_topic  # noqa: PLC0415
    from infra.server_node import ServerNode  # noqa: PLC0415

    with ServerNode(settings) as node:
        if is_check:
            move = new_topic.move_of(node, generation or node.generation)
            return {"rows": [new_topic.standing(node, move)._asdict()]}
        if generation is None:
            if partitions is None or is_shown:
                raise click.UsageError(
                    "--to-new-topic begins a move with --partitions N, and goes on with "
                    "--generation N; --show comes when workers have filled the generation"
                )
            move = new_topic.begin_move(node, partitions, lanes)
        elif lanes:
            raise click.UsageError("--lanes is said once, when a move begins: with --partitions")
        else:
            move = new_topic.move_of(node, generation)
        if is_shown and move.generation != node.generation:
            report = new_topic.show_move(
                node, move, are_differences_accepted=are_differences_accepted
            )
        else:
            report = new_topic.copy_on(node, move)
        return {"rows": [report._asdict()]}


COMMANDS = (replay,)
