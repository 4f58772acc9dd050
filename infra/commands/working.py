"""The command of production: a worker of the group that keeps what Kafka brings."""

import sys

import click

from infra.clickhouse.server import StoreAwayError
from infra.kafka.address import KafkaAwayError
from infra.log_setup import set_up_logs
from infra.settings import Settings


@click.command()
@click.option(
    "--name",
    default="",
    help="Known by a name, a worker that is started again takes its partitions back at once.",
)
@click.option("--generation", type=click.IntRange(0), help="Write this one; else what readers see.")
@click.option(
    "--skip-deleted",
    is_flag=True,
    help="Go on although Kafka has deleted messages that were never handled.",
)
@click.pass_obj
def worker(settings: Settings, /, name: str, generation: int | None, *, skip_deleted: bool) -> None:
    """Take part in the work on the lending topic: as many as there are partitions can.

    Needs PUHUI_KAFKA_BROKERS and PUHUI_CLICKHOUSE_URL. Ends cleanly with Ctrl-C or SIGTERM, with 75
    when Kafka or ClickHouse is away for too long, with 78 when the log is not the one the store was
    filled from, and with 70 for what nobody foresaw: start it again, nothing is lost.
    """
    # Here: Faust takes half a second to load, which no other command should wait for.
    from infra.worker import EXIT_AWAY, run_worker  # noqa: PLC0415

    set_up_logs(settings)
    try:
        run_worker(settings, member=name, generation=generation, is_deleted_skipped=skip_deleted)
    except (StoreAwayError, KafkaAwayError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_AWAY)


COMMANDS = (worker,)
