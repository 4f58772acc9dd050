"""One server as a process: started, watched until it answers, stopped by its process id.

What is known of it is in ``state.json`` in its folder, so that another process finds it, and the
ports are kept from one start to the next where they are still free: clients reach it again.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from random import SystemRandom

import msgspec

HOST = "127.0.0.1"
# Below the ports that outgoing connections take: one of those could sit on the port of a server
# that is being started again.
PORTS = range(20_000, 32_000)
LOG_END_LINES = 25
POLL_S = 0.05
PORTS_WAIT_S = 5


class ServiceError(RuntimeError):
    """A service that cannot be started or has ended; says why and what to do."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a service. Without ``pid`` it was stopped."""

    pid: int = 0
    ports: tuple[int, ...] = ()


class Service:
    """A server whose files are in ``folder``; ``port_count`` tells how many ports it needs."""

    def __init__(self, name: str, folder: Path, *, port_count: int) -> None:
        self.name = name
        self.folder = folder.absolute()
        self.log = self.folder / f"{name}.log"
        self._state_path = self.folder / "state.json"
        self._port_count = port_count

    @property
    def state(self) -> State:
        try:
            return msgspec.json.decode(self._state_path.read_bytes(), type=State)
        except (FileNotFoundError, msgspec.DecodeError):
            return State()

    @property
    def is_running(self) -> bool:
        return self._owns(self.state.pid)

    @property
    def has_crashed(self) -> bool:
        """Tell whether it was started, nobody stopped it, and it is not there."""
        return self.state.pid != 0 and not self.is_running

    @contextmanager
    def being_changed(self) -> Iterator[None]:
        """Keep others from starting or stopping it meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def choose_ports(self) -> tuple[int, ...]:
        """Return ports that are free now: those of last time where possible."""
        ports = self.state.ports
        if len(ports) != self._port_count or not _become_free(ports):
            ports = _free_ports(self._port_count)
        self._remember(State(ports=ports))
        return ports

    def launch(
        self,
        command: Sequence[str],
        *,
        is_ready: Callable[[], bool],
        timeout_s: float,
        ends_with_caller: bool,
    ) -> None:
        """Start ``command`` and return when it is ready.

        Raises ServiceError, with the end of the log, when it ends before or takes too long. It
        goes on when the caller ends, unless ``ends_with_caller``: then however that happens.
        """
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*_dying_with_caller(), *command] if ends_with_caller else list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # Ctrl+C in the terminal is not meant for it.
            )
        self._remember(State(pid=process.pid, ports=self.state.ports))
        started_s = time.monotonic()
        while not is_ready():
            if process.poll() is not None:
                raise ServiceError(
                    f"{self.name} ended while starting, with {process.returncode}; {self.log_end()}"
                )
            if time.monotonic() - started_s > timeout_s:
                self._end(signal.SIGKILL, timeout_s=5)
                raise ServiceError(
                    f"{self.name} does not answer after {timeout_s:.0f} s; {self.log_end()}"
                )
            time.sleep(POLL_S)

    def stop(self, *, timeout_s: float = 20) -> bool:
        """Ask it to end and wait until it has; return whether there was anything to end."""
        with self.being_changed():
            return self._end(signal.SIGTERM, timeout_s=timeout_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        with self.being_changed():
            self._end(signal.SIGKILL, timeout_s=5)

    def log_end(self) -> str:
        """Return the last lines of the log and where the rest is."""
        if not self.log.exists():
            return f"there is no log {self.log}"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = "\n".join(f"  {line}" for line in lines[-LOG_END_LINES:])
        return f"the end of {self.log}:\n{last}" if last else f"{self.log} is empty"

    def _end(self, kind: signal.Signals, *, timeout_s: float) -> bool:
        state = self.state
        if not self._owns(state.pid):
            self._remember(State(ports=state.ports))
            return False
        os.kill(state.pid, kind)
        give_up_s = time.monotonic() + timeout_s
        while _is_alive(state.pid):
            if time.monotonic() > give_up_s:
                if kind == signal.SIGKILL:
                    raise ServiceError(f"{self.name}, process {state.pid}, cannot be ended")
                kind, give_up_s = signal.SIGKILL, time.monotonic() + 5
                os.kill(state.pid, kind)
            time.sleep(POLL_S)
        self._remember(State(ports=state.ports))
        return True

    def _owns(self, pid: int) -> bool:
        """Tell whether ``pid`` is this service: after the machine restarted it may be another."""
        if pid == 0 or not _is_alive(pid):
            return False
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self.folder) in command

    def _remember(self, state: State) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self._state_path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(state))
        new.replace(self._state_path)


def find_program(name: str, advice: str) -> str:
    """Return the path of ``name``; raise ServiceError with ``advice`` where it is missing."""
    # Servers are in sbin, which is not on everybody's PATH.
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=places)
    if found is None:
        raise ServiceError(f"{name} is not installed: {advice}")
    return found


def answers(port: int) -> bool:
    """Tell whether anybody listens on ``port`` of this machine."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _dying_with_caller() -> list[str]:
    setpriv = find_program("setpriv", "it comes with util-linux")
    return [setpriv, "--pdeathsig", "TERM", "--"]


def _is_alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # A child that has ended stays in the list until asked for.
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return False
    return words[0] not in {"Z", "X"}


def _become_free(ports: Sequence[int]) -> bool:
    """Tell whether ``ports`` are free, or are so before long.

    Threads of a process that was killed may hold them some moments longer than it seems to live.
    """
    give_up_s = time.monotonic() + PORTS_WAIT_S
    while not all(_is_free(port) for port in ports):
        if time.monotonic() > give_up_s:
            return False
        time.sleep(POLL_S)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_ports(count: int) -> tuple[int, ...]:
    in_any_order = SystemRandom().sample(PORTS, len(PORTS))
    return tuple(islice((port for port in in_any_order if _is_free(port)), count))
