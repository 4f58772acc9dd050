"""Whether a person may do an act now: the rules of a quarter's life, and what a refusal says.

Source: docs/method.md#quarter-life
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, Protocol

from schemas.quarter_acts import BANK, REPLIES, ROLE_WORDS, RULES, Rule
from schemas.quarter_life import (
    COMMENTING,
    OPEN,
    STATE_WORDS,
    Change,
    Published,
    Signer,
)

_DAY_MS, _SHANGHAI_MS = 86_400_000, 8 * 3_600_000
_EPOCH = dt.date(1970, 1, 1)


class ActRefusedError(ValueError):
    """An act that may not be done now; says what may."""


class Proposal(Protocol):
    """An act, written already or about to be."""

    @property
    def act(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def bank_id(self) -> str: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def body(self) -> dict[str, Any]: ...


class Standing:
    """Where a quarter stands, while its acts are folded."""

    def __init__(self) -> None:
        self.state, self.version = OPEN, 1
        self.run_id = self.methodology = self.methodology_hash = self.as_of = ""
        self.comments_due = self.minutes_number = ""
        self.data_version = 0
        self.comments_closed = self.is_waived = False
        self.agencies: list[str] = []
        self.signers: list[Signer] = []
        self.published: list[Published] = []
        self.changes: dict[tuple[str, str], Change] = {}
        self.manual: dict[int, dict[str, Any]] = {}
        self.replies: dict[int, dict[str, Any]] = {}
        self.doers: dict[str, list[str]] = {}  # By act, in this version.

    @property
    def is_closed(self) -> bool:
        """Whether banks could comment and no longer can."""
        return self.state == COMMENTING and self.comments_closed


def day_of_ms(at_ms: int) -> dt.date:
    """Return the day in Shanghai."""
    return _EPOCH + dt.timedelta(days=(at_ms + _SHANGHAI_MS) // _DAY_MS)


def open_appeals(standing: Standing) -> list[int]:
    """Return the numbers of appeals that nobody has decided."""
    return [
        number
        for number, reply in standing.replies.items()
        if reply["act"] == "appeal" and not reply.get("decision")
    ]


def check_act(standing: Standing, act: Proposal) -> None:
    """Raise ActRefusedError unless ``act`` is allowed where the quarter stands.

    Source: docs/method.md#quarter-life
    """
    rule = RULES.get(act.act)
    if rule is None:
        raise ActRefusedError(f"act {act.act!r}: expected one of {', '.join(RULES)}")
    check_person(standing, act, rule)
    _MORE.get(act.act, _no_more)(standing, act)


def check_person(standing: Standing, act: Proposal, rule: Rule) -> None:
    """Raise ActRefusedError unless this person may do such an act now, whatever it says."""
    _check_state(standing, act, rule)
    if act.role not in rule.roles:
        wanted = " or ".join(ROLE_WORDS[role].en for role in rule.roles)
        raise ActRefusedError(
            f"{act.act}: {act.person} is {ROLE_WORDS[act.role].en if act.role else 'nobody'}, "
            f"expected a {wanted}"
        )
    for other in rule.differs_from:
        if act.person in standing.doers.get(other, ()):
            raise ActRefusedError(
                f"{act.act}: {act.person} did {other} in this version; maker and checker differ, "
                "somebody else has to do this step"
            )
    if rule.names_bank != bool(act.bank_id):
        expected = "a bank_id" if rule.names_bank else "no bank"
        raise ActRefusedError(f"{act.act}: bank was {act.bank_id!r}, expected {expected}")


def _check_state(standing: Standing, act: Proposal, rule: Rule) -> None:
    if standing.state not in rule.states:
        raise ActRefusedError(
            f"{act.act}: the quarter is {STATE_WORDS[standing.state].en} "
            f"({STATE_WORDS[standing.state].zh}), expected "
            f"{' or '.join(STATE_WORDS[state].en for state in rule.states)}. {_now(standing)}"
        )
    if not rule.is_before_closing or standing.state != COMMENTING:
        return
    if standing.comments_closed:
        raise ActRefusedError(f"{act.act}: comments are closed. {_now(standing)}")
    if rule.roles == (BANK,) and day_of_ms(act.at_ms).isoformat() > standing.comments_due:
        raise ActRefusedError(
            f"{act.act}: comments were due on {standing.comments_due}, today is "
            f"{day_of_ms(act.at_ms)}; appeal once the grades are published"
        )


FINDINGS_TOLD = 5


def _now(standing: Standing) -> str:
    now = [
        name
        for name, rule in RULES.items()
        if standing.state in rule.states
        and not (rule.is_before_closing and standing.comments_closed)
    ]
    return f"Now allowed: {', '.join(now)}"


def _no_more(_standing: Standing, _act: Proposal) -> None: ...


def _close_comments(standing: Standing, act: Proposal) -> None:
    today = day_of_ms(act.at_ms).isoformat()
    if today <= standing.comments_due and not standing.is_waived:
        raise ActRefusedError(
            f"close_comments: banks may comment until the end of {standing.comments_due}, today "
            f"is {today}; wait for the day after"
        )


def _open_comments(standing: Standing, act: Proposal) -> None:
    _check_run(standing, act)
    if act.body["working_days"] == 0 and not act.body.get("reason"):
        raise ActRefusedError("open_comments: 0 working days need a reason; give one, or days")


def _check(_standing: Standing, act: Proposal) -> None:
    if act.body.get("findings") and not act.body.get("reason"):
        found = act.body["findings"]
        raise ActRefusedError(
            f"check: {len(found)} findings are open ({_told(found)}); settle them, or close the "
            "checks with a reason"
        )


def _told(findings: list[dict[str, str]]) -> str:
    first = findings[:FINDINGS_TOLD]
    told = [f"{one.get('bank_id', '')} {one['zh']} / {one['en']}".strip() for one in first]
    return "; ".join([*told, *(["…"] if len(findings) > FINDINGS_TOLD else [])])


def _change(standing: Standing, act: Proposal) -> None:
    _check_closed(standing, act)
    body = act.body
    if bool(body.get("column")) == bool(body.get("grade_at_most")) and body.get("column"):
        raise ActRefusedError("change: found a column and a grade, expected one of them")
    if body.get("value") and not body.get("column"):
        raise ActRefusedError("change: found a value without a column, expected both")
    takes_back = not body.get("value") and not body.get("grade_at_most")
    if takes_back and (act.bank_id, body.get("column", "")) not in standing.changes:
        raise ActRefusedError(
            "change: no value and no grade, expected either, or a change of this bank and column "
            "to take back"
        )


def _confer(standing: Standing, act: Proposal) -> None:
    _check_closed(standing, act)
    if waiting := open_appeals(standing):
        raise ActRefusedError(
            f"confer: nobody has decided appeal {', '.join(map(str, waiting))}; decide first"
        )


def _check_closed(standing: Standing, act: Proposal) -> None:
    if not standing.comments_closed:
        raise ActRefusedError(
            f"{act.act}: banks may still comment until {standing.comments_due}; close_comments "
            "comes first"
        )


def _sign(standing: Standing, act: Proposal) -> None:
    agency = act.body["agency"]
    if agency not in standing.agencies:
        raise ActRefusedError(
            f"sign: agency was {agency!r}, expected one of {', '.join(standing.agencies)}, as set "
            "when the quarter was cut"
        )
    if any(signer.agency == agency for signer in standing.signers):
        raise ActRefusedError(f"sign: {agency} has signed already; each signs once")
    _check_run(standing, act)


def _check_run(standing: Standing, act: Proposal) -> None:
    run_id = act.body["run_id"]
    if run_id != standing.run_id:
        raise ActRefusedError(
            f"{act.act}: run was {run_id[:12]}, expected {standing.run_id[:12]}, the one of this "
            "version"
        )


def _manual_confirm(standing: Standing, act: Proposal) -> None:
    number = act.body["number"]
    entry = standing.manual.get(number)
    if entry is None or entry["bank_id"] != act.bank_id:
        raise ActRefusedError(f"manual_confirm: act {number} is no manual entry of this bank")
    if entry.get("confirmed_by"):
        raise ActRefusedError(
            f"manual_confirm: entry {number} is confirmed; to replace it, enter another value"
        )
    if entry["person"] == act.person:
        raise ActRefusedError(
            f"manual_confirm: {act.person} entered it; another person has to confirm it"
        )


def _confirmation(standing: Standing, act: Proposal) -> None:
    _check_run(standing, act)
    for reply in standing.replies.values():
        is_same = (reply["act"], reply["bank_id"]) == ("confirmation", act.bank_id)
        if is_same and reply["version"] == standing.version:
            raise ActRefusedError("confirmation: the bank has confirmed this version already")


def _answer(standing: Standing, act: Proposal) -> None:
    reply = _reply_of(standing, act)
    is_appeal = reply["act"] == "appeal"
    if is_appeal != bool(act.body.get("proposal")):
        expected = "accept or reject" if is_appeal else "none: it is no appeal"
        raise ActRefusedError(
            f"answer: proposal was {act.body.get('proposal', '')!r}, expected {expected}"
        )
    if reply.get("decision"):
        raise ActRefusedError(f"answer: appeal {act.body['number']} is {reply['decision']} already")


def _appeal_decision(standing: Standing, act: Proposal) -> None:
    reply = _reply_of(standing, act)
    number = act.body["number"]
    if reply["act"] != "appeal":
        raise ActRefusedError(f"appeal_decision: act {number} is no appeal but a {reply['act']}")
    if reply.get("decision"):
        raise ActRefusedError(f"appeal_decision: appeal {number} is {reply['decision']} already")
    if not reply.get("answered_by"):
        raise ActRefusedError(f"appeal_decision: a maker has to answer appeal {number} first")
    if reply["answered_by"] == act.person:
        raise ActRefusedError(f"appeal_decision: {act.person} answered it; another decides")
    if act.body["is_accepted"] and not act.body.get("clause"):
        raise ActRefusedError(
            "appeal_decision: accepted without a clause; name the one that it rests on"
        )


def _reply_of(standing: Standing, act: Proposal) -> dict[str, Any]:
    number = act.body["number"]
    reply = standing.replies.get(number)
    if reply is None or reply["bank_id"] != act.bank_id:
        raise ActRefusedError(
            f"{act.act}: act {number} is nothing that this bank said, expected one of "
            f"{', '.join(REPLIES)}"
        )
    return reply


_MORE: dict[str, Callable[[Standing, Proposal], None]] = {
    "check": _check,
    "open_comments": _open_comments,
    "close_comments": _close_comments,
    "change": _change,
    "confer": _confer,
    "sign": _sign,
    "publish": _check_run,
    "manual_confirm": _manual_confirm,
    "confirmation": _confirmation,
    "answer": _answer,
    "appeal_decision": _appeal_decision,
}
