"""Real servers for the tests that want them: started when first asked for, once a process.

PUHUI_KAFKA_BROKERS and PUHUI_CLICKHOUSE_URL name servers to be used instead.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from infra.clickhouse.server import ServerConnection
from infra.services.clickhouse import ClickHouse

if TYPE_CHECKING:
    from infra.services.kafka import Kafka

JARS_FOLDER = Path(__file__).parents[1] / ".services" / "jars"

BROKERS_VARIABLE, URL_VARIABLE = "PUHUI_KAFKA_BROKERS", "PUHUI_CLICKHOUSE_URL"
GIVEN_BROKERS, GIVEN_URL = os.environ.get(BROKERS_VARIABLE), os.environ.get(URL_VARIABLE)


@pytest.fixture(scope="session", autouse=True)
def only_tests_that_ask_get_servers() -> None:
    """Leave the commands under test without the variables, which they would take for theirs."""
    for name in (BROKERS_VARIABLE, URL_VARIABLE):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def clickhouse_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    """A server that tests may stop and start; they leave it running."""
    if GIVEN_URL:
        pytest.skip(f"{URL_VARIABLE} names a server that is not ours to stop")
    service = ClickHouse(tmp_path_factory.mktemp("clickhouse-server"))
    service.start(ends_with_caller=True)
    yield service
    assert service.is_running, service.log_end()
    service.stop()


@pytest.fixture(scope="session")
def clickhouse_url(request: pytest.FixtureRequest) -> str:
    """The address of a server. A test names a database of its own, with ``in_database``."""
    return GIVEN_URL or request.getfixturevalue("clickhouse_service").url


@pytest.fixture(scope="session")
def kafka_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Kafka"]:
    """A broker that tests may stop and start; they leave it running."""
    if GIVEN_BROKERS:
        pytest.skip(f"{BROKERS_VARIABLE} names brokers that are not ours to stop")
    # Here, so that the many tests without a broker need not wait for its client to load.
    from infra.services.kafka import Kafka

    service = Kafka(tmp_path_factory.mktemp("kafka"), jars_folder=JARS_FOLDER)
    service.start(ends_with_caller=True)
    yield service
    assert service.is_running, service.log_end()
    service.stop()


@pytest.fixture(scope="session")
def kafka_brokers(request: pytest.FixtureRequest) -> str:
    """The address of a cluster. A test makes topics of its own."""
    return GIVEN_BROKERS or request.getfixturevalue("kafka_service").brokers


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, clickhouse_url: str) -> Iterator[ServerConnection]:
    """A connection to an empty database that only this module, in this process, uses."""
    name = re.sub(r"\W", "_", f"{request.module.__name__}_{os.getpid()}").lower()[-60:]
    connection = ServerConnection(in_database(clickhouse_url, f"t_{name}"))
    yield connection
    connection.execute(f"drop database {connection.database}")
    connection.close()


def in_database(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
