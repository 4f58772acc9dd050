"""Health and metrics of the process that shows the pages; see infra.health."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from infra.health import ALIVE_PATH, METRICS_PATH, READY_PATH, Health, page_of


def health_handlers(health: Health) -> list[HTTPRouteHandler]:
    """Return the handlers of /healthz, /readyz and /metrics."""
    return [_handler(health, path) for path in (ALIVE_PATH, READY_PATH, METRICS_PATH)]


def _handler(health: Health, path: str) -> HTTPRouteHandler:
    # In a thread: whether the store answers may take until its connection gives up.
    @get(path, sync_to_thread=True)
    def show() -> Response[bytes]:
        page = page_of(health, path)
        assert page is not None
        return Response(page.body, status_code=page.http_status, media_type=page.media_type)

    return show
