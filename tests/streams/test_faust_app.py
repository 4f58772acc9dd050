"""What Faust is told, so that it cannot do what it was seen to do. See decision 6."""

from pathlib import Path
from typing import NoReturn

import pytest

from streams.faust_app import Broker, build_app

SOURCE = Path("streams/faust_app.py").read_text(encoding="utf-8")


def die(error: BaseException) -> NoReturn:
    raise error


@pytest.fixture
def app():
    broker = Broker(
        "127.0.0.1:1,127.0.0.1:2", "puhui-test", "lending", member="a", session_timeout_s=7
    )
    return build_app(broker, None, None, batch_bytes_max=1_000, die=die)


def test_one_coroutine_takes_a_partition_for_several_would_commit_past_each_other(app) -> None:
    (agent,) = app.agents.values()
    assert agent.concurrency == 1


@pytest.mark.parametrize("call", [".take(", "noack_take(", "Table(", ".tumbling(", ".hopping("])
def test_calls_that_lose_or_miscount_are_not_used(call: str) -> None:
    """take and noack_take commit what failed; windows go by the clock, not the business date."""
    used = SOURCE.replace("arrivals.take(", "")
    assert call not in used
    assert "noack()" in used


def test_it_keeps_no_state_of_its_own_and_promises_nothing_it_cannot_hold(app) -> None:
    assert not app.tables
    assert app.conf.store.scheme == "memory"
    assert app.conf.processing_guarantee.name == "AT_LEAST_ONCE"


def test_nothing_is_served_and_no_topic_is_made(app) -> None:
    assert not app.conf.web_enabled
    assert not app.conf.topic_allow_declare
    assert app.conf.topic_disable_leader


def test_a_dead_worker_is_noticed_soon_and_one_with_a_name_need_not_be_waited_for(app) -> None:
    assert app.conf.broker_session_timeout == 7
    assert app.conf.consumer_group_instance_id == "a"
    assert app.conf.broker_heartbeat_interval < 7 / 3


def test_finding_its_place_may_take_as_long_as_a_store_may_be_away(app) -> None:
    """Faust gives up its recovery for good when seeking takes longer than a request may."""
    assert app.conf.broker_request_timeout >= 3_600
    assert "_request_timeout_ms = _REQUEST_TIMEOUT_MS" in SOURCE


def test_little_waits_inside_of_faust(app) -> None:
    assert app.conf.stream_buffer_maxsize <= 64


def test_a_fetch_does_not_wait_as_long_as_faust_has_it() -> None:
    assert "_fetch_max_wait_ms = broker.fetch_wait_ms" in SOURCE
