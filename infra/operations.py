"""Every verb of puhui, once. The command line and the web server both call it.

A verb takes a JSON object and gives one back; a request that does not fit is a ValueError
that says what was expected. Nothing here prints, and no figure is computed here.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra import answers, verbs
from infra.doctor import check_up
from infra.gap_answers import gap_rows, last_received
from infra.grading import known_results
from infra.imports.importer import OnProgress
from infra.imports.pboc.export import export_filing, filing_of, kept_filings, told_export
from infra.imports.pboc.trial import trial_of
from infra.intake.principals import Principal, Principals
from infra.reconciler import reconciler_of
from infra.rejected_verbs import (
    ChoiceRequest,
    ReadmitRequest,
    ReleaseRequest,
    ShowRequest,
    list_rejected,
    readmit_rejected,
    release_lane,
    show_rejected,
)
from infra.replaying import ReplayRequest, replay
from infra.requests import (
    BridgeRequest,
    CoverageRequest,
    ExportRequest,
    FilingsRequest,
    GrowthRequest,
    ImportOptions,
    KeptRequest,
    NamedPrincipal,
    PrincipalRequest,
    RatesRequest,
    ReconcileRequest,
    Request,
    TrialRequest,
)
from infra.store_node import StoreNode
from infra.verb import Access, AccessError, Context, Verb
from schemas.catalog import entries
from schemas.quarter import Quarter
from schemas.results import Results
from streams.digest import state_digest
from streams.distinct_borrowers import DistinctBorrowers
from streams.evaluate import evaluate, read_snapshot

Answer = dict[str, Any]


class Operations:
    """The verbs, on one open system."""

    def __init__(
        self,
        node: StoreNode,
        *,
        results: Callable[[], Results] | None = None,
        on_graded: Callable[[], None] = lambda: None,
    ) -> None:
        """Work on ``node``.

        Args:
            node: the open system: a data folder, or a server.
            results: gives what is already evaluated, where somebody does that all the time.
            on_graded: told after a grading, and when readers are to see another generation.

        """
        self._node = node
        self._on_graded = on_graded
        self._results = results or (lambda: evaluate(read_snapshot(node.store), node.lpr))

    @property
    def verb_names(self) -> list[str]:
        """What the pages may ask for, by ``read`` and ``act``."""
        return sorted(CATALOGUED)

    def run(self, verb: str, body: Mapping[str, Any]) -> Answer:
        """Do ``verb``; raise LookupError when there is none, ValueError when ``body`` is wrong."""
        if verb in VERBS:
            return VERBS[verb].do(self, _convert(body, VERBS[verb].request))
        if self._catalogued(verb).access is Access.PERSON:
            raise AccessError(
                f"{verb}: this is written down with who did it. Set PUHUI_TOKEN to a token of your "
                "own; puhui principals add NAME makes one"
            )
        return self._do(verb, body)

    def read(self, verb: str, body: Mapping[str, Any]) -> Answer:
        """Do ``verb`` if it only reads; raise AccessError otherwise."""
        if self._catalogued(verb).access is not Access.READ:
            raise AccessError(f"{verb}: this changes something and needs a token")
        return self._do(verb, body)

    def act(self, verb: str, body: Mapping[str, Any], token: str) -> Answer:
        """Do ``verb`` for the principal that bears ``token``; raise AccessError for nobody."""
        if self._catalogued(verb).access is Access.OPERATOR:
            raise AccessError(f"{verb}: this is for whoever runs the system")
        person = self._principals.of_token(token)
        if person is None:
            raise AccessError(
                "the token is nobody's, or its principal was disabled; see puhui principals list"
            )
        return self._do(verb, body, person)

    def _catalogued(self, verb: str) -> Verb:
        if verb not in CATALOGUED:
            known = ", ".join(sorted([*VERBS, *CATALOGUED]))
            raise LookupError(f"verb was {verb!r}, expected one of {known}")
        return CATALOGUED[verb]

    def _do(self, name: str, body: Mapping[str, Any], person: Principal | None = None) -> Answer:
        verb = CATALOGUED[name]
        context = Context(self._node, self._results, person)
        answer = verb.do(context, _convert(body, verb.request))
        if verb.is_grading:
            self._on_graded()
        return answer

    def import_file(
        self,
        path: str,
        options: Mapping[str, Any],
        on_progress: OnProgress = lambda _done, _all: None,
    ) -> Answer:
        """Import a file of this machine and return its report."""
        asked = _convert(options, ImportOptions)
        report = self._node.importer.import_file(
            Path(path), complete_to=date_of(asked.complete_to), on_progress=on_progress
        )
        answer: Answer = msgspec.to_builtins(report)
        return answer

    def import_filings(
        self, asked: FilingsRequest, on_progress: OnProgress = lambda _done, _all: None
    ) -> Answer:
        """Import the banks' own files of this machine and return a report of each."""
        reports = self._node.filing_importer.import_filings(
            [Path(path) for path in asked.paths],
            complete_to=date_of(asked.complete_to),
            on_progress=on_progress,
        )
        return {"files": msgspec.to_builtins(reports)}

    def check_filings(
        self, asked: TrialRequest, on_progress: OnProgress = lambda _done, _all: None
    ) -> Answer:
        """Check files against each other and what is stored; store nothing."""
        paths = [Path(path) for path in asked.paths]
        return trial_of(paths, Path(asked.workbook), self._node.archive, on_progress)

    def export_filing(self, asked: ExportRequest) -> Answer:
        """Write a bank's own file as it was sent; see infra.imports.pboc.export."""
        archive = self._node.archive
        period = date_of(asked.period, "period")
        if period is None:
            raise ValueError("period was empty, expected a day such as 2026-09-30")
        filing = filing_of(archive, asked.bank_id, asked.table, period, asked.batch)
        return told_export(export_filing(archive, filing, Path(asked.folder), asked.form))

    def kept_filings(self, asked: KeptRequest) -> Answer:
        return {"rows": kept_filings(self._node.archive, asked.bank_id)}

    def add_principal(self, asked: PrincipalRequest) -> Answer:
        token = self._principals.add(asked.principal_id, asked.role, asked.bank_id)
        return {"principal_id": asked.principal_id, "token": token}

    def disable_principal(self, asked: NamedPrincipal) -> Answer:
        self._principals.disable(asked.principal_id)
        return {"rows": self._principals.listed()}

    def principals(self, _asked: Request) -> Answer:
        return {"rows": self._principals.listed()}

    @property
    def _principals(self) -> Principals:
        return Principals(self._node.store, self._node.clock)

    def growth(self, asked: GrowthRequest) -> Answer:
        if asked.is_distinct and asked.as_of:
            raise ValueError(
                "is_distinct: accounts are known as of now only; leave --distinct or --as-of out"
            )
        return self._figures(
            asked.quarter,
            lambda results, quarter: answers.growth_rows(
                results,
                quarter=quarter,
                population=asked.population,
                basis=asked.basis,
                decimals=asked.decimals,
                distinct=DistinctBorrowers(self._node.store, results.generation)
                if asked.is_distinct
                else None,
            ),
            as_of=asked.as_of,
        )

    def rates(self, asked: RatesRequest) -> Answer:
        return self._figures(
            asked.quarter,
            lambda results, quarter: answers.rate_rows(
                results, quarter=quarter, population=asked.population, decimals=asked.decimals
            ),
            as_of=asked.as_of,
        )

    def bridge(self, asked: BridgeRequest) -> Answer:
        def rows_of(results: Results, quarter: Quarter) -> list[dict[str, Any]]:
            _check_known(results, asked.bank_id)
            return answers.bridge_rows(
                results,
                quarter=quarter,
                population=asked.population,
                basis=asked.basis,
                bank_id=asked.bank_id or None,
            )

        return self._figures(asked.quarter, rows_of, as_of=asked.as_of)

    def coverage(self, asked: CoverageRequest) -> Answer:
        return self._figures(
            asked.quarter,
            lambda results, quarter: answers.coverage_rows(
                results, quarter=quarter, population=asked.population, basis=asked.basis
            ),
            as_of=asked.as_of,
        )

    def digest(self, _asked: Request) -> Answer:
        node = self._node
        return {
            "state_digest": state_digest(node.store, node.generation),
            "generation": node.generation,
        }

    def replay(self, asked: ReplayRequest) -> Answer:
        """Read the messages again into a new generation; see infra.replaying."""
        report = replay(self._node, asked)
        if report.is_shown:
            self._on_graded()
        return {"rows": [report._asdict()]}

    def rejected_list(self, asked: ChoiceRequest) -> Answer:
        return list_rejected(self._node, asked)

    def rejected_show(self, asked: ShowRequest) -> Answer:
        return show_rejected(self._node, asked)

    def rejected_replay(self, asked: ReadmitRequest) -> Answer:
        return readmit_rejected(self._node, asked)

    def rejected_release(self, asked: ReleaseRequest) -> Answer:
        return release_lane(self._node, asked)

    def reconcile(self, asked: ReconcileRequest) -> Answer:
        """Count everything a second way, and name what differs."""
        with reconciler_of(self._node) as reconciler:
            return reconciler.run(is_deep=asked.is_deep).told()

    def gaps(self, _asked: Request) -> Answer:
        """Say what every bank has sent, lane by lane, and who is silent."""
        snapshot = read_snapshot(self._node.store)
        results = evaluate(snapshot, self._node.lpr)
        received = last_received(self._node.connection, snapshot.generation)
        return {
            "data_version": results.data_version,
            "generation": results.generation,
            "rows": gap_rows(snapshot, results, received),
        }

    def migrate(self, _asked: Request) -> Answer:
        """Say which files were applied when this process opened the folder."""
        return {"applied": self._node.applied_migrations}

    def doctor(self, _asked: Request) -> Answer:
        return {"rows": check_up(self._node.folder, self._node.connection)}

    def _figures(
        self,
        quarter: str,
        rows_of: Callable[[Results, Quarter], list[dict[str, Any]]],
        *,
        as_of: str = "",
    ) -> Answer:
        results = known_results(self._node, as_of) if as_of else self._results()
        asked = Quarter.parse(quarter) if quarter else _latest(results)
        if quarter:
            _check_stored(results, Quarter.parse(quarter))
        return {
            "data_version": results.data_version,
            "generation": results.generation,
            "quarter": str(asked) if asked else "",
            "as_of": as_of,
            "rows": rows_of(results, asked) if asked else [],
        }


class OwnVerb(NamedTuple):
    """One verb of this module: the shape of its request, and what it does."""

    request: type[Any]
    do: Callable[[Operations, Any], Answer]


CATALOGUED: dict[str, Verb] = {
    name: verb for file in entries(verbs, "VERBS") for name, verb in file.items()
}


VERBS = {
    "import_filings": OwnVerb(FilingsRequest, Operations.import_filings),
    "check_filings": OwnVerb(TrialRequest, Operations.check_filings),
    "export_filing": OwnVerb(ExportRequest, Operations.export_filing),
    "kept_filings": OwnVerb(KeptRequest, Operations.kept_filings),
    "add_principal": OwnVerb(PrincipalRequest, Operations.add_principal),
    "disable_principal": OwnVerb(NamedPrincipal, Operations.disable_principal),
    "principals": OwnVerb(Request, Operations.principals),
    "growth": OwnVerb(GrowthRequest, Operations.growth),
    "rates": OwnVerb(RatesRequest, Operations.rates),
    "bridge": OwnVerb(BridgeRequest, Operations.bridge),
    "coverage": OwnVerb(CoverageRequest, Operations.coverage),
    "reconcile": OwnVerb(ReconcileRequest, Operations.reconcile),
    "gaps": OwnVerb(Request, Operations.gaps),
    "digest": OwnVerb(Request, Operations.digest),
    "rejected_list": OwnVerb(ChoiceRequest, Operations.rejected_list),
    "rejected_show": OwnVerb(ShowRequest, Operations.rejected_show),
    "rejected_replay": OwnVerb(ReadmitRequest, Operations.rejected_replay),
    "rejected_release": OwnVerb(ReleaseRequest, Operations.rejected_release),
    "replay": OwnVerb(ReplayRequest, Operations.replay),
    "migrate": OwnVerb(Request, Operations.migrate),
    "doctor": OwnVerb(Request, Operations.doctor),
}


def _latest(results: Results) -> Quarter | None:
    """Return the newest quarter of any bank, else of what was published."""
    if results.latest_quarter is not None or not results.published:
        return results.latest_quarter
    return Quarter.from_ordinal(max(entry.quarter_ordinal for entry in results.published))


def _check_stored(results: Results, quarter: Quarter) -> None:
    """Raise ValueError where nothing at all is known of ``quarter``: a table would be blank."""
    published = {Quarter.from_ordinal(entry.quarter_ordinal) for entry in results.published}
    known = sorted(published.union(results.quarters))
    if known and quarter not in known:
        raise ValueError(
            f"quarter {quarter}: nothing is stored of it, expected one of "
            f"{', '.join(str(one) for one in known)}; import it first, or look at another"
        )


def _check_known(results: Results, bank_id: str) -> None:
    """Raise ValueError where ``bank_id`` is nobody's."""
    known = [bank.bank_id for bank in results.banks]
    if bank_id and bank_id not in known:
        first = ", ".join(known[:3]) or "no bank yet"
        raise ValueError(f"bank {bank_id!r}: not known here, expected a bank_id such as {first}")


def _convert(body: Mapping[str, Any], shape: type[Any]) -> Any:
    try:
        return msgspec.convert(dict(body), shape)
    except msgspec.ValidationError as error:
        fields = ", ".join(shape.__struct_fields__) or "nothing"
        raise ValueError(f"request: {error}; it may hold {fields}") from error


def date_of(text: str, name: str = "complete_to") -> dt.date | None:
    """Return the day that ``text`` writes, None for nothing; raise ValueError for no day."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} was {text!r}, expected a day such as 2021-12-31") from None
