"""A service starts once, is found again, stops by its process id, and tells why it ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.services.service import HOST, Service, ServiceError, State, answers, find_program

ROOT = Path(__file__).parents[2]
ECHO = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()
"""


class Echo(Service):
    """The smallest server: it accepts connections."""

    def start(self, program: str = ECHO, *, ends_with_caller: bool = True) -> int:
        with self.being_changed():
            if not self.is_running:
                (port,) = self.choose_ports()
                self.launch(
                    [sys.executable, "-c", program, str(port), str(self.folder)],
                    is_ready=lambda: answers(port),
                    timeout_s=10,
                    ends_with_caller=ends_with_caller,
                )
            return self.state.ports[0]


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    service = Echo("echo", tmp_path / "echo", port_count=1)
    yield service
    service.kill()


def test_starting_twice_starts_one_and_another_process_finds_it(echo: Echo) -> None:
    port = echo.start()
    pid = echo.state.pid

    assert echo.start() == port
    assert echo.state.pid == pid
    again = Echo("echo", echo.folder, port_count=1)
    assert again.is_running
    assert again.stop()
    assert not answers(port)
    assert not again.stop()


def test_it_comes_back_on_its_port_and_its_last_log_is_kept(echo: Echo) -> None:
    port = echo.start()
    echo.stop()

    assert echo.start() == port
    assert "listening" in echo.log.with_suffix(".log.1").read_text()


def test_a_port_that_somebody_took_meanwhile_is_not_used(echo: Echo) -> None:
    port = echo.start()
    echo.stop()
    with socket.create_server((HOST, port)):
        assert echo.start() != port


def test_one_that_ends_while_starting_is_told_with_the_end_of_its_log(echo: Echo) -> None:
    with pytest.raises(ServiceError, match="ended while starting, with 3") as ended:
        echo.start("import sys; print('the disk is full'); sys.exit(3)")

    assert "the disk is full" in str(ended.value)
    assert str(echo.log) in str(ended.value)


def test_one_that_ended_by_itself_is_known_and_started_again(echo: Echo) -> None:
    echo.start()
    assert not echo.has_crashed
    os.kill(echo.state.pid, signal.SIGKILL)
    wait_until(lambda: not echo.is_running)

    assert echo.has_crashed
    echo.start()
    assert not echo.has_crashed
    echo.stop()
    assert not echo.has_crashed


def test_another_process_of_the_same_number_is_left_alone(echo: Echo) -> None:
    """After the machine restarted a number may be anybody's."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        echo._remember(State(pid=other.pid, ports=(1,)))

        assert not echo.is_running
        assert not echo.stop()
        assert other.poll() is None
        other.kill()


def test_one_of_a_test_ends_with_the_test_however_that_ends(tmp_path: Path) -> None:
    """A test run that is killed has no time to clean up."""
    program = (
        "import sys, time; from pathlib import Path; from tests.services.test_service import Echo;"
        "print(Echo('echo', Path(sys.argv[1]), port_count=1).start(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "echo")],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as caller:
        assert caller.stdout is not None
        port = int(caller.stdout.readline())
        assert answers(port)
        caller.kill()

    wait_until(lambda: not answers(port))


def test_a_program_that_is_missing_is_told_with_what_to_do() -> None:
    with pytest.raises(ServiceError, match="no-such-program is not installed: get it there"):
        find_program("no-such-program", "get it there")


def wait_until(condition) -> None:  # type: ignore[no-untyped-def]
    give_up_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_s
        with suppress(InterruptedError):
            time.sleep(0.02)
