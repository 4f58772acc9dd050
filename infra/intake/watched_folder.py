"""A folder that banks drop files into, over SFTP: one subfolder a bank, named by its bank_id.

A file is sent, its receipt written beside it, and then it is moved to done/ (or refused/). A death
between any two steps leaves the file where it was; it is sent again, the door knows it, and the
receipts are the same. Files being written are left alone: those named .part, and those that changed
between two looks.
"""

import datetime as dt
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.imports.parcel import Refusal
from infra.imports.pboc.filing_name import ZIP_SUFFIX, looks_like_filing
from infra.imports.source_file import FileError
from infra.intake.packing import packets_of
from infra.intake.refusals import AwayError, RefusedError
from infra.intake.sending import FileSender, SendingDoor

DONE, REFUSED = "done", "refused"
RECEIPT_SUFFIX, REFUSED_SUFFIX = ".receipt.json", ".refused.json"
PART_SUFFIX = ".part"
_IGNORED = (RECEIPT_SUFFIX, REFUSED_SUFFIX, PART_SUFFIX, ".tmp", ".filepart")
_COMPLETE = re.compile(r"\.complete-(\d{4}-\d{2}-\d{2})\.")  # events.complete-2026-09-30.ndjson

_LOG = logging.getLogger(__name__)


class _Look(NamedTuple):
    """How a file was when it was looked at."""

    size_bytes: int
    changed_at_ns: int


class Outcome(NamedTuple):
    """What became of one file; ``where`` is its new place."""

    path: Path
    where: Path
    is_taken: bool


class WatchedFolder:
    """Looks into the folder when told to; ``look`` is called again and again."""

    def __init__(
        self,
        folder: Path,
        door_of: Callable[[str], SendingDoor | None],
        *,
        lanes: int = 1,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        """Watch ``folder``.

        Args:
            folder: with a subfolder for every bank.
            door_of: the door for a bank; None where it has no principal.
            lanes: of every bank.
            is_ending: asked between two files.

        """
        self._folder, self._door_of, self._lanes = folder, door_of, lanes
        self._is_ending = is_ending
        self._seen: dict[Path, _Look] = {}
        self._parts: set[Path] = set()

    def look(self) -> list[Outcome]:
        """Take every file that is complete; raise AwayError when the door is away.

        The file that was being sent is then where it was, and is taken at a later look.
        """
        found = [
            path
            for bank in sorted(self._folder.iterdir())
            if bank.is_dir() and not bank.is_symlink()
            for path in sorted(bank.iterdir())
            # Not a link: it could name any file of this machine.
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        ]
        outcomes = []
        for path in found:
            if self._is_ending():
                break
            # One bank's folder that cannot be used must not keep the others' files waiting.
            try:
                outcome = self._look_at(path)
            except (OSError, ValueError):
                _LOG.exception("%s stays where it is", path)
                continue
            outcomes += [outcome] if outcome else []
        self._parts = {path for path in found if path.name.endswith(PART_SUFFIX)}
        self._seen = {path: look for path, look in self._seen.items() if path.exists()}
        return outcomes

    def _look_at(self, path: Path) -> Outcome | None:
        if path.name.endswith(_IGNORED) or not self._is_complete(path):
            return None
        return self._take(path)

    def _is_complete(self, path: Path) -> bool:
        status = path.stat()
        look = _Look(status.st_size, status.st_mtime_ns)
        was_renamed = path.with_name(path.name + PART_SUFFIX) in self._parts
        is_unchanged = self._seen.get(path) == look
        self._seen[path] = look
        return was_renamed or is_unchanged

    def _take(self, path: Path) -> Outcome | None:
        """Send a file and move it away; None where it was written to meanwhile."""
        bank_id, sha256 = path.parent.name, _sha256(path)
        try:
            receipts = self._sent(path, bank_id)
        except RefusedError as error:
            return self._refuse(path, error.told())
        except FileError as error:
            told = {"code": "bad_file", "zh": f"文件无法识别：{error}", "en": str(error)}
            return self._refuse(path, told)
        if _sha256(path) != sha256:
            return None  # What it holds now is sent at a later look.
        facts = {"file": path.name, "sha256": sha256, "receipts": receipts}
        _write(path.with_name(path.name + RECEIPT_SUFFIX), facts)
        return Outcome(path, _moved(path, DONE), is_taken=True)

    def _sent(self, path: Path, bank_id: str) -> list[msgspec.Raw]:
        door = self._door_of(bank_id)
        if door is None:
            raise _no_principal(bank_id)
        if looks_like_filing(path) and path.suffix.lower() == ZIP_SUFFIX:
            answer = door.take_filing(path, bank_id)
            if not answer.document:
                raise _not_imported(answer.report)
            receipts = [answer.document]
        else:
            _check_banks(path, bank_id, self._lanes)
            sent = FileSender(door, lanes=self._lanes).send(path, complete_to=_complete_to(path))
            if sent.refused is not None:
                raise sent.refused
            receipts = [one.document for one in sent.answers]
        return [msgspec.Raw(receipt) for receipt in receipts]

    def _refuse(self, path: Path, told: dict[str, Any]) -> Outcome:
        _write(
            path.with_name(path.name + REFUSED_SUFFIX),
            {"file": path.name, "sha256": _sha256(path), **told},
        )
        return Outcome(path, _moved(path, REFUSED), is_taken=False)


def watch(
    folder: WatchedFolder, *, wait: Callable[[], bool], on_outcome: Callable[[Outcome], None]
) -> None:
    """Look again and again until ``wait``, which waits a moment, returns True."""
    while True:
        try:
            for outcome in folder.look():
                on_outcome(outcome)
        except AwayError as error:
            _LOG.warning("files stay where they are and are sent later: %s", error)
        if wait():
            return


def _check_banks(path: Path, bank_id: str, lanes: int) -> None:
    """Raise RefusedError before anything is sent, where not all of the file can be."""
    for packed in packets_of(path, lanes):
        if isinstance(packed, Refusal):
            raise RefusedError(
                "bad_line",
                zh=f"第 {packed.line} 行无法报送（{packed.code}）：{packed.found}；整份文件未报送",
                en=f"line {packed.line} cannot be sent ({packed.code}): {packed.found}; "
                "nothing of the file was sent",
                facts={"line": packed.line},
            )
        if packed.bank_id != bank_id:
            raise RefusedError(
                "other_bank",
                zh=f"文件中有 {packed.bank_id} 的事件，此文件夹只接收 {bank_id}；整份文件未报送",
                en=f"the file has events of {packed.bank_id}, and this folder is of {bank_id}; "
                "nothing of it was sent",
                facts={"found": packed.bank_id, "expected": bank_id},
            )


def _no_principal(bank_id: str) -> RefusedError:
    return RefusedError(
        "no_principal",
        zh=f"没有机构 {bank_id} 的有效令牌；请联系监管方（puhui principals add）后重新放入",
        en=f"{bank_id} has no valid token; ask the supervisor (puhui principals add), then drop "
        "the file again",
    )


def _not_imported(report: dict[str, Any]) -> RefusedError:
    faults = report["faults"]
    return RefusedError(
        "not_imported",
        zh="；".join(fault["zh"] for fault in faults),
        en="; ".join(fault["en"] for fault in faults),
        facts={"faults": faults},
    )


def _complete_to(path: Path) -> dt.date | None:
    """Return up to when the name of a file says that its bank has sent everything."""
    found = _COMPLETE.search(path.name)
    if found is None:
        return None
    try:
        return dt.date.fromisoformat(found[1])
    except ValueError:
        raise RefusedError(
            "bad_file_name",
            zh=f"文件名中的日期 {found[1]} 无效",
            en=f"the day in the file's name, {found[1]}, is none",
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, facts: dict[str, Any]) -> None:
    """Write whole or not at all: who fetches it never sees a half."""
    descriptor, written = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(facts) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    Path(written).chmod(0o644)  # mkstemp makes files that only we could fetch.
    Path(written).replace(path)


def _moved(path: Path, folder_name: str) -> Path:
    """Move the file away, never over another one of the same name."""
    folder = path.parent / folder_name
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{_sha256(path)[:12]}_{path.name}"
    return path.rename(target)
