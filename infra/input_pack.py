"""The input pack of a grading run: a zip with all that is needed to compute it again, offline.

    manifest.json       which run, which program, and name, hash and size of every part
    run.json            the run without its banks
    results.json        its banks: values, points, totals, grades, reasons
    methodology.json    whose SHA-256 is the run's methodology_hash; .toml where it is shipped
    totals.csv          every bank's totals, summed over partitions
    lanes.json          how far each bank's lanes were complete
    registers.ndjson    banks, positions, published totals
    lpr.csv             published rates
    given.json          cells that were entered by hand
    published.csv       balances that earlier runs published
    events/*.csv        the stored events, where they were asked for

Nothing here opens a store. The same inputs give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from infra.pack_events import PackedEvents, events_of_parts
from infra.pack_rows import (
    PackRowsError,
    given_json,
    given_of_json,
    lpr_csv,
    lpr_of_csv,
    published_csv,
    published_of_csv,
    totals_csv,
    totals_of_csv,
)
from infra.repeatable_zip import PARTS_BYTES_MAX, ZipPartsError, parts_of_zip, sha256_of, zip_of
from infra.source_digest import source_sha256
from infra.version import program_version
from processors.grading.measuring import Given
from processors.lpr import LprTable
from processors.measure import PublishedBalances
from schemas.certificate import FORMAT_VERSION, PACK_FORMAT, Manifest, PackedPart
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.bank_registered import BankRegistered
from schemas.events.indicator_reported import IndicatorReported
from schemas.events.position_reported import PositionReported
from schemas.grading import BankGrade, GradingRun
from schemas.methodology import Methodology
from schemas.words import Words
from streams.evaluate import Snapshot

MANIFEST = "manifest.json"
RUN, RESULTS, METHODOLOGY = "run.json", "results.json", "methodology.json"
METHODOLOGY_TOML = "methodology.toml"
TOTALS, LANES, REGISTERS, LPR = "totals.csv", "lanes.json", "registers.ndjson", "lpr.csv"
GIVEN, PUBLISHED = "given.json", "published.csv"
NEEDED = (RUN, RESULTS, METHODOLOGY, TOTALS, LANES, REGISTERS, LPR, GIVEN, PUBLISHED)

_SYNTHETIC = Words("模拟数据", "synthetic data")
_ILLUSTRATIVE = Words("示例办法，非官方规则", "illustrative methodology, not an official rule")
_TO_DATE = Words("截至目前的试算，不得通报", "a trial to date, not to be published")

_Registered = BankRegistered | PositionReported | AggregatePublished | IndicatorReported
_DECODER: msgspec.json.Decoder[_Registered] = msgspec.json.Decoder(_Registered)


class PackError(ValueError):
    """An input pack that cannot be made or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a run is computed from."""

    snapshot: Snapshot
    lpr: LprTable
    methodology_json: bytes  # As the run used it; its SHA-256 is the methodology's hash.
    methodology_toml: bytes = b""
    given: Given = field(default_factory=dict)
    published: PublishedBalances = field(default_factory=dict)
    events: PackedEvents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What a pack says, read."""

    manifest: Manifest
    parts: Mapping[str, bytes]
    run: GradingRun
    methodology: Methodology
    inputs: Inputs


def notes_of(run: GradingRun, *, is_synthetic: bool) -> Words:
    """Return what every paper about ``run`` must say of it; empty where there is nothing."""
    said = [
        words
        for is_said, words in (
            (is_synthetic, _SYNTHETIC),
            (run.is_illustrative, _ILLUSTRATIVE),
            (run.is_to_date, _TO_DATE),
        )
        if is_said
    ]
    return Words("；".join(one.zh for one in said), "; ".join(one.en for one in said))


def pack_bytes(run: GradingRun, inputs: Inputs, *, is_synthetic: bool) -> bytes:
    """Return the pack of ``run`` as a zip."""
    parts = _written(run, inputs)
    notes = notes_of(run, is_synthetic=is_synthetic)
    manifest = Manifest(
        run_id=run.run_id,
        quarter=run.quarter,
        as_of=run.as_of,
        formula_version=run.formula_version,
        program_version=program_version(),
        source_sha256=source_sha256(),
        generation=inputs.snapshot.generation,
        vector={str(key): offset for key, offset in sorted(inputs.snapshot.vector.items())},
        has_events=inputs.events is not None,
        is_synthetic=is_synthetic,
        is_illustrative=run.is_illustrative,
        note_zh=notes.zh,
        note_en=notes.en,
        parts=[
            PackedPart(name=name, sha256=sha256_of(parts[name]), size_bytes=len(parts[name]))
            for name in sorted(parts)
        ],
    )
    written = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1)
    return zip_of(parts | {MANIFEST: written + b"\n"})


def read_pack(content: bytes) -> Pack:
    """Return what a pack says; raise PackError unless it is whole and every part as it was."""
    parts = checked_parts(content)
    manifest = manifest_of(parts)
    try:
        methodology = msgspec.json.decode(parts[METHODOLOGY], type=Methodology)
        banks = msgspec.json.decode(parts[RESULTS], type=list[BankGrade])
        run = msgspec.json.decode(parts[RUN], type=GradingRun)
        given, published = given_of_json(parts[GIVEN]), published_of_csv(parts[PUBLISHED])
        inputs = Inputs(
            snapshot=_snapshot(manifest, parts),
            lpr=lpr_of_csv(parts[LPR]),
            methodology_json=parts[METHODOLOGY],
            methodology_toml=parts.get(METHODOLOGY_TOML, b""),
            given=given,
            published=published,
            events=events_of_parts(parts) if manifest.has_events else None,
        )
    except (msgspec.MsgspecError, PackRowsError, UnicodeDecodeError) as error:
        raise PackError(
            f"input pack: a part is not of the shape that this program reads ({error}); use a "
            f"program that knows format {manifest.format_version} of {manifest.program_version}"
        ) from error
    whole = msgspec.structs.replace(run, banks=banks)
    return Pack(manifest=manifest, parts=parts, run=whole, methodology=methodology, inputs=inputs)


def checked_parts(content: bytes, bytes_max: int = PARTS_BYTES_MAX) -> dict[str, bytes]:
    """Return the parts of a pack, each with the hash that its manifest tells."""
    try:
        parts = parts_of_zip(content, bytes_max)
    except ZipPartsError as error:
        raise PackError(f"input pack: {error}") from error
    manifest = manifest_of(parts)
    listed = {part.name: part for part in manifest.parts}
    if set(listed) | {MANIFEST} != set(parts):
        strange = sorted(set(listed) ^ (set(parts) - {MANIFEST}))
        raise PackError(
            f"input pack: {', '.join(strange)} is in the zip or in {MANIFEST}, expected in both; "
            "ask for the pack again"
        )
    for name, part in listed.items():
        found = sha256_of(parts[name])
        if (found, len(parts[name])) != (part.sha256, part.size_bytes):
            raise PackError(
                f"input pack: {name} has SHA-256 {found}, expected {part.sha256}: it was changed; "
                "ask for the pack again"
            )
    missing = [name for name in NEEDED if name not in parts]
    if missing:
        raise PackError(f"input pack: {', '.join(missing)} is not in it; ask for the pack again")
    return parts


def manifest_of(parts: Mapping[str, bytes]) -> Manifest:
    """Return the manifest among ``parts``; raise PackError where there is none of ours."""
    if MANIFEST not in parts:
        raise PackError(f"input pack: there is no {MANIFEST} in it, expected a file of puhui pack")
    try:
        found = msgspec.json.decode(parts[MANIFEST], type=Manifest)
    except msgspec.MsgspecError as error:
        raise PackError(f"input pack: {MANIFEST}: {error}") from error
    if (found.format, found.format_version) != (PACK_FORMAT, FORMAT_VERSION):
        raise PackError(
            f"input pack: format was {found.format} {found.format_version}, expected {PACK_FORMAT} "
            f"{FORMAT_VERSION}; use a program that knows it"
        )
    return found


def _written(run: GradingRun, inputs: Inputs) -> dict[str, bytes]:
    snapshot = inputs.snapshot
    registered: list[_Registered] = [
        *snapshot.banks.values(),
        *snapshot.positions,
        *snapshot.published,
        *snapshot.indicators,
    ]
    lines = sorted(msgspec.json.encode(event) for event in registered)
    lanes = sorted(msgspec.json.encode(dict(entry), order="sorted") for entry in snapshot.lanes)
    without_banks = msgspec.structs.replace(run, banks=[])
    parts = {
        RUN: msgspec.json.encode(without_banks, order="sorted") + b"\n",
        RESULTS: results_bytes(run),
        METHODOLOGY: inputs.methodology_json,
        TOTALS: totals_csv(snapshot.rows, snapshot.bank_ids),
        LANES: b"[" + b",\n".join(lanes) + b"]\n",
        REGISTERS: b"".join(line + b"\n" for line in lines),
        LPR: lpr_csv(inputs.lpr),
        GIVEN: given_json(inputs.given),
        PUBLISHED: published_csv(inputs.published),
    }
    if inputs.methodology_toml:
        parts[METHODOLOGY_TOML] = inputs.methodology_toml
    return parts | (inputs.events.parts() if inputs.events else {})


def results_bytes(run: GradingRun) -> bytes:
    """Return the one way in which the grades of a run are written."""
    return msgspec.json.encode(run.banks, order="sorted")


def _snapshot(manifest: Manifest, parts: Mapping[str, bytes]) -> Snapshot:
    rows, of_totals = totals_of_csv(parts[TOTALS])
    lanes = msgspec.json.decode(parts[LANES], type=list[dict[str, object]])
    registered = [_DECODER.decode(line) for line in parts[REGISTERS].splitlines()]
    banks = {event.bank_id: event for event in registered if isinstance(event, BankRegistered)}
    positions = tuple(event for event in registered if isinstance(event, PositionReported))
    named = {*of_totals, *banks, *(str(entry["bank"]) for entry in lanes)}
    named |= {event.bank_id for event in positions}
    bank_ids = tuple(sorted(named))
    place = np.array([bank_ids.index(bank_id) for bank_id in of_totals] or [0], np.int64)
    return Snapshot(
        generation=manifest.generation,
        vector={int(partition): offset for partition, offset in manifest.vector.items()},
        lanes=tuple(lanes),
        bank_ids=bank_ids,
        rows=rows._replace(bank_place=place[rows.bank_place]),
        banks=banks,
        positions=positions,
        published=tuple(one for one in registered if isinstance(one, AggregatePublished)),
        indicators=tuple(one for one in registered if isinstance(one, IndicatorReported)),
    )
