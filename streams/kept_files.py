"""Files that persons handed in, kept by the SHA-256 of what they hold: the same file once."""

import hashlib
import re
import unicodedata
from typing import NamedTuple

import numpy as np

from schemas.grading_tables import GRADING_FILES
from streams.ports import Store

FILE_BYTES_MAX = 20 * 2**20
_NAME_LENGTH_MAX = 100
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


class KeptFile(NamedTuple):
    """A file as it was handed in."""

    sha256: str
    file_name: str
    content: bytes


def keep_file(store: Store, file_name: str, content: bytes) -> KeptFile:
    """Keep ``content`` and return it; raise ValueError where it is empty or too large."""
    if not 0 < len(content) <= FILE_BYTES_MAX:
        raise ValueError(
            f"file {safe_name(file_name)}: {len(content)} bytes, expected 1 to {FILE_BYTES_MAX}; "
            "hand in a smaller file, or several"
        )
    digest = hashlib.sha256(content).hexdigest()
    known = store.read(GRADING_FILES, {"sha256": digest}, columns=("file_name",))
    names = known["file_name"].to_list()
    if names:
        return KeptFile(digest, names[0], content)
    kept = KeptFile(digest, safe_name(file_name), content)
    store.insert(
        GRADING_FILES,
        {
            "sha256": [digest],
            "file_name": [kept.file_name],
            "size_bytes": np.array([len(content)], np.int64),
            "content": [content],
            "version": np.array([1], np.int64),
        },
    )
    return kept


def read_file(store: Store, sha256: str) -> KeptFile:
    """Return a file; raise LookupError for none, ValueError where it is not what was handed in."""
    rows = store.read(GRADING_FILES, {"sha256": sha256}, columns=("file_name", "content"))
    names = rows["file_name"].to_list()
    if not names:
        raise LookupError(f"file {sha256[:16]}: none is kept that hashes so; keep it first")
    content = rows["content"][0]
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"file {sha256[:16]} ({names[0]}): what is kept hashes to {found[:16]}; it was "
            "changed. Bring it back from a copy"
        )
    return KeptFile(sha256, names[0], content)


def is_kept(store: Store, sha256: str) -> bool:
    """Return whether a file is kept that hashes so."""
    rows = store.read(GRADING_FILES, {"sha256": sha256}, columns=("sha256",))
    return bool(rows["sha256"].to_list())


def safe_name(file_name: str) -> str:
    """Return a name that means no folder and no command to anybody: letters, digits, . _ - etc."""
    flat = unicodedata.normalize("NFC", file_name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        sign for sign in _UNSAFE.sub("_", flat) if unicodedata.category(sign) not in {"Cf", "Cc"}
    ).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > _NAME_LENGTH_MAX:
        kept = stem[: _NAME_LENGTH_MAX - len(ending) - 1] + dot + ending[:20]
    return kept[:_NAME_LENGTH_MAX] or "file"
