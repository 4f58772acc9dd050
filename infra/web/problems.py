"""What went wrong, told to a page or a program as JSON: ``{code, zh, en}``."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from infra.web.guard import SECURITY_HEADERS

_LOG = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that cannot be answered, said in both languages.

    ``facts`` are for programs and stand beside the words; ``headers`` go with the answer.
    """

    def __init__(
        self,
        http_status: int,
        code: str,
        *,
        zh: str,
        en: str,
        facts: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(en)
        self.http_status, self.code, self.zh, self.en = http_status, code, zh, en
        self.facts, self.headers = dict(facts or {}), dict(headers or {})


def _response(
    http_status: int,
    code: str,
    zh: str,
    en: str,
    *,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    return Response(
        msgspec.json.encode({"code": code, "zh": zh, "en": en, **(facts or {})}),
        status_code=http_status,
        media_type="application/json",
        headers={**(headers or {}), **SECURITY_HEADERS},
    )


def on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    """Answer what our own code refused."""
    return _response(
        error.http_status,
        error.code,
        error.zh,
        error.en,
        facts=error.facts,
        headers=error.headers,
    )


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: an unknown address, a wrong method."""
    place = request.scope["path"]
    if error.status_code == 404:
        zh, en = f"没有此地址: {place}", f"there is nothing at {place}"
        return _response(404, "unknown_address", zh, en)
    zh, en = f"请求无法处理: {error.detail}", f"{place}: {error.detail}"
    return _response(error.status_code, "refused", zh, en)


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer for our own mistake: the cause goes to the log, not to the page."""
    _LOG.error("%s failed", request.scope["path"], exc_info=error)
    zh = "服务内部出错, 已记录日志; 此前显示的数据仍然有效"
    en = "the server failed and wrote the cause to its log; figures already shown still hold"
    return _response(500, "internal", zh, en)
