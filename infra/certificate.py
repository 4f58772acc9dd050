"""Certificates of grading runs: made and signed once, kept with the pack that they are about."""

import os
from pathlib import Path

import msgspec
import numpy as np

from infra.input_pack import MANIFEST, RESULTS, checked_parts, notes_of
from infra.intake.receipt import shanghai_text
from infra.intake.signing import KEY_FILE_NAME, SigningKey
from infra.pack_sources import is_invented, pack_of
from infra.repeatable_zip import sha256_of
from infra.settings import Settings
from infra.source_digest import source_sha256
from infra.store_node import StoreNode
from infra.version import program_version
from schemas.certificate import Certificate
from schemas.grading import GradingRun
from schemas.grading_tables import CERTIFICATES, GRADING_FILES
from streams.grading_run import run_with_methodology
from streams.ports import Store


def signing_key_of(node: StoreNode) -> SigningKey:
    """Return the key that receipts are signed with too, see infra.intake.wiring."""
    settings = Settings.from_env(os.environ)
    folder = node.folder or Path(settings.data)
    return SigningKey.open(Path(settings.signing_key_file or folder / KEY_FILE_NAME))


def certified(
    node: StoreNode,
    key: SigningKey,
    run_id: str,
    *,
    has_events: bool = False,
    is_renewed: bool = False,
) -> tuple[GradingRun, bytes]:
    """Return a stored run and its certificate; made, signed and kept where there is none yet.

    Args:
        node: the open system.
        key: to sign with.
        run_id: or its first characters.
        has_events: the pack holds the stored events too.
        is_renewed: sign anew although there is one, such as with another key.

    Raises LookupError, MovedOnError: see infra.pack_sources.

    """
    run, _ = run_with_methodology(node.store, run_id)
    kept = kept_certificate(node.store, run.run_id)
    if kept and not is_renewed:
        return run, kept
    run, pack = pack_of(node, run.run_id, has_events=has_events)
    now_ms = node.clock.now_ms()
    document = sign_certificate(run, pack, key, now_ms=now_ms, is_synthetic=is_invented(node))
    _keep_pack(node.store, run, pack, now_ms)
    node.store.insert(
        CERTIFICATES,
        {
            "run_id": [run.run_id],
            "quarter": [run.quarter],
            "signed_at_ms": np.array([now_ms], np.int64),
            "body": [document],
            "version": np.array([now_ms], np.int64),
        },
    )
    return run, document


def sign_certificate(
    run: GradingRun, pack: bytes, key: SigningKey, *, now_ms: int, is_synthetic: bool
) -> bytes:
    """Return the signed certificate of ``run`` and its ``pack``."""
    parts = checked_parts(pack)
    notes = notes_of(run, is_synthetic=is_synthetic)
    facts = Certificate(
        run_id=run.run_id,
        quarter=run.quarter,
        as_of=run.as_of,
        methodology=run.methodology,
        methodology_version=run.methodology_version,
        methodology_hash=run.methodology_hash,
        label_zh=run.label_zh,
        label_en=run.label_en,
        input_digest=run.input_digest,
        formula_version=run.formula_version,
        bank_count=len(run.banks),
        pack_sha256=sha256_of(pack),
        manifest_sha256=sha256_of(parts[MANIFEST]),
        results_sha256=sha256_of(parts[RESULTS]),
        program_version=program_version(),
        source_sha256=source_sha256(),
        is_synthetic=is_synthetic,
        is_illustrative=run.is_illustrative,
        is_to_date=run.is_to_date,
        note_zh=notes.zh,
        note_en=notes.en,
        signed_at=shanghai_text(now_ms),
        signed_at_ms=now_ms,
    )
    return key.sign(msgspec.to_builtins(facts))


def kept_certificate(store: Store, run_id: str) -> bytes:
    """Return the certificate of a run as it was signed; empty where there is none."""
    bodies: list[bytes] = store.read(CERTIFICATES, {"run_id": run_id}, columns=("body",))["body"]
    return bodies[0] if bodies else b""


def kept_pack(store: Store, certificate: bytes) -> bytes:
    """Return the pack that a kept certificate is about; empty where it is not there."""
    named = msgspec.json.decode(certificate, type=dict[str, object])["pack_sha256"]
    rows = store.read(GRADING_FILES, {"sha256": str(named)}, columns=("content",))
    contents: list[bytes] = rows["content"]
    return contents[0] if contents else b""


def pack_file_name(run: GradingRun) -> str:
    """Return what the pack of a run is called."""
    return f"{run.quarter}-{run.methodology}-{run.run_id[:12]}.pack.zip"


def certificate_file_name(run: GradingRun) -> str:
    """Return what the certificate of a run is called."""
    return f"{run.quarter}-{run.methodology}-{run.run_id[:12]}.certificate.json"


def _keep_pack(store: Store, run: GradingRun, pack: bytes, now_ms: int) -> None:
    """Keep a pack among the files of gradings: data move on, and it must still be there."""
    store.insert(
        GRADING_FILES,
        {
            "sha256": [sha256_of(pack)],
            "file_name": [pack_file_name(run)],
            "size_bytes": np.array([len(pack)], np.int64),
            "content": [pack],
            "version": np.array([now_ms], np.int64),
        },
    )
