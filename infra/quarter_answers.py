"""The life of a quarter as answers: states and acts with their words, times in Shanghai."""

import datetime as dt
from typing import Any

import msgspec

from schemas.quarter_acts import ROLE_WORDS, RULES
from schemas.quarter_life import STATE_WORDS, Act, ManualEntry, QuarterLife, Reply

Row = dict[str, Any]
_SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def life_answer(life: QuarterLife) -> Row:
    """Return everything about a quarter; ``rows`` are its acts as people read them."""
    told: Row = msgspec.to_builtins(life)
    return (
        told
        | state_words(life)
        | {
            "published": [
                one | {"published_at": time_text(one["published_at_ms"])}
                for one in told["published"]
            ],
            "allowed_acts": [
                {"act": name, "zh": RULES[name].words.zh, "en": RULES[name].words.en}
                for name in life.allowed
            ],
            "signers_missing": _unsigned(life),
            "rows": [act_row(act) for act in life.acts],
        }
    )


def list_row(life: QuarterLife) -> Row:
    """Return one line about a quarter."""
    last = life.published[-1] if life.published else None
    return {
        "quarter": life.quarter,
        **state_words(life),
        "version": life.version,
        "run_id": life.run_id,
        "as_of": life.as_of,
        "comments_due": life.comments_due,
        "published_version": last.version if last else "",
        "document_number": last.document_number if last else "",
        "published_at": time_text(last.published_at_ms) if last else "",
        "act_count": len(life.acts),
        "broken_at": life.broken_at or "",
    }


def state_words(life: QuarterLife) -> Row:
    """Return the state with its words; while banks comment, whether they still may."""
    words = STATE_WORDS[life.state]
    zh, en = words.zh, words.en
    if life.state == "commenting" and life.comments_closed:
        zh, en = f"{zh}（已截止）", f"{en} (closed)"
    return {"state": life.state, "state_zh": zh, "state_en": en}


def act_row(act: Act) -> Row:
    """Return one act as it is listed."""
    words, role = RULES[act.act].words, ROLE_WORDS[act.role]
    return {
        "number": act.number,
        "act": act.act,
        "act_zh": words.zh,
        "act_en": words.en,
        "person": act.person,
        "role": act.role,
        "role_zh": role.zh,
        "role_en": role.en,
        "bank_id": act.bank_id,
        "at": time_text(act.at_ms),
        "at_ms": act.at_ms,
        "said_zh": _said(act.body, "zh"),
        "said_en": _said(act.body, "en"),
        "sha256": act.sha256,
    }


def manual_row(entry: ManualEntry) -> Row:
    """Return a value by hand as it is listed."""
    told: Row = msgspec.to_builtins(entry)
    state = ("已替换", "replaced") if entry.is_replaced else ("已复核", "confirmed")
    if not entry.confirmed_by:
        state = ("待复核", "waiting")
    return told | {
        "at": time_text(entry.at_ms),
        "state": state[1],
        "state_zh": state[0],
        "state_en": state[1],
    }


def reply_row(reply: Reply) -> Row:
    """Return what a bank said as it is listed."""
    words = RULES[reply.act].words
    told: Row = msgspec.to_builtins(reply)
    decision = {"accepted": ("采纳", "accepted"), "rejected": ("不采纳", "rejected")}
    said = decision.get(reply.decision, ("", ""))
    return told | {
        "act_zh": words.zh,
        "act_en": words.en,
        "at": time_text(reply.at_ms),
        "text": reply.body.get("text", ""),
        "column": reply.body.get("column", ""),
        "value": reply.body.get("value", ""),
        "evidence_sha256": reply.body.get("evidence_sha256", ""),
        "decision_zh": said[0],
        "decision_en": said[1],
    }


def time_text(at_ms: int) -> str:
    """Return a moment in Shanghai, to the second."""
    return dt.datetime.fromtimestamp(at_ms // 1000, _SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _unsigned(life: QuarterLife) -> list[str]:
    signed = {signer.agency for signer in life.signers}
    return [agency for agency in life.agencies if agency not in signed]


_SAID = {
    "as_of": ("截至", "as of"),
    "methodology": ("办法", "methodology"),
    "findings": ("未了结", "open findings"),
    "run_id": ("试算", "run"),
    "due": ("意见截止日", "due"),
    "column": ("指标", "column"),
    "value": ("值", "value"),
    "grade_at_most": ("不高于", "at most"),
    "clause": ("依据", "clause"),
    "minutes": ("纪要", "minutes"),
    "minutes_number": ("纪要", "minutes"),
    "agency": ("机关", "agency"),
    "document_number": ("文号", "number"),
    "number": ("针对", "about act"),
    "proposal": ("拟", "proposal"),
    "is_accepted": ("采纳", "accepted"),
    "text": ("", ""),
    "reason": ("理由", "reason"),
}


def _said(body: Row, lang: str) -> str:
    parts = []
    for name, words in _SAID.items():
        value = body.get(name, "")
        if isinstance(value, bool):
            yes_no = (("否", "no"), ("是", "yes"))[value]
            value = yes_no[lang == "en"]
        if isinstance(value, list):
            value = str(len(value))
        if value not in {"", None}:
            text = str(value)[:12] if name == "run_id" else str(value)
            label = words[lang == "en"]
            parts.append(f"{label} {text}".strip())
    return ("；" if lang == "zh" else "; ").join(parts)
