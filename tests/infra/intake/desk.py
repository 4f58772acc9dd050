"""A door with everything behind it that is real, in memory, and may be killed between two rows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient

from infra.embedded_log import EmbeddedLog
from infra.ingest import Ingest
from infra.intake.door import Intake
from infra.intake.kept_receipts import KeptReceipts
from infra.intake.principals import Principals
from infra.intake.rate_limit import Limits, RateLimit
from infra.intake.signing import SigningKey
from infra.intake.submitter import EmbeddedSubmitter
from infra.reference_data import load_lpr
from infra.web.app import create_app
from infra.web.intake import Door
from schemas.event import Event
from schemas.message import CONTENT_NDJSON, TOPIC_LENDING, Draft, draft_of
from schemas.wire import encode
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.infra.web_client import TOKEN, live_with
from tests.schemas.decoding import BANK, draw

START_MS = 1_700_000_000_000
PLENTY = Limits(requests_per_s=10_000, bytes_per_s=2**31)


class Clock:
    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms


class Desk:
    """One life of the process behind the door; another Desk on the same store is the next life."""

    def __init__(
        self,
        folder: Path,
        store: MemoryStore | None = None,
        *,
        limits: Limits = PLENTY,
        import_filings: Callable[..., Any] | None = None,
    ) -> None:
        self.store = store or MemoryStore()
        self.clock = Clock()
        log = EmbeddedLog(self.store, self.clock)
        pipeline = Pipeline(self.store, lpr=load_lpr(), log_identity=log.identity)
        self.ingest = Ingest(log, pipeline, Loop(log, pipeline))
        self.ingest.catch_up()  # As a process that serves does when it starts.
        self.key = SigningKey.open(folder / "signing.key")
        self.submitter = EmbeddedSubmitter(self.ingest)
        self.intake = Intake(
            self.submitter,
            KeptReceipts(self.store, lambda: TOPIC_LENDING, lambda: 0),
            self.key,
            self.clock,
            import_filings=import_filings,
        )
        self.principals = Principals(self.store, self.clock)
        self.limits = limits
        self.answers: list[str] = []  # What became of each submission, as metrics count it.

    def client(self) -> TestClient:
        limit = RateLimit(self.limits, self.clock)
        door = Door(self.intake, self.principals, limit, lambda what, _: self.answers.append(what))
        app = create_app(live_with(), token=TOKEN, is_synthetic=False, door=door)
        return TestClient(app, base_url="http://127.0.0.1:8000")


def draws(first: int, count: int, **changes: Any) -> list[Event]:
    return [
        draw(event_id=f"intake-draw-{number:08d}", **changes)
        for number in range(first, first + count)
    ]


def draft(seq: int, events: list[Event], bank: str = BANK, **announced: Any) -> Draft:
    value = encode(events, CONTENT_NDJSON)
    return draft_of(value, bank_id=bank, seq=seq, complete_to=None, **announced)


def headers(token: str, seq: int | str, **more: str) -> Mapping[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "content-type": CONTENT_NDJSON,
        "x-puhui-seq": str(seq),
    } | {name.replace("_", "-"): text for name, text in more.items()}


def facts_of(document: bytes) -> dict[str, Any]:
    return msgspec.json.decode(document, type=dict[str, Any])
