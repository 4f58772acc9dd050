"""Proves a certificate offline: signature, hashes, and the whole run computed again.

Nothing is asked of a store or a network. What was checked is told step by step; after the first
step that fails, the steps that rest on it are not taken.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from infra.input_pack import (
    MANIFEST,
    METHODOLOGY,
    RESULTS,
    RUN,
    Pack,
    PackError,
    checked_parts,
    read_pack,
    results_bytes,
)
from infra.intake.signing import PublicKey, SigningError
from infra.recomputation import events_difference, recompute
from infra.repeatable_zip import sha256_of
from infra.run_differences import Difference, differences
from infra.source_digest import source_sha256
from infra.version import program_version
from processors.grading.run import FORMULA_VERSION
from schemas.certificate import CERTIFICATE_FORMAT, FORMAT_VERSION, Certificate
from schemas.codes import POPULATIONS
from schemas.grading import GradingRun
from schemas.words import Words

Found = TypeVar("Found")
_STRANGE_BYTES_MAX = 2**30


class Step(NamedTuple):
    """One thing that was checked."""

    name: str
    zh: str
    en: str
    is_ok: bool
    detail: str = ""  # Where it fails: what was found and what was expected.


class Verification(NamedTuple):
    """What came of it."""

    steps: list[Step]
    warnings: list[Words]
    certificate: Certificate | None

    @property
    def is_ok(self) -> bool:
        """Tell whether every step was taken, and none failed."""
        return len(self.steps) >= len(STEPS) and all(step.is_ok for step in self.steps)


STEPS = {
    "signature": Words("证书签名", "signature of the certificate"),
    "format": Words("证书格式", "format of the certificate"),
    "pack": Words("输入包的哈希", "hash of the input pack"),
    "parts": Words("输入包各部分的哈希", "hash of every part of the pack"),
    "methodology": Words("评估办法的哈希", "hash of the methodology"),
    "results": Words("评定结果的哈希", "hash of the results"),
    "run": Words("证书与评定记录一致", "certificate and run say the same"),
    "events": Words("由事件重算合计", "totals computed again from the events"),
    "input": Words("由合计重算输入摘要", "digest of the input computed again"),
    "table": Words("重算指标数值表", "table of values computed again"),
    "grades": Words("重算得分、总分与档次", "points, totals and grades computed again"),
    "run_id": Words("重算评定编号", "id of the run computed again"),
}
WITHOUT_EVENTS = Words(
    "输入包不含事件：合计未由事件重算，重算从合计开始",
    "the pack holds no events: totals were taken as packed, and recomputed from there",
)


class _FailedError(Exception):
    """A step that failed; what rests on it is not checked."""


class _Checking:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.warnings: list[Words] = []

    def step(self, name: str, detail: str = "") -> None:
        """Note a step; one with a detail has failed, and ends the checking."""
        self.steps.append(Step(name, *STEPS[name], not detail, detail))
        if detail:
            raise _FailedError

    def warn(self, zh: str, en: str) -> None:
        self.warnings.append(Words(zh, en))


def verify(document: bytes, pack: bytes, key: PublicKey) -> Verification:
    """Return what was checked of a certificate and its pack. Errors: none, a failure is a step."""
    checking = _Checking()
    certificate: Certificate | None = None
    try:
        facts = _tried(checking, "signature", lambda: key.verify(document))
        certificate = _certificate(checking, facts)
        _check_papers(checking, certificate, pack)
        _check_run(checking, certificate, _tried(checking, "run", lambda: read_pack(pack)))
    except _FailedError:
        pass
    return Verification(checking.steps, checking.warnings, certificate)


def _tried(checking: _Checking, name: str, act: Callable[[], Found]) -> Found:
    try:
        return act()
    except (SigningError, PackError) as error:
        checking.step(name, str(error))
        raise AssertionError("unreachable") from error


def _certificate(checking: _Checking, facts: dict[str, object]) -> Certificate:
    checking.step("signature")
    facts = {name: value for name, value in facts.items() if name != "key_id"}
    expected = (CERTIFICATE_FORMAT, FORMAT_VERSION)
    found = (facts.get("format"), facts.get("format_version"))
    if found != expected:
        checking.step("format", f"format was {found}, expected {expected}; use another program")
    try:
        certificate = msgspec.convert(facts, Certificate)
    except msgspec.ValidationError as error:
        checking.step("format", str(error))
        raise
    checking.step("format")
    return certificate


def _check_papers(checking: _Checking, certificate: Certificate, pack: bytes) -> None:
    """Check every hash; after this the pack is the one that was certified, byte for byte."""
    found = sha256_of(pack)
    if found != certificate.pack_sha256:
        checking.step(
            "pack",
            f"SHA-256 was {found}, expected {certificate.pack_sha256}: it is another file, or it "
            f"was changed. {_where_changed(certificate, pack)}",
        )
    checking.step("pack")
    parts = _tried(checking, "parts", lambda: checked_parts(pack))
    manifest = sha256_of(parts[MANIFEST])
    if manifest != certificate.manifest_sha256:
        checking.step("parts", _hash_told(MANIFEST, manifest, certificate.manifest_sha256))
    checking.step("parts")
    for name, part, expected in (
        ("methodology", METHODOLOGY, certificate.methodology_hash),
        ("results", RESULTS, certificate.results_sha256),
    ):
        hashed = sha256_of(parts[part])
        checking.step(name, "" if hashed == expected else _hash_told(part, hashed, expected))


def _where_changed(certificate: Certificate, pack: bytes) -> str:
    try:
        # Nobody has vouched for this file: it may be made to fill a machine.
        parts = checked_parts(pack, _STRANGE_BYTES_MAX)
    except PackError as error:
        return str(error)
    if sha256_of(parts[MANIFEST]) == certificate.manifest_sha256:
        return "Every part is as certified, only the packing differs: ask for the kept pack"
    return "Its parts are those of another pack"


def _hash_told(part: str, found: str, expected: str) -> str:
    return f"{part}: SHA-256 was {found}, expected {expected}"


def _check_run(checking: _Checking, certificate: Certificate, pack: Pack) -> None:
    run, manifest = pack.run, pack.manifest
    said = {name: getattr(certificate, name) for name in (*_SHARED, *_OWN)}
    stored = {name: getattr(run, name) for name in _SHARED}
    stored |= {"is_synthetic": manifest.is_synthetic, "bank_count": len(run.banks)}
    for name, value in said.items():
        if stored[name] != value:
            checking.step(
                "run", f"{name} was {value!r} in the certificate and {stored[name]!r} in {RUN}"
            )
        if getattr(manifest, name, value) != value:
            found = getattr(manifest, name)
            checking.step(
                "run", f"{name} was {value!r} in the certificate and {found!r} in {MANIFEST}"
            )
    checking.step("run")
    _warn_of_program(checking, certificate)
    _check_events(checking, pack)
    try:
        again = recompute(pack.inputs, pack.methodology, run)
    except ValueError as error:
        checking.step("input", f"this program does not grade it: {error}")
        raise
    found = list(differences(pack.parts[RESULTS], results_bytes(again)))
    _check_recomputed(checking, certificate, again, found)


_SHARED = (
    "run_id", "quarter", "as_of", "methodology", "methodology_version", "methodology_hash",
    "label_zh", "label_en", "input_digest", "formula_version", "is_illustrative", "is_to_date",
)  # fmt: skip
_OWN = ("is_synthetic", "bank_count")


def _warn_of_program(checking: _Checking, certificate: Certificate) -> None:
    if certificate.source_sha256 != source_sha256():
        checking.warn(
            f"程序不同：评定时为 {certificate.program_version} "
            f"({certificate.source_sha256[:12]}…)，现为 {program_version()} "
            f"({source_sha256()[:12]}…)；以下重算用现程序",
            f"another program: graded by {certificate.program_version} "
            f"({certificate.source_sha256[:12]}…), computed again by {program_version()} "
            f"({source_sha256()[:12]}…)",
        )
    if certificate.formula_version != FORMULA_VERSION:
        checking.warn(
            f"公式版本不同：评定时为 {certificate.formula_version}，现为 {FORMULA_VERSION}",
            f"another version of the formulas: {certificate.formula_version} then, "
            f"{FORMULA_VERSION} now",
        )


def _check_events(checking: _Checking, pack: Pack) -> None:
    if pack.inputs.events is None:
        checking.steps.append(Step("events", *WITHOUT_EVENTS, is_ok=True))
        return
    found = events_difference(pack.inputs)
    if found is not None:
        population = POPULATIONS[found.population_place].value
        checking.step(
            "events",
            f"bank {found.bank_id}, {population}, {found.quarter}, tag {found.tag}: {found.measure}"
            f" is {found.live} in totals.csv and {found.recomputed} from the events",
        )
    checking.step("events")


def _check_recomputed(
    checking: _Checking, certificate: Certificate, again: GradingRun, found: list[Difference]
) -> None:
    measured = _first(found, lambda one: one.is_measured and not one.is_words)
    graded = _first(found, lambda one: not one.is_measured and not one.is_words)
    is_same_input = again.input_digest == certificate.input_digest
    if not is_same_input and measured is None:
        checking.step(
            "input", f"was {certificate.input_digest}, computed again {again.input_digest}"
        )
    checking.step("input", "" if is_same_input else f"the values differ: {measured}")
    checking.step("table", "" if measured is None else str(measured))
    checking.step("grades", "" if graded is None else str(graded))
    checking.step(
        "run_id",
        ""
        if again.run_id == certificate.run_id
        else f"was {certificate.run_id}, computed again {again.run_id}",
    )
    worded = _first(found, lambda one: one.is_words)
    if worded is not None and certificate.source_sha256 == source_sha256():
        checking.step("grades", f"the same program says it in other words: {worded}")
    if worded is not None:
        checking.warn(
            f"数值全部一致，仅表述不同：{worded}",
            f"every figure agrees, only words do not: {worded}",
        )


def _first(found: list[Difference], is_wanted: Callable[[Difference], bool]) -> Difference | None:
    return next((one for one in found if is_wanted(one)), None)
