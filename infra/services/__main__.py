"""``python -m infra.services up|down|status|fetch``: a Kafka and a ClickHouse for trying.

Everything they have is in one folder, .services where it is called. Addresses in
PUHUI_KAFKA_BROKERS and PUHUI_CLICKHOUSE_URL are used instead of servers of our own.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from infra.clickhouse.address import parse_address
from infra.clickhouse.connection import StoreError
from infra.clickhouse.migrate import engine_version
from infra.clickhouse.server import ServerConnection
from infra.services.clickhouse import GET_CLICKHOUSE, ClickHouse
from infra.services.kafka import Kafka, fetch_jars, has_broker
from infra.services.service import Service, ServiceError, find_program

BROKERS_VARIABLE, URL_VARIABLE = "PUHUI_KAFKA_BROKERS", "PUHUI_CLICKHOUSE_URL"

_folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=".services",
    show_default=True,
    help="Where the servers keep what they have.",
)


@click.group()
def services() -> None:
    """Start and stop a Kafka broker and a ClickHouse server on this machine, for trying."""


@services.command()
@_folder_option
def up(folder: Path) -> None:
    """Start what is not running, and print how to reach it."""
    for service in _own(folder):
        if service.has_crashed:
            click.echo(f"{service.name} had ended by itself; {service.log_end()}\n", err=True)
    kafka, clickhouse = _kafka(folder), ClickHouse(folder / "clickhouse")
    brokers = os.environ.get(BROKERS_VARIABLE) or _timed("Kafka", kafka, kafka.start)
    url = os.environ.get(URL_VARIABLE) or _timed("ClickHouse", clickhouse, clickhouse.start)
    click.echo(f"{BROKERS_VARIABLE}={brokers}")
    if URL_VARIABLE in os.environ:
        click.echo(f"# {URL_VARIABLE} is set: {parse_address(url)}")
        return
    click.echo(f"{URL_VARIABLE}={url}")
    click.echo(f"# look into it: curl '{clickhouse.http_url}/' --data 'select version()'")


@services.command()
@_folder_option
def down(folder: Path) -> None:
    """Stop what runs; what it stored stays in the folder."""
    for service in _own(folder):
        if service.has_crashed:
            click.echo(f"{service.name} had ended by itself; {service.log_end()}", err=True)
        click.echo(f"{service.name}: {'stopped' if service.stop() else 'was not running'}")


@services.command()
@_folder_option
def status(folder: Path) -> None:
    """Ask the servers whether they are well; ends with 1 when one is not."""
    kafka, clickhouse = _kafka(folder), ClickHouse(folder / "clickhouse")
    brokers = os.environ.get(BROKERS_VARIABLE) or (kafka.is_running and kafka.brokers)
    url = os.environ.get(URL_VARIABLE) or (clickhouse.is_running and clickhouse.url)
    is_broker_well = bool(brokers) and has_broker(str(brokers))
    click.echo(_told("kafka", kafka, str(brokers) if is_broker_well else ""))
    found = _server_version(str(url)) if url else ""
    click.echo(_told("clickhouse", clickhouse, found))
    if not (is_broker_well and found):
        sys.exit(1)


@services.command()
@_folder_option
def fetch(folder: Path) -> None:
    """Get what the servers need and is not part of the operating system: Kafka's jars."""
    if BROKERS_VARIABLE not in os.environ:
        click.echo(f"Kafka: {fetch_jars(folder / 'jars')}")
    if URL_VARIABLE not in os.environ:
        click.echo(f"ClickHouse: {find_program('clickhouse-server', GET_CLICKHOUSE)}")


def _kafka(folder: Path) -> Kafka:
    return Kafka(folder / "kafka", jars_folder=folder / "jars")


def _own(folder: Path) -> Iterator[Service]:
    """Give the servers that are ours to start and stop."""
    if BROKERS_VARIABLE not in os.environ:
        yield _kafka(folder)
    if URL_VARIABLE not in os.environ:
        yield ClickHouse(folder / "clickhouse")


def _timed(title: str, service: Service, start: Callable[[], str]) -> str:
    if service.is_running:
        click.echo(f"# {title} runs already, process {service.state.pid}, log {service.log}")
        return start()
    started_s = time.monotonic()
    address = start()
    took_s = time.monotonic() - started_s
    click.echo(f"# {title} started in {took_s:.1f} s, process {service.state.pid}")
    return address


def _told(name: str, service: Service, found: str) -> str:
    if found:
        return f"{name}: well, {found}"
    if service.has_crashed:
        return f"{name}: ended by itself; {service.log_end()}"
    return f"{name}: not running" if not service.is_running else f"{name}: does not answer"


def _server_version(url: str) -> str:
    try:
        connection = ServerConnection(url)
        try:
            return f"{parse_address(url)}, version {engine_version(connection)}"
        finally:
            connection.close()
    except StoreError:
        return ""


def main() -> None:
    """Run the command; say expected errors without a trace."""
    try:
        services(prog_name="python -m infra.services")
    except (ServiceError, StoreError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
