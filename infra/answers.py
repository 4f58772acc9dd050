"""Results as rows of plain JSON, one function a question; the page and the CLI show the same.

Money is in fen; every other figure is text, rounded half up from exact integers, and empty
where there is none: its status says why.

    growth_rows, rate_rows, bridge_rows, coverage_rows    one question, rows for a table
    member_rows                                           the banks behind an aggregate's figure
    grade_rows                                            of a grading run
    overview                                              the first page: a few rows of each
"""

from typing import Any

from infra.bridge_answers import bridge_rows
from infra.coverage_answers import alert_rows, coverage_rows
from infra.grade_answers import grade_rows
from infra.growth_answers import DistinctCount, growth_rows
from infra.member_answers import member_rows
from infra.rate_answers import rate_rows
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from schemas.results import Results

__all__ = [
    "alert_rows",
    "bridge_rows",
    "coverage_rows",
    "grade_rows",
    "growth_rows",
    "member_rows",
    "overview",
    "rate_rows",
]


def overview(
    results: Results,
    *,
    quarter: Quarter,
    population: Population = Population.INCLUSIVE,
    basis: Basis = Basis.YTD,
    decimals: int = 1,
    distinct: DistinctCount | None = None,
) -> dict[str, Any]:
    """Return what the first page shows: the province, its parts, and who stands out."""
    growth = growth_rows(
        results,
        quarter=quarter,
        population=population,
        basis=basis,
        decimals=decimals,
        distinct=distinct,
    )
    rates = rate_rows(results, quarter=quarter, population=population)
    banks = [row for row in growth if row["kind"] == "bank"]
    aggregates = [row for row in growth if row["kind"] == "aggregate"]
    return {
        "quarter": str(quarter),
        "population": population.value,
        "basis": basis.value,
        "regions": [row for row in aggregates if row["bank_id"].startswith("region:")],
        "peers": [row for row in aggregates if row["bank_id"].startswith("peer:")],
        "cities": [row for row in aggregates if row["bank_id"].startswith("city:")],
        "published": [row for row in growth if row["kind"] == "published"],
        "region_rates": [row for row in rates if row["bank_id"].startswith("region:")],
        "bank_count": len(banks),
        "bank_ok_count": sum(row["status"] == "ok" for row in banks),
        "bank_not_reported_count": sum(row["status"] == "not_reported" for row in banks),
        "reaches_30_percent_count": sum(row["reaches_30_percent"] == "yes" for row in banks),
        "alerts": alert_rows(results, quarter=quarter),
    }
