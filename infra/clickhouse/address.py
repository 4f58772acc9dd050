"""Where a ClickHouse server is and who asks it: clickhouse://user:password@host:9000/database."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from infra.clickhouse.connection import StoreError, check_database_name

SCHEME = "clickhouse"
FORM = "clickhouse://user:password@host:9000/database, with ?secure=1 for TLS"
PORT, SECURE_PORT = 9000, 9440
DATABASE = "puhui"

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class ServerAddress(NamedTuple):
    """One server and one database of it. Shown as text it keeps its password to itself."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool = False
    verify: bool = True
    ca_certs: str = ""
    connect_timeout_s: float = 5
    timeout_s: float = 300  # The longest silence of a server at work.

    def __repr__(self) -> str:
        return f"{SCHEME}://{self.user}@{self.host}:{self.port}/{self.database}"


def parse_address(url: str) -> ServerAddress:
    """Return the parts of ``url``; raise StoreError, which does not repeat a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Not in the words of the error: of a password with a # or / in it they quote a part.
        raise StoreError(
            f"address of ClickHouse: its host or port cannot be read; expected {FORM}; "
            "in user and password write / as %2F, # as %23, @ as %40, : as %3A"
        ) from None
    if parts.scheme != SCHEME:
        raise StoreError(f"address of ClickHouse: found {parts.scheme!r}://, expected {FORM}")
    if not parts.hostname:
        raise StoreError(f"address of ClickHouse: it names no host; expected {FORM}")
    options = _options(parts.query)
    secure = options.get("secure", False)
    return ServerAddress(
        host=parts.hostname,
        port=port or (SECURE_PORT if secure else PORT),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=check_database_name(unquote(parts.path.strip("/")) or DATABASE),
        **options,
    )


def _options(query: str) -> dict[str, Any]:
    kinds: dict[str, Callable[[str], Any]] = {
        "secure": _truth,
        "verify": _truth,
        "ca_certs": str,
        "connect_timeout_s": float,
        "timeout_s": float,
    }
    options = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in kinds:
            known = ", ".join(kinds)
            raise StoreError(f"address of ClickHouse: no option {name!r}, known are {known}")
        try:
            options[name] = kinds[name](text)
        except ValueError as error:
            raise StoreError(f"address of ClickHouse, option {name}: {error}") from error
    return options


def _truth(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError(f"found {text!r}, expected 1 or 0")
    return text.lower() in _YES
