"""One process works on a data folder; the others learn whom to ask."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra import lock_file
from infra.lock_file import FolderInUseError, FolderLock, holder_of

HOLD = """
import sys
from pathlib import Path
from infra.lock_file import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.announce(url="http://127.0.0.1:1", token="secret")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_nobody_holds_a_folder_that_was_never_used(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None


def test_a_second_process_learns_who_works_on_the_folder(
    tmp_path: Path, other_process: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_file, "TRIES", 1)

    with pytest.raises(FolderInUseError, match=f"process {other_process.pid}") as caught:
        FolderLock(tmp_path)

    assert caught.value.holder == holder_of(tmp_path)
    assert caught.value.holder.url == "http://127.0.0.1:1"
    assert caught.value.holder.token == "secret"


def test_the_file_of_a_killed_process_stops_nobody(
    tmp_path: Path, other_process: subprocess.Popen
) -> None:
    other_process.kill()
    other_process.wait()

    assert (tmp_path / lock_file.FILE_NAME).read_bytes() != b""
    assert holder_of(tmp_path) is None
    with FolderLock(tmp_path):
        assert holder_of(tmp_path).pid == os.getpid()
    assert holder_of(tmp_path) is None


def test_only_the_owner_can_read_the_token(tmp_path: Path) -> None:
    path = tmp_path / lock_file.FILE_NAME
    path.write_text("left behind, readable by all")
    path.chmod(0o644)

    with FolderLock(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
