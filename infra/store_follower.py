"""Follows what workers in other processes store, by their checkpoints."""

import logging
import threading
from collections.abc import Callable

from infra.store_node import StoreNode
from schemas.tables import CHECKPOINTS

LOOK_S = 0.2

_LOG = logging.getLogger(__name__)


class StoreFollower:
    """Calls ``on_change`` after every look that found something new. ``start`` and ``stop`` it."""

    def __init__(self, node: StoreNode, on_change: Callable[[], None]) -> None:
        self._node, self._on_change = node, on_change
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _follow(self) -> None:
        seen: tuple[int, ...] = ()
        while not self._stopping.wait(LOOK_S):
            try:
                now = self._vector()
                if now != seen:
                    self._on_change()
                    seen = now
            except Exception as error:  # noqa: BLE001 - pages without news look like quiet ones
                # The pages keep the last good figures, marked with their age.
                _LOG.warning("the store cannot be followed: %s", error)
                self._stopping.wait(10 * LOOK_S)

    def _vector(self) -> tuple[int, ...]:
        generation = self._node.generation
        columns = ("partition", "next_offset")
        rows = self._node.store.read(CHECKPOINTS, {"generation": generation}, columns=columns)
        return (generation, *rows["partition"].tolist(), *rows["next_offset"].tolist())
