"""Where a process's log goes and how a line of it looks: stderr, JSON for machines.

Secrets never stand in a log. Those that are configured are blotted wherever they occur, in a
message, an extra field or a traceback; so is whatever follows ``Bearer`` or stands as the
password of an address.
"""

import datetime as dt
import json
import logging
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO
from urllib.parse import quote, quote_plus, unquote, urlsplit

from infra.settings import Settings

BLOT = "***"
FOREIGN_SPEAKER = "streams.faust_app"  # Faust logs in the name of the module it is used in.
OUR_PACKAGES = ("puhui", "infra", "streams", "alerts", "processors", "schemas")

_FOREIGN_SECRETS = (
    re.compile(r"(?i)(?<=\bbearer )\s*[^\s'\",]+"),
    re.compile(r"(?<=://)[^\s/@]*:[^\s/@]+(?=@)"),
)
_NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
REPEATED_AFTER_S = 60.0
REMEMBERED_MAX = 1_000
_LOG = logging.getLogger(__name__)


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log of this process to ``stream``, stderr unless another is handed in.

    Our own packages speak from ``settings.log_level`` on; libraries only of what went wrong,
    unless it is debug. What nobody caught is logged too, so that every line has one form.
    """
    stream = stream or sys.stderr
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    blotter = Blotter(secrets_of(settings))
    is_text = settings.log_format == "text" or (settings.log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.addFilter(OnceInAWhile(time.monotonic))
    handler.setFormatter(TextFormatter(blotter) if is_text else JsonFormatter(blotter))
    level = getattr(logging, settings.log_level.upper())
    foreign_level = level if level == logging.DEBUG else max(level, logging.WARNING)
    logging.basicConfig(handlers=[handler], level=foreign_level, force=True)
    for name in OUR_PACKAGES:
        logging.getLogger(name).setLevel(level)
    logging.getLogger(FOREIGN_SPEAKER).setLevel(foreign_level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return every secret in ``settings``, as it is and as it stands in an address."""
    try:
        password = urlsplit(settings.clickhouse_url).password or ""
    except ValueError:
        password = settings.clickhouse_url  # What cannot be read is secret as a whole.
    plain = {settings.kafka_password, settings.read_token, password, unquote(password)}
    return frozenset(
        form
        for secret in plain
        if secret
        for form in (secret, quote(secret, ""), quote_plus(secret))
    )


class OnceInAWhile(logging.Filter):
    """Lets a library say the same thing once a minute: while a server is away they repeat it.

    What we say is said every time.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._said_at_s: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] in OUR_PACKAGES:
            return True
        what, now_s = (record.name, record.msg), self._monotonic()
        if now_s - self._said_at_s.get(what, -REPEATED_AFTER_S) < REPEATED_AFTER_S:
            return False
        if len(self._said_at_s) >= REMEMBERED_MAX:
            self._said_at_s.clear()
        self._said_at_s[what] = now_s
        return True


class Blotter:
    """Covers secrets in whatever is about to be written."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first: one secret may be a part of another.
        ordered = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if self._known is not None:
            text = self._known.sub(BLOT, text)
        for pattern in _FOREIGN_SECRETS:
            text = pattern.sub(BLOT, text)
        return text

    def value(self, value: Any) -> Any:
        """Return ``value`` as JSON can hold it, without secrets at any depth."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(part) for part in value]
        text = self.text(str(value))
        is_number = isinstance(value, int | float) and math.isfinite(value)
        return value if is_number and text == str(value) else text


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, logger, message, extra fields, exception."""

    def __init__(self, blotter: Blotter) -> None:
        super().__init__()
        self._blotter = blotter

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time_text(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_text(record),
        }
        exception = _exception_text(self, record)
        if exception:
            line["exception"] = exception
        extra = {
            f"extra_{name}" if name in line else name: value
            for name, value in vars(record).items()
            if name not in _OF_EVERY_RECORD
        }
        return json.dumps(self._blotter.value(line | extra), ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """One line for a person, then the exception. A message cannot begin a line of its own."""

    def __init__(self, blotter: Blotter) -> None:
        super().__init__()
        self._blotter = blotter

    def format(self, record: logging.LogRecord) -> str:
        extra = "".join(
            f" {name}={value}"
            for name, value in vars(record).items()
            if name not in _OF_EVERY_RECORD
        )
        line = (
            f"{_time_text(record)} {record.levelname} {record.name}: {_message_text(record)}{extra}"
        )
        line = _NOT_PRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), line)
        exception = _exception_text(self, record)
        return self._blotter.text(f"{line}\n{exception}" if exception else line)


def _time_text(record: logging.LogRecord) -> str:
    at = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message_text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError):
        # Left to itself, logging would write message and arguments to stderr, secrets and all.
        return f"{record.msg} {record.args}"


def _exception_text(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    traced = formatter.formatException(record.exc_info) if record.exc_info else ""
    return traced or (record.exc_text or "")


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _LOG.critical("the process ends: nobody caught this", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is None or issubclass(caught.exc_type, SystemExit):
        return
    name = caught.thread.name if caught.thread else "a thread"
    error = caught.exc_type, caught.exc_value, caught.exc_traceback
    _LOG.critical("thread %s ends: nobody caught this", name, exc_info=error)
