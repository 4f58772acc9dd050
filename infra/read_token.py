"""A door in front of the whole web application, for a server that others can reach.

The pages have no users. On loopback the machine's own accounts decide who can read; on any
other address every request must bring the read token. Only whether the process is alive and
ready may be asked by anybody: a watchdog needs no secret.
"""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

Scope = MutableMapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI: scope, receive, send.

COOKIE = "puhui_read"
SUBMISSIONS_PATH = "/api/submissions"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_REFUSED = (
    "需要读取令牌 (PUHUI_READ_TOKEN): 浏览器在地址后加 ?token=…, 程序用 Authorization: Bearer …\n"
    "The read token is needed (PUHUI_READ_TOKEN): a browser adds ?token=… to the address, a "
    "program sends Authorization: Bearer …\n"
)


def with_read_token(app: App, *, read_token: str, command_token: str) -> App:
    """Return ``app`` behind the read token, or ``app`` itself where none is asked for.

    A program sends it as ``Authorization: Bearer``; who may give commands may read too. A
    browser opens any page once with ``?token=`` and gets a cookie, so that the token stands in
    no address afterwards.
    """
    if not read_token:
        return app

    async def guarded(scope: Scope, receive: Any, send: Send) -> None:
        # Banks send under tokens of their own, which the door of submissions asks for.
        is_open = scope.get("path") in OPEN_PATHS or _is_submission(scope)
        if scope["type"] != "http" or is_open:
            await app(scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        bearer = _header(scope, b"authorization").removeprefix("Bearer ")
        if _is_same(query.pop("token", ""), read_token):
            await _answer(send, 303, _welcome(scope, query, read_token), b"")
        elif _is_same(bearer, read_token, command_token) or _is_same(_cookie(scope), read_token):
            await app(scope, receive, send)
        else:
            kind = [(b"content-type", b"text/plain; charset=utf-8")]
            await _answer(send, 401, kind, _REFUSED.encode())

    return guarded


def _is_submission(scope: Scope) -> bool:
    path = str(scope.get("path", ""))
    return path == SUBMISSIONS_PATH or path.startswith(f"{SUBMISSIONS_PATH}/")


def _is_same(given: str, *tokens: str) -> bool:
    fits = [secrets.compare_digest(given.encode(), token.encode()) for token in tokens if token]
    return any(fits)


def _header(scope: Scope, name: bytes) -> str:
    found: bytes = dict(scope["headers"]).get(name, b"")
    return found.decode("latin-1")


def _cookie(scope: Scope) -> str:
    try:
        morsel = SimpleCookie(_header(scope, b"cookie")).get(COOKIE)
    except CookieError:
        return ""
    return unquote(morsel.value) if morsel else ""


def _welcome(scope: Scope, query: dict[str, str], read_token: str) -> list[tuple[bytes, bytes]]:
    place = quote(scope["path"]) + (f"?{urlencode(query)}" if query else "")
    cookie = f"{COOKIE}={quote(read_token)}; Path=/; HttpOnly; SameSite=Lax"
    return [(b"location", place.encode()), (b"set-cookie", cookie.encode())]


async def _answer(
    send: Send, http_status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
