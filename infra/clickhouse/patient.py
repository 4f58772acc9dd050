"""A store that is asked again while its server is away, with growing pauses, for a while.

Doing so is harmless: rows are absolute, and reading has no effect.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from infra.clickhouse.server import StoreAwayError
from schemas.table import Table
from streams.ports import Rows, Store

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0

_Answer = TypeVar("_Answer")


class PatientStore:
    """Implements streams.ports.Store over another one."""

    def __init__(
        self, store: Store, *, patience_s: float, on_retry: Callable[[StoreAwayError], None]
    ) -> None:
        """Ask ``store`` again for up to ``patience_s``, then let StoreAwayError through."""
        self._store, self._patience_s, self._on_retry = store, patience_s, on_retry

    def insert(self, table: Table, rows: Rows) -> None:
        self._patiently(lambda: self._store.insert(table, rows))

    def read(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        return self._patiently(
            lambda: self._store.read(table, equal, among=among, within=within, columns=columns)
        )

    def read_batches(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces; one that breaks off half way is not taken up again."""

        def begun() -> tuple[dict[str, Any] | None, Iterator[dict[str, Any]]]:
            rest = iter(
                self._store.read_batches(table, equal, among=among, within=within, columns=columns)
            )
            return next(rest, None), rest

        first, rest = self._patiently(begun)
        if first is not None:
            yield first
            yield from rest

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        give_up_s = time.monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return ask()
            except StoreAwayError as error:
                if time.monotonic() + pause_s > give_up_s:
                    raise
                self._on_retry(error)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
