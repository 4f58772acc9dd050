"""Runs the web server of one process, from binding its address to a clean end."""

import secrets
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from infra.operations import Operations
from infra.read_token import LOOPBACK_HOSTS, with_read_token
from infra.settings import Settings
from infra.web.app import create_app
from infra.web.distinct import DistinctSource
from infra.web.guard import LOOPBACK_NAMES
from infra.web.live import LiveView

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SHUTDOWN_S = 5  # Then open requests are cut off.


class ServerError(ValueError):
    """A server that cannot be started; says why and what to do."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, live: LiveView) -> None:
        super().__init__(config)
        self._live = live

    def run_until_told(self, listening: socket.socket) -> None:
        """Serve until SIGTERM or SIGINT, and return: whoever called has more to end cleanly."""
        # uvicorn raises the signal again when it has ended, for the handler that was there before.
        before = {number: signal.signal(number, self._end) for number in ENDING_SIGNALS}
        try:
            self.run(sockets=[listening])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams of events never end by themselves, and a server waits for open requests.
        self._live.close()
        await super().shutdown(sockets)


def bind(host: str, port: int, *, read_token: str) -> socket.socket:
    """Return a listening socket; raise ServerError when that is not possible or not safe."""
    if host not in LOOPBACK_HOSTS and not read_token:
        raise ServerError(
            f"host was {host!r}, expected {', '.join(sorted(LOOPBACK_HOSTS))}: others could read "
            "everything. Set PUHUI_READ_TOKEN to serve on another address"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ServerError(
            f"address {host}:{port}: {error.strerror}. Stop what uses it, or choose another --port"
        ) from error
    listening.listen()
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address to open, on this machine."""
    host, port = listening.getsockname()[:2]
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only compared
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def run_server(
    operations: Operations,
    live: LiveView,
    listening: socket.socket,
    *,
    settings: Settings,
    is_synthetic: bool,
    distinct: DistinctSource | None = None,
    announce: Callable[[str, str], None] = lambda _url, _token: None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until the process is told to end (SIGTERM or SIGINT).

    Args:
        operations: what may be commanded.
        live: what is shown.
        listening: the socket, see ``bind``.
        settings: of this process.
        is_synthetic: whether the figures are invented.
        distinct: counts distinct borrowers.
        announce: told the address and the token for commands.
        on_ready: told when the address answers.

    """
    token = secrets.token_urlsafe(32)
    names = {name.strip() for name in settings.host_names.split(",") if name.strip()}
    app = create_app(
        live,
        operations=operations,
        token=token,
        is_synthetic=is_synthetic,
        distinct=distinct,
        host_names=LOOPBACK_NAMES | names | {listening.getsockname()[0]},
    )
    guarded = with_read_token(app, read_token=settings.read_token, command_token=token)
    config = uvicorn.Config(
        guarded,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    # The socket listens already: who asks now waits a moment and is answered.
    announce(url_of(listening), token)
    on_ready()
    _Server(config, live).run_until_told(listening)
