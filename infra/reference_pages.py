"""Writes docs/reference: what banks may send and what is done with it, made from the code.

    python -m infra.reference_pages

A test compares the pages on disk with what this would write, so they cannot grow old.
"""

import inspect
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from infra.event_page import events_page
from infra.imports.pboc.cross_texts import other_rules
from infra.imports.pboc.rules_page import rules_page
from infra.imports.pboc.tables_page import tables_page
from infra.metric_catalog import metrics_page
from schemas.errors import REASONS, Scope
from schemas.event import ClassEffect, Event, Measure, RateEffect
from schemas.event_types import EVENT_TYPES, type_name
from schemas.events.reversal import Reversal
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, SCHEMA_VERSION
from schemas.wire_arrow import ARROW_SCHEMA
from schemas.wire_fields import FIELDS, REVERSED_FIELDS, REVERSIBLE

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
_MADE = "Made by `python -m infra.reference_pages`; do not edit."

_DATE = r"^(199[0-9]|20[0-9]{2})-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$"
_DAY = _DATE.replace(")?$", ")$")
# What a JSON Schema can say of the texts; calendar and check characters are beyond it.
PATTERNS = {
    "event_id": r"^[A-Za-z0-9._:-]{16,64}$",
    "occurred_on": _DATE,
    "matures_on": _DAY,
    "old_matures_on": _DAY,
    "currency": r"^[A-Z]{3}$",
    "quarter": r"^(199[0-9]|20[0-9]{2})Q[1-4]$",
    "city": r"^([0-9]{6})?$",
    "industry": r"^([A-T][0-9]{2}|100|200)?$",
    "use_industry": r"^([A-T][0-9]{3}|1000|2000)?$",
}


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line of NDJSON."""
    references, parts = msgspec.json.schema_components(EVENT_TYPES, ref_template="#/$defs/{name}")
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
        for name, shape in part.get("properties", {}).items():
            if name in PATTERNS:
                shape["pattern"] = PATTERNS[name]
    bodies = [{"$ref": f"#/$defs/{event.__name__}"} for event in REVERSIBLE]
    parts[Reversal.__name__]["properties"]["body"] = {
        "description": "The reversed event, whole, its own type and event_id included.",
        "anyOf": bodies,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"puhui events, schema version {SCHEMA_VERSION}",
        "description": f"One line of {CONTENT_NDJSON}. {_MADE}",
        "anyOf": list(references),
        "$defs": dict(sorted(parts.items())),
    }


def arrow_page() -> str:
    """Return the flat Arrow schema, and which event types fill which column."""
    width = max(map(len, ARROW_SCHEMA.names))
    columns = [
        f"{field.name:<{width}}  {field.type!s:<6}  {_filled_by(field.name)}"
        for field in ARROW_SCHEMA
    ]
    lines = [
        f"# Columns of {CONTENT_ARROW}, one event a row. {_MADE}",
        "# int64 may be sent as a smaller integer, string as large_string or dictionary-coded.",
        "# A column that is null throughout may be left out; no other column may be sent.",
        "# A reversal carries the fields of its body in the same columns and says which event it",
        "# reverses in the reversed_ columns; event_id and occurred_on are those of the reversal.",
        "# * marks the types that must fill the column; all others must leave it null.",
        "",
        *columns,
    ]
    return "\n".join(lines) + "\n"


def _filled_by(name: str) -> str:
    if name in REVERSED_FIELDS:
        return "reversal*"
    having = {kind: fields[name].is_required for kind, fields in FIELDS.items() if name in fields}
    if name == "type" or (len(having) == len(FIELDS) and all(having.values())):
        return "all*"
    return ", ".join(kind + "*" * is_required for kind, is_required in having.items())


def errors_page() -> str:
    """Return every reason of refusal in Chinese and English."""
    lines = ["# Why something is refused / 差错代码", "", _MADE, ""]
    titles = {
        Scope.EVENT: ("Refused events / 拒收的事件", "The rest of the submission counts."),
        Scope.SUBMISSION: ("Refused submissions / 拒收的报文", "None of its events counts."),
        Scope.WARNING: ("Warnings / 提示", "The event counts."),
    }
    for scope, (title, meaning) in titles.items():
        rows = [
            (f"`{code}`", r.wrong_zh, r.remedy_zh, r.wrong_en, r.remedy_en)
            for code, r in REASONS.items()
            if r.scope is scope
        ]
        header = ("code", "差错", "处理", "what is wrong", "what to do")
        lines += [f"## {title}", "", meaning, "", *_table(header, rows), ""]
    return "\n".join(lines[:-1]) + "\n"


def effects_page() -> str:
    """Return what every event type does to the running sums."""
    header = (
        "event", "meaning", "balance", "sum", "new lending", "balance × rate", "non-performing",
        "reversible",
    )  # fmt: skip
    rows = [_effect_row(event_type) for event_type in EVENT_TYPES]
    lines = [
        "# What an event does to the sums",
        "",
        _MADE,
        "",
        "A reversal takes back all that its body did, in the quarter of the body. Types that are",
        "not reversible are replaced by a later event with a higher revision.",
        "",
        *_table(header, rows),
    ]
    return "\n".join(lines) + "\n"


def _effect_row(event_type: type[Event]) -> tuple[str, ...]:
    effect = event_type.EFFECT
    sign = {1: "+", -1: "−", 0: ""}[effect.balance_sign]
    if effect.measure is Measure.REVALUED:
        sign = "±"
    rate = {
        RateEffect.NONE: "",
        RateEffect.AMOUNT: f"{sign} amount × rate",
        RateEffect.REPRICE: "balance × (new − old rate)",
    }[effect.rate]
    by_class = {
        ClassEffect.NONE: "",
        ClassEffect.BY_CLASS: f"{sign} amount, if FQ03 or worse",
        ClassEffect.RECLASSIFY: "± balance, when it crosses FQ03",
    }[effect.loan_class]
    meaning = (event_type.__doc__ or "").partition("\n")[0].replace("``", "`")
    return (
        f"`{type_name(event_type)}`",
        meaning,
        sign,
        "" if effect.measure is None else effect.measure.name.lower(),
        "+" if effect.measure is Measure.DISBURSED else "",
        rate,
        by_class,
        "yes" if event_type.IS_REVERSIBLE else "no",
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(re.sub(r"\|", r"\\|", c) for c in line) + " |" for line in lines]


def pages() -> dict[str, str]:
    """Return the text of every page by file name."""
    return {
        "events.md": events_page(),
        "events.schema.json": json.dumps(event_schema(), ensure_ascii=False, indent=2) + "\n",
        "arrow-schema.txt": arrow_page(),
        "errors.md": errors_page(),
        "effects.md": effects_page(),
        "pboc-rules.md": rules_page(_MADE, other_rules()),
        "pboc-tables.md": tables_page(_MADE),
        "metrics.md": metrics_page(_MADE),
    }


@click.command()
def main() -> None:
    """Write docs/reference."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        click.echo(FOLDER / name)


if __name__ == "__main__":
    main()
