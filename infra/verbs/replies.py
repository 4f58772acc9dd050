"""Verbs of the right of reply: banks speak, a maker answers, a checker decides on appeals.

A bank sees its own words, its own grade and why; never another bank's.
"""

from typing import Literal

import msgspec

from infra.grade_answers import grade_rows
from infra.intake.principals import Role
from infra.quarter_answers import reply_row, state_words
from infra.quarter_deeds import do_act
from infra.quarter_grading import trial_of_appeal
from infra.requests import Request
from infra.verb import Access, AccessError, Answer, Context, Verb
from processors.quarter_rules import ActRefusedError
from schemas.quarter import Quarter
from schemas.quarter_acts import REPLIES
from schemas.quarter_life import (
    COMMENTING,
    CONFERRED,
    PUBLISHED,
    SIGNED,
    QuarterLife,
    Reply,
)
from streams.grading_run import read_run
from streams.quarter_life import read_life

# Of a row of grades, what a bank is told of itself. Not here: its rank beside others, distances.
_OWN = (
    "bank_id", "bank_name", "bank_name_en", "quarter", "run_id", "methodology_zh",
    "methodology_en", "is_illustrative", "points", "grade", "grade_zh", "grade_en", "group_zh",
    "group_en", "group_size_count", "reasons",
)  # fmt: skip
_OWN_INDICATOR = ("code", "name", "name_zh", "name_en", "value", "unit", "status", "points")


class ReplyListRequest(Request, frozen=True, kw_only=True):
    """Of which quarter, and of which bank; empty: of all."""

    quarter: str
    bank_id: str = ""


class SayRequest(Request, frozen=True, kw_only=True):
    """What a bank says. An appeal names the column and the value that it should have."""

    quarter: str
    kind: Literal["self_assessment", "comment", "confirmation", "appeal"]
    text: str = ""
    column: str = ""
    value: str = ""
    evidence_sha256: str = ""


class AnswerRequest(Request, frozen=True, kw_only=True):
    """What a bank is answered; to an appeal with what is proposed: accept or reject."""

    quarter: str
    number: int
    text: str
    proposal: Literal["", "accept", "reject"] = ""


class DecideRequest(Request, frozen=True, kw_only=True):
    """What becomes of an appeal; accepted, by which clause."""

    quarter: str
    number: int
    is_accepted: bool
    text: str
    clause: str = ""


class AppealRequest(Request, frozen=True, kw_only=True):
    """One appeal, by the number of its act."""

    quarter: str
    number: int


class ReplyShowRequest(Request, frozen=True, kw_only=True):
    """Of which quarter."""

    quarter: str


def list_replies(context: Context, asked: ReplyListRequest) -> Answer:
    """Return what banks said, for supervisors."""
    life = read_life(context.node.store, Quarter.parse(asked.quarter))
    rows = [reply_row(reply) for reply in life.replies if asked.bank_id in {"", reply.bank_id}]
    return {"quarter": life.quarter, **state_words(life), "rows": rows}


def say(context: Context, asked: SayRequest) -> Answer:
    """Write down what a bank says."""
    said = {
        name: value
        for name in ("text", "column", "value", "evidence_sha256")
        if (value := getattr(asked, name))
    }
    do_act(context, Quarter.parse(asked.quarter), asked.kind, said)
    return show(context, ReplyShowRequest(quarter=asked.quarter))


def show(context: Context, asked: ReplyShowRequest) -> Answer:
    """Return what concerns the bank that asks: its replies, its own grade and why."""
    person = context.person
    if person is None or person.role is not Role.BANK:
        raise AccessError("reply_show: this is for banks; supervisors ask reply_list")
    life = read_life(context.node.store, Quarter.parse(asked.quarter))
    rows = [reply_row(reply) for reply in life.replies if reply.bank_id == person.bank_id]
    # Who decided is the supervisors' business; a bank is told what was decided.
    hidden = {"answered_by", "decided_by"}
    return {
        "quarter": life.quarter,
        **state_words(life),
        "version": life.version,
        "comments_due": life.comments_due,
        "may": [name for name in life.allowed if name in REPLIES],
        "grade": _own_grade(context, life, person.bank_id),
        "rows": [{k: v for k, v in row.items() if k not in hidden} for row in rows],
    }


def answer(context: Context, asked: AnswerRequest) -> Answer:
    """Answer what a bank said, or propose what becomes of its appeal."""
    reply = _reply(context, asked.quarter, asked.number, "answer")
    said = {"number": asked.number, "text": asked.text, "proposal": asked.proposal}
    quarter = Quarter.parse(asked.quarter)
    do_act(context, quarter, "answer", said, bank_id=reply.bank_id)
    return _told(context, quarter, asked.number)


def decide(context: Context, asked: DecideRequest) -> Answer:
    """Decide an appeal; accepted, tell who moves, as ``appeal_trial`` does."""
    reply = _reply(context, asked.quarter, asked.number, "appeal_decision")
    quarter = Quarter.parse(asked.quarter)
    said = {
        "number": asked.number,
        "is_accepted": asked.is_accepted,
        "text": asked.text,
        "clause": asked.clause,
    }
    life = do_act(context, quarter, "appeal_decision", said, bank_id=reply.bank_id)
    moved = trial_of_appeal(context.node, life, reply) if asked.is_accepted else []
    needs_reopening = asked.is_accepted and life.state == PUBLISHED
    return _told(context, quarter, asked.number) | {
        "moved": moved,
        "to_do_zh": "请重开该季度，形成下一版本" if needs_reopening else "",
        "to_do_en": "reopen the quarter for the next version" if needs_reopening else "",
    }


def appeal_trial(context: Context, asked: AppealRequest) -> Answer:
    """Return who would move, were the claimed value right; never official."""
    life = read_life(context.node.store, Quarter.parse(asked.quarter))
    reply = _reply(context, asked.quarter, asked.number, "appeal_trial")
    if reply.act != "appeal":
        raise ActRefusedError(f"appeal_trial: act {asked.number} is no appeal but a {reply.act}")
    return {
        "quarter": asked.quarter,
        "is_what_if": True,
        "label_zh": "试算，不作为正式结果",
        "label_en": "A trial, not official",
        "appeal": reply_row(reply),
        "rows": trial_of_appeal(context.node, life, reply),
    }


def _own_grade(context: Context, life: QuarterLife, bank_id: str) -> Answer:
    """Return a bank's own row, once banks may see it: from comments on, else as published."""
    run_id = _shown_run_id(life)
    run = read_run(context.node.store, run_id) if run_id else None
    if run is None:
        return {}
    caps = {bank.bank_id: bank.caps for bank in run.banks}
    for row in grade_rows(run):
        if row["bank_id"] == bank_id:
            indicators = [
                {name: graded[name] for name in _OWN_INDICATOR if name in graded}
                for graded in row["indicators"]
            ]
            own = {name: row[name] for name in _OWN if name in row}
            return own | {"indicators": indicators, "caps": msgspec.to_builtins(caps[bank_id])}
    return {}


def _shown_run_id(life: QuarterLife) -> str:
    """Return the run that banks may see: what went to them, until it is published."""
    if life.state in {COMMENTING, CONFERRED, SIGNED}:
        opened = [act for act in life.acts if act.act == "open_comments"]
        return str(opened[-1].body["run_id"])
    return life.published[-1].run_id if life.published else ""


def _reply(context: Context, quarter: str, number: int, verb: str) -> Reply:
    for reply in read_life(context.node.store, Quarter.parse(quarter)).replies:
        if reply.number == number:
            return reply
    raise ActRefusedError(f"{verb}: act {number} of {quarter} is nothing that a bank said")


def _told(context: Context, quarter: Quarter, number: int) -> Answer:
    life = read_life(context.node.store, quarter)
    rows = [reply_row(reply) for reply in life.replies if reply.number == number]
    return {"quarter": str(quarter), **state_words(life), "rows": rows}


VERBS = {
    "reply_list": Verb(ReplyListRequest, list_replies, Access.READ),
    "reply_say": Verb(SayRequest, say, Access.PERSON),
    "reply_show": Verb(ReplyShowRequest, show, Access.PERSON),
    "reply_answer": Verb(AnswerRequest, answer, Access.PERSON),
    "reply_decide": Verb(DecideRequest, decide, Access.PERSON),
    "appeal_trial": Verb(AppealRequest, appeal_trial, Access.READ),
}
