"""Submitting from the command line, to a process that really serves."""

import http.server
import json
import signal
import socket
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from litestar.testing import TestClient

from infra.cli import cli
from infra.intake.client import SubmissionClient
from infra.intake.door import SUBMISSION_BYTES_MAX
from infra.intake.http_door import HttpDoor, HttpDoorError
from infra.intake.refusals import AwayError, RefusedError
from infra.read_token import with_read_token
from infra.web.app import create_app
from schemas.message import CONTENT_NDJSON
from schemas.wire import encode
from tests.identities import bank_id, firm_id
from tests.infra.intake.desk import Desk, draft, draws, headers
from tests.infra.web_client import TOKEN, bearer, live_with
from tests.schemas.decoding import BANK, draw

PUHUI = [sys.executable, "-c", "from infra.cli import main; main()"]
BANKS = {name: bank_id(number) for number, name in enumerate("abcdef", start=10)}


def puhui(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env=env)


class Served:
    """A data folder that a process serves, and a token for every bank."""

    def __init__(self, folder: Path, url: str, process: subprocess.Popen[str]) -> None:
        self.folder, self.url, self.process = folder, url, process
        self.data = folder / "data"

    def token_file(self, name: str) -> Path:
        path = self.folder / f"{name}.token"
        if not path.exists():
            made = puhui("principals", "add", name, "--bank", BANKS[name], "--data", self.data)
            assert made.exit_code == 0, made.output
            path.touch(0o600)
            path.write_text(made.stdout)
        return path

    def token(self, name: str) -> str:
        return self.token_file(name).read_text().strip()

    def events(self, name: str, count: int, first: int = 1) -> Path:
        path = self.folder / f"{name}.ndjson"
        events = [
            draw(event_id=f"sent-{name}-{n:012d}", bank_id=BANKS[name], borrower_id=firm_id(n % 50))
            for n in range(first, first + count)
        ]
        path.write_bytes(encode(events, CONTENT_NDJSON))
        return path

    def send(self, name: str, file: Path, *more: str | Path) -> Result:
        return puhui("send", file, "--url", self.url, "--token-file", self.token_file(name), *more)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [*PUHUI, "serve", "--port", "0", "--data", str(folder / "data")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    yield Served(folder, url, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_file_is_sent_with_receipts_that_anybody_can_verify(
    served: Served, tmp_path: Path
) -> None:
    file = served.events("a", 2500)
    first = served.send("a", file, "--receipts", tmp_path / "r", "--json")
    rows = json.loads(first.stdout)["rows"]
    (tmp_path / "key.pem").write_bytes(
        urllib.request.urlopen(served.url + "api/submissions/key").read()
    )

    kept = sorted((tmp_path / "r").iterdir())
    valid = puhui("receipt", *kept, "--key", tmp_path / "key.pem", "--json")
    changed = tmp_path / "changed.json"
    changed.write_bytes(kept[0].read_bytes().replace(b'"event_count":1000', b'"event_count":1001'))
    invalid = puhui("receipt", changed, "--key", tmp_path / "key.pem")

    assert first.exit_code == 0
    assert [row["event_count"] for row in rows] == [1000, 1000, 500]
    assert {row["state"] for row in rows} == {"received"}
    assert [one["seq"] for one in json.loads(valid.stdout)["receipts"]] == [1, 2, 3]
    assert invalid.exit_code == 1
    assert "was changed" in invalid.stderr
    assert (
        puhui("receipt", kept[0], "--key", tmp_path / "key.pem", "--content", file).exit_code == 1
    )  # The file is three submissions.


def test_sending_a_file_twice_changes_nothing_and_says_so(served: Served) -> None:
    file = served.events("b", 1200)
    served.send("b", file, "--complete-to", "2021-03-31")
    before = puhui("digest", "--data", served.data).stdout

    again = served.send("b", file, "--complete-to", "2021-03-31", "--lang", "en")

    assert again.exit_code == 0
    assert "everything in this file was sent before: nothing was sent" in again.stderr
    assert again.stdout.count("received before") == 3
    assert puhui("digest", "--data", served.data).stdout == before


def test_another_banks_file_is_refused_in_both_languages(served: Served) -> None:
    file = served.events("c", 3)

    zh = served.send("a", file)
    en = served.send("a", file, "--lang", "en")

    assert zh.exit_code == en.exit_code == 1
    assert f"只能为本机构（{BANKS['a']}）报送" in zh.stderr
    assert "you can submit only for" in en.stderr


def test_a_disabled_token_lets_nobody_in_and_no_output_shows_a_token(served: Served) -> None:
    file = served.events("d", 3)
    token = served.token("d")
    assert puhui("principals", "disable", "d", "--data", served.data).exit_code == 0

    refused = served.send("d", file, "--lang", "en")
    listed = puhui("principals", "list", "--json", "--data", served.data)

    assert refused.exit_code == 1
    assert "valid token" in refused.stderr
    (row,) = [row for row in json.loads(listed.stdout)["rows"] if row["principal_id"] == "d"]
    assert row["is_active"] is False
    assert token not in refused.output + listed.output + repr(HttpDoor(served.url, token))


def test_a_token_file_that_others_may_read_is_not_used(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("puhui_x")
    path.chmod(0o644)

    result = puhui("send", served.events("a", 1), "--url", served.url, "--token-file", path)

    assert result.exit_code == 1
    assert "chmod 600" in result.stderr


def test_a_body_without_an_end_is_cut_off_while_it_comes(served: Served) -> None:
    host, port = urlsplit(served.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        lines = [f"POST /api/submissions HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked"]
        lines += [f"{name}: {text}" for name, text in headers(served.token("e"), 1).items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        piece = b"%x\r\n%b\r\n" % (2**16, b" " * 2**16)
        sent_bytes = 0
        try:
            while sent_bytes < 4 * SUBMISSION_BYTES_MAX:
                connection.sendall(piece)
                sent_bytes += 2**16
        except OSError:
            pass  # It has closed the door; what it said before may be lost on the way.
    assert sent_bytes < 2 * SUBMISSION_BYTES_MAX
    served.send("e", served.events("e", 3))  # And it goes on.


def test_a_banks_own_program_sends_over_http(served: Served) -> None:
    door = HttpDoor(served.url, served.token("f"))

    for first in (0, 2500):
        with SubmissionClient(door, BANKS["f"], lanes=3) as client:
            client.add_many(
                draw(event_id=f"http-draw-{n:08d}", bank_id=BANKS["f"], borrower_id=firm_id(n))
                for n in range(first, first + 2500)
            )

    assert [door.next_seq(BANKS["f"], lane) for lane in range(3)] == [3, 3, 3]
    with pytest.raises(RefusedError, match="lanes was '2', expected 3"):
        door.take(draft(9, draws(1, 1, bank_id=BANKS["f"]), BANKS["f"], lane=1, lanes=2))


@pytest.mark.parametrize("url", ["http://puhui.example/", "ftp://127.0.0.1/", "127.0.0.1:8710"])
def test_a_token_does_not_travel_unencrypted(url: str) -> None:
    with pytest.raises(HttpDoorError, match="expected https"):
        HttpDoor(url, "puhui_secret")


class _Strange(http.server.BaseHTTPRequestHandler):
    """Answers what its server was told to, one after the other."""

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("authorization"))  # type: ignore[attr-defined]
        status, given, body = self.server.answers.pop(0)  # type: ignore[attr-defined]
        self.send_response(status)
        for name, text in given.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None: ...


@pytest.fixture
def strange() -> Iterator[http.server.HTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Strange)
    server.asked, server.answers = [], []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_a_door_that_is_away_or_full_is_asked_again_as_late_as_it_says(strange) -> None:
    slept: list[float] = []
    strange.answers += [
        (503, {"retry-after": "5"}, b"{}"), (429, {"retry-after": "7"}, b"{}"), (503, {}, b""),
        (200, {}, b'{"next_seq": 4}'),
    ]  # fmt: skip

    door = HttpDoor(f"http://127.0.0.1:{strange.server_port}/", "t", sleep=slept.append)

    assert door.next_seq(BANK, 0) == 4
    assert slept == [5, 7, 1]


def test_after_a_while_it_gives_up_and_says_what_to_do(strange) -> None:
    strange.answers += [(503, {"retry-after": "30"}, b"{}")] * 3
    door = HttpDoor(f"http://127.0.0.1:{strange.server_port}/", "t", sleep=lambda _: None)

    with pytest.raises(AwayError, match="no answer for 60 s"):
        door.next_seq(BANK, 0)


def test_a_redirect_is_not_followed_with_the_token(strange) -> None:
    strange.answers += [(302, {"location": f"http://127.0.0.1:{strange.server_port}/x"}, b"")]
    door = HttpDoor(f"http://127.0.0.1:{strange.server_port}/", "puhui_secret")

    with pytest.raises(HttpDoorError, match="not of puhui"):
        door.next_seq(BANK, 0)
    assert len(strange.asked) == 1


def test_a_proxy_of_the_environment_does_not_see_the_token(
    served: Served, monkeypatch: pytest.MonkeyPatch, strange
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{strange.server_port}/")

    HttpDoor(served.url, served.token("a")).next_seq(BANKS["a"], 0)

    assert strange.asked == []


def test_a_folder_is_watched_until_the_process_is_told_to_end(
    served: Served, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tokens / BANKS["c"]).touch(0o600)
    (tokens / BANKS["c"]).write_text(served.token("c"))
    bank = tmp_path / "drop" / BANKS["c"]
    bank.mkdir(parents=True)
    process = subprocess.Popen(
        [*PUHUI, "watch", str(tmp_path / "drop"), "--url", served.url, "--tokens", str(tokens)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "Ctrl-C" in process.stdout.readline()
    (bank / "events.ndjson.part").write_bytes(served.events("c", 5).read_bytes())
    (bank / "events.ndjson.part").rename(bank / "events.ndjson")

    said = process.stdout.readline()
    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    assert "received" in said
    left = json.loads((bank / "events.ndjson.receipt.json").read_bytes())
    assert left["receipts"][0]["event_count"] == 5
    assert (bank / "done" / "events.ndjson").exists()


def test_what_lies_in_a_folder_is_taken_into_a_data_folder_once(tmp_path: Path) -> None:
    bank = tmp_path / "drop" / BANK
    bank.mkdir(parents=True)
    (bank / "e.ndjson").write_bytes(encode(draws(1, 3), CONTENT_NDJSON))
    made = puhui("principals", "add", "x", "--bank", BANK, "--data", tmp_path / "data")
    assert made.exit_code == 0

    done = subprocess.run(
        [*PUHUI, "watch", str(tmp_path / "drop"), "--once", "--data", str(tmp_path / "data")],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (bank / "e.ndjson.receipt.json").exists()
    mode = stat.S_IMODE((tmp_path / "data" / "signing.key").stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize("words", [[], ["--kafka", "--url", "http://127.0.0.1:1/"]])
def test_send_wants_one_way(served: Served, words: list[str]) -> None:
    assert puhui("send", served.events("a", 1), *words).exit_code == 2


def test_send_to_kafka_says_what_is_not_set(served: Served) -> None:
    result = puhui("send", served.events("a", 1), "--kafka")

    assert result.exit_code == 1
    assert "PUHUI_CLICKHOUSE_URL is not set" in result.stderr


def test_the_read_token_of_the_pages_is_not_asked_of_banks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.client() as client:
        guarded = with_read_token(client.app, read_token="read", command_token=TOKEN)
        outside = TestClient(guarded, base_url="http://127.0.0.1:8000")
        assert outside.get("/api/status").status_code == 401
        assert outside.get("/api/submissions/key").status_code == 200
        refused = outside.get("/api/submissions/next", headers=bearer("read"))
        assert (refused.status_code, refused.json()["code"]) == (401, "token_needed")


def test_a_server_without_a_door_has_no_such_routes() -> None:
    app = create_app(live_with(), token=TOKEN, is_synthetic=True)

    client = TestClient(app, base_url="http://127.0.0.1:8000")

    assert client.post("/api/submissions", headers=bearer("x")).status_code == 404
