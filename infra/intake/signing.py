"""Signs what puhui answers, with Ed25519, so that it can be verified without asking anybody.

A signed document is canonical JSON: keys sorted, no spaces, UTF-8, ``signature`` among the keys.
What is signed is the same document without ``signature``. So there is one way to write a document,
and any byte that is changed is found.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIGNATURE = "signature"
KEY_FILE_NAME = "signing.key"


class SigningError(ValueError):
    """A key that cannot be used, or a document that is not what was signed."""


class PublicKey:
    """What others verify with."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def read(cls, path: Path) -> "PublicKey":
        """Return the key in a PEM file; raise SigningError where there is none."""
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise SigningError(
                f"{path}: no public key could be read ({error}); expected a PEM file as "
                "GET /api/submissions/key gives it"
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise SigningError(f"{path}: found another kind of key, expected Ed25519")
        return cls(key)

    @property
    def key_id(self) -> str:
        """Return the first sixteen characters of the key's SHA-256."""
        raw = self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(raw).hexdigest()[:16]

    @property
    def pem(self) -> bytes:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, document: bytes) -> dict[str, Any]:
        """Return what ``document`` says; raise SigningError unless it is as it was signed."""
        try:
            facts = msgspec.json.decode(document, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError) as error:
            raise SigningError(f"the document is no JSON object: {error}") from error
        if canonical(facts) != document:
            raise SigningError("the document was changed: it is not written as it was signed")
        signature = facts.pop(SIGNATURE, None)
        if facts.get("key_id") != self.key_id:
            raise SigningError(
                f"key_id was {facts.get('key_id')!r}, expected {self.key_id!r}: it was signed "
                "with another key; ask for that one"
            )
        try:
            self._key.verify(bytes.fromhex(str(signature)), canonical(facts))
        except (InvalidSignature, ValueError) as error:
            raise SigningError("the signature does not fit: the document was changed") from error
        if bytes.fromhex(str(signature)).hex() != signature:
            raise SigningError("the signature is not written in small hexadecimal digits")
        return facts


class SigningKey:
    """What this system signs with. Shown, it does not show itself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    @classmethod
    def open(cls, path: Path) -> "SigningKey":
        """Return the key in ``path``, made there at first use; raise SigningError if unusable."""
        if not path.exists():
            _make(path)
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise SigningError(
                f"signing key {path}: others may read it (mode {mode:04o}, expected 0600). "
                "chmod 600, and think whether to make a new one"
            )
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise SigningError(
                f"signing key {path}: it cannot be read, expected an Ed25519 key in PEM; "
                "bring it back from a copy, or move it away and a new one is made"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningError(f"signing key {path}: found another kind of key, expected Ed25519")
        return cls(key)

    def sign(self, facts: dict[str, Any]) -> bytes:
        """Return ``facts`` with the key's id and a signature, as canonical JSON."""
        named = facts | {"key_id": self.public.key_id}
        signature = self._key.sign(canonical(named)).hex()
        return canonical(named | {SIGNATURE: signature})

    def __repr__(self) -> str:
        return f"SigningKey({self.public.key_id})"


def canonical(facts: dict[str, Any]) -> bytes:
    """Return the one way in which ``facts`` are written."""
    return msgspec.json.encode(facts, order="sorted")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    # mkstemp gives mode 0600; linked, not renamed, so that of two processes the first one wins.
    descriptor, written = tempfile.mkstemp(dir=path.parent, prefix=".signing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)
    except FileExistsError:
        return
    finally:
        Path(written).unlink()
