"""Evaluates what is stored and publishes it to the pages, after every batch, in its own thread.

When batches come faster than an evaluation takes, those in between are skipped, never the
newest. Ingest never waits for an evaluation.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from infra.store_node import StoreNode
from infra.web.live import LiveView
from schemas.results import Results
from streams.evaluate import evaluate, read_snapshot
from streams.ports import BatchReport

_LOG = logging.getLogger(__name__)


class Evaluator:
    """Counts batches, evaluates, publishes. ``start`` it, and ``stop`` it in the end."""

    def __init__(
        self, node: StoreNode, live: LiveView, extra: Callable[[Results], Mapping[str, Any]]
    ) -> None:
        """Publish to ``live``; ``extra`` gives what pages show beside the results."""
        self._node, self._live, self._extra = node, live, extra
        self._wake = threading.Event()
        self._is_stopping = False
        self._evaluating = threading.Lock()
        self._results: Results | None = None
        self._evaluated_count = -1
        self._batch_count = 0
        self._event_count, self._rejected_count = _counts(node)
        self._thread = threading.Thread(target=self._run, name="evaluator", daemon=True)

    def start(self) -> None:
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """Finish the evaluation under way and stop."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def notice(self, batch: BatchReport) -> None:
        """Take a batch into account; called by whoever ingests."""
        self._event_count += batch.stored_count
        self._rejected_count += batch.rejected_count
        self._batch_count += 1
        self._wake.set()

    def recount(self) -> None:
        """Take everything into account that other processes have stored meanwhile."""
        self._event_count, self._rejected_count = _counts(self._node)
        self._batch_count += 1
        self._wake.set()

    def refresh(self) -> None:
        """Publish again although nothing came: what is shown beside the results has changed."""
        self._evaluated_count = -1
        self._wake.set()

    def results(self) -> Results:
        """Return results in which every batch so far is counted; evaluate if need be."""
        with self._evaluating:
            if self._results is None or self._evaluated_count != self._batch_count:
                self._evaluate()
            assert self._results is not None
            return self._results

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_stopping:
                return
            try:
                self.results()
            except Exception:  # noqa: BLE001 - whatever it is, the pages go on
                # The pages keep the last good figures, marked with their age; ingest goes on.
                _LOG.exception("evaluation failed; the figures shown stay as they were")

    def _evaluate(self) -> None:
        # Before the snapshot is read: a batch that comes meanwhile asks for another evaluation.
        batch_count = self._batch_count
        events, rejected = self._event_count, self._rejected_count
        results = evaluate(read_snapshot(self._node.store), self._node.lpr)
        self._results, self._evaluated_count = results, batch_count
        self._live.publish(
            results,
            {
                "events": events,
                "rejected": rejected,
                "updated_at_ms": self._node.clock.now_ms(),
                **self._extra(results),
            },
        )


def _counts(node: StoreNode) -> tuple[int, int]:
    """Return how many events are stored, and how many were rejected."""
    answer = node.connection.query(
        "select toInt64(sum(stored_count)) as stored, toInt64(sum(rejected_count)) as rejected "
        "from submissions final where generation = {generation:UInt16}",
        {"generation": node.generation},
    )
    for block in answer:
        return int(block["stored"][0].as_py()), int(block["rejected"][0].as_py())
    return 0, 0
