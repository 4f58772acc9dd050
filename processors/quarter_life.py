"""From what persons did about a quarter to where it stands, and which acts are allowed next.

Pure: the acts come in, a QuarterLife goes out. Who may do what and when is one table,
schemas.quarter_acts.RULES; what needs more than a line of it is in processors.quarter_rules.

Source: docs/method.md#quarter-life
"""

from collections.abc import Callable, Sequence

from processors.quarter_rules import ActRefusedError, Standing, check_act, open_appeals
from schemas.quarter_acts import REPLIES, RULES
from schemas.quarter_life import (
    CONFERRED,
    PUBLISHED,
    SIGNED,
    Act,
    Change,
    ManualEntry,
    Published,
    QuarterLife,
    Reply,
    Signer,
)
from schemas.words import Words

Hashed = Callable[[Act], str]
Apply = Callable[[Standing, Act], None]


def life_of(quarter: str, acts: Sequence[Act], hashed: Hashed) -> QuarterLife:
    """Return what ``acts`` add up to; where they cannot be what persons did, say from which on.

    Args:
        quarter: whose acts they are, such as 2021Q4.
        acts: in order of their numbers.
        hashed: gives the hash that an act should have.

    Errors: none. A broken chain is told in ``broken_at``; what stands before it is still folded.

    Source: docs/method.md#quarter-life

    """
    standing, broken = _fold(quarter, acts, hashed)
    return _told(quarter, standing, acts, broken)


def standing_of(quarter: str, acts: Sequence[Act], hashed: Hashed) -> Standing:
    """Return what the next act is checked against; raise ActRefusedError on a broken chain."""
    standing, (number, words) = _fold(quarter, acts, hashed)
    if number:
        raise ActRefusedError(
            f"{quarter}: the record is broken at act {number} ({words.en}); nothing more is "
            "written after it. Bring the acts back from a copy"
        )
    return standing


def _fold(quarter: str, acts: Sequence[Act], hashed: Hashed) -> tuple[Standing, tuple[int, Words]]:
    standing = Standing()
    for place, act in enumerate(acts):
        fault = _chain_fault(quarter, acts, place, hashed)
        if fault is None:
            try:
                check_act(standing, act)
                _APPLY.get(act.act, _nothing)(standing, act)
            except (ActRefusedError, KeyError, TypeError) as error:
                fault = Words(f"第 {act.number} 项不合规则：{error}", f"act {act.number}: {error}")
        if fault is not None:
            return standing, (place + 1, fault)
        _move(standing, act)
    return standing, (0, Words("", ""))


def _chain_fault(quarter: str, acts: Sequence[Act], place: int, hashed: Hashed) -> Words | None:
    act, before = acts[place], acts[place - 1].sha256 if place else ""
    if act.number != place + 1 or act.quarter != quarter:
        return Words(
            f"应为第 {place + 1} 项，实为第 {act.number} 项：有记录缺失或多出",
            f"found act {act.number}, expected act {place + 1}: one was taken out or put in",
        )
    if act.previous_sha256 != before:
        return Words(
            f"第 {act.number} 项与前一项的摘要不符",
            f"act {act.number} does not follow the one before it: that one is another",
        )
    if act.sha256 != hashed(act):
        return Words(
            f"第 {act.number} 项的内容与其摘要不符：记录被改动",
            f"act {act.number} is not what was written: its hash does not fit",
        )
    return None


def _move(standing: Standing, act: Act) -> None:
    """Take the step that every act of this kind takes."""
    leads_to = RULES[act.act].leads_to
    if act.act == "sign" and {s.agency for s in standing.signers} >= set(standing.agencies):
        leads_to = SIGNED
    if act.act == "reopen":
        standing.doers = {}
    standing.doers.setdefault(act.act, []).append(act.person)
    standing.state = leads_to or standing.state


def _nothing(_standing: Standing, _act: Act) -> None: ...


def _cut(standing: Standing, act: Act) -> None:
    standing.as_of, standing.methodology = act.body["as_of"], act.body["methodology"]
    standing.methodology_hash = act.body["methodology_hash"]
    standing.agencies = list(act.body["agencies"])
    standing.data_version, standing.run_id = act.body["data_version"], ""


def _run(standing: Standing, act: Act) -> None:
    standing.run_id = act.body["run_id"]


def _open_comments(standing: Standing, act: Act) -> None:
    standing.comments_due, standing.comments_closed = act.body["due"], False
    standing.is_waived = act.body["working_days"] == 0


def _close_comments(standing: Standing, _act: Act) -> None:
    standing.comments_closed = True


def _change(standing: Standing, act: Act) -> None:
    body = act.body
    _keep_change(
        standing,
        Change(
            number=act.number,
            act=act.act,
            bank_id=act.bank_id,
            column=body.get("column", ""),
            value=body.get("value", ""),
            grade_at_most=body.get("grade_at_most", ""),
            clause=body["clause"],
            minutes=body["minutes"],
            reason=body.get("reason", ""),
            person=act.person,
        ),
    )


def _keep_change(standing: Standing, change: Change) -> None:
    """Put ``change`` in place of an earlier one of the same bank and column; empty takes it out."""
    standing.changes.pop((change.bank_id, change.column), None)
    if change.value or change.grade_at_most:
        standing.changes[change.bank_id, change.column] = change


def _confer(standing: Standing, act: Act) -> None:
    standing.run_id, standing.signers = act.body["run_id"], []
    standing.minutes_number = act.body["minutes_number"]


def _sign(standing: Standing, act: Act) -> None:
    standing.signers.append(Signer(agency=act.body["agency"], person=act.person, at_ms=act.at_ms))


def _publish(standing: Standing, act: Act) -> None:
    standing.published.append(
        Published(
            version=standing.version,
            run_id=standing.run_id,
            published_at_ms=act.at_ms,
            signers=list(standing.signers),
            document_number=act.body["document_number"],
            number=act.number,
        )
    )


def _reopen(standing: Standing, _act: Act) -> None:
    # Reopened before it was published, a version is begun again under its own number.
    standing.version += standing.state == PUBLISHED
    standing.run_id = standing.as_of = standing.comments_due = standing.minutes_number = ""
    standing.signers, standing.agencies = [], []
    standing.comments_closed = standing.is_waived = False


def _manual_enter(standing: Standing, act: Act) -> None:
    body = act.body
    standing.manual[act.number] = {
        "number": act.number,
        "bank_id": act.bank_id,
        "column": body["column"],
        "value": body["value"],
        "reason": body["reason"],
        "evidence_sha256": body["evidence_sha256"],
        "person": act.person,
        "at_ms": act.at_ms,
    }


def _manual_confirm(standing: Standing, act: Act) -> None:
    confirmed = standing.manual[act.body["number"]]
    for entry in standing.manual.values():
        is_same = (entry["bank_id"], entry["column"]) == (
            confirmed["bank_id"],
            confirmed["column"],
        )
        if is_same and entry.get("confirmed_by"):
            entry["is_replaced"] = True
    confirmed |= {"confirmed_by": act.person, "confirmed_at_ms": act.at_ms}


def _reply(standing: Standing, act: Act) -> None:
    standing.replies[act.number] = {
        "number": act.number,
        "version": standing.version,
        "act": act.act,
        "bank_id": act.bank_id,
        "person": act.person,
        "at_ms": act.at_ms,
        "body": act.body,
    }


def _answer(standing: Standing, act: Act) -> None:
    standing.replies[act.body["number"]] |= {
        "answer": act.body["text"],
        "answered_by": act.person,
        "proposal": act.body.get("proposal", ""),
    }


def _decide(standing: Standing, act: Act) -> None:
    reply, is_accepted = standing.replies[act.body["number"]], act.body["is_accepted"]
    reply["decision"] = "accepted" if is_accepted else "rejected"
    reply["decided_by"] = act.person
    if is_accepted:
        claimed = reply["body"]
        _keep_change(
            standing,
            Change(
                number=act.number,
                act=act.act,
                bank_id=act.bank_id,
                column=claimed["column"],
                value=claimed["value"],
                clause=act.body.get("clause", ""),
                minutes="",
                reason=act.body["text"],
                person=act.person,
            ),
        )


_APPLY: dict[str, Apply] = {
    "cut": _cut,
    "trial": _run,
    "open_comments": _open_comments,
    "close_comments": _close_comments,
    "change": _change,
    "confer": _confer,
    "sign": _sign,
    "publish": _publish,
    "reopen": _reopen,
    "manual_enter": _manual_enter,
    "manual_confirm": _manual_confirm,
    "answer": _answer,
    "appeal_decision": _decide,
    **dict.fromkeys(REPLIES, _reply),
}


def _told(
    quarter: str, standing: Standing, acts: Sequence[Act], broken: tuple[int, Words]
) -> QuarterLife:
    return QuarterLife(
        quarter=quarter,
        state=standing.state,
        version=standing.version,
        run_id=standing.run_id,
        methodology=standing.methodology,
        methodology_hash=standing.methodology_hash,
        as_of=standing.as_of,
        data_version=standing.data_version,
        agencies=standing.agencies,
        signers=standing.signers,
        comments_due=standing.comments_due,
        comments_closed=standing.comments_closed,
        minutes_number=standing.minutes_number,
        published=standing.published,
        changes=list(standing.changes.values()),
        manual=[ManualEntry(**entry) for entry in standing.manual.values()],
        replies=[Reply(**reply) for reply in standing.replies.values()],
        acts=list(acts),
        allowed=[] if broken[0] else allowed_acts(standing),
        broken_at=broken[0],
        broken_zh=broken[1].zh,
        broken_en=broken[1].en,
    )


def allowed_acts(standing: Standing) -> list[str]:
    """Return the acts that somebody could do now, in the order of the rules."""
    found = []
    for name, rule in RULES.items():
        is_late = rule.is_before_closing and standing.is_closed
        is_early = name in {"change", "confer"} and not standing.comments_closed
        is_stuck = name == "confer" and bool(open_appeals(standing))
        has_nobody = _has_nothing_to_do(standing, name)
        if standing.state in rule.states and not (is_late or is_early or is_stuck or has_nobody):
            found.append(name)
    return found


def _has_nothing_to_do(standing: Standing, name: str) -> bool:
    if name == "manual_confirm":
        return all(entry.get("confirmed_by") for entry in standing.manual.values())
    if name == "answer":
        return not standing.replies
    if name == "appeal_decision":
        return not open_appeals(standing)
    return standing.state == CONFERRED and name == "publish"
