"""Who may come to the door, and who may act about a grading: principals, each with one token.

A token is shown once, when its principal is made. What is kept is its SHA-256, which is enough:
a token is 256 random bits, not a password that somebody could guess.
"""

import hashlib
import re
import secrets
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from schemas.tables import PRINCIPALS
from streams.headers import is_sender
from streams.ports import Clock, Store

TOKEN_PREFIX = "puhui_"  # noqa: S105 - so that a token that was leaked is recognised as one
_AGENCY = re.compile(r"[a-z][a-z0-9_]{1,39}")
_PRINCIPAL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Role(StrEnum):
    """What a principal is."""

    BANK = "bank"  # Sends for itself, and reads its own receipts.
    SUPERVISOR = "supervisor"  # Sends nothing.
    MAKER = "maker"  # 经办: takes the steps of a quarter's grading.
    CHECKER = "checker"  # 复核: confirms what a maker did.
    AGENCY = "agency"  # 会签机关: signs for one.


class PrincipalError(ValueError):
    """A principal that cannot be made or is not there; says what to do."""


class Principal(NamedTuple):
    """Somebody who was let in."""

    principal_id: str
    role: Role
    bank_id: str  # Of a bank, its bank_id; of an agency, its name; "" for the others.

    @property
    def agency(self) -> str:
        """For which agency it signs; empty for who signs for none."""
        return self.bank_id if self.role is Role.AGENCY else ""


class Principals:
    """The table, read anew at every question: who is disabled is out at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def add(self, principal_id: str, role: Role, bank_id: str) -> str:
        """Make a principal and return its token, which is shown nowhere else.

        Raises PrincipalError where the name is taken, or name, role and bank do not fit.
        """
        if not _PRINCIPAL_ID.fullmatch(principal_id):
            raise PrincipalError(
                f"principal {principal_id!r}: expected up to 64 letters, digits and . _ -"
            )
        if role is Role.BANK and not is_sender(bank_id):
            raise PrincipalError(f"bank {bank_id!r}: expected a bank_id, which has 18 characters")
        if role is Role.AGENCY and not _AGENCY.fullmatch(bank_id):
            raise PrincipalError(
                f"agency {bank_id!r}: expected the short name of an agency in small letters, one "
                "of those that PUHUI_AGENCIES lists"
            )
        if role not in {Role.BANK, Role.AGENCY} and bank_id:
            raise PrincipalError(f"bank {bank_id!r}: a {role.value} is of no bank; leave it out")
        if self._rows({"principal_id": principal_id}):
            raise PrincipalError(
                f"principal {principal_id!r} is there; disable it, and add one of another name"
            )
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        now_ms = self._clock.now_ms()
        self._write(
            {
                "principal_id": principal_id,
                "role": role.value,
                "bank_id": bank_id,
                "token_sha256": _digest(token),
                "is_active": 1,
                "created_at_ms": now_ms,
                "version": now_ms,
            }
        )
        return token

    def disable(self, principal_id: str) -> None:
        """Let ``principal_id`` in no more; raise PrincipalError where there is none."""
        rows = self._rows({"principal_id": principal_id})
        if not rows:
            raise PrincipalError(f"principal {principal_id!r} is not there; see puhui principals")
        version = max(self._clock.now_ms(), rows[0]["version"] + 1)
        self._write(rows[0] | {"is_active": 0, "version": version})

    def listed(self) -> list[dict[str, Any]]:
        """Return every principal, without anything of its token."""
        return [
            {
                "principal_id": row["principal_id"],
                "role": row["role"],
                "bank_id": row["bank_id"],
                "is_active": bool(row["is_active"]),
                "created_at_ms": row["created_at_ms"],
            }
            for row in self._rows({})
        ]

    def of_token(self, token: str) -> Principal | None:
        """Return who bears ``token``; None for nobody who is let in.

        Every digest is compared, to the end, so that the time says nothing about any of them.
        """
        given = _digest(token)
        found = None
        for row in self._rows({"is_active": 1}):
            if secrets.compare_digest(row["token_sha256"], given):
                found = Principal(row["principal_id"], Role(row["role"]), row["bank_id"])
        return found

    def of_bank(self, bank_id: str) -> Principal | None:
        """Return an active principal of ``bank_id``; None where it has none."""
        for row in self._rows({"is_active": 1, "bank_id": bank_id}):
            if row["role"] == Role.BANK:
                return Principal(row["principal_id"], Role.BANK, bank_id)
        return None

    def _rows(self, equal: dict[str, int | str]) -> list[dict[str, Any]]:
        rows = self._store.read(PRINCIPALS, equal)
        columns = {
            name: column.tolist() if isinstance(column, np.ndarray) else column.to_list()
            for name, column in rows.items()
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _write(self, row: dict[str, Any]) -> None:
        self._store.insert(
            PRINCIPALS,
            {
                name: np.array([value], np.int64) if isinstance(value, int) else [value]
                for name, value in row.items()
            },
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
