"""What persons may do about a quarter: who, in which states, after whom, and what they must say.

This is the whole state machine. Maker and checker differ at each step: every act names the acts
whose newest doer may not do it, besides the role it needs.
"""

from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from schemas.quarter_life import (
    CHECKED,
    COMMENTING,
    CONFERRED,
    CUT,
    OPEN,
    PUBLISHED,
    SIGNED,
    TRIAL,
)
from schemas.strict import Part
from schemas.words import Words

MAKER, CHECKER, AGENCY, BANK = "maker", "checker", "agency", "bank"
ROLE_WORDS = {
    MAKER: Words("经办", "maker"),
    CHECKER: Words("复核", "checker"),
    AGENCY: Words("会签机关", "agency"),
    BANK: Words("银行", "bank"),
    "supervisor": Words("监管人员", "supervisor"),
}

Said = Annotated[str, Meta(max_length=10_000)]
Told = Annotated[str, Meta(min_length=1, max_length=10_000)]
Sha256 = Annotated[str, Meta(pattern="^(?:[0-9a-f]{64})?$")]  # Empty: no file.
Kept = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{5,8}[+]08:00)?$")]
Number = Annotated[int, Meta(ge=1)]


class Finding(Part, frozen=True, kw_only=True):
    """Something that was still open when the checks were closed."""

    kind: str
    bank_id: str
    zh: str
    en: str


class CutBody(Part, frozen=True, kw_only=True):
    """The last moment of what counts, by which methodology, and who must sign in the end."""

    as_of: Moment  # 2026-10-20: that whole day; or a moment in Shanghai.
    methodology: Told  # name@version
    methodology_hash: Kept
    agencies: Annotated[list[str], Meta(min_length=1)]
    data_version: Annotated[int, Meta(ge=0)]
    reason: Said = ""


class CheckBody(Part, frozen=True, kw_only=True):
    """What is open all the same; then a reason is needed."""

    findings: list[Finding] = []
    reason: Said = ""


class RunBody(Part, frozen=True, kw_only=True):
    """A stored run."""

    run_id: Kept
    reason: Said = ""


class OpenCommentsBody(Part, frozen=True, kw_only=True):
    """How long banks have; 0 working days waives it, with a reason."""

    run_id: Kept
    working_days: Annotated[int, Meta(ge=0, le=60)]
    due: Day
    is_calendar_known: bool = True  # False: holidays of a year within it are not published yet.
    reason: Said = ""


class ReasonBody(Part, frozen=True, kw_only=True):
    """Why."""

    reason: Said = ""


class ChangeBody(Part, frozen=True, kw_only=True):
    """A conferred change. An empty value and grade take an earlier change back."""

    column: str = ""
    value: Said = ""
    grade_at_most: str = ""
    clause: Told
    minutes: Told
    reason: Said = ""
    evidence_sha256: Sha256 = ""


class ConferBody(Part, frozen=True, kw_only=True):
    """The minutes of the meeting, and the run with all that was changed."""

    minutes_number: Told
    minutes_sha256: Kept
    run_id: Kept
    reason: Said = ""


class SignBody(Part, frozen=True, kw_only=True):
    """For whom, and what was signed."""

    agency: Told
    run_id: Kept
    reason: Said = ""


class PublishBody(Part, frozen=True, kw_only=True):
    """Under which number, and which run."""

    document_number: Told
    run_id: Kept
    reason: Said = ""


class ReopenBody(Part, frozen=True, kw_only=True):
    """Why, and where something came in late, the run that it gives."""

    reason: Told
    found_run_id: Sha256 = ""


class ManualBody(Part, frozen=True, kw_only=True):
    """A value by hand, and what proves it."""

    column: Told
    value: Told
    reason: Told
    evidence_sha256: Kept


class AboutBody(Part, frozen=True, kw_only=True):
    """About which act."""

    number: Number
    reason: Said = ""


class ReplyBody(Part, frozen=True, kw_only=True):
    """What a bank says, with what proves it."""

    text: Told
    evidence_sha256: Sha256 = ""


class ConfirmationBody(Part, frozen=True, kw_only=True):
    """A bank agrees with the grade of the trial run."""

    run_id: Kept
    text: Said = ""


class AppealBody(Part, frozen=True, kw_only=True):
    """Which value should be another, and why."""

    column: Told
    value: Told
    text: Told
    evidence_sha256: Sha256 = ""


class AnswerBody(Part, frozen=True, kw_only=True):
    """What a bank is answered; to an appeal, with what the maker proposes."""

    number: Number
    text: Told
    proposal: Annotated[str, Meta(pattern="^(?:accept|reject)?$")] = ""


class DecisionBody(Part, frozen=True, kw_only=True):
    """What becomes of an appeal; accepted, by which clause."""

    number: Number
    is_accepted: bool
    text: Told
    clause: Said = ""


class Rule(NamedTuple):
    """One kind of act."""

    words: Words
    roles: tuple[str, ...]
    states: tuple[str, ...]
    body: type[Part]
    leads_to: str = ""  # Empty: the state stays.
    differs_from: tuple[str, ...] = ()  # Who did one of these last in this version may not.
    names_bank: bool = False
    is_before_closing: bool = False  # While banks may comment.


_BEFORE_BANKS = (OPEN, CUT, CHECKED, TRIAL)
_DECIDING = (COMMENTING, PUBLISHED)

RULES: dict[str, Rule] = {
    "cut": Rule(
        Words("截数", "cut"), (MAKER,), _BEFORE_BANKS, CutBody, CUT, ("reopen", "check")
    ),
    "check": Rule(
        Words("核对完毕", "close checks"), (CHECKER,), (CUT,), CheckBody, CHECKED, ("cut",)
    ),
    "trial": Rule(
        Words("试算", "trial"), (MAKER,), (CHECKED, TRIAL), RunBody, TRIAL, ("check",)
    ),
    "open_comments": Rule(
        Words("征求意见", "open comments"),
        (CHECKER,), (TRIAL,), OpenCommentsBody, COMMENTING, ("trial", "manual_enter"),
    ),
    "close_comments": Rule(
        Words("意见截止", "close comments"),
        (MAKER,), (COMMENTING,), ReasonBody, "", ("open_comments",), is_before_closing=True,
    ),
    "change": Rule(
        Words("会商调整", "conferred change"),
        (MAKER,), (COMMENTING,), ChangeBody, names_bank=True,
    ),
    "confer": Rule(
        Words("会商", "confer"),
        (CHECKER,), (COMMENTING,), ConferBody, CONFERRED, ("close_comments", "change"),
    ),
    "sign": Rule(Words("会签", "sign"), (AGENCY,), (CONFERRED,), SignBody, "", ("confer",)),
    "publish": Rule(
        Words("通报", "publish"), (MAKER,), (SIGNED,), PublishBody, PUBLISHED, ("sign", "confer")
    ),
    "reopen": Rule(
        Words("重开", "reopen"),
        (CHECKER,),
        (COMMENTING, CONFERRED, SIGNED, PUBLISHED),
        ReopenBody, OPEN, ("publish", "close_comments"),
    ),
    "manual_enter": Rule(
        Words("手工录入", "manual entry"),
        (MAKER,), _BEFORE_BANKS, ManualBody, names_bank=True,
    ),
    "manual_confirm": Rule(
        Words("手工复核", "manual confirmation"),
        (MAKER, CHECKER), _BEFORE_BANKS, AboutBody, names_bank=True,
    ),
    "self_assessment": Rule(
        Words("自评", "self-assessment"),
        (BANK,), (*_BEFORE_BANKS, COMMENTING), ReplyBody, names_bank=True, is_before_closing=True,
    ),
    "comment": Rule(
        Words("意见", "comment"),
        (BANK,), (COMMENTING,), ReplyBody, names_bank=True, is_before_closing=True,
    ),
    "confirmation": Rule(
        Words("确认", "confirmation"),
        (BANK,), (COMMENTING,), ConfirmationBody, names_bank=True, is_before_closing=True,
    ),
    "appeal": Rule(
        Words("申诉", "appeal"),
        (BANK,), _DECIDING, AppealBody, names_bank=True, is_before_closing=True,
    ),
    "answer": Rule(
        Words("答复", "answer"),
        (MAKER,), _DECIDING, AnswerBody, names_bank=True,
    ),
    "appeal_decision": Rule(
        Words("申诉裁定", "appeal decision"),
        (CHECKER,), _DECIDING, DecisionBody, names_bank=True,
    ),
}  # fmt: skip
REPLIES = ("self_assessment", "comment", "confirmation", "appeal")

Body = dict[str, Any]
