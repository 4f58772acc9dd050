"""The door for commands: everything that changes something, behind a token.

What a command does is not decided here. ``operations`` is handed in by the command line; this
module checks who asks, reads the JSON body and gives back what the operation returned.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from infra.web.guard import bears, is_same_origin
from infra.web.problems import ProblemError

ACT_BYTES_MAX = 32 * 2**20  # A file that a person hands in, as base64; see streams.kept_files.
DEMO_VERBS = ("pause", "resume", "step", "speed")


class Operations(Protocol):
    """What the process can be told to do. An unknown verb is a LookupError."""

    def run(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do ``verb``; raise ValueError, saying what was expected, for a body that does not fit."""
        ...

    def read(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def act(self, verb: str, body: Mapping[str, Any], token: str) -> Mapping[str, Any]: ...

    def import_file(self, path: str, options: Mapping[str, Any]) -> Mapping[str, Any]: ...


def has_demo(operations: object) -> bool:
    """Tell whether ``operations`` can be paused, resumed, stepped and sped up by a page."""
    return callable(getattr(operations, "demo", None))


async def _body(request: Request[Any, Any, Any]) -> dict[str, Any]:
    raw = await request.body()
    try:
        return msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except msgspec.MsgspecError as error:
        zh = f"请求正文应为 JSON 对象: {error}"
        en = f"the body should be a JSON object: {error}"
        raise ProblemError(400, "bad_body", zh=zh, en=en) from error


def _require(*, is_allowed: bool) -> None:
    if not is_allowed:
        raise ProblemError(
            401,
            "token_needed",
            zh="此操作需要令牌: Authorization: Bearer …(令牌在数据目录的锁文件中)",
            en="this needs Authorization: Bearer with the token from the lock file of --data",
        )


async def _answer(act: Callable[[], Mapping[str, Any]]) -> Response[bytes]:
    try:
        # In a thread: an import may take minutes, and the pages go on meanwhile.
        done = await sync_to_thread(act)
    except LookupError as error:
        told = str(error.args[0]) if error.args else repr(error)
        raise ProblemError(404, "unknown_verb", zh=f"没有此操作: {told}", en=told) from error
    except ValueError as error:
        raise ProblemError(400, "refused", zh=f"操作被拒绝: {error}", en=str(error)) from error
    return Response(msgspec.json.encode(done), status_code=200, media_type="application/json")


def acting_handlers(
    operations: Operations, *, token: str, page_token: str
) -> list[HTTPRouteHandler]:
    """Return the POST routes; those of the demo only if ``operations`` has a demo."""
    assert token, "without a token anybody could give commands"

    @post("/api/run/{verb:str}")
    async def run(request: Request[Any, Any, Any], verb: FromPath[str]) -> Response[bytes]:
        _require(is_allowed=bears(request, token) and is_same_origin(request))
        body = await _body(request)
        return await _answer(lambda: operations.run(verb, body))

    @post("/api/read/{verb:str}")
    async def read(request: Request[Any, Any, Any], verb: FromPath[str]) -> Response[bytes]:
        # Nothing is stored, so no token; but no page of another origin may make us work.
        _require(is_allowed=is_same_origin(request))
        body = await _body(request)
        return await _answer(lambda: operations.read(verb, body))

    @post("/api/act/{verb:str}", request_max_body_size=ACT_BYTES_MAX)
    async def act(request: Request[Any, Any, Any], verb: FromPath[str]) -> Response[bytes]:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        has_token = scheme.lower() == "bearer" and bool(given)
        _require(is_allowed=has_token and is_same_origin(request))
        body = await _body(request)
        return await _answer(lambda: operations.act(verb, body, given))

    @post("/api/import")
    async def import_file(request: Request[Any, Any, Any]) -> Response[bytes]:
        _require(is_allowed=bears(request, token) and is_same_origin(request))
        body = await _body(request)
        path, options = body.get("path"), body.get("options", {})
        if not isinstance(path, str) or not isinstance(options, dict):
            raise ProblemError(
                400,
                "bad_body",
                zh="正文应为 {path: 文字, options: 对象}",
                en="the body should be {path: text, options: object}",
            )
        return await _answer(lambda: operations.import_file(path, options))

    @post("/api/demo/{verb:str}")
    async def demo(request: Request[Any, Any, Any], verb: FromPath[str]) -> Response[bytes]:
        _require(is_allowed=bears(request, token, page_token) and is_same_origin(request))
        body = await _body(request)
        if verb not in DEMO_VERBS:
            expected = " | ".join(DEMO_VERBS)
            zh, en = (
                f"没有此操作: {verb}, 可用 {expected}",
                f"verb was {verb!r}, expected {expected}",
            )
            raise ProblemError(404, "unknown_verb", zh=zh, en=en)
        return await _answer(lambda: operations.demo(verb, body))  # type: ignore[attr-defined]

    usual = [run, read, act, import_file]
    return [*usual, demo] if has_demo(operations) else usual
