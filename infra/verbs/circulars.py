"""The circular of a quarter: as a document to be shown, or as a file.

Without a run it is of the one that was published, else of the newest one, as a draft.
"""

import base64
import datetime as dt
from typing import Any

import msgspec

from infra.demo.folder import is_of_demo
from infra.grading import known_results
from infra.publish.circular import circular
from infra.publish.document import Document, Edition, Lang
from infra.publish.forms import Form, printed
from infra.publish.subject import SHANGHAI, Subject
from infra.requests import Request
from infra.store_node import StoreNode
from infra.verb import Access, Context, Verb
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_RUNS
from schemas.quarter import Quarter
from schemas.results import Results
from streams.grading_run import run_with_methodology
from streams.quarter_life import read_life


class CircularRequest(Request, frozen=True, kw_only=True):
    """Which quarter and edition; ``bank_id`` for the edition of a bank, ``run`` for one run."""

    quarter: str
    edition: Edition = "agencies"
    bank_id: str = ""
    run: str = ""  # The first characters of its id are enough.


class CircularFileRequest(CircularRequest, frozen=True, kw_only=True):
    """The same, in one form and one language."""

    form: Form = "docx"
    lang: Lang = "zh"


def show_circular(context: Context, asked: CircularRequest) -> dict[str, Any]:
    """Return the document as it is printed in every form."""
    document = _document(context, asked)
    return {"circular": msgspec.to_builtins(document), "is_draft": _is_draft(context, document)}


def make_circular(context: Context, asked: CircularFileRequest) -> dict[str, Any]:
    """Return the file."""
    document = _document(context, asked)
    made = printed(document, asked.form, asked.lang)
    parts = ["circular", asked.quarter, asked.edition, asked.bank_id, asked.lang]
    is_draft = _is_draft(context, document)
    name = "-".join(part for part in [*parts, "draft" if is_draft else ""] if part)
    return {
        "file_name": f"{name}.{asked.form}",
        "content_base64": base64.b64encode(made).decode(),
        "run_id": document.run_id,
        "is_draft": is_draft,
        "marks": msgspec.to_builtins(document.marks),
    }


def _document(context: Context, asked: CircularRequest) -> Document:
    node, quarter = context.node, Quarter.parse(asked.quarter)
    run, methodology = run_with_methodology(node.store, asked.run or _run_id(node, quarter))
    if run.quarter != str(quarter):
        raise ValueError(
            f"run {asked.run} is of {run.quarter}, expected one of {quarter}; see puhui runs list"
        )
    life = read_life(node.store, quarter)
    subject = Subject(run, methodology, _results(context, run), life, is_of_demo(node.folder))
    return circular(subject, asked.edition, bank_id=asked.bank_id)


def _results(context: Context, run: GradingRun) -> Results:
    """Return the figures of the groups as the run knew them: what was printed never moves."""
    newest = context.results()
    if newest.data_version == run.data_version:
        return newest
    return known_results(context.node, _known_at(context.node, run))


def _known_at(node: StoreNode, run: GradingRun) -> str:
    """Return until when what had come in was graded: the cut of the version, else its making.

    Not the run's own ``as_of`` first: a run that was there already, without one, keeps its body.
    """
    cut = ""
    for act in read_life(node.store, Quarter.parse(run.quarter)).acts:
        if act.act == "cut":
            cut = str(act.body["as_of"])
        elif act.act == "publish" and act.body.get("run_id") == run.run_id:
            return cut
    if run.as_of:
        return run.as_of
    rows = node.store.read(GRADING_RUNS, {"run_id": run.run_id}, columns=("graded_at_ms",))
    made = dt.datetime.fromtimestamp(int(rows["graded_at_ms"][0]) / 1000, SHANGHAI)
    return made.isoformat(timespec="milliseconds")


def _run_id(node: StoreNode, quarter: Quarter) -> str:
    life = read_life(node.store, quarter)
    if life.published:
        return life.published[-1].run_id
    newest = _newest(node, quarter)
    if not newest:
        raise LookupError(
            f"quarter {quarter}: no run is stored, expected one to print; grade it first with "
            f"puhui grade {quarter}"
        )
    return life.run_id or newest


def _newest(node: StoreNode, quarter: Quarter) -> str:
    """Return the run that was made last; a what-if only where there is no other."""
    rows = node.store.read(
        GRADING_RUNS, {"quarter": str(quarter)}, columns=("graded_at_ms", "body")
    )
    runs = [msgspec.json.decode(body, type=GradingRun) for body in rows["body"].to_list()]
    made = zip(rows["graded_at_ms"].tolist(), runs, strict=True)
    ordered = sorted((not run.is_what_if, at_ms, run.run_id) for at_ms, run in made)
    return ordered[-1][2] if ordered else ""


def _is_draft(context: Context, document: Document) -> bool:
    life = read_life(context.node.store, Quarter.parse(document.quarter))
    return all(one.run_id != document.run_id for one in life.published)


VERBS = {
    "circular": Verb(CircularRequest, show_circular, Access.READ),
    "circular_file": Verb(CircularFileRequest, make_circular, Access.READ),
}
