"""The verb that gathers everything about one bank in one quarter."""

import base64

from infra.grading_archive import archive_of
from infra.repeatable_zip import sha256_of
from infra.requests import Request
from infra.verb import Access, Answer, Context, Verb
from schemas.quarter import Quarter


class ArchiveRequest(Request, frozen=True, kw_only=True):
    """Whose and when; an empty ``run_id`` is the run that was published last, else the newest."""

    bank_id: str
    quarter: str
    run_id: str = ""


def archive(context: Context, asked: ArchiveRequest) -> Answer:
    """Return the archive as a zip, and what is in it and what is not."""
    quarter = Quarter.parse(asked.quarter)
    content, parts = archive_of(context.node, asked.bank_id, quarter, asked.run_id)
    return {
        "file_name": f"{asked.bank_id}-{quarter}.archive.zip",
        "sha256": sha256_of(content),
        "size_bytes": len(content),
        "rows": [
            {
                "part": one.folder,
                "name_zh": one.part.words.zh,
                "name_en": one.part.words.en,
                "file_count": len(one.gathered.files),
                "remark_zh": one.gathered.words.zh,
                "remark_en": one.gathered.words.en,
            }
            for one in parts
        ],
        "content_base64": base64.b64encode(content).decode(),
    }


VERBS = {"archive": Verb(ArchiveRequest, archive, Access.OPERATOR)}
