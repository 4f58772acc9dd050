"""Verbs of certificates and input packs."""

import base64

from infra.certificate import (
    certificate_file_name,
    certified,
    kept_certificate,
    kept_pack,
    pack_file_name,
    signing_key_of,
)
from infra.pack_sources import pack_of
from infra.repeatable_zip import sha256_of
from infra.requests import Request
from infra.verb import Access, Answer, Context, Verb
from schemas.grading import GradingRun
from streams.grading_run import run_with_methodology


class RunRequest(Request, frozen=True, kw_only=True):
    """A stored run, by its id or the first characters of it."""

    run_id: str


class PackRequest(RunRequest, frozen=True, kw_only=True):
    """``has_events``: with the stored events, so that totals are computed from them again."""

    has_events: bool = False


class CertificateRequest(PackRequest, frozen=True, kw_only=True):
    """``is_renewed``: sign anew although there is a certificate."""

    is_renewed: bool = False


def pack(context: Context, asked: PackRequest) -> Answer:
    """Return the input pack of a run: that which was certified, else one made now."""
    store = context.node.store
    run, _ = run_with_methodology(store, asked.run_id)
    certificate = kept_certificate(store, run.run_id)
    content = kept_pack(store, certificate) if certificate and not asked.has_events else b""
    is_certified = bool(content)
    if not content:
        run, content = pack_of(context.node, run.run_id, has_events=asked.has_events)
    named = sha256_of(content)
    return _told(run) | {
        "file_name": pack_file_name(run),
        "sha256": named,
        "size_bytes": len(content),
        "is_certified": is_certified,
        "content_base64": base64.b64encode(content).decode(),
    }


def certificate(context: Context, asked: CertificateRequest) -> Answer:
    """Return the certificate of a run; make, sign and keep it where there is none."""
    key = signing_key_of(context.node)
    run, document = certified(
        context.node,
        key,
        asked.run_id,
        has_events=asked.has_events,
        is_renewed=asked.is_renewed,
    )
    return _certificate_told(run, document) | {"public_key_pem": key.public.pem.decode()}


def certificate_show(context: Context, asked: RunRequest) -> Answer:
    """Return the certificate of a run as it was signed; ``file_name`` is empty without one."""
    run, _ = run_with_methodology(context.node.store, asked.run_id)
    document = kept_certificate(context.node.store, run.run_id)
    if not document:
        return _told(run) | {"file_name": "", "content_base64": ""}
    return _certificate_told(run, document)


def _certificate_told(run: GradingRun, document: bytes) -> Answer:
    return _told(run) | {
        "file_name": certificate_file_name(run),
        "sha256": sha256_of(document),
        "content_base64": base64.b64encode(document).decode(),
    }


def _told(run: GradingRun) -> Answer:
    return {
        "run_id": run.run_id,
        "quarter": run.quarter,
        "methodology": run.methodology,
        "is_illustrative": run.is_illustrative,
        "is_to_date": run.is_to_date,
    }


VERBS = {
    "pack": Verb(PackRequest, pack, Access.OPERATOR),
    "certificate": Verb(CertificateRequest, certificate, Access.OPERATOR),
    "certificate_show": Verb(RunRequest, certificate_show, Access.READ),
}
