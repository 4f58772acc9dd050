"""Verbs about the life of a quarter's grading: where it stands, the next step, a revision."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.intake.principals import Role
from infra.quarter_answers import life_answer, list_row, time_text
from infra.quarter_deeds import do_act
from infra.quarter_grading import run_of_life
from infra.requests import Request
from infra.verb import Access, AccessError, Answer, Context, Verb
from processors.moves import moved_banks
from processors.quarter_rules import ActRefusedError
from schemas.grading import GradingRun
from schemas.quarter import Quarter
from schemas.quarter_life import PUBLISHED, QuarterLife
from streams.grading_run import read_run
from streams.quarter_life import Deed, Person, check_deed, read_life, read_lives

LATE_EVENTS = "公布后补报 / late events"


class QuarterRequest(Request, frozen=True, kw_only=True):
    """Which quarter."""

    quarter: str


class ActRequest(QuarterRequest, frozen=True, kw_only=True):
    """What is done; ``body`` says what the act needs, see schemas.quarter_acts."""

    act: str
    body: dict[str, Any] = msgspec.field(default_factory=dict)
    bank_id: str = ""
    after: Annotated[int, Meta(ge=0)] | None = None  # The last act that the person saw.


class ReviseRequest(QuarterRequest, frozen=True, kw_only=True):
    """A published quarter that is looked at again; ``is_dry_run`` writes nothing."""

    is_dry_run: bool = False


def show(context: Context, asked: QuarterRequest) -> Answer:
    """Return the life of a quarter, its chain verified."""
    return life_answer(read_life(context.node.store, Quarter.parse(asked.quarter)))


def list_lives(context: Context, _asked: Request) -> Answer:
    """Return a line about every quarter that somebody did something about, newest first."""
    return {"rows": [list_row(life) for life in read_lives(context.node.store)]}


def act(context: Context, asked: ActRequest) -> Answer:
    """Do the next step and return the life with it."""
    refuse_banks(context)
    return life_answer(
        do_act(
            context,
            Quarter.parse(asked.quarter),
            asked.act,
            asked.body,
            bank_id=asked.bank_id,
            after=asked.after,
        )
    )


def refuse_banks(context: Context) -> None:
    """Raise AccessError for a bank: what is answered here tells of all of them."""
    if context.person is not None and context.person.role is Role.BANK:
        raise AccessError("a bank speaks for itself with reply_say, and reads with reply_show")


def revise(context: Context, asked: ReviseRequest) -> Answer:
    """Grade a published quarter with what is known now; where that differs, open a version.

    The published version stays as it is. The new one is opened by a checker and goes the same way.
    """
    node, quarter = context.node, Quarter.parse(asked.quarter)
    refuse_banks(context)
    life, person = read_life(node.store, quarter), context.person
    assert person is not None
    if not life.published or life.state != PUBLISHED:
        raise ActRefusedError(
            f"revise: {quarter} is not published now, so there is nothing to revise; go on with "
            f"{', '.join(life.allowed)}"
        )
    if not asked.is_dry_run:
        deed = Deed("reopen", Person(person.principal_id, person.role.value), {})
        check_deed(node.store, node.clock, quarter, deed)
    published = _stored_run(context, life)
    found = run_of_life(node, life, as_of="")
    rows = moved_banks(published.banks, found.banks)
    # Another run id alone is no change: what nobody's figures show needs no second version.
    is_other = bool(rows)
    if is_other and not asked.is_dry_run:
        body = {"reason": LATE_EVENTS, "found_run_id": found.run_id}
        life = do_act(context, quarter, "reopen", body, after=len(life.acts))
    return {
        "quarter": str(quarter),
        "is_changed": is_other,
        "is_reopened": is_other and not asked.is_dry_run,
        "version": life.version,
        "published_version": life.published[-1].version,
        "published_run_id": published.run_id,
        "published_at": time_text(life.published[-1].published_at_ms),
        "found_run_id": found.run_id,
        "rows": rows,
    }


def _stored_run(context: Context, life: QuarterLife) -> GradingRun:
    run_id = life.published[-1].run_id
    run = read_run(context.node.store, run_id)
    if run is None:
        raise LookupError(f"run {run_id[:12]}, published for {life.quarter}, is not stored")
    return run


VERBS = {
    "quarter_show": Verb(QuarterRequest, show, Access.READ),
    "quarter_list": Verb(Request, list_lives, Access.READ),
    "quarter_act": Verb(ActRequest, act, Access.PERSON, is_grading=True),
    "quarter_revise": Verb(ReviseRequest, revise, Access.PERSON, is_grading=True),
}
