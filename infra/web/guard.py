"""Who may ask, and what a browser may do with the answer.

The server stands on loopback, but a web page anywhere can make a browser send requests there.
So the Host header must be a name of this machine (a foreign name that resolves to 127.0.0.1 is
refused), commands need a token that no page of another origin can read, and the pages may load
nothing from another host.
"""

import secrets
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# Inline *style attributes* are what the chart library draws with; scripts come from files only.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def host_name(host: str) -> str:
    """Return the name in a Host header, without its port; "" for what is no host at all."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class HostGuard(ASGIMiddleware):
    """Refuse foreign Host names and put the security headers on every answer."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, host_names: Collection[str]) -> None:
        self._host_names = frozenset(host_names)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, text in SECURITY_HEADERS.items():
                    headers[name] = text
            await send(message)

        host = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1")
        if host_name(host) in self._host_names:
            await next_app(scope, receive, send_guarded)
            return
        body = msgspec.json.encode(
            {
                "code": "foreign_host",
                "zh": f"主机名 {host!r} 不是本机地址, 请用 127.0.0.1 访问",
                "en": f"host was {host!r}, expected a name of this machine such as 127.0.0.1",
            }
        )
        await _refuse(send_guarded, body)


async def _refuse(send: Send, body: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 421,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


def bears(request: Request[Any, Any, Any], *tokens: str) -> bool:
    """Tell whether the request carries one of ``tokens``, in time that tells nothing of them."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    fits = [secrets.compare_digest(given.encode(), token.encode()) for token in tokens if token]
    return scheme.lower() == "bearer" and any(fits)


def is_same_origin(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a browser sent this from our own page; programs send no Origin at all."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
