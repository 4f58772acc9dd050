"""Does what a person asks about a quarter: works out what the act says, then writes it.

What the act needs to be true of the stored data (a run, a due day, findings) is worked out here,
never taken from who asks; who may do what is decided in processors.quarter_rules.
"""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from infra.quarter_findings import open_findings
from infra.quarter_grading import (
    check_still_given,
    column_of,
    methodology_of_life,
    run_named,
    run_of_life,
)
from infra.reference_data import DEFAULT_METHODOLOGY, load_methodology
from infra.settings import Settings
from infra.store_node import StoreNode
from infra.verb import AccessError, Context
from infra.working_days import add_working_days
from processors.manual_value import cell_of
from processors.methodology import check_methodology
from processors.quarter_rules import ActRefusedError, day_of_ms
from schemas.grading_tables import METHODOLOGIES
from schemas.methodology import MANUAL, Methodology, methodology_hash, methodology_json
from schemas.quarter import Quarter
from schemas.quarter_acts import BANK
from schemas.quarter_life import QuarterLife
from streams.as_of import read_as_of
from streams.kept_files import is_kept
from streams.methodology_record import refuse_edited
from streams.quarter_life import Deed, Person, append_act, check_deed, read_life

WORKING_DAYS = 5  # For comments, unless told otherwise. docs/method.md#quarter-life
_SHANGHAI = dt.timezone(dt.timedelta(hours=8))

Body = dict[str, Any]


class Case(NamedTuple):
    """What an act is worked out from."""

    context: Context
    life: QuarterLife
    bank_id: str
    said: Body

    @property
    def node(self) -> StoreNode:
        return self.context.node


def do_act(
    context: Context,
    quarter: Quarter,
    act: str,
    said: Mapping[str, Any],
    *,
    bank_id: str = "",
    after: int | None = None,
) -> QuarterLife:
    """Write ``act`` of the person of ``context`` and return the life with it.

    Raises ActRefusedError, AccessError or ValueError, and then nothing is written.
    """
    who, node = context.person, context.node
    if who is None:
        raise AccessError(f"{act}: nobody said who they are; set PUHUI_TOKEN to your own token")
    if who.role == BANK:
        if bank_id not in {"", who.bank_id}:
            raise AccessError(f"{act}: a bank speaks for itself, not for bank {bank_id!r}")
        bank_id = who.bank_id
    person = Person(who.principal_id, who.role.value)
    asked = Deed(act, person, dict(said), bank_id)
    check_deed(node.store, node.clock, quarter, asked)
    life = read_life(node.store, quarter)
    case = Case(context, life, bank_id, dict(said))
    _check_files(node, case.said)
    body = _PREPARE.get(act, _as_said)(case)
    # What was worked out holds for the acts that were read: nobody may come between.
    seen = len(life.acts) if after is None else after
    return append_act(node.store, node.clock, quarter, asked._replace(body=body), after=seen)


def _as_said(case: Case) -> Body:
    return case.said


def _only(case: Case, *names: str) -> Body:
    """Return what was said; raise ValueError for what is worked out here and not for persons."""
    extra = sorted(case.said.keys() - {*names, "reason"})
    if extra:
        known = ", ".join((*names, "reason"))
        raise ValueError(f"{', '.join(extra)}: not for this act, which may hold {known}")
    return dict(case.said)


def _cut(case: Case) -> Body:
    said, node = _only(case, "as_of", "methodology"), case.node
    methodology = load_methodology(said.pop("methodology", "") or DEFAULT_METHODOLOGY)
    quarter = Quarter.parse(case.life.quarter)
    check_methodology(methodology, quarter)
    refuse_edited(node.store, methodology)
    keep_methodology(node, methodology)
    now = dt.datetime.fromtimestamp(node.clock.now_ms() // 1000, _SHANGHAI)
    as_of = said.pop("as_of", "") or now.isoformat(timespec="seconds")
    day = str(as_of)[:10]
    if not str(quarter.last_day) < day <= now.date().isoformat():
        raise ValueError(
            f"as_of was {as_of}, expected a day after the quarter's end, {quarter.last_day}, and "
            f"not after today, {now.date()}"
        )
    if read_as_of(str(as_of), now_ms=node.clock.now_ms()).before_ms > node.clock.now_ms() + 1000:
        # More may still come in on that day, after banks have been told their figures.
        raise ValueError(
            f"as_of was {as_of}, a day that is not over; expected a day before today, or leave it "
            "out: the cut is now"
        )
    return said | {
        "as_of": as_of,
        "methodology": f"{methodology.name}@{methodology.version}",
        "methodology_hash": methodology_hash(methodology),
        "agencies": configured_agencies(),
        "data_version": case.context.results().data_version,
    }


def _check(case: Case) -> Body:
    findings = open_findings(case.node, Quarter.parse(case.life.quarter))
    return _only(case) | {"findings": msgspec.to_builtins(findings)}


def _trial(case: Case) -> Body:
    said = _only(case)
    run = run_of_life(case.node, case.life)
    if run.is_to_date or run.is_what_if:
        raise ActRefusedError(
            f"trial: {case.life.quarter} is not over, or something was supposed; only a whole "
            "quarter as it was goes to the banks. puhui grade shows it to date"
        )
    return said | {"run_id": run.run_id}


def _open_comments(case: Case) -> Body:
    said = _only(case, "working_days")
    working_days = said.get("working_days", WORKING_DAYS)
    if not isinstance(working_days, int) or not 0 <= working_days <= 60:
        raise ValueError(f"working_days was {working_days!r}, expected 0 to 60")
    run = check_still_given(case.node, case.life, "open_comments")
    today = day_of_ms(case.node.clock.now_ms())
    due = add_working_days(today, working_days)
    return said | {
        "run_id": run.run_id,
        "working_days": working_days,
        "due": due.day.isoformat(),
        "is_calendar_known": due.is_calendar_known,
    }


def _change(case: Case) -> Body:
    column, level = case.said.get("column", ""), case.said.get("grade_at_most", "")
    methodology = methodology_of_life(case.node, case.life)
    _check_bank(case)
    if column and case.said.get("value"):
        cell_of(column_of(methodology, str(column)), str(case.said["value"]))
    names = [one.name for one in methodology.grading.levels]
    if level and level not in names:
        raise ValueError(f"grade_at_most was {level!r}, expected one of {', '.join(names)}")
    return case.said


def _confer(case: Case) -> Body:
    said = _only(case, "minutes_number", "minutes_sha256")
    run, life = run_of_life(case.node, case.life), case.life
    tried = max(act.number for act in life.acts if act.act == "trial")
    is_changed = any(
        act.number > tried
        and (
            act.act == "change"
            or (act.act == "appeal_decision" and act.body.get("is_accepted") is True)
        )
        for act in life.acts
    )
    if run.run_id != life.run_id and not is_changed:
        raise ActRefusedError(
            f"confer: the stored data give run {run.run_id[:12]}, the trial was "
            f"{life.run_id[:12]}, and nothing was changed by a clause; reopen the quarter"
        )
    return said | {"run_id": run.run_id}


def _sign(case: Case) -> Body:
    agency = case.context.person.agency if case.context.person else ""
    return _only(case) | {"agency": agency, "run_id": case.life.run_id}


def _publish(case: Case) -> Body:
    said = _only(case, "document_number")
    run = check_still_given(case.node, case.life, "publish")
    if run.is_to_date or run.is_what_if:
        raise ActRefusedError("publish: the run is to date or supposes something; never published")
    return said | {"run_id": run.run_id}


def _manual_enter(case: Case) -> Body:
    column = str(case.said.get("column", ""))
    named = str(case.said.get("methodology", ""))
    if named and case.life.methodology_hash:
        raise ValueError(
            f"methodology {named}: the quarter was cut for {case.life.methodology}; leave it out, "
            "or cut again with another"
        )
    methodology = (
        methodology_of_life(case.node, case.life)
        if case.life.methodology_hash
        else load_methodology(named or DEFAULT_METHODOLOGY)
    )
    found = column_of(methodology, column)
    if found.measure != MANUAL:
        raise ValueError(
            f"column {column}: {methodology.name} measures it, expected one that is entered by "
            "hand; a measured value is only changed when conferring, by a clause"
        )
    cell_of(found, str(case.said.get("value", "")))
    return {name: value for name, value in case.said.items() if name != "methodology"}


def _confirmation(case: Case) -> Body:
    return case.said | {"run_id": case.life.run_id}


def _appeal(case: Case) -> Body:
    methodology = methodology_of_life(case.node, case.life)
    column = column_of(methodology, str(case.said.get("column", "")))
    cell_of(column, str(case.said.get("value", "")))
    _check_bank(case)
    return case.said


def _check_bank(case: Case) -> None:
    """Raise ValueError unless the run has this bank."""
    run = run_named(case.node, case.life.run_id or case.life.published[-1].run_id)
    if case.bank_id not in {bank.bank_id for bank in run.banks}:
        raise ValueError(f"bank {case.bank_id!r}: run {run.run_id[:12]} has no such bank")


def _check_files(node: StoreNode, said: Body) -> None:
    for name in ("evidence_sha256", "minutes_sha256"):
        digest = said.get(name, "")
        if digest and not is_kept(node.store, str(digest)):
            raise ValueError(f"{name} {str(digest)[:16]}: no such file is kept; keep it first")


def configured_agencies() -> list[str]:
    """Return who must sign, as PUHUI_AGENCIES says."""
    names = Settings.from_env(os.environ).agencies.split(",")
    return [name.strip() for name in names if name.strip()]


def keep_methodology(node: StoreNode, methodology: Methodology) -> None:
    """Keep the text of a methodology: the file may be another one when the quarter is graded."""
    node.store.insert(
        METHODOLOGIES,
        {
            "methodology_hash": [methodology_hash(methodology)],
            "name": [methodology.name],
            "number": np.array([methodology.version], np.int64),
            "body": [methodology_json(methodology).decode()],
            "version": np.array([1], np.int64),
        },
    )


_PREPARE: dict[str, Callable[[Case], Body]] = {
    "cut": _cut,
    "check": _check,
    "trial": _trial,
    "open_comments": _open_comments,
    "change": _change,
    "confer": _confer,
    "sign": _sign,
    "publish": _publish,
    "manual_enter": _manual_enter,
    "confirmation": _confirmation,
    "appeal": _appeal,
}
