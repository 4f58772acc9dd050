"""The route of the running reconciliation: whether everything adds up, and what does not."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from infra.web.reader import Reader

ReconcileSource = Callable[[], Mapping[str, Any]]
"""What the newest pass told; infra.reconciler.ReconcileThread.told is one."""

OFF: Mapping[str, Any] = {"state": "off", "differences": 0, "checked_at_ms": 0}


def reconcile_handler(reader: Reader, source: ReconcileSource) -> HTTPRouteHandler:
    """Return the route that gives all that was found."""

    @get("/api/reconcile", sync_to_thread=True)
    def reconcile() -> Response[bytes]:
        body = {"rows": [], **source(), "is_synthetic": reader.is_synthetic}
        headers = {"cache-control": "no-store"}
        return Response(msgspec.json.encode(body), media_type="application/json", headers=headers)

    return reconcile
