"""One hash of the program text that grades, so that a certificate can name it exactly."""

import hashlib
from functools import cache
from pathlib import Path

import processors
import schemas
from streams import evaluate

# Everything between stored totals and a grade: shapes, arithmetic, and how totals are read.
_FOLDERS = (schemas, processors)
_FILES = (evaluate,)


@cache
def source_sha256() -> str:
    """Return the SHA-256 over name and bytes of every source file that a grade depends on."""
    found: dict[str, Path] = {}
    for package in _FOLDERS:
        root = Path(str(package.__file__)).parent
        found |= {path.relative_to(root.parent).as_posix(): path for path in root.rglob("*.py")}
    for module in _FILES:
        path = Path(str(module.__file__))
        found[f"{path.parent.name}/{path.name}"] = path
    digest = hashlib.sha256()
    for name in sorted(found):
        # Line ends are as in the repository on every system that it is checked out to.
        content = found[name].read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
