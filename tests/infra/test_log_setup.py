"""One form for every line of a log, and no secret in any."""

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from infra.log_setup import OnceInAWhile, set_up_logs
from infra.settings import Settings

PASSWORD = 'pa"ss/wörd 密码'
SETTINGS = {
    "kafka_password": PASSWORD,
    "read_token": "tok-12345",
    "clickhouse_url": "clickhouse://puhui:s%40cret-7@127.0.0.1/puhui",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Leave the process's logs as they were."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before = root.handlers[:], root.level
    names = ("puhui", "infra", "streams", "alerts", "processors", "schemas")
    names = (*names, "streams.faust_app")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = hooks


def logged(form: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    set_up_logs(Settings(**SETTINGS, log_format=form, log_level=level), stream)
    return stream


def lines_of(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


LOG = logging.getLogger("infra.some")


def log_failure(error: Exception, told: str) -> None:
    def fail() -> None:
        raise error

    try:
        fail()
    except type(error):
        LOG.exception(told)


def test_a_line_is_one_json_object_with_its_extra_fields() -> None:
    stream = logged()
    LOG.info("分区 %d 已存储\n第二行", 3, extra={"partition": 3, "took_s": 0.5, "banks": ["甲"]})

    (line,) = lines_of(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "infra.some",
        "message": "分区 3 已存储\n第二行",
        "partition": 3,
        "took_s": 0.5,
        "banks": ["甲"],
    }
    assert "分区" in stream.getvalue()


def test_an_extra_field_does_not_hide_what_every_line_has() -> None:
    stream = logged()
    LOG.info("stored", extra={"level": "deep", "time": 7})

    (line,) = lines_of(stream)
    assert (line["level"], line["extra_level"], line["extra_time"]) == ("info", "deep", 7)


def test_an_exception_stays_in_its_line() -> None:
    stream = logged()
    log_failure(ValueError("offset was 3, expected 4"), "not stored")

    (line,) = lines_of(stream)
    assert line["message"] == "not stored"
    assert "ValueError: offset was 3, expected 4" in line["exception"]
    assert "Traceback" in line["exception"]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "secret", [PASSWORD, "tok-12345", "s@cret-7", "s%40cret-7", "s%40cret-7@127.0.0.1"]
)
def test_no_secret_is_written_wherever_it_stands(form: str, secret: str) -> None:
    stream = logged(form)
    LOG.warning("as %s", secret)
    LOG.warning("as extra", extra={"deep": {"k": [secret]}, f"key {secret}": 1})
    LOG.warning("as object", extra={"error": ConnectionError(secret)})
    log_failure(ConnectionError(secret), "as exception")

    text = stream.getvalue()
    plain = secret.removesuffix("@127.0.0.1")
    assert plain not in text
    assert json.dumps(plain)[1:-1] not in text
    assert json.dumps(plain, ensure_ascii=False)[1:-1] not in text
    assert text.count("***") >= 5


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_message_that_does_not_fit_its_arguments_is_written_and_gives_nothing_away(
    form: str,
) -> None:
    stream = logged(form)
    record = LOG.makeRecord(LOG.name, logging.INFO, "", 0, "offset %d of %s", ("tok-12345",), None)
    (handler,) = (one for one in logging.getLogger().handlers if one.stream is stream)
    handler.handle(record)

    assert "offset %d of %s" in stream.getvalue()
    assert "***" in stream.getvalue()
    assert "tok-12345" not in stream.getvalue()


def test_a_number_that_is_the_secret_is_blotted_and_the_line_is_still_json() -> None:
    stream = io.StringIO()
    set_up_logs(Settings(read_token="8710", log_format="json"), stream)
    LOG.info("n", extra={"port": 8710, "other": 8711})

    (line,) = lines_of(stream)
    assert (line["port"], line["other"]) == ("***", 8711)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("Authorization: Bearer abc.def-1 ok", "Authorization: Bearer *** ok"),
        ("{'authorization': 'Bearer abc'}", "{'authorization': 'Bearer ***'}"),
        ("at clickhouse://me:pw@host/db", "at clickhouse://***@host/db"),
        ("at https://host/a:b@c", "at https://host/a:b@c"),
    ],
)
def test_secrets_of_others_are_known_by_where_they_stand(told: str, written: str) -> None:
    stream = logged()
    LOG.info(told)

    assert lines_of(stream)[0]["message"] == written


def test_an_address_that_cannot_be_read_is_secret_as_a_whole() -> None:
    stream = io.StringIO()
    url = "clickhouse://puhui:pw[1@host/db"
    set_up_logs(Settings(clickhouse_url=url, log_format="json"), stream)
    LOG.info("found %s", url)

    assert "pw[1" not in stream.getvalue()


def test_libraries_speak_only_of_what_went_wrong() -> None:
    stream = logged()
    logging.getLogger("kafka").info("noise")
    logging.getLogger("streams.faust_app").info("noise of Faust")
    logging.getLogger("kafka").warning("trouble")
    LOG.debug("noise")
    LOG.info("news")

    assert [line["message"] for line in lines_of(stream)] == ["trouble", "news"]


def test_debug_lets_everybody_speak() -> None:
    stream = logged(level="debug")
    logging.getLogger("kafka").debug("noise")

    assert [line["message"] for line in lines_of(stream)] == ["noise"]


def test_on_a_terminal_a_line_is_text_and_cannot_be_forged() -> None:
    stream = Terminal()
    set_up_logs(Settings(), stream)
    LOG.warning("bank %s", "x\n2026 INFO forged\x1b[2J", extra={"partition": 3})

    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r"WARNING infra.some: bank x\n2026 INFO forged\x1b[2J partition=3")


def test_where_there_is_no_terminal_auto_writes_json() -> None:
    stream = logged("auto")
    LOG.info("stored")

    assert lines_of(stream)[0]["message"] == "stored"


PROGRAM = """
import sys, threading, warnings
from infra.log_setup import set_up_logs
from infra.settings import Settings
set_up_logs(Settings(read_token="tok-12345", log_format="json"))
warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0, name="counting")
thread.start()
thread.join()
raise RuntimeError("tok-12345 地址 \\udc80")
"""


def test_what_nobody_caught_is_a_line_like_any_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, env={"PYTHONPATH": "."}, check=False
    )

    lines = [json.loads(line) for line in done.stderr.decode("utf-8").splitlines()]
    warning, thread, end = lines
    assert done.returncode == 1
    assert "old" in warning["message"]
    assert "counting" in thread["message"]
    assert "ZeroDivisionError" in thread["exception"]
    assert "RuntimeError: *** 地址" in end["exception"]


def test_a_library_says_the_same_once_a_minute_and_we_every_time() -> None:
    now_s = [0.0]
    once = OnceInAWhile(lambda: now_s[0])

    def is_said(name: str, text: str = "broker %s is away") -> bool:
        return once.filter(logging.LogRecord(name, logging.ERROR, "", 0, text, ("a",), None))

    assert [is_said("kafka.net") for _ in range(3)] == [True, False, False]
    assert is_said("kafka.net", "another thing")
    assert is_said("aiokafka.client")
    assert all(is_said("puhui.worker") for _ in range(3))
    now_s[0] = 60.0
    assert is_said("kafka.net")
