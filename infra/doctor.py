"""Looks whether this machine and a data folder are fit for work; what it tries it takes away.

Every check says what it found and, where that is wrong, what to do.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from infra.clickhouse.connection import Connection, StoreError
from infra.clickhouse.embedded import EmbeddedConnection
from infra.clickhouse.health import doctor_rows
from infra.lock_file import FolderLock
from infra.reference_data import load_cities, load_lpr, load_published_balances
from infra.wiring import STORE_FOLDER

PYTHON_LEAST = (3, 11)
FREE_BYTES_LEAST = 2 * 2**30
RESTORE = "put the folder back from a copy; what it held can be imported again"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

Row = dict[str, Any]


def examine(folder: Path) -> list[Row]:
    """Return the rows for a folder that no process works on, without migrating its store."""
    if not (folder / STORE_FOLDER).exists():
        no_store = _row("store", is_ok=True, found="none yet, made at first use", to_do="")
        return [*_machine(folder), no_store, *_surroundings()]
    with FolderLock(folder):
        try:
            connection = EmbeddedConnection(folder / STORE_FOLDER)
        except StoreError as error:
            broken = _row("store", is_ok=False, found=str(error), to_do=RESTORE)
            return [*_machine(folder), broken, *_surroundings()]
        try:
            return check_up(folder, connection)
        finally:
            connection.close()


def check_up(folder: Path | None, connection: Connection) -> list[Row]:
    """Return one row a check: check, state (ok, wrong or optional), found and what to do."""
    return [*_machine(folder), *_store(connection), *_surroundings()]


def is_fit(rows: list[Row]) -> bool:
    """Tell whether nothing that is needed is wrong."""
    return all(row["state"] != "wrong" for row in rows)


def _row(check: str, *, is_ok: bool, found: str, to_do: str) -> Row:
    return {
        "check": check,
        "state": "ok" if is_ok else "wrong",
        "found": found,
        "to_do": "" if is_ok else to_do,
    }


def _python() -> Row:
    found = ".".join(map(str, sys.version_info[:3]))
    least = ".".join(map(str, PYTHON_LEAST))
    return _row(
        "python",
        is_ok=sys.version_info >= PYTHON_LEAST,
        found=found,
        to_do=f"install Python {least} or newer, then make setup",
    )


def _engine_package() -> Row:
    try:
        found = version("chdb-core")
    except PackageNotFoundError:
        return _row("chdb", is_ok=False, found="not installed", to_do="run make setup")
    return _row("chdb", is_ok=True, found=found, to_do="")


def _folder(folder: Path) -> Row:
    place = _existing(folder)
    found, is_ok = str(folder.absolute()), True
    try:
        # Permission bits do not tell: a read-only or a made-up file system refuses root too.
        with tempfile.TemporaryDirectory(prefix=".puhui-doctor-", dir=place):
            pass
    except OSError as error:
        found, is_ok = f"{found}: cannot be written ({error.strerror or error})", False
    return _row(
        "data folder",
        is_ok=is_ok,
        found=found,
        to_do=f"make {place} writable, or name another folder with --data",
    )


def _free_space(folder: Path) -> Row:
    free_bytes = shutil.disk_usage(_existing(folder)).free
    return _row(
        "free disk space",
        is_ok=free_bytes >= FREE_BYTES_LEAST,
        found=f"{free_bytes / 2**30:.1f} GiB",
        to_do=f"free at least {FREE_BYTES_LEAST // 2**30} GiB, or use another disk by --data",
    )


def _machine(folder: Path | None) -> list[Row]:
    if folder is None:
        return [_python()]  # The store is on a server.
    return [_python(), _engine_package(), _folder(folder), _free_space(folder)]


def _surroundings() -> list[Row]:
    return [*_reference_tables(), _browser()]


def _store(connection: Connection) -> Iterator[Row]:
    for name, is_well, detail in doctor_rows(connection):
        yield _row(
            name,
            is_ok=is_well,
            found=detail,
            to_do="run puhui migrate" if name == "migrations" else RESTORE,
        )


def _reference_tables() -> Iterator[Row]:
    tables: dict[str, Callable[[], int]] = {
        "LPR": lambda: int(load_lpr().one_year_mbp.size),
        "cities": lambda: len(load_cities()),
        "published balances": lambda: len(load_published_balances()),
    }
    for name, count in tables.items():
        try:
            found, is_ok = f"{count()} rows", True
        except (OSError, ValueError, KeyError) as error:
            found, is_ok = str(error), False
        yield _row(f"reference: {name}", is_ok=is_ok, found=found, to_do="run make setup again")


def _browser() -> Row:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), "")
    return {
        "check": "browser for tests",
        "state": "ok" if found else "optional",
        "found": found or "none",
        "to_do": "" if found else "only the end-to-end tests need it: make test installs it",
    }


def _existing(folder: Path) -> Path:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return place
