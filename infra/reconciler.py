"""Does everything add up, from the log's offsets to the totals: once, or all the time.

A worker may write while this reads, and still no difference is ever named that is none:

* Submissions, events, refusals and kept messages below a checkpoint never change. Checks that
  read only those are exact whatever goes on (Motion.EXACT).
* A worker stores a batch's submissions first, its events next, cells and totals after those, and
  the checkpoint last. So the checkpoint is read first, then the sums, and then which events lie
  beyond that checkpoint: whatever had moved a sum by the time it was read is named among them.
  A difference counts only for a bank and quarter that is not (Motion.BY_KEY), or only if
  nothing at all lies beyond (Motion.QUIET). The same holds for what a worker left behind that
  died half-way, until another one has passed it.
* A partition under steady load never stands still as a whole. Cells and tag cells carry their
  own version, so those at or below the checkpoint are compared with the events of the same
  accounts, which is exact. Totals of a bank and quarter under load are written anew with every
  batch, so what somebody deletes of them comes back by itself.
* What cannot be judged yet is looked at again after a moment, and told as behind when it never
  stands still. Between two batches a worker decodes and computes, which is longer than most
  readings take.

The SQL is in infra.reconciling.checks, the comparing in streams.reconcile.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, TypeVar

from infra.clickhouse.connection import Connection, StoreError
from infra.reconciling import checks
from infra.reconciling.checks import totals_of_cells
from infra.reconciling.reading import (
    Asking,
    Checkpoint,
    PartitionCheck,
    Reading,
    read_checkpoints,
)
from infra.reconciling.recomputed import DEEP_CHECKS
from infra.reconciling.store_checks import STORE_CHECKS, Whole
from infra.store_node import StoreNode
from processors.lpr import LprTable
from schemas.catalog import entries
from schemas.words import Words
from streams.ports import Clock, Log, Store
from streams.reconcile import Check, Finding, Level, differs, row_of, standing

PARTITION_CHECKS: tuple[PartitionCheck, ...] = entries(checks, "CHECK")
_CHECKS = [
    *(one.check for one in PARTITION_CHECKS),
    *(one.check for one in (*STORE_CHECKS, *DEEP_CHECKS)),
]
_STEPS = {check.code: check.step for check in _CHECKS}
ATTEMPTS_MAX = 4
ATTEMPT_PAUSE_S = 0.1
EVERY_S = 4.0  # From the start of one pass to the next, so that 10 s are enough to name a loss.
SHARE_MAX = 0.2  # Of the time; a pass of 2 s is followed by a pause of 8 s.

_LOG = logging.getLogger(__name__)
_Read = TypeVar("_Read")


class Reconciliation(NamedTuple):
    """What one pass found: differences first."""

    findings: tuple[Finding, ...]
    generation: int
    checked_at_ms: int
    duration_s: float

    @property
    def difference_count(self) -> int:
        return sum(self.differences.values())

    @property
    def differences(self) -> dict[str, int]:
        """How many differences each check found, by its code; 0 where there are none."""
        counts = Counter(f.check for f in self.findings if f.level is Level.DIFFERENCE)
        return {code: counts[code] for code in sorted({f.check for f in self.findings})}

    def told(self) -> dict[str, Any]:
        """Return it as a verb answers it."""
        return {
            "state": "difference" if self.difference_count else "ok",
            "differences": self.difference_count,
            "generation": self.generation,
            "checked_at_ms": self.checked_at_ms,
            "duration_ms": round(self.duration_s * 1_000),
            "rows": [row_of(finding) for finding in self.findings],
        }


def _found(
    check: Check, find: Callable[[_Read], Iterable[Finding]], read: _Read, where: str
) -> list[Finding]:
    """Return what a check finds. One that fails over what it read has found something, too.

    A row that is gone may leave others that make no sense without it; what the other checks say
    of it must not be lost for that.
    """
    try:
        return list(find(read))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        # Not an error yet: what was read while a worker wrote is judged as moving, and read again.
        _LOG.debug("the check %s failed", check.code, exc_info=True)
        return [differs(check, "check", "-", f"{type(error).__name__}: {error}", where=where)]


class Reconciler:
    """Runs the checks over a store, and over its log where there is one."""

    def __init__(
        self,
        store: Store,
        connection: Connection,
        *,
        generation: int,
        log: Log | None,
        lpr: LprTable,
        clock: Clock,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Check ``generation`` of ``store``, which is what ``connection`` leads to."""
        self._asking = Asking(store, connection, generation)
        self._log, self._lpr, self._clock, self._wait = log, lpr, clock, wait

    def run(self, *, is_continuous: bool = False, is_deep: bool = False) -> Reconciliation:
        """Make one pass.

        Args:
            is_continuous: leave out what is too dear to be done all the time.
            is_deep: do also what reads every event and message once more.

        """
        began_s = time.monotonic()
        checkpoints = self._checkpoints()
        findings: list[Finding] = []
        for partition in checkpoints:
            findings += self._partition(partition, is_continuous=is_continuous)
        whole = Whole(self._asking, checkpoints, self._log, self._lpr)
        chosen = [one for one in STORE_CHECKS if one.is_continuous or not is_continuous]
        for one in [*chosen, *(DEEP_CHECKS if is_deep else ())]:
            findings += standing(one.check, _found(one.check, one.find, whole, ""), where="")
        return Reconciliation(
            _in_order(findings),
            self._asking.generation,
            self._clock.now_ms(),
            time.monotonic() - began_s,
        )

    def _checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints, one at 0 for every partition of which none is stored."""
        stored = read_checkpoints(self._asking.store, self._asking.generation)
        known = {checkpoint.partition for checkpoint in stored}
        identity = self._log.identity if self._log else ""
        partitions = self._log.partitions if self._log else ()
        new = [Checkpoint(one, 0, identity, "") for one in partitions if one not in known]
        return sorted([*stored, *new])

    def _partition(self, first: Checkpoint, *, is_continuous: bool) -> list[Finding]:
        """Run the checks of one partition until each has been judged, or time is up."""
        settled: list[Finding] = []
        left: Sequence[PartitionCheck] = PARTITION_CHECKS
        reading = Reading(self._asking, first, self._log, self._lpr)
        if is_continuous and not totals_of_cells.is_small(reading):
            left = [one for one in left if one is not totals_of_cells.CHECK]
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                self._wait(ATTEMPT_PAUSE_S)
                reading = Reading(self._asking, self._newest(first), self._log, self._lpr)
            found = [(one, _found(one.check, one.find, reading, reading.where)) for one in left]
            in_flight = reading.in_flight()
            left = []
            for one, findings in found:
                if not any(in_flight.may_have_moved(finding, one.motion) for finding in findings):
                    settled += standing(one.check, findings, where=reading.where)
                elif one.find_still is not None:
                    still = _found(one.check, one.find_still, reading, reading.where)
                    settled += standing(one.check, still, where=reading.where)
                else:
                    left.append(one)
            if not left:
                break
        return [*settled, *(_in_motion(one.check, reading.where) for one in left)]

    def _newest(self, known: Checkpoint) -> Checkpoint:
        stored = read_checkpoints(self._asking.store, self._asking.generation)
        return next((one for one in stored if one.partition == known.partition), known)


def _in_motion(check: Check, where: str) -> Finding:
    said = Words(
        f"{check.words.zh}：正在写入，静止后再核对（{where}）",
        f"{check.words.en}: being written, to be judged when it stands still ({where})",
    )
    found = differs(check, "in motion", "", "", where=where, level=Level.BEHIND)
    return found._replace(said=said)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return differences first, and among them those that explain others."""
    levels = list(Level)
    return tuple(sorted(findings, key=lambda one: (levels.index(one.level), _STEPS[one.check])))


@contextmanager
def reconciler_of(node: StoreNode) -> Iterator[Reconciler]:
    """Give a reconciler of what readers of ``node`` see now."""
    with node.open_log() as log:
        yield Reconciler(
            node.store,
            node.connection,
            generation=node.generation,
            log=log,
            lpr=node.lpr,
            clock=node.clock,
        )


OpenReconciler = Callable[[], AbstractContextManager[Reconciler]]
OnResult = Callable[[Reconciliation], None]


class ReconcileThread:
    """Reconciles all the time, in a thread of its own. ``start`` it, and ``stop`` it in the end."""

    def __init__(
        self, open_reconciler: OpenReconciler, on_result: OnResult = lambda _: None
    ) -> None:
        """Reconcile with what ``open_reconciler`` gives, and tell ``on_result`` of every pass.

        Opened anew for every pass: readers may have moved to another generation and topic, and
        a broker that was away is asked again.
        """
        self._open, self._on_result = open_reconciler, on_result
        self._stopping = threading.Event()
        self._told: Mapping[str, Any] = {"state": "checking", "differences": 0, "checked_at_ms": 0}
        self._thread = threading.Thread(target=self._run, name="reconcile", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the pass under way and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def told(self) -> Mapping[str, Any]:
        """Return what the newest pass told, for pages; state is checking before the first one."""
        return self._told

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                with self._open() as reconciler:
                    result = reconciler.run(is_continuous=True)
                self._told = result.told()
                self._on_result(result)
            except Exception as error:  # noqa: BLE001 - pages and ingest go on
                _LOG.exception("reconcile failed; it is tried again")
                self._told = {**self._told, "state": "failed", "failure": str(error)}
            took_s = time.monotonic() - began_s
            self._stopping.wait(pause_s(took_s))


def pause_s(took_s: float) -> float:
    """Return how long to rest after a pass: a fifth of the time is the most that it may cost."""
    return max(EVERY_S - took_s, took_s * (1 / SHARE_MAX - 1))
