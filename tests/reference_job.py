"""The whole job once more, with plain dicts and Python integers, to compare the pipeline with.

Shares nothing with it but the event structs and the two lists of codes that number tags. Slow
and short on purpose: every rule is written where it is used, as a banker would say it.
"""

import calendar
import datetime as dt
import functools
import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from schemas.codes import GUARANTEE_KINDS, POLICY_TAGS, POPULATIONS
from schemas.event import Event
from schemas.event_types import EVENT_TYPES

DECODE = msgspec.json.Decoder(type=functools.reduce(lambda a, b: a | b, EVENT_TYPES)).decode
INFLOWS = {
    "balance_brought_forward": "brought_forward",
    "loan_disbursed": "disbursed",
    "bill_discounted": "disbursed",
    "bill_rediscounted": "disbursed",
    "loan_acquired": "acquired",
    "balance_revalued": "revalued",
}
OUTFLOWS = {
    "loan_repaid": "repaid",
    "loan_refinanced": "repaid",
    "bill_recovered": "repaid",
    "loan_written_off": "written_off",
    "loan_carved_out": "moved_out",
    "loan_transferred": "moved_out",
    "loan_securitised": "moved_out",
    "loan_settled_in_kind": "moved_out",
    "loan_converted_to_equity": "moved_out",
}
DRAWS = ("loan_disbursed", "bill_discounted", "bill_rediscounted")
FLOWS = (*dict.fromkeys([*INFLOWS.values(), *OUTFLOWS.values()]), "disbursed_rate", "draw_count")
LEVELS = ("balance", "balance_rate", "non_performing")
BAD = ("FQ03", "FQ04", "FQ05")
OWNERS = ("individual_business", "small_micro_owner")

Key = tuple[Any, ...]
Sums = dict[str, int]


class Reference(NamedTuple):
    """Quarters are indexes since 1990Q1; money × rate is one Python integer."""

    cells: dict[Key, Sums]  # (bank, borrower, kind, quarter)
    tag_cells: dict[Key, Sums]  # (bank, borrower, kind, quarter, tag)
    profiles: dict[Key, dict[int, Event]]  # (bank, borrower) → the one that counts, by quarter
    credit_lines: dict[Key, dict[int, Event]]
    registers: dict[Key, Event]  # (register, bank, entry)
    totals: dict[Key, Sums]  # (bank, population, quarter): levels, flows, counts, reclassified
    tag_totals: dict[Key, Sums]  # (bank, population, quarter, tag)
    quarters: range


def day_of(text: str) -> dt.date:
    """A month stands for its last day."""
    if len(text) > 7:
        return dt.date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:])
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def quarter_of(day: dt.date) -> int:
    return (day.year - 1990) * 4 + (day.month - 1) // 3


def years_later(day: dt.date, years: int) -> dt.date:
    return dt.date(day.year + years, day.month, 1) + dt.timedelta(days=day.day - 1)


def event_hash(event_id: str) -> int:
    """Decides between two profiles of one day and revision."""
    return int.from_bytes(hashlib.sha256(event_id.encode()).digest()[:8], "big") >> 1


def kind_of(event: Event) -> str:
    return str(type(event).__struct_config__.tag)


def accepted(events: Iterable[Event]) -> Iterable[tuple[int, Event]]:
    """Each event that counts with its sign: no id twice, no event reversed twice."""
    seen, reversed_ids = set(), set()
    for event in events:
        if event.event_id in seen:
            continue
        seen.add(event.event_id)
        if kind_of(event) != "reversal":
            yield 1, event
            continue
        body = DECODE(event.body)
        if body.event_id not in reversed_ids:
            reversed_ids.add(body.event_id)
            yield -1, body


def yuan_of(event: Any, name: str) -> int:
    yuan = getattr(event, f"{name}_cny_minor")
    return getattr(event, f"{name}_minor") if yuan is None else yuan


def post(cell: Sums, event: Any, sign: int) -> None:
    """The effects table: what one event does to the sums of its cell."""
    name = kind_of(event)
    if name in INFLOWS or name in OUTFLOWS:
        amount = sign * (
            event.change_cny_minor if name == "balance_revalued" else yuan_of(event, "amount")
        )
        moved = amount if name in INFLOWS else -amount
        cell[INFLOWS.get(name) or OUTFLOWS[name]] += amount
        cell["balance"] += moved
        cell["balance_rate"] += moved * event.rate_mbp
        if event.loan_class in BAD:
            cell["non_performing"] += moved
        if name in DRAWS:
            cell["disbursed_rate"] += amount * event.rate_mbp
            cell["draw_count"] += sign
    elif name == "loan_repriced":
        change = event.rate_mbp - event.old_rate_mbp
        cell["balance_rate"] += sign * yuan_of(event, "balance") * change
    elif name == "loan_reclassified":
        crossed = (event.loan_class in BAD) - (event.old_loan_class in BAD)
        cell["non_performing"] += sign * crossed * yuan_of(event, "balance")


def tags_of(event: Any, lpr_days: Sequence[int]) -> Iterable[int]:
    """The tags of one draw. ``lpr_days``: days of publication, then the day the last runs out."""
    drawn, matures = day_of(event.occurred_on), day_of(event.matures_on)
    if kind_of(event) == "loan_disbursed":
        yield 1 + GUARANTEE_KINDS.index(event.guarantee_kind)
        is_manufacturing = event.use_industry.startswith("C")
        for number, tag in enumerate(POLICY_TAGS):
            if tag == "manufacturing_long_term":
                marked = is_manufacturing and matures > years_later(drawn, 1)
            else:
                marked = getattr(event, f"is_{tag}")
            if marked:
                yield 16 + number
    publication = bisect_right(lpr_days, (drawn - dt.date(1970, 1, 1)).days) - 1
    is_comparable = event.currency == "CNY" and len(event.occurred_on) > 7
    if is_comparable and 0 <= publication < len(lpr_days) - 1:
        yield 1024 + 2 * publication + (matures > years_later(drawn, 5))


def is_member(population: str, kind: str, quarter: int, profile: Any, line: Any) -> bool:
    """Whether loans of ``kind`` of a borrower count, by what is known of the borrower by then."""
    if population in {"all", "all_ex_bills"}:
        return population == "all" or kind != "bill_financing"
    if profile is None:
        unprofiled_business = population == "unprofiled_business" and kind == "personal_business"
        return population == "unprofiled" or unprofiled_business
    firm = profile.borrower_kind == "firm" and kind == "corporate"
    owner = profile.borrower_kind in OWNERS and kind == "personal_business"
    small_micro = owner or (firm and profile.firm_size in {"small", "micro"})
    private_firm = firm and profile.holding == "private"
    million = 10**8  # yuan, in fen
    limit = None if line is None else line.limit_cny_minor
    if quarter <= quarter_of(dt.date(2018, 12, 31)):
        pboc = limit is not None and limit < 5 * million
    elif quarter <= quarter_of(dt.date(2023, 12, 31)):
        pboc = limit is not None and limit < 10 * million
    else:
        pboc = limit is not None and limit <= 20 * million
    return {
        "private": private_firm,
        "private_with_owners": private_firm or owner,
        "small_micro": small_micro,
        "inclusive": small_micro and limit is not None and limit <= 10 * million,
        "pboc_inclusive": small_micro and pboc,
        "no_credit_line": small_micro and limit is None,
        "unprofiled": False,
        "unprofiled_business": False,
    }[population]


def keep_latest(register: dict[Any, Any], key: Any, event: Any, hash_of: Callable) -> None:
    def order(entry: Any) -> tuple[Any, ...]:
        return (day_of(entry.occurred_on), entry.revision, hash_of(entry.event_id))

    if key not in register or order(event) > order(register[key]):
        register[key] = event


def register_key(event: Any) -> Key | None:
    name = kind_of(event)
    if name == "bank_registered":
        return ("bank", event.bank_id, "")
    if name in {"position_reported", "aggregate_published"}:
        return (name.split("_")[0], event.bank_id, f"{event.quarter}/{event.population}")
    if name == "indicator_reported":
        return ("indicator", event.bank_id, f"{event.quarter}/{event.indicator}")
    return None


def newest(register: dict[int, Event], quarter: int) -> Event | None:
    known = [row for row in register if row <= quarter]
    return register[max(known)] if known else None


def reference_job(
    events: Iterable[Event],
    lpr_days: Sequence[int] = (),
    hash_of: Callable[[str], int] = event_hash,
) -> Reference:
    """Everything the pipeline should know after ``events``, given in the order of the log."""
    sums: Callable[[], Sums] = lambda: defaultdict(int)  # noqa: E731
    job = Reference(*(defaultdict(kind) for kind in (sums, sums, dict, dict)), {}, {}, {}, range(0))
    for sign, event in accepted(events):
        name, day = kind_of(event), day_of(event.occurred_on)
        if key := register_key(event):
            keep_latest(job.registers, key, event, hash_of)
            continue
        who = (event.bank_id, getattr(event, "borrower_id", ""))
        if name == "borrower_profiled":
            keep_latest(job.profiles[who], quarter_of(day), event, hash_of)
        elif name == "credit_line_set":
            keep_latest(job.credit_lines[who], quarter_of(day), event, hash_of)
        elif name in INFLOWS or name in OUTFLOWS or name in {"loan_repriced", "loan_reclassified"}:
            kind = getattr(event, "loan_kind", "bill_financing")
            post(job.cells[*who, kind, quarter_of(day)], event, sign)
            for tag in tags_of(event, lpr_days) if name in DRAWS else ():
                cell = job.tag_cells[*who, kind, quarter_of(day), tag]
                cell["disbursed"] += sign * yuan_of(event, "amount")
                cell["disbursed_rate"] += sign * yuan_of(event, "amount") * event.rate_mbp
                cell["draw_count"] += sign
    return job._replace(**totals_of(job))


def totals_of(job: Reference) -> dict[str, Any]:
    sums: Callable[[], Sums] = lambda: defaultdict(int)  # noqa: E731
    totals, tag_totals = defaultdict(sums), defaultdict(sums)
    seen = [key[3] for key in job.cells]
    seen += [
        quarter for rows in (*job.profiles.values(), *job.credit_lines.values()) for quarter in rows
    ]
    quarters = range(min(seen, default=0), max(seen, default=-1) + 1)
    kinds_of, tags_at = defaultdict(set), defaultdict(dict)
    for bank, borrower, kind, _ in job.cells:
        kinds_of[bank, borrower].add(kind)
    for (bank, borrower, kind, quarter, tag), cell in job.tag_cells.items():
        tags_at[bank, borrower, quarter].setdefault(tag, {})[kind] = cell
    for (bank, borrower), kinds in kinds_of.items():
        profiles = job.profiles.get((bank, borrower), {})
        lines = job.credit_lines.get((bank, borrower), {})
        level = {kind: dict.fromkeys(LEVELS, 0) for kind in kinds}
        before: set[tuple[str, str]] = set()  # (population, kind) a quarter ago
        for quarter in quarters:
            profile, line = newest(profiles, quarter), newest(lines, quarter)
            now = {
                (population, kind)
                for population in POPULATIONS
                for kind in kinds
                if is_member(population, kind, quarter, profile, line)
            }
            for population, kind in before ^ now:  # Joined or left with the balance it had.
                joined = 1 if (population, kind) in now else -1
                total = totals[bank, population, quarter]
                total["reclassified"] += joined * level[kind]["balance"]
            for kind in kinds:
                cell = job.cells.get((bank, borrower, kind, quarter), {})
                for name in LEVELS:
                    level[kind][name] += cell.get(name, 0)
                for population in POPULATIONS:
                    if (population, kind) in now:
                        for name in FLOWS:
                            totals[bank, population, quarter][name] += cell.get(name, 0)
                        for name in LEVELS:
                            totals[bank, population, quarter][name] += level[kind][name]
            for population in POPULATIONS:
                total = totals[bank, population, quarter]
                members = [kind for kind in kinds if (population, kind) in now]
                total["borrower_count"] += sum(level[kind]["balance"] for kind in members) > 0
                cells = [job.cells.get((bank, borrower, kind, quarter), {}) for kind in members]
                draws = sum(cell.get("draw_count", 0) for cell in cells)
                total["draw_borrower_count"] += draws > 0
                for tag, by_kind in tags_at[bank, borrower, quarter].items():
                    tagged = [by_kind[kind] for kind in members if kind in by_kind]
                    for name in ("disbursed", "disbursed_rate", "draw_count") if tagged else ():
                        row = tag_totals[bank, population, quarter, tag]
                        row[name] += sum(cell[name] for cell in tagged)
                    if sum(cell["draw_count"] for cell in tagged) > 0:
                        tag_totals[bank, population, quarter, tag]["draw_borrower_count"] += 1
            before = now
    return {"totals": totals, "tag_totals": tag_totals, "quarters": quarters}
