"""The stored runs, without their explanations; which were published; a bank's grades over time."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from schemas.grading import BankGrade, GradingRun
from schemas.grading_tables import GRADING_RUNS
from schemas.quarter import Quarter
from streams.grading_run import newest_run, read_run
from streams.ports import Store
from streams.published import PublishedRun, newest_published, published_runs


class GradeHead(msgspec.Struct, frozen=True):
    """What is needed of one bank of a run that is listed."""

    grade: str
    grade_zh: str = ""
    grade_en: str = ""
    total_hundred_millionths: int = 0


class RunHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of runs says of one; unknown fields are passed over, which is fast."""

    run_id: str
    quarter: str
    methodology: str
    methodology_version: int
    is_illustrative: bool
    label_zh: str
    label_en: str
    is_to_date: bool = False
    as_of: str = ""
    data_version: int = 0
    banks: list[GradeHead]


class ListedRun(NamedTuple):
    """One stored run, when it was made, and as which versions it was published."""

    head: RunHead
    graded_at_ms: int
    versions: tuple[int, ...]


class QuarterGrade(NamedTuple):
    """A bank's grade in one quarter."""

    run: GradingRun
    bank: BankGrade
    version: int  # Of what was published; 0: nothing was, it is the newest run.


_QUARTER_NAME = re.compile(r"[0-9]{4}Q[1-4](@[0-9]{1,4})?")
_HEADS = msgspec.json.Decoder(RunHead)


def list_runs(store: Store, quarter: Quarter | None = None) -> list[ListedRun]:
    """Return the stored runs, of one quarter or of all: the newest quarter and run first."""
    equal: dict[str, int | str] = {} if quarter is None else {"quarter": str(quarter)}
    rows = store.read(GRADING_RUNS, equal, columns=("graded_at_ms", "body"))
    versions = _versions(published_runs(store))
    heads = [_HEADS.decode(body) for body in rows["body"].to_list()]
    found = [
        ListedRun(head, made_at_ms, versions.get(head.run_id, ()))
        for head, made_at_ms in zip(heads, rows["graded_at_ms"].tolist(), strict=True)
    ]
    return sorted(
        found,
        key=lambda one: (one.head.quarter, one.graded_at_ms, one.head.run_id),
        reverse=True,
    )


def named_run_id(store: Store, name: str) -> str:
    """Return the id that ``name`` stands for: 2021Q4@1 is version 1 as it was published.

    2021Q4 alone is the newest run of the quarter; anything else is the beginning of an id, which
    is given back as it is. Raises LookupError where there is no such version or run.
    """
    if _QUARTER_NAME.fullmatch(name) is None:
        return name
    quarter, _, version = name.partition("@")
    if version:
        known = [one for one in published_runs(store) if one.quarter == quarter]
        found = [one.run_id for one in known if str(one.version) == version]
        told = ", ".join(f"{quarter}@{one.version}" for one in known) or "none yet"
        if not found:
            raise LookupError(f"run {name!r}: no such version was published, known are {told}")
        return found[0]
    run = newest_run(store, Quarter.parse(quarter))
    if run is None:
        raise LookupError(f"run {name!r}: the quarter was not graded; puhui grade {quarter}")
    return run.run_id


def graded_at_ms(store: Store, run_id: str) -> int:
    """Return when a stored run was made; 0 where it is not stored."""
    rows = store.read(GRADING_RUNS, {"run_id": run_id}, columns=("graded_at_ms",))
    return int(rows["graded_at_ms"].max(initial=0))


def versions_of(store: Store, run_id: str) -> tuple[int, ...]:
    """Return the versions as which a run was published."""
    return _versions(published_runs(store)).get(run_id, ())


def grade_history(store: Store, bank_id: str) -> list[QuarterGrade]:
    """Return a bank's grades by quarter: of what was published last, else of the newest run."""
    published = newest_published(published_runs(store))
    quarters = sorted(set(store.read(GRADING_RUNS, columns=("quarter",))["quarter"].to_list()))
    found = []
    for quarter in quarters:
        version = published.get(quarter)
        run = (
            read_run(store, version.run_id)
            if version
            else newest_run(store, Quarter.parse(quarter))
        )
        if run is None:
            continue
        found += [
            QuarterGrade(run, bank, version.version if version else 0)
            for bank in run.banks
            if bank.bank_id == bank_id
        ]
    return found


def _versions(published: list[PublishedRun]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for one in published:
        found[one.run_id] = (*found.get(one.run_id, ()), one.version)
    return found
