"""The web application: pages, the JSON behind them, and the door for commands.

Which address it is bound to, and the server that runs it, are decided by whoever calls
``create_app``. Nothing in here computes a figure.
"""

import secrets
from collections.abc import Collection
from functools import partial

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from infra.health import Health
from infra.web.acting import Operations, acting_handlers, has_demo
from infra.web.assets import asset_handlers
from infra.web.distinct import DistinctSource, distinct_handler
from infra.web.grades import grades_handler
from infra.web.guard import LOOPBACK_NAMES, HostGuard
from infra.web.health import health_handlers
from infra.web.intake import Door, intake_handlers
from infra.web.live import LiveView
from infra.web.problems import ProblemError, on_failure, on_http_error, on_problem
from infra.web.reader import Answers, BoardSource, Reader
from infra.web.reconciled import OFF, ReconcileSource, reconcile_handler
from infra.web.views import reading_handlers


def create_app(
    live: LiveView,
    *,
    operations: Operations | None = None,
    token: str,
    is_synthetic: bool,
    answers: Answers | None = None,
    distinct: DistinctSource | None = None,
    reconcile: ReconcileSource = lambda: OFF,
    health: Health | None = None,
    host_names: Collection[str] = LOOPBACK_NAMES,
    door: Door | None = None,
) -> Litestar:
    """Return the application that shows what is published to ``live``.

    Args:
        live: where results come from; close it before the server stops, to end open streams.
        operations: what may be commanded; None for a server that only shows.
        token: what a command must bear.
        is_synthetic: whether the figures are invented; said on every page and export.
        answers: results as rows; ``infra.answers`` unless a test brings another.
        distinct: counts distinct borrowers; None where the pages do without.
        reconcile: what the running reconciliation told last.
        health: of this process; None for a server that says nothing of itself.
        host_names: names under which this server may be addressed.
        door: takes submissions of banks; None for a server that takes none.

    """
    # Another token than the command line's: a page may steer its demo and nothing else.
    page_token = secrets.token_urlsafe(32) if has_demo(operations) else ""
    reader = Reader(
        live,
        answers or _installed_answers(),
        is_synthetic=is_synthetic,
        reconcile=reconcile,
        boards=_boards_of(operations),
        verb_names=_verb_names(operations),
    )
    return Litestar(
        route_handlers=[
            *asset_handlers(is_synthetic=is_synthetic, page_token=page_token),
            *reading_handlers(reader),
            grades_handler(reader),
            distinct_handler(reader, distinct),
            reconcile_handler(reader, reconcile),
            *([] if health is None else health_handlers(health)),
            *_acting(operations, token, page_token),
            *([] if door is None else intake_handlers(door)),
        ],
        middleware=[HostGuard(host_names)],
        exception_handlers={
            ProblemError: on_problem,
            HTTPException: on_http_error,
            Exception: on_failure,
        },
        openapi_config=None,
        logging_config=None,
    )


def _acting(operations: Operations | None, token: str, page_token: str) -> list[HTTPRouteHandler]:
    if operations is None:
        return []
    return acting_handlers(operations, token=token, page_token=page_token)


def _verb_names(operations: object) -> list[str]:
    """Return what a page may ask for: of the rest it says that it is not there."""
    return sorted(getattr(operations, "verb_names", ()))


def _boards_of(operations: Operations | None) -> BoardSource | None:
    if operations is None or "board" not in _verb_names(operations):
        return None
    return partial(operations.read, "board")


def _installed_answers() -> Answers:
    from infra import answers  # noqa: PLC0415 - only where no other is handed in

    return answers
