"""Verbs about files that persons hand in: evidence, minutes. Given back only as a download."""

import base64
import binascii
from typing import Annotated

from msgspec import Meta

from infra.intake.principals import Role
from infra.requests import Request
from infra.verb import Access, AccessError, Answer, Context, Verb
from streams.kept_files import FILE_BYTES_MAX, keep_file, read_file
from streams.quarter_life import read_lives

_BASE64_MAX = (FILE_BYTES_MAX + 2) // 3 * 4


class KeepRequest(Request, frozen=True, kw_only=True):
    """A file; its content as base64."""

    file_name: Annotated[str, Meta(min_length=1, max_length=1_000)]
    content_base64: str


class GiveRequest(Request, frozen=True, kw_only=True):
    """A file by the SHA-256 of what it holds."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


def keep(context: Context, asked: KeepRequest) -> Answer:
    """Keep a file and return the hash by which acts name it."""
    if len(asked.content_base64) > _BASE64_MAX:
        raise ValueError(f"file {asked.file_name!r}: expected at most {FILE_BYTES_MAX} bytes")
    try:
        content = base64.b64decode(asked.content_base64, validate=True)
    except binascii.Error as error:
        raise ValueError(f"file {asked.file_name!r}: content is no base64 ({error})") from error
    kept = keep_file(context.node.store, asked.file_name, content)
    return {"sha256": kept.sha256, "file_name": kept.file_name, "size_bytes": len(content)}


def give(context: Context, asked: GiveRequest) -> Answer:
    """Return a file; to a bank only one that its own acts name."""
    person = context.person
    assert person is not None
    if person.role is Role.BANK and not _is_of_bank(context, person.bank_id, asked.sha256):
        raise AccessError(f"file {asked.sha256[:16]}: it is in no act of this bank")
    kept = read_file(context.node.store, asked.sha256)
    return {
        "file_name": kept.file_name,
        "sha256": kept.sha256,
        "content_base64": base64.b64encode(kept.content).decode(),
    }


def _is_of_bank(context: Context, bank_id: str, sha256: str) -> bool:
    return any(
        reply.bank_id == bank_id and reply.body.get("evidence_sha256") == sha256
        for life in read_lives(context.node.store)
        for reply in life.replies
    )


VERBS = {
    "file_keep": Verb(KeepRequest, keep, Access.PERSON),
    "file_give": Verb(GiveRequest, give, Access.PERSON),
}
