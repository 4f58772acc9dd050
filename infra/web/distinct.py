"""The route of distinct borrowers: what is counted by now, and whether more is on its way."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from infra.web.reader import Reader

CURRENT = "current"


class Counted(NamedTuple):
    """A count of one quarter and population, as far as there is one."""

    state: str  # current | counting (what is there is older) | failed | off
    data_version: int  # 0 where nothing is counted yet.
    rows: Sequence[Mapping[str, Any]]


NOTHING = Counted("counting", 0, ())
OFF = Counted("off", 0, ())


class DistinctSource(Protocol):
    """Counts in the background and answers at once."""

    def counted(self, data_version: int, quarter: str, population: str) -> Counted: ...


def distinct_handler(reader: Reader, source: DistinctSource | None) -> HTTPRouteHandler:
    """Return the route; without a source it says that nothing is counted here."""

    @get("/api/distinct", sync_to_thread=True)
    def distinct(request: Request[Any, Any, Any]) -> Response[bytes]:
        snapshot = reader.live.current
        query = reader.query(snapshot, request.query_params)
        newest = reader.status(snapshot)["data_version"]
        found = OFF
        if source is not None and query.quarter:
            found = source.counted(newest, query.quarter, query.population)
        body = {
            "state": found.state,
            "data_version": found.data_version,
            "newest_data_version": newest,
            "quarter": query.quarter,
            "population": query.population,
            "is_synthetic": reader.is_synthetic,
            "basis": query.basis,
            "rows": [
                row
                for row in found.rows
                if query.bank_id in {"", row["bank_id"]}
                and row.get("basis", query.basis) == query.basis
            ],
        }
        headers = {"cache-control": "no-store"}
        return Response(msgspec.json.encode(body), media_type="application/json", headers=headers)

    return distinct
