"""The command behind make up and make down: how it uses servers that were named to it."""

import pytest
from click.testing import CliRunner

from infra.services.__main__ import services


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUHUI_KAFKA_BROKERS", "127.0.0.1:1")
    monkeypatch.setenv("PUHUI_CLICKHOUSE_URL", "clickhouse://reader:s3cret@127.0.0.1:1/x")


def test_servers_that_were_named_are_used_and_their_password_is_not_shown(tmp_path) -> None:
    result = CliRunner().invoke(services, ["up", "--folder", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "PUHUI_KAFKA_BROKERS=127.0.0.1:1" in result.output
    assert "clickhouse://reader@127.0.0.1:1/x" in result.output
    assert "s3cret" not in result.output
    assert list(tmp_path.iterdir()) == [], "nothing of our own was started"


def test_servers_that_were_named_are_not_stopped(tmp_path) -> None:
    result = CliRunner().invoke(services, ["down", "--folder", str(tmp_path)])

    assert (result.exit_code, result.output) == (0, "")


def test_the_status_asks_the_servers_that_were_named(tmp_path) -> None:
    result = CliRunner().invoke(services, ["status", "--folder", str(tmp_path)])

    assert result.exit_code == 1
    assert "kafka: not running" in result.output
    assert "s3cret" not in result.output
