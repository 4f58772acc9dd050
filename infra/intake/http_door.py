"""The door of another process, over HTTP: what ``puhui send`` and a bank's own programs use.

The token goes to the address that was given and nowhere else: not through a proxy to this machine,
not after a redirect, not unencrypted to another machine.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from infra.intake.door import SUBMISSION_BYTES_MAX, Answer, FilingAnswer
from infra.intake.refusals import AwayError, RefusedError, too_large
from infra.kafka.producer import Place
from infra.read_token import LOOPBACK_HOSTS
from schemas.message import Draft

TIMEOUT_S = 120
RETRY_S = 60
PAUSE_S = 1  # Between two tries where the answer names no other.
TRY_AGAIN = {429, 503}
UNPROCESSABLE = 422
_HEADERS = {
    "content-type": "Content-Type",
    "lane": "X-Puhui-Lane",
    "lanes": "X-Puhui-Lanes",
    "seq": "X-Puhui-Seq",
    "complete-to": "X-Puhui-Complete-To",
    "sha256": "X-Puhui-Sha256",
}


class HttpDoorError(ValueError):
    """An address or an answer that cannot be used; says what to do."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


class HttpDoor:
    """One bank's way to one address. Implements infra.intake.submitter.Submitter too."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        retry_s: float = RETRY_S,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Send to ``url``; raise HttpDoorError where that would show the token to others.

        Args:
            url: where puhui serves, such as https://puhui.example/.
            token: of the bank's principal.
            retry_s: how long a door that is away, or full, is asked again.
            sleep: how it waits; one that can be ended from outside, for example.

        """
        parts = urlsplit(url)
        is_here = parts.hostname in LOOPBACK_HOSTS
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise HttpDoorError(
                f"url was {url!r}, expected https://… (http:// only for this machine): "
                "the token would travel unencrypted"
            )
        self._base, self._token = url.rstrip("/"), token
        self._retry_s, self._sleep = retry_s, sleep
        proxies = [urllib.request.ProxyHandler({})] if is_here else []
        self._opener = urllib.request.build_opener(_NoRedirects, *proxies)

    def take(self, draft: Draft) -> Answer:
        """Send ``draft`` and return its receipt; raise RefusedError or AwayError."""
        if len(draft.value) > SUBMISSION_BYTES_MAX:
            raise too_large(SUBMISSION_BYTES_MAX)
        headers = {_HEADERS[name]: text for name, text in draft.headers.items() if name in _HEADERS}
        document, answered = self._asked("/api/submissions", draft.value, headers)
        return Answer(document, answered.get("x-puhui-known") == "1")

    def submit(self, drafts: Sequence[Draft]) -> list[Place]:
        """Send ``drafts`` one after the other and return where they lie."""
        receipts = [_object(self.take(draft).document) for draft in drafts]
        return [Place(*(receipt[name] for name in Place._fields)) for receipt in receipts]

    def next_seq(self, bank_id: str, lane: int) -> int:  # noqa: ARG002 - the token says whose
        """Return the seq with which the token's bank goes on in a lane."""
        document, _ = self._asked(f"/api/submissions/next?lane={lane}")
        return int(_object(document)["next_seq"])

    def receipt_for(
        self,
        bank_id: str,  # noqa: ARG002 - the token says whose
        lane: int,
        sha256: str,
        complete_to: str,
    ) -> bytes | None:
        """Return the receipt that was given for these bytes, None where there is none."""
        query = urlencode({"lane": lane, "sha256": sha256, "complete_to": complete_to})
        try:
            document, _ = self._asked(f"/api/submissions/receipt?{query}")
        except RefusedError as error:
            if error.code == "no_receipt":
                return None
            raise
        return document

    def take_filing(self, path: Path, bank_id: str) -> FilingAnswer:  # noqa: ARG002
        """Send one of the banks' own files; raise RefusedError or AwayError."""
        place = f"/api/submissions/files?name={quote(path.name)}"
        answer, _ = self._asked(place, path, {"Content-Type": "application/zip"})
        facts = msgspec.json.decode(answer, type=dict[str, msgspec.Raw])
        receipt = bytes(facts["receipt"])
        report = msgspec.json.decode(facts["report"], type=dict[str, Any])
        return FilingAnswer(report, b"" if receipt == b"null" else receipt)

    def _asked(
        self,
        place: str,
        content: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the answer, asked again while the door is away or full: nothing is sent twice."""
        waited_s = 0.0
        while True:
            try:
                return self._ask(place, content, headers or {})
            except urllib.error.HTTPError as error:
                if error.code not in TRY_AGAIN:
                    return _told(error), {}
                why, pause_s = f"{error.code} {error.reason}", _pause_s(error)
            except (OSError, http.client.HTTPException) as error:
                why, pause_s = str(error) or type(error).__name__, float(PAUSE_S)
            if waited_s >= self._retry_s:
                raise AwayError(
                    f"{self._base}: no answer for {waited_s:.0f} s ({why}); send the same again"
                )
            self._sleep(pause_s)
            waited_s += pause_s

    def _ask(
        self, place: str, content: bytes | Path | None, headers: Mapping[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        named = {"Authorization": f"Bearer {self._token}", **headers}
        url = self._base + place
        if isinstance(content, Path):
            named["Content-Length"] = str(content.stat().st_size)
            with content.open("rb") as file:
                return self._opened(urllib.request.Request(url, file, named))  # noqa: S310 - checked
        return self._opened(urllib.request.Request(url, content, named))  # noqa: S310 - in __init__

    def _opened(self, request: urllib.request.Request) -> tuple[bytes, Mapping[str, str]]:
        with self._opener.open(request, timeout=TIMEOUT_S) as response:
            return response.read(), dict(response.headers.items())

    def __repr__(self) -> str:
        return f"HttpDoor({self._base})"


def _pause_s(error: urllib.error.HTTPError) -> float:
    text = str(error.headers.get("Retry-After", ""))
    return float(text) if text.isascii() and text.isdigit() else float(PAUSE_S)


def _told(error: urllib.error.HTTPError) -> bytes:
    """Return the answer of a file that was looked at and not taken; raise what else is refused."""
    body = error.read()
    if error.code == UNPROCESSABLE:
        return body
    facts = _object(body, f"{error.code} {error.reason}")
    code, zh, en = (str(facts.pop(name, "")) for name in ("code", "zh", "en"))
    raise RefusedError(code, zh=zh, en=en, facts=facts)


def _object(document: bytes, status: str = "200") -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise HttpDoorError(
            f"the answer ({status}) is not of puhui: {document[:80]!r}; check --url"
        ) from error
