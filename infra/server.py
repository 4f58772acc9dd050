"""Runs the web server of one process, from the first request to a clean end."""

import secrets
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from infra.health import Health
from infra.listening import url_of
from infra.operations import Operations
from infra.read_token import with_read_token
from infra.settings import Settings
from infra.web.app import create_app
from infra.web.distinct import DistinctSource
from infra.web.guard import LOOPBACK_NAMES
from infra.web.intake import Door
from infra.web.live import LiveView
from infra.web.reconciled import ReconcileSource

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SHUTDOWN_S = 5  # Then open requests are cut off.


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


def run_server(
    operations: Operations,
    live: LiveView,
    listening: socket.socket,
    *,
    settings: Settings,
    is_synthetic: bool,
    distinct: DistinctSource,
    reconcile: ReconcileSource,
    door: Door | None = None,
    health: Health | None = None,
    announce: Callable[[str, str], None] = lambda _url, _token: None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until the process is told to end (SIGTERM or SIGINT).

    Args:
        operations: what may be commanded.
        live: what is shown.
        listening: the socket, see infra.listening.bind.
        settings: of this process.
        is_synthetic: whether the figures are invented.
        distinct: counts distinct borrowers.
        reconcile: what the running reconciliation told last.
        door: takes submissions of banks.
        health: what this process says of itself.
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
        reconcile=reconcile,
        door=door,
        health=health,
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
