"""Zip files whose bytes repeat: the same parts give the same file, at any hour on any machine.

Names are sorted, times fixed, and nothing is taken from this machine. Parts are deflated at one
level; another zlib may find other bytes for it, so a file that is to be proved is kept, not made
again.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256

_DEFLATE_LEVEL = 9
_TIME = (1980, 1, 1, 0, 0, 0)  # The first that a zip can hold.
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
PARTS_BYTES_MAX = 8 * 2**30  # A zip that says it unpacks to more is refused.


class ZipPartsError(ValueError):
    """A file that is no zip of parts as they are written here."""


def zip_of(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip of ``parts``, by name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=_DEFLATE_LEVEL) as packed:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Told, not taken from this machine, or the zip would differ between systems.
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            packed.writestr(entry, parts[name], compresslevel=_DEFLATE_LEVEL)
    return held.getvalue()


def parts_of_zip(content: bytes, bytes_max: int = PARTS_BYTES_MAX) -> dict[str, bytes]:
    """Return the parts of a zip by name; raise ZipPartsError where it cannot be read whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names):
                raise ZipPartsError("one name stands in it twice; ask for the file again")
            size_bytes = sum(entry.file_size for entry in entries)
            if size_bytes > bytes_max:
                raise ZipPartsError(f"it unpacks to {size_bytes} bytes, more than {bytes_max}")
            return {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
            RuntimeError) as error:  # fmt: skip
        raise ZipPartsError(f"it cannot be read as a zip ({error}); ask for it again") from error


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hexadecimal digits."""
    return sha256(content).hexdigest()
