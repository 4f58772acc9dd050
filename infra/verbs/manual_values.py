"""Verbs about values by hand: one person enters one with its evidence, another confirms it."""

from infra.quarter_answers import life_answer, manual_row
from infra.quarter_deeds import do_act
from infra.requests import Request
from infra.verb import Access, Answer, Context, Verb
from processors.quarter_rules import ActRefusedError
from schemas.quarter import Quarter
from schemas.quarter_life import ManualEntry
from streams.quarter_life import read_life


class ManualListRequest(Request, frozen=True, kw_only=True):
    """Of which quarter, and of which bank; empty: of all."""

    quarter: str
    bank_id: str = ""


class ManualEnterRequest(Request, frozen=True, kw_only=True):
    """A value as it is printed (12.3, yes, a choice), and the file that proves it."""

    quarter: str
    bank_id: str
    column: str
    value: str
    reason: str
    evidence_sha256: str  # Of a file that file_keep has kept.
    methodology: str = ""  # Whose column; empty: that of the cut, before it that of puhui.


class ManualConfirmRequest(Request, frozen=True, kw_only=True):
    """The number of the act that entered it."""

    quarter: str
    number: int
    reason: str = ""


def list_values(context: Context, asked: ManualListRequest) -> Answer:
    """Return the values by hand of a quarter, confirmed or not."""
    life = read_life(context.node.store, Quarter.parse(asked.quarter))
    rows = [manual_row(entry) for entry in life.manual if asked.bank_id in {"", entry.bank_id}]
    return {"quarter": life.quarter, "rows": rows}


def enter(context: Context, asked: ManualEnterRequest) -> Answer:
    """Enter a value; it counts once somebody else has confirmed it."""
    said = {
        "column": asked.column,
        "value": asked.value,
        "reason": asked.reason,
        "evidence_sha256": asked.evidence_sha256,
        "methodology": asked.methodology,
    }
    quarter = Quarter.parse(asked.quarter)
    life = do_act(context, quarter, "manual_enter", said, bank_id=asked.bank_id)
    return life_answer(life) | {"rows": [manual_row(life.manual[-1])]}


def confirm(context: Context, asked: ManualConfirmRequest) -> Answer:
    """Confirm a value that somebody else entered."""
    quarter = Quarter.parse(asked.quarter)
    before = _entry(context, quarter, asked.number)
    said = {"number": asked.number, "reason": asked.reason}
    life = do_act(context, quarter, "manual_confirm", said, bank_id=before.bank_id)
    rows = [manual_row(entry) for entry in life.manual if entry.number == asked.number]
    return life_answer(life) | {"rows": rows}


def _entry(context: Context, quarter: Quarter, number: int) -> ManualEntry:
    for entry in read_life(context.node.store, quarter).manual:
        if entry.number == number:
            return entry
    raise ActRefusedError(f"manual_confirm: act {number} of {quarter} entered no value by hand")


VERBS = {
    "manual_list": Verb(ManualListRequest, list_values, Access.READ),
    "manual_enter": Verb(ManualEnterRequest, enter, Access.PERSON),
    "manual_confirm": Verb(ManualConfirmRequest, confirm, Access.PERSON),
}
