"""The route of the board: a run's grades, which run that is, and which others there are."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from infra.web.problems import ProblemError
from infra.web.reader import Reader
from infra.web.views import FRESH, csv_answer


def grades_handler(reader: Reader) -> HTTPRouteHandler:
    """Return GET /api/grades?quarter=&run=&methodology=&bank=&format=."""

    @get("/api/grades", sync_to_thread=True)
    def grades(request: Request[Any, Any, Any]) -> Response[bytes]:
        snapshot = reader.live.current
        given = request.query_params
        query = reader.query(snapshot, given, "grades")
        try:
            told = reader.board(snapshot, query, given.get("run", ""), given.get("methodology", ""))
        except LookupError as error:
            en = str(error.args[0])
            raise ProblemError(404, "unknown_run", zh=f"没有此次评估: {en}", en=en) from error
        rows = [row for row in told["rows"] if query.bank_id in ("", row["bank_id"])]
        version = reader.status(snapshot)["data_version"]
        if query.is_csv:
            shown = query._replace(quarter=told["quarter"] or query.quarter)
            return csv_answer(
                "grades", shown, rows, version=version, is_synthetic=reader.is_synthetic
            )
        body: Mapping[str, Any] = {
            "data_version": version,
            "sequence": snapshot.sequence,
            "population": query.population,
            "basis": query.basis,
            "is_synthetic": reader.is_synthetic,
            **told,
            "quarter": told["quarter"] or query.quarter,
            "rows": rows,
        }
        return Response(msgspec.json.encode(body), media_type="application/json", headers=FRESH)

    return grades
