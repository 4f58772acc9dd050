"""Who works on a data folder: one process at a time, and how to reach it.

The embedded engine allows one process a folder. That process holds a lock on ``puhui.lock``;
the file says its process id, address and token, so that a command given meanwhile asks the
process instead of failing. The lock goes with the process, so a file left behind is recognised.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

FILE_NAME = "puhui.lock"
TRIES, WAIT_S = 20, 0.05  # A command that looks who holds the lock holds it for an instant.


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that works on the folder. Without ``url`` it answers nobody."""

    pid: int
    url: str = ""
    token: str = ""


class FolderInUseError(RuntimeError):
    """Another process works on the data folder; ``holder`` says which."""

    def __init__(self, folder: Path, holder: Holder) -> None:
        self.holder = holder
        super().__init__(
            f"data folder {folder}: process {holder.pid} is working on it. Wait until it has "
            "finished, stop it, or name another folder with --data"
        )


class FolderLock:
    """The right to work on a data folder, held while open."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; raise FolderInUseError when another process has it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE_NAME
        # Opened without truncation: until the lock is ours, the words in it are another's.
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _is_locked_now(self._descriptor):
            holder = _read(self._path)
            os.close(self._descriptor)
            raise FolderInUseError(folder, holder)
        os.fchmod(self._descriptor, 0o600)
        self.announce(url="", token="")

    def announce(self, *, url: str, token: str) -> None:
        """Say how this process can be asked."""
        holder = Holder(pid=os.getpid(), url=url, token=token)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(holder), 0)

    def release(self) -> None:
        """Let go. The file stays: removing it could remove the file of who comes next."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder_of(folder: Path) -> Holder | None:
    """Return the process that works on ``folder`` now, None when there is none."""
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # A shared lock is refused only while somebody holds the exclusive one.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _is_locked_now(descriptor: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(WAIT_S)
        else:
            return True
    return False


def _read(path: Path) -> Holder:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except msgspec.DecodeError:
        return Holder(pid=0)  # It has just begun and not yet written who it is.
