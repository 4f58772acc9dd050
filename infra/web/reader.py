"""Answers to what pages ask, all from the one newest snapshot; kept until the next one.

There is no arithmetic here: rows come from ``infra.answers``, which the command line uses too,
so a figure on a page and the same figure on a terminal cannot differ.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from infra.grade_answers import run_facts
from infra.web.live import LiveSnapshot, LiveView
from infra.web.query import Query, query_of
from infra.web.status import LISTS, quarters_of, status_of
from schemas.codes import Basis, Population
from schemas.quarter import Quarter

Rows = Sequence[Mapping[str, Any]]
BoardSource = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Gives the board of a stored run, see infra.verbs.boards."""
HISTORY_QUARTERS_MAX = 12
HISTORY_RATES = (
    "new_rate_percent",
    "new_rate_status",
    "new_rate_status_zh",
    "new_rate_status_en",
    "lpr_one_year_percent",
)


class Answers(Protocol):
    """Results as rows of text and whole numbers; infra.answers is one."""

    def growth_rows(
        self,
        results: Any,
        *,
        quarter: Quarter,
        population: Population,
        basis: Basis = ...,
        decimals: int = ...,
    ) -> Rows: ...

    def rate_rows(
        self,
        results: Any,
        *,
        quarter: Quarter,
        population: Population,
        decimals: int = ...,
        bank_id: str | None = ...,
    ) -> Rows: ...

    def bridge_rows(
        self,
        results: Any,
        *,
        quarter: Quarter,
        population: Population,
        bank_id: str | None = ...,
        basis: Basis = ...,
    ) -> Rows: ...

    def coverage_rows(
        self, results: Any, *, quarter: Quarter, population: Population, basis: Basis = ...
    ) -> Rows: ...

    def member_rows(
        self,
        results: Any,
        *,
        quarter: Quarter,
        population: Population,
        group_code: str,
        basis: Basis = ...,
        figure: str = ...,
    ) -> Rows: ...

    def alert_rows(self, results: Any, *, quarter: Quarter) -> Rows: ...

    def grade_rows(self, run: Any) -> Rows: ...

    def overview(
        self,
        results: Any,
        *,
        quarter: Quarter,
        population: Population = ...,
        basis: Basis = ...,
        decimals: int = ...,
    ) -> Mapping[str, Any]: ...


class Reader:
    """Reads the newest snapshot, whole."""

    def __init__(
        self,
        live: LiveView,
        answers: Answers,
        *,
        is_synthetic: bool,
        reconcile: Callable[[], Mapping[str, Any]],
        boards: BoardSource | None = None,
        verb_names: Sequence[str] = (),
    ) -> None:
        self._reconcile = reconcile
        self.live = live
        self.is_synthetic = is_synthetic
        self._answers = answers
        self._boards = boards
        self._verb_names = list(verb_names)
        # One snapshot's answers: many pages ask the same. Replaced whole, so no lock is needed.
        self._kept: tuple[int, dict[Any, Rows]] = (0, {})

    def status(self, snapshot: LiveSnapshot) -> dict[str, Any]:
        """Return how new the data are; the part that moves."""
        quarters = quarters_of(snapshot.results)
        query = query_of({}, quarters=quarters)
        alerts = self.attention(snapshot, query)
        told = self._reconcile()
        return status_of(snapshot, is_synthetic=self.is_synthetic, attention_count=len(alerts)) | {
            "reconcile": {name: told[name] for name in ("state", "differences", "checked_at_ms")}
        }

    def full_status(self, snapshot: LiveSnapshot) -> dict[str, Any]:
        """Return how new the data are, and what there is to choose from."""
        return self.status(snapshot) | LISTS | {"verbs": self._verb_names}

    def query(self, snapshot: LiveSnapshot, given: Mapping[str, str], route: str = "") -> Query:
        """Return what the address asks of this snapshot; raise ProblemError if it cannot.

        The newest quarter of the grades is the newest that was graded: the running one never is.
        """
        runs = snapshot.extra.get("grading_runs", {})
        graded = [quarter for quarter in quarters_of(snapshot.results) if quarter in runs]
        if route == "grades" and graded and not given.get("quarter"):
            given = {**given, "quarter": graded[-1]}
        return query_of(given, quarters=quarters_of(snapshot.results))

    def growth(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return growth of every bank and aggregate, or of the one asked for."""
        rows = self._keep(
            snapshot,
            ("growth", query.quarter, query.population, query.basis, query.decimals),
            lambda: self._answers.growth_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                basis=Basis(query.basis),
                **_decimals(query),
            ),
        )
        return _only(rows, query.bank_id)

    def rates(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return interest rates of every bank and aggregate, or of the one asked for."""
        rows = self._keep(
            snapshot,
            ("rates", query.quarter, query.population, query.decimals),
            lambda: self._answers.rate_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                **_decimals(query),
            ),
        )
        return _only(rows, query.bank_id)

    def bridge(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return how the balance went from the base quarter-end to the latest one."""
        return self._keep(
            snapshot,
            ("bridge", query.quarter, query.population, query.basis, query.bank_id),
            lambda: self._answers.bridge_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                bank_id=query.bank_id or None,
                basis=Basis(query.basis),
            ),
        )

    def members(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return the banks that a figure of the aggregate asked for adds up."""
        return self._keep(
            snapshot,
            (
                "members",
                query.quarter,
                query.population,
                query.basis,
                query.bank_id,
                query.figure,
            ),
            lambda: self._answers.member_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                group_code=query.bank_id,
                basis=Basis(query.basis),
                figure=query.figure,
            ),
        )

    def coverage(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return who has reported, how far, and what is missing."""
        rows = self._keep(
            snapshot,
            ("coverage", query.quarter, query.population, query.basis),
            lambda: self._answers.coverage_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                basis=Basis(query.basis),
            ),
        )
        return _only(rows, query.bank_id)

    def board(
        self, snapshot: LiveSnapshot, query: Query, run_id: str, methodology: str
    ) -> Mapping[str, Any]:
        """Return a run's rows, and what there is beside it; no rows where there was none.

        Raises LookupError where ``run_id`` names no run.
        """
        run = snapshot.extra.get("grading_runs", {}).get(query.quarter)
        if self._boards is not None and (run_id or run is not None):
            asked = {"quarter": query.quarter, "run_id": run_id, "methodology": methodology}
            boards = self._boards
            kept = self._keep(snapshot, ("board", *asked.values()), lambda: [boards(asked)])
            if kept:
                return kept[0]
        if run_id:
            raise LookupError(f"run {run_id!r}: this server shows the newest runs only")
        rows = [] if run is None else self._answers.grade_rows(run)
        facts = {} if run is None else run_facts(run)
        return {"quarter": query.quarter, "run": facts, "runs": [], "levels": [], "rows": rows}

    def history(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return growth and the new-lending rate by quarter, up to the one asked for."""
        quarters = [q for q in quarters_of(snapshot.results) if q <= query.quarter]
        rows: list[Mapping[str, Any]] = []
        for quarter in quarters[-HISTORY_QUARTERS_MAX:]:
            then = query._replace(quarter=quarter)
            rated = {row["bank_id"]: row for row in self._rates_of_history(snapshot, then)}
            for row in self.growth(snapshot, then):
                rates = rated.get(row["bank_id"], {})
                rows.append({**row, **{name: rates.get(name, "") for name in HISTORY_RATES}})
        return rows

    def _rates_of_history(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        if not query.bank_id:
            return self.rates(snapshot, query)
        # A chart is of one bank or group: twelve quarters of all others would be for nothing.
        return self._keep(
            snapshot,
            ("history", query.quarter, query.population, query.decimals, query.bank_id),
            lambda: self._answers.rate_rows(
                snapshot.results,
                quarter=Quarter.parse(query.quarter),
                population=Population(query.population),
                bank_id=query.bank_id,
                **_decimals(query),
            ),
        )

    def attention(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return the alerts that the rules raise on this snapshot."""
        rows = self._keep(
            snapshot,
            ("attention", query.quarter),
            lambda: self._answers.alert_rows(
                snapshot.results, quarter=Quarter.parse(query.quarter)
            ),
        )
        return _only(rows, query.bank_id)

    def overview(self, snapshot: LiveSnapshot, query: Query) -> Rows:
        """Return the first page's summary, one row."""
        return self._keep(
            snapshot,
            ("overview", query.quarter, query.population, query.basis),
            lambda: [
                self._answers.overview(
                    snapshot.results,
                    quarter=Quarter.parse(query.quarter),
                    population=Population(query.population),
                    basis=Basis(query.basis),
                )
            ],
        )

    def _keep(self, snapshot: LiveSnapshot, key: Any, compute: Callable[[], Rows]) -> Rows:
        if not quarters_of(snapshot.results):
            return []  # Nothing has come in yet.
        sequence, kept = self._kept
        if sequence != snapshot.sequence:
            kept = {}
            self._kept = (snapshot.sequence, kept)
        if key not in kept:
            kept[key] = compute()
        return kept[key]


def _decimals(query: Query) -> dict[str, Any]:
    return {} if query.decimals is None else {"decimals": query.decimals}


def _only(rows: Rows, bank_id: str) -> Rows:
    return [row for row in rows if row.get("bank_id") == bank_id] if bank_id else rows
