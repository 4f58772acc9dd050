"""The door of submissions over HTTP: who asks, how much, what the headers say; then the intake.

Nothing here decides what is taken, see infra.intake.door. A body is counted while it comes in and
cut off where it is too large.
"""

import hashlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler

from infra.intake.door import (
    FILING_BYTES_MAX,
    SUBMISSION_BYTES_MAX,
    FilingAnswer,
    Intake,
    check_filing_name,
)
from infra.intake.principals import Principal, Principals, Role
from infra.intake.rate_limit import RateLimit
from infra.intake.refusals import AwayError, RefusedError, malformed, too_large
from infra.web.problems import ProblemError
from schemas.message import SCHEMA_VERSION, Draft

RETRY_AFTER_S = 5
KNOWN_HEADER = "x-puhui-known"  # "1": this receipt was given before.
HTTP_STATUS = {
    "other_bank": 403,
    "not_a_bank": 403,
    "duplicate_seq_conflict": 409,
    "lanes_changed": 409,
    "too_large": 413,
    "filings_not_taken": 501,
    "no_receipt": 404,
}
# The headers of a request, by the name that the header of the message has.
REQUEST_HEADERS = {
    "lane": "x-puhui-lane",
    "lanes": "x-puhui-lanes",
    "seq": "x-puhui-seq",
    "complete-to": "x-puhui-complete-to",
    "sha256": "x-puhui-sha256",
    "content-type": "content-type",
}
_LANE_DIGITS_MAX = 4
_OUTCOMES = {409: "conflict", 429: "throttled", 503: "unavailable"}  # By status; else refused.
# Threads of their own: while the log is away they wait, and the pages must not wait with them.
_threads = CapacityLimiter(16)
_Asked = Request[Any, Any, Any]
_Answer = TypeVar("_Answer")


class Door(NamedTuple):
    """What the routes need."""

    intake: Intake
    principals: Principals
    rate_limit: RateLimit
    on_answer: Callable[[str, float], None] = lambda _outcome, _seconds: None


def intake_handlers(door: Door) -> list[HTTPRouteHandler]:
    """Return the routes under /api/submissions."""

    @post("/api/submissions", request_max_body_size=None)
    async def submit(request: _Asked) -> Response[bytes]:
        with _counted(door) as answer:
            principal = await _admitted(door, request)
            value = await _body(door, principal, request)
            taken = await _done(door.intake.take, _draft(principal, request, value))
            answer.outcome = "repeated" if taken.is_known else "given"
        headers = {KNOWN_HEADER: "1" if taken.is_known else "0"}
        return _document(taken.document, headers)

    @post("/api/submissions/files", request_max_body_size=None)
    async def submit_file(request: _Asked) -> Response[bytes]:
        principal = await _admitted(door, request)
        name = request.query_params.get("name", "")
        await _done(check_filing_name, name, principal.bank_id)
        with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
            path = Path(folder) / name
            await _store(door, principal, request, path)
            answer = await _done(door.intake.take_filing, path, principal.bank_id)
        return _filing_document(answer)

    @get("/api/submissions/next")
    async def next_seq(request: _Asked) -> Response[bytes]:
        principal = await _admitted(door, request)
        lane = _lane(request)
        number = await _done(door.intake.next_seq, principal.bank_id, lane)
        return _document(msgspec.json.encode({"lane": lane, "next_seq": number}))

    @get("/api/submissions/receipt")
    async def receipt(request: _Asked) -> Response[bytes]:
        principal = await _admitted(door, request)
        query = request.query_params
        asked = (query.get("sha256", ""), query.get("complete_to", ""))
        given = await _done(door.intake.receipt_for, principal.bank_id, _lane(request), *asked)
        if given is None:
            raise _problem(_no_receipt())
        return _document(given)

    @get("/api/submissions/key", sync_to_thread=False)
    def key() -> Response[bytes]:
        return Response(door.intake.public_key_pem, media_type="application/x-pem-file")

    return [submit, submit_file, next_seq, receipt, key]


@dataclass
class _Answered:
    outcome: str = "refused"


@contextmanager
def _counted(door: Door) -> Iterator[_Answered]:
    """Tell what became of a request, and how long it took; see Metrics.on_receipt."""
    started_s = time.perf_counter()
    answer = _Answered()
    try:
        yield answer
    except ProblemError as problem:
        answer.outcome = _OUTCOMES.get(problem.http_status, answer.outcome)
        raise
    finally:
        door.on_answer(answer.outcome, time.perf_counter() - started_s)


async def _admitted(door: Door, request: _Asked) -> Principal:
    """Return the bank that asks, if it may now."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    # Also without a token, so that the time does not tell the two apart.
    principal = await _done(door.principals.of_token, token)
    if principal is None or scheme.lower() != "bearer":
        raise ProblemError(
            401,
            "token_needed",
            zh="需要本机构的有效令牌：Authorization: Bearer …",
            en="this needs Authorization: Bearer with a valid token of your bank",
            headers={"www-authenticate": "Bearer"},
        )
    if principal.role is not Role.BANK:
        raise _problem(_not_a_bank())
    wait_s = door.rate_limit.admit(principal.principal_id)
    if wait_s:
        raise ProblemError(
            429,
            "too_many",
            zh=f"报送过于频繁，请在 {wait_s} 秒后重试",
            en=f"you send more than is let through; try again in {wait_s} s",
            headers={"retry-after": str(wait_s)},
        )
    return principal


async def _chunks(
    door: Door, principal: Principal, request: _Asked, size_bytes_max: int
) -> AsyncIterator[bytes]:
    """Yield the body, and count it; raise ProblemError as soon as it is too large."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced[:16]) > size_bytes_max:
        raise _problem(too_large(size_bytes_max))
    size_bytes = 0
    try:
        async for chunk in request.stream():
            size_bytes += len(chunk)
            if size_bytes > size_bytes_max:
                raise _problem(too_large(size_bytes_max))
            yield chunk
    finally:
        door.rate_limit.charge(principal.principal_id, size_bytes)


async def _body(door: Door, principal: Principal, request: _Asked) -> bytes:
    chunks = [chunk async for chunk in _chunks(door, principal, request, SUBMISSION_BYTES_MAX)]
    return b"".join(chunks)


async def _store(door: Door, principal: Principal, request: _Asked, path: Path) -> None:
    with path.open("wb") as file:
        async for chunk in _chunks(door, principal, request, FILING_BYTES_MAX):
            await sync_to_thread(file.write, chunk)


def _draft(principal: Principal, request: _Asked, value: bytes) -> Draft:
    """Return what the request announces; whether it makes sense is judged by the intake."""
    given = {
        name: request.headers.get(header, "").strip() for name, header in REQUEST_HEADERS.items()
    }
    given["content-type"] = given["content-type"].partition(";")[0].strip().lower()
    headers = given | {
        "bank": principal.bank_id,
        "lane": given["lane"] or "0",
        "lanes": given["lanes"] or "1",
        "sha256": given["sha256"].lower() or hashlib.sha256(value).hexdigest(),
        "schema-version": SCHEMA_VERSION,
    }
    return Draft(0, headers, value)


def _lane(request: _Asked) -> int:
    lane = request.query_params.get("lane", "0")
    if not (lane.isascii() and lane.isdigit() and len(lane) <= _LANE_DIGITS_MAX):
        raise _problem(malformed("lane", lane[:80], "0 … 1023"))
    return int(lane)


async def _done(act: Callable[..., _Answer], *args: Any) -> _Answer:
    """Return what ``act`` answers, in a thread; tell what it refuses."""
    try:
        return await to_thread.run_sync(partial(act, *args), limiter=_threads)
    except RefusedError as error:
        raise _problem(error) from error
    except AwayError as error:
        raise ProblemError(
            503,
            "away",
            zh="报送系统暂时不可用，请稍后以同一 seq 重新报送",
            en="the system is away for a moment; send the same again, with the same seq",
            headers={"retry-after": str(RETRY_AFTER_S)},
        ) from error


def _problem(error: RefusedError) -> ProblemError:
    facts = dict(error.facts)
    if facts.get("field") in REQUEST_HEADERS:
        facts["header"] = REQUEST_HEADERS[facts["field"]]
    http_status = HTTP_STATUS.get(error.code, 400)
    # Else the server would go on reading what nobody wants, to its end.
    headers = {"connection": "close"} if error.code == "too_large" else {}
    return ProblemError(
        http_status, error.code, zh=error.zh, en=error.en, facts=facts, headers=headers
    )


def _not_a_bank() -> RefusedError:
    return RefusedError(
        "not_a_bank",
        zh="该令牌不属于银行机构，不能报送",
        en="the token is not a bank's: it cannot submit",
    )


def _no_receipt() -> RefusedError:
    return RefusedError(
        "no_receipt",
        zh="该内容没有回执：尚未收到",
        en="there is no receipt for these bytes: they were not received",
    )


def _document(document: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        document,
        status_code=200,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )


def _filing_document(answer: FilingAnswer) -> Response[bytes]:
    receipt = msgspec.Raw(answer.document or b"null")
    body = msgspec.json.encode({"receipt": receipt, "report": answer.report})
    http_status = 200 if answer.document else 422
    return Response(body, status_code=http_status, media_type="application/json")
