"""Reads and writes the acts of a quarter: one row each, chained by hash, never changed.

A version of a quarter is one row that names a stored run, so whoever reads sees the old version
or the new one and nothing between. Of two processes that write the same number the earlier one
keeps it, and the other is told.
"""

import threading
from typing import Any, NamedTuple

import msgspec
import numpy as np

from processors.quarter_life import life_of, standing_of
from processors.quarter_rules import ActRefusedError, check_act, check_person
from schemas.grading_tables import GRADING_ACTS
from schemas.quarter import Quarter
from schemas.quarter_acts import RULES
from schemas.quarter_life import Act, QuarterLife, act_sha256
from streams.ports import Clock, Store

# Rows of an equal key: the highest version counts. So the earlier act must have the higher one.
_VERSION_TOP, _TIE_SIZE = 2**62, 4096
_writing = threading.Lock()  # Of this process; others are found by reading back.


class ActLostError(ValueError):
    """Somebody else wrote the same number first; nothing of this act is kept."""


class Person(NamedTuple):
    """Who does it."""

    name: str
    role: str


class Deed(NamedTuple):
    """What a person is about to do."""

    act: str  # One of schemas.quarter_acts.RULES.
    person: Person
    body: dict[str, Any]
    bank_id: str = ""  # About which bank, or of which.


def read_life(store: Store, quarter: Quarter, *, before_ms: int | None = None) -> QuarterLife:
    """Return the life of ``quarter``; one that nobody did anything about is open, version 1.

    With ``before_ms``, as it stood at that moment.
    """
    acts = read_acts(store, quarter)
    known = [act for act in acts if before_ms is None or act.at_ms < before_ms]
    return life_of(str(quarter), known, act_sha256)


def read_lives(store: Store) -> list[QuarterLife]:
    """Return the life of every quarter that somebody did something about, newest first."""
    named = set(store.read(GRADING_ACTS, columns=("quarter",))["quarter"].to_list())
    return [read_life(store, Quarter.parse(text)) for text in sorted(named, reverse=True)]


def read_acts(store: Store, quarter: Quarter) -> list[Act]:
    """Return the acts about ``quarter`` in order."""
    rows = store.read(GRADING_ACTS, {"quarter": str(quarter)})
    columns = {
        name: column.tolist() if isinstance(column, np.ndarray) else column.to_list()
        for name, column in rows.items()
        if name != "version"
    }
    found = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [Act(**(row | {"body": msgspec.json.decode(row["body"])})) for row in found]


def append_act(
    store: Store, clock: Clock, quarter: Quarter, deed: Deed, *, after: int | None = None
) -> QuarterLife:
    """Write one act and return the life with it.

    Args:
        store: where acts are kept.
        clock: gives the time of the act.
        quarter: about which.
        deed: what, and by whom.
        after: the number of the last act that the person saw; None: whatever is there.

    Raises:
        ActRefusedError: it is not allowed now, or its body does not fit.
        ActLostError: somebody else did something at the same moment, or since ``after``.

    """
    with _writing:
        acts = read_acts(store, quarter)
        if after is not None and len(acts) != after:
            raise ActLostError(_lost(quarter, after + 1))
        at_ms = max(clock.now_ms(), acts[-1].at_ms if acts else 0)
        said = deed._replace(body=_fitting(deed.act, deed.body))
        written = msgspec.structs.replace(
            _act_of(quarter, said, len(acts) + 1, at_ms),
            previous_sha256=acts[-1].sha256 if acts else "",
        )
        written = msgspec.structs.replace(written, sha256=act_sha256(written))
        check_act(standing_of(str(quarter), acts, act_sha256), written)
        _insert(store, written)
        kept = read_acts(store, quarter)
        if len(kept) < written.number or kept[written.number - 1] != written:
            raise ActLostError(_lost(quarter, written.number))
        return life_of(str(quarter), kept, act_sha256)


def check_deed(store: Store, clock: Clock, quarter: Quarter, deed: Deed) -> None:
    """Raise ActRefusedError unless this person may do such an act now, whatever it will say.

    To be asked before work that takes long; ``append_act`` asks again.
    """
    if deed.act not in RULES:
        raise ActRefusedError(f"act {deed.act!r}: expected one of {', '.join(RULES)}")
    standing = standing_of(str(quarter), read_acts(store, quarter), act_sha256)
    check_person(standing, _act_of(quarter, deed, 0, clock.now_ms()), RULES[deed.act])


def _act_of(quarter: Quarter, deed: Deed, number: int, at_ms: int) -> Act:
    return Act(
        quarter=str(quarter),
        number=number,
        act=deed.act,
        person=deed.person.name,
        role=deed.person.role,
        bank_id=deed.bank_id,
        at_ms=at_ms,
        body=deed.body,
        previous_sha256="",
        sha256="",
    )


def _fitting(act: str, body: dict[str, Any]) -> dict[str, Any]:
    if act not in RULES:
        raise ActRefusedError(f"act {act!r}: expected one of {', '.join(RULES)}")
    shape = RULES[act].body
    try:
        fitting: dict[str, Any] = msgspec.to_builtins(msgspec.convert(body, shape))
    except msgspec.ValidationError as error:
        fields = ", ".join(shape.__struct_fields__)
        raise ActRefusedError(f"{act}: {error}; it may hold {fields}") from error
    return fitting


def _insert(store: Store, act: Act) -> None:
    # The earlier moment wins; within one millisecond, whoever's hash is the lower.
    tie = int(act.sha256[:3], 16)
    version = _VERSION_TOP - (act.at_ms * _TIE_SIZE + tie)
    row: dict[str, Any] = {name: getattr(act, name) for name in act.__struct_fields__}
    row |= {"body": msgspec.json.encode(act.body, order="sorted").decode(), "version": version}
    store.insert(
        GRADING_ACTS,
        {
            name: np.array([row[name]], np.int64) if isinstance(row[name], int) else [row[name]]
            for name in GRADING_ACTS.columns
        },
    )


def _lost(quarter: Quarter, number: int) -> str:
    return (
        f"{quarter}: somebody else wrote act {number} first, and nothing of yours is kept; look "
        f"at puhui quarter show {quarter} and do it again if it still fits"
    )
