"""The page's files: one shell, plain scripts and styles, and the chart library as installed.

Everything is read once at start and served from memory with a digest as ETag. The chart library
is 5 MB that belong to its own package: it is never copied into this repository, and a page
without it only lacks its charts.
"""

import functools
import hashlib
import html
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from infra.method_document import read_method
from infra.web.problems import ProblemError

_STATIC = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_VIEWS = [
    "/",
    "/overview",
    "/institutions",
    "/grades",
    "/grade",
    "/compare",
    "/what_if",
    "/apply",
    "/methodologies",
    "/desk",
    "/attention",
    "/coverage",
    "/method",
]


class Asset(NamedTuple):
    """A file's bytes, with what a browser needs to keep it."""

    body: bytes
    media_type: str
    etag: str


def _asset(body: bytes, media_type: str) -> Asset:
    return Asset(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _read_static() -> dict[str, Asset]:
    return {
        path.relative_to(_STATIC).as_posix(): _asset(path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in sorted(_STATIC.rglob("*"))
        if path.suffix in _MEDIA_TYPES
    }


@functools.cache
def _plotly() -> Asset:
    # Imported on the first chart, not at start: the package takes its time.
    from plotly.offline import get_plotlyjs  # noqa: PLC0415

    return _asset(get_plotlyjs().encode(), _MEDIA_TYPES[".js"])


def _serve(request: Request[Any, Any, Any], asset: Asset) -> Response[bytes]:
    # no-cache: ask every time, so that a newer server is never shown through an older script.
    headers = {"etag": asset.etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def asset_handlers(*, is_synthetic: bool, page_token: str) -> list[HTTPRouteHandler]:
    """Return the handlers of the shell and its files.

    ``page_token`` lets the page control the demo, and only that; "" where there is no demo.
    """
    static = _read_static()
    shell = (
        (_STATIC / "shell.html")
        .read_text(encoding="utf-8")
        .replace("{{page_token}}", html.escape(page_token))
        .replace("{{synthetic_hidden}}", "" if is_synthetic else "hidden")
    )

    @get(_VIEWS, sync_to_thread=False)
    def page() -> Response[str]:
        headers = {"cache-control": "no-store"}
        return Response(shell, headers=headers, media_type="text/html; charset=utf-8")

    @get("/static/plotly.js", sync_to_thread=True)
    def plotly(request: Request[Any, Any, Any]) -> Response[bytes]:
        return _serve(request, _plotly())

    @get("/static/{name:path}", sync_to_thread=False)
    def file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        asset = static.get(str(name).lstrip("/"))
        if asset is None:
            raise ProblemError(
                404, "unknown_address", zh=f"没有此文件: {name}", en=f"there is no file {name}"
            )
        return _serve(request, asset)

    @get("/api/method", sync_to_thread=False)
    def method(request: Request[Any, Any, Any]) -> Response[bytes]:
        text = read_method()
        if text is None:
            raise ProblemError(
                404,
                "no_method",
                zh="此安装不含方法文件 docs/method.md, 请查阅源代码",
                en="this installation came without docs/method.md; read it in the source",
            )
        return _serve(request, _asset(text, "text/plain; charset=utf-8"))

    @get("/favicon.ico", sync_to_thread=False)
    def icon() -> Response[bytes]:
        return Response(b"", status_code=204, media_type="image/x-icon")

    return [page, plotly, file, method, icon]
