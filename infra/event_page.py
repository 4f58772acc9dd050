"""The page that tells a newcomer how to write an event: every type, field by field, with a line.

Meanings are the comments beside the fields of the event structs; bounds and words are those that
the decoder checks. The lines are made here and are events that the decoder takes.
"""

import ast
import inspect
import json
from functools import cache
from typing import Any

from schemas.event import Event
from schemas.event_types import EVENT_TYPES, type_name
from schemas.events.reversal import Reversal
from schemas.message import CONTENT_NDJSON, SCHEMA_VERSION
from schemas.wire_fields import FIELDS, FieldKind, WireField

BANK_ID = "913700009000000148"
BORROWER_ID = "91370100000000019N"

# What stands in a field of an example; a type that wants something else is in _OF_TYPE.
_EXAMPLES: dict[str, Any] = {
    "bank_id": BANK_ID,
    "occurred_on": "2021-03-15",
    "borrower_id": BORROWER_ID,
    "loan_id": "LOAN-2021-000001",
    "loan_kind": "corporate",
    "amount_minor": 500_000_000,
    "balance_minor": 450_000_000,
    "rate_mbp": 434_500,
    "old_rate_mbp": 465_000,
    "loan_class": "FQ01",
    "old_loan_class": "FQ02",
    "matures_on": "2022-03-14",
    "old_matures_on": "2021-12-31",
    "guarantee_kind": "mortgage",
    "use_industry": "C301",
    "quarter": "2021Q1",
    "population": "inclusive",
    "bill_no": "BILL-2021-000001",
    "discount_amount_minor": 491_000_000,
    "currency": "USD",
    "change_cny_minor": -1_250_000,
    "exchange_rate_millionths": 6_571_300,
    "trustor_id": BORROWER_ID,
    "guarantee_no": "GUARANTEE-000001",
    "contract_no": "CONTRACT-000001",
    "collateral_no": "COLLATERAL-000001",
    "appraised_cny_minor": 800_000_000,
    "overdue_kind": "principal",
    "borrower_kind": "firm",
    "holding": "private",
    "firm_size": "small",
    "industry": "C30",
    "limit_cny_minor": 800_000_000,
    "name_zh": "示例农村商业银行",
    "name_en": "Example Rural Bank",
    "peer_group": "rural",
    "city": "370100",
    "is_qingdao": False,
    "borrower_count": 4_200,
    "indicator": "service_review",
    "value_millionths": 87_500_000,
}
_OPTIONAL_SHOWN = {"use_industry", "industry", "borrower_count"}
_OF_TYPE: dict[str, dict[str, Any]] = {
    "aggregate_published": {"bank_id": "rural", "name_zh": "农村金融机构"},
    "position_reported": {"balance_minor": 1_200_000_000_000},
    "loan_shortened": {"old_matures_on": "2022-06-30"},
}
_UNITS = {
    "_cny_minor": "fen (1 yuan = 100)",
    "_minor": "smallest unit of the currency: fen for CNY",
    "_mbp": "thousandths of a basis point a year: 4.345 % is 434500",
    "_millionths": "millionths: 6.5713 is 6571300",
    "_count": "number",
    "_on": "day as 2021-03-15",
}
_UNITS_OF = {"occurred_on": "day as 2021-03-15, or month as 2021-03 where only that is known"}
_MEANINGS = {
    "bank_id": "The reporting institution: 18 characters of its unified social credit code.",
    "loan_kind": "单位贷款, 个人经营性贷款, 个人消费及其他贷款.",
    "guarantee_kind": "担保方式: 质押, 抵押, 保证, 信用, 组合, 其他.",
    "population": "Whose loans the figure is about: docs/method.md, populations.",
    "loan_class": "五级分类: FQ01 正常 … FQ05 损失; FQ03 and worse are non-performing.",
    "currency": "ISO 4217.",
    "amount_cny_minor": "The amount in fen: needed for, and only for, foreign currency.",
    "balance_cny_minor": "The balance in fen: needed for, and only for, foreign currency.",
    "revision": "Of two of one day the higher counts.",
}


def example_of(event_type: type[Event]) -> dict[str, Any]:
    """Return an event of this type as it stands in a line: required fields, and a few more."""
    name = type_name(event_type)
    if event_type is Reversal:
        body = example_of(next(e for e in EVENT_TYPES if type_name(e) == "loan_disbursed"))
        shared = {key: body[key] for key in ("bank_id", "occurred_on")}
        return {"type": name, "event_id": _event_id(name), **shared, "body": body}
    told: dict[str, Any] = {"type": name, "event_id": _event_id(name)}
    for field in FIELDS[name].values():
        if field.name not in told and (field.is_required or field.name in _OPTIONAL_SHOWN):
            told[field.name] = _OF_TYPE.get(name, {}).get(field.name, _example(field))
    return told


def _example(field: WireField) -> Any:
    """Return what stands in a field; only a new text must be thought of in _EXAMPLES."""
    if field.name in _EXAMPLES:
        return _EXAMPLES[field.name]
    usual = {FieldKind.WORD: field.words[:1], FieldKind.BOOLEAN: (False,)}
    usual[FieldKind.INTEGER] = (max(field.least or 0, 1),)
    assert field.kind in usual, f"{field.name}: add an example to infra/event_page.py"
    return usual[field.kind][0]


def example_line(event_type: type[Event]) -> str:
    """Return the example as one line of NDJSON."""
    return json.dumps(example_of(event_type), ensure_ascii=False, separators=(",", ":"))


def _event_id(name: str) -> str:
    return f"example-{name}-000001"


def events_page() -> str:
    """Return every event type: what it says, its fields, and a line to start from."""
    lines = [
        "# Events / 业务事件",
        "",
        "Made by `python -m infra.reference_pages`; do not edit.",
        "",
        f"One JSON object a line ({CONTENT_NDJSON}, schema version {SCHEMA_VERSION}), UTF-8.",
        "`puhui import FILE` takes a file of them.",
        "The same as a JSON Schema: [events.schema.json](events.schema.json); as Arrow columns:",
        "[arrow-schema.txt](arrow-schema.txt). What an event does to the sums:",
        "[effects.md](effects.md). Why one is refused: [errors.md](errors.md).",
        "",
        "Fields marked * must be there; the others may be left out and then have the default. No",
        "other field may be sent. Numbers are whole numbers: money is in fen, rates in thousandths",
        "of a basis point. Ids hold their check character (GB 32100), those of persons are masked,",
        "and a borrower's id of another kind has its type before it: `L01:5493001KJTIIGC8Y1R12`.",
        "The examples are invented, and every one is an event as it stands.",
        "",
        "| type | says |",
        "| --- | --- |",
    ]
    lines += [
        f"| [`{type_name(e)}`](#{type_name(e)}) | {_escaped(_first_line(e))} |" for e in EVENT_TYPES
    ]
    for event_type in EVENT_TYPES:
        lines += ["", *_section(event_type)]
    return "\n".join(lines) + "\n"


def _section(event_type: type[Event]) -> list[str]:
    name = type_name(event_type)
    meanings = _meanings_of(event_type)
    rows = [
        f"| `{field.name}`{'*' if field.is_required else ''} | {_unit(field)} | {_bounds(field)} "
        f"| {_escaped(meanings.get(field.name, ''))} |"
        for field in FIELDS[name].values()
    ]
    return [
        f"## {name}",
        "",
        f"{_first_line(event_type)} {inspect.getdoc(event_type) or ''}".replace("``", "`"),
        "",
        "| field | unit | may be | meaning |",
        "| --- | --- | --- | --- |",
        f"| `type`* | | `{name}` | |",
        *rows,
        "",
        "```json",
        example_line(event_type),
        "```",
    ]


def _first_line(event_type: type[Event]) -> str:
    """Return what the event says: the docstring of its module."""
    module = inspect.getmodule(event_type)
    return (inspect.getdoc(module) or "").partition("\n")[0]


def _unit(field: WireField) -> str:
    if field.name in _UNITS_OF:
        return _UNITS_OF[field.name]
    return next((unit for end, unit in _UNITS.items() if field.name.endswith(end)), "")


def _bounds(field: WireField) -> str:
    default = ""
    if not field.is_required and field.default not in {None, ""}:
        default = f"; default `{json.dumps(field.default).strip(chr(34))}`"
    match field.kind:
        case FieldKind.INTEGER:
            return f"{field.least} … {field.most}{default}"
        case FieldKind.WORD:
            return ", ".join(f"`{word}`" for word in field.words) + default
        case FieldKind.BOOLEAN:
            return f"`true`, `false`{default}"
        case FieldKind.EVENT:
            return "an event"
    return f"text{default}"


def _meanings_of(event_type: type[Event]) -> dict[str, str]:
    """Return the meaning of each field, the nearest class that tells it first."""
    found: dict[str, str] = {}
    for kind in event_type.__mro__:
        if issubclass(kind, Event):
            found = _comments(kind) | found
    return _MEANINGS | found


@cache
def _comments(kind: type[Event]) -> dict[str, str]:
    """Return the comment at the end of each field's line, as the source has it."""
    source = inspect.getsource(kind)
    lines = source.splitlines()
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            _, mark, comment = lines[(node.end_lineno or node.lineno) - 1].partition("  # ")
            if mark:
                found[node.target.id] = comment.replace("``", "`").strip()
    return found


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")
