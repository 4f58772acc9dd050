"""The door over HTTP: whom it lets in, how much, and what each answer says."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from infra.imports.pboc.filing_importer import FilingImporter
from infra.intake import door as door_module
from infra.intake.principals import Role
from infra.intake.rate_limit import Limits
from infra.intake.signing import PublicKey
from infra.kafka.address import KafkaAwayError
from infra.web import intake as routes
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.tables import EVENTS, SUBMISSIONS
from schemas.wire import encode
from tests.identities import bank_id
from tests.infra.intake.desk import Desk, draws, facts_of, headers
from tests.infra.web_client import bearer
from tests.job import stored
from tests.schemas.decoding import BANK, draw

PLACE = "/api/submissions"
SAMPLE = Path("tests/infra/pboc/samples/91310000XXBANK018C_CLDWDK_20260930.zip")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def token(desk: Desk) -> str:
    return desk.principals.add("icbc", Role.BANK, BANK)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with desk.client() as client:
        yield client


def ndjson(*events) -> bytes:
    return encode(list(events), CONTENT_NDJSON)


def test_a_submission_is_answered_with_a_receipt_that_the_public_key_verifies(
    client: TestClient, token: str, tmp_path: Path
) -> None:
    value = ndjson(*draws(1, 3))

    answer = client.post(
        PLACE, content=value, headers=headers(token, 1, x_puhui_complete_to="2021-03-31")
    )

    (tmp_path / "key.pem").write_bytes(client.get(f"{PLACE}/key").content)
    facts = PublicKey.read(tmp_path / "key.pem").verify(answer.content)
    assert answer.status_code == 200
    assert answer.headers["x-puhui-known"] == "0"
    assert (facts["bank_id"], facts["seq"], facts["event_count"]) == (BANK, 1, 3)
    assert facts["complete_to"] == "2021-03-31"
    assert facts["size_bytes"] == len(value)


def test_the_same_request_again_is_answered_byte_for_byte(
    client: TestClient, token: str, desk: Desk
) -> None:
    value = ndjson(*draws(1, 3))
    first = client.post(PLACE, content=value, headers=headers(token, 1))
    desk.clock.ms += 60_000
    again = client.post(PLACE, content=value, headers=headers(token, 1))

    assert again.content == first.content
    assert again.headers["x-puhui-known"] == "1"
    assert len(stored(desk.store, EVENTS)) == 3


def test_arrow_is_taken_too(client: TestClient, token: str) -> None:
    value = encode(draws(1, 3), CONTENT_ARROW)

    answer = client.post(
        PLACE, content=value, headers=headers(token, 1) | {"content-type": CONTENT_ARROW}
    )

    assert answer.json()["event_count"] == 3


@pytest.mark.parametrize(
    "given",
    [
        {},
        bearer(""),
        bearer("puhui_wrong"),
        {"authorization": "Basic x"},
        {"authorization": "Bearer \u00e4".encode("latin-1")},
    ],
)
def test_without_a_valid_token_every_answer_is_the_same(
    client: TestClient, token: str, given: dict[str, str]
) -> None:
    plain = client.post(PLACE, content=b"{}")

    for method, place in (("POST", PLACE), ("POST", f"{PLACE}/files?name=x"),
                          ("GET", f"{PLACE}/next"), ("GET", f"{PLACE}/receipt")):  # fmt: skip
        answer = client.request(method, place, headers=given)
        assert answer.status_code == 401
        assert answer.content == plain.content
        assert answer.headers["www-authenticate"] == "Bearer"


def test_the_token_without_its_scheme_lets_nobody_in(client: TestClient, token: str) -> None:
    assert client.post(PLACE, headers={"authorization": token}).status_code == 401
    assert client.post(PLACE, headers={"authorization": f"Basic {token}"}).status_code == 401


def test_a_disabled_bank_and_a_supervisor_cannot_submit(
    client: TestClient, token: str, desk: Desk
) -> None:
    watcher = desk.principals.add("watcher", Role.SUPERVISOR, "")
    desk.principals.disable("icbc")

    assert client.post(PLACE, headers=headers(token, 1)).status_code == 401
    answer = client.post(PLACE, headers=headers(watcher, 1))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_bank")


def test_a_bank_can_only_submit_for_itself(client: TestClient, token: str, desk: Desk) -> None:
    stranger = draw(event_id="intake-draw-stranger", bank_id=bank_id(2))

    answer = client.post(PLACE, content=ndjson(*draws(1, 2), stranger), headers=headers(token, 1))

    told = answer.json()
    assert (answer.status_code, told["code"], told["line"]) == (403, "other_bank", 3)
    assert (told["expected"], told["found"]) == (BANK, bank_id(2))
    assert "第 3 条" in told["zh"]
    assert stored(desk.store, SUBMISSIONS) == []


def test_the_headers_of_a_request_cannot_name_another_bank(
    client: TestClient, token: str, desk: Desk
) -> None:
    client.post(
        PLACE,
        content=ndjson(*draws(1, 1)),
        headers=headers(token, 1, bank=bank_id(2), x_puhui_bank=bank_id(2), control="release"),
    )

    assert stored(desk.store, SUBMISSIONS, "bank_id") == [(BANK,)]


@pytest.mark.parametrize(
    ("changed", "field", "found", "expected"),
    [
        ({"x-puhui-seq": ""}, "seq", "", "a value"),
        ({"x-puhui-seq": "0"}, "seq", "0", "1 … "),
        ({"x-puhui-seq": "+1"}, "seq", "+1", "1 … "),
        ({"x-puhui-lane": "1"}, "lane", "1", "0 … 0"),
        ({"x-puhui-lanes": "9999"}, "lanes", "9999", "1 … 1024"),
        ({"x-puhui-complete-to": "31.3.2021"}, "complete-to", "31.3.2021", "a day like"),
        ({"x-puhui-complete-to": "2099-12-31"}, "complete-to", "2099-12-31", "a date up to"),
        ({"content-type": "text/csv"}, "content-type", "text/csv", CONTENT_NDJSON),
        ({"x-puhui-sha256": "00"}, "sha256", "00", ""),
    ],
)
def test_a_header_that_does_not_fit_says_found_and_expected(
    client: TestClient, token: str, changed: dict[str, str], field: str, found: str, expected: str
) -> None:
    answer = client.post(
        PLACE, content=ndjson(*draws(1, 1)), headers={**headers(token, 1), **changed}
    )

    told = answer.json()
    assert answer.status_code == 400
    assert (told["field"], told["found"]) == (field, found)
    assert told["header"] == routes.REQUEST_HEADERS[field]
    assert expected in told["expected"]
    assert told["zh"]


def test_a_conflict_names_both_digests_and_the_number_to_go_on_with(
    client: TestClient, token: str
) -> None:
    client.post(PLACE, content=ndjson(*draws(1, 1)), headers=headers(token, 1))

    answer = client.post(PLACE, content=ndjson(*draws(2, 1)), headers=headers(token, 1))

    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "duplicate_seq_conflict")
    assert len(told["found"]) == len(told["expected"]) == 64
    assert told["next_seq"] == 2
    assert client.get(f"{PLACE}/next?lane=0", headers=bearer(token)).json()["next_seq"] == 2


def test_every_answer_is_counted_by_what_became_of_the_submission(
    desk: Desk, client: TestClient, token: str
) -> None:
    for value in (draws(1, 1), draws(1, 1), draws(2, 1)):
        client.post(PLACE, content=ndjson(*value), headers=headers(token, 1))
    client.post(PLACE, content=b"", headers=headers("nobody", 1))

    assert desk.answers == ["given", "repeated", "conflict", "refused"]


def test_more_than_the_rate_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limits=Limits(requests_per_s=1, bytes_per_s=2**20))
    token, other = (
        desk.principals.add(name, Role.BANK, bank)
        for name, bank in (("icbc", BANK), ("boc", bank_id(2)))
    )
    with desk.client() as client:
        for _ in range(4):  # The burst.
            assert client.get(f"{PLACE}/next", headers=bearer(token)).status_code == 200
        refused = client.get(f"{PLACE}/next", headers=bearer(token))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert client.get(f"{PLACE}/next", headers=bearer(other)).status_code == 200

        desk.clock.ms += 1000 * int(refused.headers["retry-after"])
        assert client.get(f"{PLACE}/next", headers=bearer(token)).status_code == 200


def test_bytes_count_against_the_rate_as_well(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limits=Limits(requests_per_s=1000, bytes_per_s=100))
    token = desk.principals.add("icbc", Role.BANK, BANK)
    with desk.client() as client:
        value = ndjson(*draws(1, 3))
        assert client.post(PLACE, content=value, headers=headers(token, 1)).status_code == 200
        refused = client.post(PLACE, content=value, headers=headers(token, 2))

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == -(-(len(value) - 400) // 100)


def test_a_body_that_says_it_is_too_large_is_not_read(
    client: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "SUBMISSION_BYTES_MAX", 1000)

    answer = client.post(PLACE, content=b"x" * 1001, headers=headers(token, 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert door_module.SUBMISSION_BYTES_MAX > 15 * 2**20


def test_a_log_that_is_away_is_503_with_when_to_come_again(
    client: TestClient, token: str, desk: Desk
) -> None:
    class Away:
        def submit(self, drafts):
            raise KafkaAwayError("Kafka user@broker:9092: it cannot be reached")

        def next_seq(self, bank, lane):
            raise KafkaAwayError("Kafka user@broker:9092: it cannot be reached")

        def find(self, bank, lane, seq):
            return None

    desk.intake._log = Away()

    for answer in (
        client.post(PLACE, content=ndjson(*draws(1, 1)), headers=headers(token, 1)),
        client.get(f"{PLACE}/next", headers=bearer(token)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "away")
        assert int(answer.headers["retry-after"]) > 0
        assert "broker" not in answer.text


def test_submissions_that_wait_for_the_log_do_not_hold_up_the_pages(
    client: TestClient, token: str, desk: Desk
) -> None:
    is_back = threading.Event()
    real = desk.submitter

    class Slow:
        next_seq, find = real.next_seq, real.find

        def submit(self, drafts):
            assert is_back.wait(30)
            return real.submit(drafts)

    desk.intake._log = Slow()
    answers = []

    def post(seq: int) -> None:
        value = ndjson(*draws(seq, 1))
        answers.append(client.post(PLACE, content=value, headers=headers(token, seq)).status_code)

    waiting = [threading.Thread(target=post, args=(seq,)) for seq in range(1, 51)]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)

    assert client.get("/api/status").status_code == 200
    assert answers == []
    is_back.set()
    for thread in waiting:
        thread.join(30)
    assert answers == [200] * 50
    assert len(stored(desk.store, EVENTS)) == 50


def test_a_receipt_can_be_asked_for_by_the_bytes(client: TestClient, token: str) -> None:
    value = ndjson(*draws(1, 1))
    answer = client.post(PLACE, content=value, headers=headers(token, 1))
    sha256 = facts_of(answer.content)["sha256"]

    found = client.get(f"{PLACE}/receipt?lane=0&sha256={sha256}", headers=bearer(token))
    missing = client.get(f"{PLACE}/receipt?lane=0&sha256=00", headers=bearer(token))

    assert found.content == answer.content
    assert (missing.status_code, missing.json()["code"]) == (404, "no_receipt")
    assert client.get(f"{PLACE}/receipt?lane=x", headers=bearer(token)).status_code == 400


class TestFiles:
    """The banks' own files."""

    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        def imported(paths):
            importer = FilingImporter(desk.store, desk.ingest, desk.clock, generation=0)
            return importer.import_filings(paths)

        desk = Desk(tmp_path, import_filings=imported)
        desk.clock.ms = 1_795_000_000_000
        return desk

    @pytest.fixture
    def owner(self, desk: Desk) -> str:
        return desk.principals.add("owner", Role.BANK, SAMPLE.name[:18])

    def post(self, client: TestClient, token: str, name: str = SAMPLE.name, content: bytes = b""):
        return client.post(
            f"{PLACE}/files", params={"name": name}, headers=bearer(token),
            content=content or SAMPLE.read_bytes(),
        )  # fmt: skip

    def test_a_file_is_imported_and_answered_with_report_and_receipt(
        self, client: TestClient, desk: Desk, owner: str
    ) -> None:
        answer = self.post(client, owner)

        told = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])
        facts = desk.key.public.verify(bytes(told["receipt"]))
        report = answer.json()["report"]
        assert answer.status_code == 200
        assert report["file"] == facts["file_name"] == SAMPLE.name
        assert facts["row_count"] == report["row_count"] > 0
        assert facts["size_bytes"] == SAMPLE.stat().st_size
        assert report["is_known"] is False
        assert self.post(client, owner).json()["report"]["is_known"] is True

    @pytest.mark.parametrize(
        ("name", "status", "code"),
        [
            (SAMPLE.name, 403, "other_bank"),
            ("x.zip", 400, "bad_file_name"),
            ("../" + SAMPLE.name, 400, "bad_header"),
            ("/srv/" + SAMPLE.name, 400, "bad_header"),
            ("", 400, "bad_file_name"),
            (SAMPLE.stem + ".dat", 400, "bad_header"),
        ],
    )
    def test_a_file_that_is_not_the_banks_is_refused_before_it_is_read(
        self, client: TestClient, token: str, desk: Desk, name: str, status: int, code: str
    ) -> None:
        sender = token if code == "other_bank" else desk.principals.add(
            "owner", Role.BANK, SAMPLE.name[:18]
        )  # fmt: skip
        answer = self.post(client, sender, name)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert stored(desk.store, SUBMISSIONS) == []

    def test_a_file_that_cannot_be_read_is_told_without_a_receipt(
        self, client: TestClient, owner: str
    ) -> None:
        answer = self.post(client, owner, content=b"no zip")

        assert answer.status_code == 422
        assert answer.json()["receipt"] is None
        assert answer.json()["report"]["faults"][0]["zh"]


def test_where_files_cannot_be_imported_it_is_said(client: TestClient, desk: Desk) -> None:
    token = desk.principals.add("owner", Role.BANK, SAMPLE.name[:18])

    answer = client.post(f"{PLACE}/files?name={SAMPLE.name}", content=b"x", headers=bearer(token))

    assert (answer.status_code, answer.json()["code"]) == (501, "filings_not_taken")
