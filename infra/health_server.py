"""Shows health and metrics of a process that has no web pages: a thread of its own, read only."""

import contextlib
import logging
import secrets
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from infra.health import METRICS_PATH, Health, HealthPage, page_of
from infra.listening import bind, url_of
from infra.read_token import LOOPBACK_HOSTS

REQUEST_S = 5  # Who connects and then says nothing is sent away.
POLL_S = 0.1  # How soon a server notices that it is closed.

_LOG = logging.getLogger(__name__)


class HealthServer:
    """Answers from when it is made until it is closed."""

    def __init__(self, health: Health, *, host: str, port: int, read_token: str = "") -> None:
        """Start to answer; raise ServerError where the address is taken or not safe.

        Args:
            health: what to show.
            host: the address to bind; another than this machine's own needs ``read_token``.
            port: 0 takes a free one.
            read_token: where set, /metrics asks for it, as Authorization: Bearer.

        """
        listening = bind(
            host, port, read_token=read_token, port_option="another PUHUI_METRICS_PORT"
        )
        self.url = url_of(listening)
        self._server = _Server(listening, health, read_token)
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": POLL_S},
            name="health-server",
            daemon=True,
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, health: Health, read_token: str) -> None:
        super().__init__(listening.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()  # Its own; the one that was bound takes its place.
        self.socket = listening
        self.health = health
        self.read_token = read_token

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as in the library
        # Who asked may have gone away meanwhile: that is his affair.
        level = logging.DEBUG if isinstance(sys.exception(), OSError) else logging.WARNING
        _LOG.log(level, "an answer to %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_S
    server_version, sys_version = "puhui", ""

    def do_GET(self) -> None:
        self._send(self._page(), with_body=True)

    def do_HEAD(self) -> None:
        self._send(self._page(), with_body=False)

    def _page(self) -> HealthPage:
        path = urlsplit(self.path).path
        if not self._is_host_ours():
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "not a name of this machine")
        if path == METRICS_PATH and not self._may_read():
            return _refusal(HTTPStatus.UNAUTHORIZED, "needs Authorization: Bearer PUHUI_READ_TOKEN")
        page = page_of(self.server.health, path)
        return page or _refusal(HTTPStatus.NOT_FOUND, "there is /healthz, /readyz and /metrics")

    def _is_host_ours(self) -> bool:
        """Tell whether a page elsewhere could have made a browser ask this, under its own name."""
        if self.server.read_token:
            return True
        with contextlib.suppress(ValueError):
            return urlsplit(f"//{self.headers.get('host', '')}").hostname in LOOPBACK_HOSTS
        return False

    def _may_read(self) -> bool:
        given = self.headers.get("authorization", "").removeprefix("Bearer ")
        token = self.server.read_token
        return not token or secrets.compare_digest(given.encode("latin-1"), token.encode())

    def _send(self, page: HealthPage, *, with_body: bool) -> None:
        self.send_response(page.http_status)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
        _LOG.debug(format, *args)


def _refusal(http_status: HTTPStatus, why: str) -> HealthPage:
    text = f"{http_status.value} {http_status.phrase}: {why}\n"
    return HealthPage(http_status, "text/plain; charset=utf-8", text.encode())
