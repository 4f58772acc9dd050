"""The life of a quarter's grading: acts of persons, in order, and what they add up to.

An act is never changed. Each names the one before by its hash, so that a row that was changed,
taken out or put in later is found. The state of a quarter is nowhere stored: it is the fold of its
acts, see processors.quarter_life.
"""

import hashlib
from typing import Any

import msgspec

from schemas.strict import Part
from schemas.words import Words

OPEN, CUT, CHECKED, TRIAL = "open", "cut", "checked", "trial"
COMMENTING, CONFERRED, SIGNED, PUBLISHED = "commenting", "conferred", "signed", "published"
# Reopened starts the next version at open.
STATES = (OPEN, CUT, CHECKED, TRIAL, COMMENTING, CONFERRED, SIGNED, PUBLISHED)
STATE_WORDS = {
    OPEN: Words("未截数", "open"),
    CUT: Words("已截数", "cut"),
    CHECKED: Words("核对完毕", "checks closed"),
    TRIAL: Words("已试算", "trial run"),
    COMMENTING: Words("征求意见", "banks comment"),
    CONFERRED: Words("已会商", "conferred"),
    SIGNED: Words("已会签", "signed"),
    PUBLISHED: Words("已通报", "published"),
}


class Act(Part, frozen=True, kw_only=True):
    """One thing that one person did about a quarter."""

    quarter: str
    number: int  # From 1, without gaps.
    act: str  # See schemas.quarter_acts.RULES.
    person: str
    role: str
    bank_id: str  # Whom it is about, or whose bank the person is; empty: all.
    at_ms: int
    body: dict[str, Any]
    previous_sha256: str  # Empty for the first.
    sha256: str


class Signer(Part, frozen=True, kw_only=True):
    """An agency that signed, and who did it."""

    agency: str
    person: str
    at_ms: int


class Published(Part, frozen=True, kw_only=True):
    """One version as it was published. Later acts never change it."""

    version: int
    run_id: str
    published_at_ms: int
    signers: list[Signer]
    document_number: str  # 文号
    number: int = 0  # Of the act that published it.


class Change(Part, frozen=True, kw_only=True):
    """A value that persons decided on: conferred by the agencies, or an appeal that was accepted.

    A grade is never set. What changes is a value in a column of the methodology, or a grade is held
    down; either names the clause that allows it.
    """

    number: int  # Of the act.
    act: str  # change or appeal_decision.
    bank_id: str
    column: str  # Empty: a cap by decision.
    value: str  # As a person writes it, in the unit the column is printed in.
    grade_at_most: str = ""  # The name of a level; the decision holds the bank's grade down to it.
    clause: str
    minutes: str
    reason: str
    person: str


class ManualEntry(Part, frozen=True, kw_only=True):
    """A value entered by hand. It counts once another person has confirmed it."""

    number: int  # Of the act that entered it.
    bank_id: str
    column: str
    value: str
    reason: str
    evidence_sha256: str
    person: str
    at_ms: int
    confirmed_by: str = ""  # Empty: not yet.
    confirmed_at_ms: int = 0
    is_replaced: bool = False  # A later entry for the same bank and column was confirmed.


class Reply(Part, frozen=True, kw_only=True):
    """What a bank said, and what became of it."""

    number: int
    version: int
    act: str  # self_assessment, comment, confirmation or appeal.
    bank_id: str
    person: str
    at_ms: int
    body: dict[str, Any]
    answer: str = ""
    answered_by: str = ""
    proposal: str = ""  # Of the answer to an appeal: accept or reject.
    decision: str = ""  # Of an appeal: accepted or rejected.
    decided_by: str = ""


class QuarterLife(Part, frozen=True, kw_only=True):
    """Where a quarter stands, and all that was done about it."""

    quarter: str
    state: str = OPEN
    version: int = 1  # The one that is worked on, or was published last.
    run_id: str = ""  # Of the newest trial, then of what was conferred, then of what was published.
    methodology: str = ""  # As name@version; the one that the quarter was cut for.
    methodology_hash: str = ""
    as_of: str = ""  # 截数: the last day or moment of what counts.
    data_version: int = 0  # Messages that were in at the cut.
    agencies: list[str] = []  # Who must sign, as it was set when the quarter was cut.
    signers: list[Signer] = []
    comments_due: str = ""  # The last day on which banks may comment.
    comments_closed: bool = False
    minutes_number: str = ""
    published: list[Published] = []  # Oldest first.
    changes: list[Change] = []  # Those in force.
    manual: list[ManualEntry] = []
    replies: list[Reply] = []
    acts: list[Act] = []
    allowed: list[str] = []  # Acts that somebody may do now.
    broken_at: int = 0  # The act at which the chain breaks; 0: it holds.
    broken_zh: str = ""
    broken_en: str = ""


def act_sha256(act: Act) -> str:
    """Return the SHA-256 of an act without its own hash, as canonical JSON."""
    facts = msgspec.to_builtins(act)
    del facts["sha256"]
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()
