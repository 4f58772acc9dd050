"""What can be set from outside: environment variables PUHUI_*, one struct.

Every default works on a laptop. A mistyped variable is an error, not a default.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PREFIX = "PUHUI_"


class SettingsError(ValueError):
    """An environment variable that cannot be used; names it and what was expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Command-line options win over these."""

    # Where everything is stored: one folder, one process at a time.
    data: str = "./data"

    # The address of the pages. Another than this machine's own needs ``read_token``.
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8710

    # When set, every page and figure needs it: Authorization: Bearer, or once ?token= in a browser.
    read_token: str = ""

    # Further names under which the server may be addressed, comma-separated.
    host_names: str = ""

    # One batch takes at most this many events; more is faster but later.
    batch_events_max: Annotated[int, Meta(ge=1, le=100_000)] = 50_000

    # The language of tables and messages on the command line.
    lang: Literal["zh", "en"] = "zh"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Return the settings in ``env``; raise SettingsError naming the variable at fault."""
        given = {
            name.removeprefix(PREFIX).lower(): text
            for name, text in env.items()
            if name.startswith(PREFIX)
        }
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(_told(str(error), cls.__struct_fields__)) from error


def _told(fault: str, fields: Sequence[str]) -> str:
    """Return ``fault``, as msgspec words it, about the variable that its writer knows."""
    unknown = re.search(r"unknown field `(.+)`", fault)
    if unknown:
        known = ", ".join(PREFIX + field.upper() for field in fields)
        return f"environment {PREFIX}{unknown[1].upper()}: no such setting, known are {known}"
    what, _, field = fault.partition(" - at `$.")
    return f"environment {PREFIX}{field.rstrip('`').upper()}: {what}"
