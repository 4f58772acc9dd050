"""The demo: an invented province whose banks report their past, and then day after day.

Everything goes the way of real submissions. The figures are invented and every page says so.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.demo.economy import Economy, LiveDay
from infra.demo.folder import SPEC_FILE
from infra.demo.planted import EVERY, chosen_names
from infra.grading import grade_quarter
from infra.operations import Answer, Operations
from infra.wiring import Node
from processors.lpr import LprTable
from schemas.grading import GradingRun
from schemas.message import CONTENT_ARROW, Draft
from schemas.quarter import QUARTERS_A_YEAR, Quarter

_LOG = logging.getLogger(__name__)

SHIPMENT_BYTES_MAX = 4 * 2**20  # Small enough for the page to move while the past is loading.
GRADED_AFTER_DAYS = 15  # So long after a quarter's end most banks have reported it.
SPEED_MAX = 1_000.0


class DemoError(ValueError):
    """A demo that cannot go on; says why and what to do."""


class DemoSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a demo: the same spec gives the same events."""

    seed: int = 1
    banks: int = 24
    borrowers: int = 6_000
    quarters: int = 17
    troubles: str = EVERY  # Those that are planted: all, none, or names with commas.

    def economy(self, lpr: LprTable) -> Economy:
        return Economy(
            self.seed,
            lpr=lpr,
            banks=self.banks,
            borrowers=self.borrowers,
            quarters=self.quarters,
            content_type=CONTENT_ARROW,
            troubles=chosen_names(self.troubles),
        )


def claim_folder(folder: Path, spec: DemoSpec) -> None:
    """Make ``folder`` the place of this demo; raise DemoError when it holds anything else."""
    file = folder / SPEC_FILE
    if file.exists():
        try:
            found = msgspec.json.decode(file.read_bytes(), type=DemoSpec)
        except msgspec.DecodeError:
            found = None
        if found != spec:
            raise DemoError(
                f"data folder {folder}: it holds the demo {found}, asked for was {spec}. Start it "
                "with the same options to go on, or name another folder with --data"
            )
    elif folder.exists() and any(folder.iterdir()):
        raise DemoError(
            f"data folder {folder}: it holds data that is not of a demo, and invented figures must "
            "not be mixed with it. Name an empty folder with --data, or leave --data out"
        )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.encode(spec))


def shipments(drafts: Iterable[Draft]) -> Iterator[list[Draft]]:
    """Yield ``drafts`` in groups of a few MiB."""
    held: list[Draft] = []
    held_bytes = 0
    for draft in drafts:
        held.append(draft)
        held_bytes += len(draft.value)
        if held_bytes >= SHIPMENT_BYTES_MAX:
            yield held
            held, held_bytes = [], 0
    if held:
        yield held


def grade_quarters(node: Node, last_quarter: Quarter, count: int) -> list[GradingRun]:
    """Grade ``count`` quarters up to the last one; those that cannot be graded are left out."""
    runs = []
    for back in reversed(range(count)):
        quarter = last_quarter.minus(back)
        try:
            # The totals are the same for all: one check of them is enough.
            runs.append(grade_quarter(node, quarter, is_checked=back == 0))
        except ValueError as error:
            _LOG.info("%s is not graded: %s", quarter, error)
    return runs


class _Pace(NamedTuple):
    is_paused: bool
    days_per_s: float
    factor: float = 1.0  # Of the speed it was started with.


class DemoRun:
    """Plays a demo in a thread of its own: the past at once, then a day at a time."""

    def __init__(
        self, node: Node, spec: DemoSpec, *, days_per_s: float, on_change: Callable[[], None]
    ) -> None:
        """Play ``spec`` into ``node``; ``on_change`` is told what no batch tells."""
        self._node, self._economy = node, spec.economy(node.lpr)
        self._on_change = on_change
        self._turn = threading.Condition()
        self._usual_days_per_s = days_per_s
        self._pace = _Pace(is_paused=False, days_per_s=days_per_s)
        self._steps = 0
        self._is_stopping = False
        self._phase, self._day = "history", ""
        self._thread = threading.Thread(target=self._play, name="demo", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the submissions under way."""
        with self._turn:
            self._is_stopping = True
            self._turn.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def standing(self) -> dict[str, Any]:
        """Return what the page shows of the demo."""
        return {
            "phase": self._phase,  # history, live or failed
            "day": self._day,
            "is_paused": self._pace.is_paused,
            "days_per_s": self._pace.days_per_s,
            "factor": self._pace.factor,
        }

    def pause(self) -> None:
        self._set(self._pace._replace(is_paused=True))

    def resume(self) -> None:
        self._set(self._pace._replace(is_paused=False))

    def step(self) -> None:
        """Play one more day and stay paused."""
        with self._turn:
            self._pace = self._pace._replace(is_paused=True)
            self._steps += 1
            self._turn.notify_all()

    def speed(self, factor: float) -> None:
        """Play at ``factor`` times the speed it was started with."""
        days_per_s = min(self._usual_days_per_s * factor, SPEED_MAX)
        self._set(self._pace._replace(days_per_s=days_per_s, factor=factor))

    def _set(self, pace: _Pace) -> None:
        with self._turn:
            self._pace = pace
            self._turn.notify_all()
        self._on_change()

    def _play(self) -> None:
        try:
            for drafts in shipments(self._economy.history()):
                if self._is_stopping:
                    return
                self._node.ingest.take_drafts(drafts)
            # The last quarter is graded before the viewer's eyes, when the late have reported.
            last_graded = self._economy.last_quarter.minus(1)
            grade_quarters(self._node, last_graded, QUARTERS_A_YEAR + 1)
            self._phase = "live"
            self._on_change()
            self._live(self._economy.live())
        except Exception:  # noqa: BLE001 - the pages go on and say that the demo stopped
            _LOG.exception("the demo stopped")
            self._phase = "failed"
            self._on_change()

    def _live(self, days: Iterator[LiveDay]) -> None:
        due = self._economy.last_quarter
        for day, drafts in days:
            taken = self._node.ingest.take_drafts(drafts)
            is_graded_today = day >= due.last_day + dt.timedelta(days=GRADED_AFTER_DAYS)
            graded, due = due, due.minus(-1) if is_graded_today else due
            if not taken.messages:
                continue  # Played before this process started.
            self._day = day.isoformat()
            if is_graded_today:
                grade_quarters(self._node, graded, 1)
                self._on_change()
            if not self._wait():
                return

    def _wait(self) -> bool:
        """Wait for the next day's turn; return False when the demo ends."""
        with self._turn:
            if not self._pace.is_paused and not self._steps:
                self._turn.wait(1 / self._pace.days_per_s)
            while self._pace.is_paused and not self._steps and not self._is_stopping:
                self._turn.wait()
            self._steps = max(self._steps - 1, 0)
            return not self._is_stopping


class _Speed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    factor: float


class DemoOperations(Operations):
    """The verbs, and those that steer the demo."""

    play: DemoRun  # Set before the server starts.

    def demo(self, verb: str, body: Mapping[str, Any]) -> Answer:
        """Pause, resume, step or change the speed; return where the demo stands."""
        if verb == "speed":
            try:
                factor = msgspec.convert(dict(body), _Speed).factor
            except msgspec.ValidationError as error:
                raise ValueError(f"speed: {error}") from error
            if not 0 < factor <= SPEED_MAX:
                raise ValueError(f"factor was {factor}, expected above 0 and at most {SPEED_MAX:g}")
            self.play.speed(factor)
        elif verb in {"pause", "resume", "step"}:
            {"pause": self.play.pause, "resume": self.play.resume, "step": self.play.step}[verb]()
        else:
            raise LookupError(f"verb was {verb!r}, expected pause, resume, step or speed")
        return self.play.standing()
