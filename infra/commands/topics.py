"""The command that makes Kafka's topics, or says how they differ from what is expected."""

import sys
from typing import Any

import click

from infra.commands.shared_options import format_options, lang_option, print_answer
from infra.kafka.address import KafkaAddress
from infra.kafka.topics import TopicState, ensure_topics, look_at_topics
from infra.settings import Settings


@click.command()
@click.option("--check", is_flag=True, help="Make nothing, only look.")
@format_options
@lang_option
@click.pass_obj
def topics(settings: Settings, /, lang: str, form: str, *, check: bool) -> None:
    """Make the topics that are missing, and compare the others; ends with 1 when one differs.

    What is there is never changed: more partitions would move lanes. See puhui replay.
    """
    address = KafkaAddress.from_settings(settings)
    look = look_at_topics if check else ensure_topics
    states = look(address, settings)
    print_answer("topics", {"rows": [_row(state) for state in states]}, form=form, lang=lang)
    if any(state.state in {"differs", "missing"} for state in states):
        sys.exit(1)


def _row(state: TopicState) -> dict[str, Any]:
    return {
        "topic": state.name,
        "state": state.state,
        "partitions": state.partitions,
        "topic_id": state.topic_id,
        "differences": "; ".join(state.differences),
    }


COMMANDS = (topics,)
