"""The command line: tables for people, JSON for programs, errors that say what to do."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.lock_file import holder_of
from schemas.wire_ndjson import encode_ndjson
from tests.schemas.decoding import draw

PUBLISHED = "infra/reference/nfra_inclusive_sme_balance_by_type.csv"
PUHUI = [sys.executable, "-c", "from infra.cli import main; main()"]
SMALL = ["--seed", "7", "--banks", "8", "--borrowers", "120", "--quarters", "2"]


def puhui(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env=env)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the published table in it."""
    data = tmp_path_factory.mktemp("cli") / "data"
    assert puhui("import", PUBLISHED, "--data", data).exit_code == 0
    return data


def test_a_table_for_people_lines_up_in_both_languages(folder: Path) -> None:
    zh = puhui("growth", "--quarter", "2021Q4", "--data", folder).stdout
    en = puhui("growth", "--quarter", "2021Q4", "--lang", "en", "--data", folder).stdout

    (large,) = [line for line in zh.splitlines() if line.startswith("大型商业银行")]
    assert large.split()[:4] == ["大型商业银行", "48,327.63", "65,560.41", "35.7"]
    assert "Large commercial" in en
    assert "Growth (%)" in en


def test_csv_and_json_hold_the_same_exact_figures(folder: Path) -> None:
    asked = ("growth", "--quarter", "2021Q4", "--decimals", "2", "--data", folder)
    table = csv.DictReader(io.StringIO(puhui(*asked, "--format", "csv").stdout))
    rows = json.loads(puhui(*asked, "--json").stdout)["rows"]

    by_id = {row["bank_id"]: row for row in table}
    assert by_id["rural"]["latest_minor"] == "605467300000000"
    assert by_id["rural"]["growth_percent"] == "16.93"
    assert {row["bank_id"]: str(row["latest_minor"]) for row in rows} == {
        bank: row["latest_minor"] for bank, row in by_id.items()
    }


def test_the_report_of_an_import_is_json_on_request(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    table.write_text("bank_id,quarter,population,balance_minor\nB,2021Q4,all,x\n", "utf-8")

    result = puhui("import", table, "--json", "--data", folder)

    (report,) = json.loads(result.stdout)["files"]
    assert result.exit_code == 0
    assert report["rejected"][0]["place"] == f"{table}:2:balance_minor"
    assert report["rejected"][0]["code"] == "not_a_whole_number"


def test_refused_rows_are_counted_on_stderr_with_where_they_are_kept(
    folder: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "events.ndjson"
    good = draw(event_id="cli-good-draw-00001")
    bad = draw(event_id="cli-bad-draw-000001", currency="RMB")
    lines.write_bytes(encode_ndjson([good, bad]) + b"{}\n")
    table = tmp_path / "x.csv"
    table.write_text("bank_id,quarter,population,balance_minor\nB,2021Q4,all,x\n", "utf-8")
    data = tmp_path / "data"

    result = puhui("import", lines, table, "--lang", "en", "--json", "--data", data)
    again = puhui("import", PUBLISHED, "--lang", "en", "--data", data)

    first, second = result.stderr.splitlines()
    assert result.exit_code == 0
    assert first.startswith(f"Warning: {lines}: rows refused, and in no figure: 2 of 3.")
    assert f"Kept in the table rejected of {data}: 2." in first
    assert second.startswith(f"Warning: {table}: rows refused, and in no figure: 1 of 1.")
    assert "Made no event, and kept only in the file: 1." in second
    assert again.stderr == ""


def test_one_file_that_fails_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("rubbish\n")

    result = puhui("import", rubbish, PUBLISHED, "--lang", "en", "--data", folder)

    assert result.exit_code == 1
    assert "imported before" in result.stdout
    assert f"{rubbish}:1: found 'rubbish', expected one of" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["growth", "--quarter", "2021"], "expected YEARQn"),
        (["growth", "--population", "all of them"], "is not one of 'all'"),
        (["grade", "2021Q4", "--methodology", "nobody's"], "no such file"),
        (["import", "x", "--complete-to", "31.12.2021"], "expected a day such as 2021-12-31"),
    ],
)
def test_an_error_says_what_was_expected(folder: Path, words: list[str], told: str) -> None:
    result = puhui(*words, "--data", folder)

    assert result.exit_code != 0
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    result = puhui("growth", "--data", tmp_path / "none")

    assert result.exit_code == 1
    assert "Import files first" in result.stderr
    assert not (tmp_path / "none").exists()


def test_a_mistyped_setting_is_an_error() -> None:
    result = puhui("doctor", env={"PUHUI_PROT": "1"})

    assert result.exit_code == 2
    assert "PUHUI_PROT: no such setting" in result.stderr


def test_a_setting_that_cannot_be_used_is_named(folder: Path) -> None:
    result = puhui("digest", "--data", folder, env={"PUHUI_PORT": "many"})

    assert result.exit_code == 2
    assert "PUHUI_PORT: Expected `int`" in result.stderr


def test_a_quarter_of_which_nothing_is_stored_is_an_error_not_a_blank_table(folder: Path) -> None:
    result = puhui("growth", "--quarter", "2030Q1", "--data", folder)

    assert result.exit_code == 1
    assert "expected one of 2020Q1" in result.stderr


def test_a_bank_that_nobody_knows_is_an_error_not_a_blank_table(folder: Path) -> None:
    result = puhui("bridge", "--bank", "nobody", "--data", folder)

    assert result.exit_code == 1
    assert "bank 'nobody': not known here" in result.stderr


def test_an_import_names_a_file_as_it_was_typed(folder: Path) -> None:
    result = puhui("import", PUBLISHED, "--data", folder)

    assert result.stdout.startswith(f"{PUBLISHED} (")


def test_a_day_for_a_file_of_before_is_said_to_be_unused(folder: Path) -> None:
    day = ["--complete-to", "2022-06-30"]
    result = puhui("import", PUBLISHED, "--data", folder, "--lang", "en", *day)

    assert "--complete-to 2022-06-30 was not used" in result.stdout


def test_the_doctor_finds_this_machine_fit(folder: Path) -> None:
    result = puhui("doctor", "--data", folder, "--json")

    rows = {row["check"]: row for row in json.loads(result.stdout)["rows"]}
    assert result.exit_code == 0
    assert rows["migrations"]["state"] == "ok"


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data" / "clickhouse").mkdir(parents=True)

    result = puhui("doctor", "--data", tmp_path / "data", "--lang", "en")

    assert result.exit_code == 1
    assert "run puhui migrate" in result.stdout


def test_the_doctor_tries_whether_the_folder_can_be_written(tmp_path: Path) -> None:
    made_up = puhui("doctor", "--data", "/proc/puhui", "--json")
    usual = puhui("doctor", "--data", tmp_path / "data", "--json")

    found = {row["check"]: row for row in json.loads(made_up.stdout)["rows"]}["data folder"]
    assert made_up.exit_code == 1
    assert found["state"] == "wrong"
    assert "cannot be written" in found["found"]
    assert usual.exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_migrating_says_what_it_did(tmp_path: Path) -> None:
    first = puhui("migrate", "--data", tmp_path / "data").stdout.splitlines()
    again = puhui("migrate", "--data", tmp_path / "data").stdout

    assert first[0] == f"Applied to the store of {tmp_path / 'data'}:"
    assert first[1].startswith("  0001")
    assert again == f"Nothing to apply: the store of {tmp_path / 'data'} is of this version.\n"


def test_what_to_do_about_several_refused_rows_is_said_once(tmp_path: Path) -> None:
    lines = tmp_path / "events.ndjson"
    bad = [draw(event_id=f"cli-bad-draw-00000{n}", currency="RMB") for n in (1, 2)]
    lines.write_bytes(encode_ndjson(bad))

    told = puhui("import", lines, "--lang", "en", "--data", tmp_path / "data").stdout.splitlines()

    assert [line[:3] for line in told[-3:]] == ["  ✗", "  ✗", "  →"]
    assert ["send it again" in line for line in told[-3:]] == [False, False, True]


def test_a_bridge_names_its_unit_once(folder: Path) -> None:
    asked = ("bridge", "--quarter", "2021Q4", "--data", folder)

    assert puhui(*asked, "--lang", "zh").stdout.splitlines()[0] == "单位: 亿元"
    assert puhui(*asked, "--lang", "en").stdout.count("100m CNY") == 1


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = puhui(command, "--help")

    assert result.exit_code == 0
    assert len(result.stdout.split("\n\n")[1].strip()) > 20


def test_the_demo_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first = json.loads(puhui("demo", "--once", *SMALL).stdout)
    again = json.loads(puhui("demo", "--once", *SMALL, "--data", tmp_path / "data").stdout)

    assert first["event_count"] == first["stored_count"] > 500
    assert first["rejected_count"] == first["duplicate_count"] == 0
    assert first | {"duration_s": 0} == again | {"duration_s": 0}
    assert puhui("digest", "--data", tmp_path / "data").stdout.strip() == first["state_digest"]


def test_a_demo_goes_on_only_in_its_own_folder(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    once = json.loads(puhui("demo", "--once", *SMALL, "--data", data).stdout)
    again = json.loads(puhui("demo", "--once", *SMALL, "--data", data).stdout)
    other = puhui("demo", "--once", *SMALL, "--seed", "8", "--data", data)
    real = puhui("demo", "--once", *SMALL, "--data", folder)

    assert again["state_digest"] == once["state_digest"]
    assert other.exit_code == 1
    assert "Start it with the same options to go on" in other.stderr
    assert real.exit_code == 1
    assert "invented figures must not be mixed" in real.stderr


def test_another_address_needs_a_token(tmp_path: Path) -> None:
    result = puhui("serve", "--host", "0.0.0.0", "--data", tmp_path / "data")

    assert result.exit_code == 1
    assert "Set PUHUI_READ_TOKEN" in result.stderr


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A running process: its address and its data folder. It must end cleanly."""
    env = os.environ | getattr(request, "param", {})
    process = subprocess.Popen(
        [*PUHUI, "serve", "--port", "0", "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.split()[1], tmp_path / "data"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert holder_of(tmp_path / "data") is None


def status_of(url: str, **headers: str) -> int:
    request = urllib.request.Request(f"{url}api/status", headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_commands_are_done_by_the_process_that_holds_the_folder(server: tuple[str, Path]) -> None:
    url, data = server
    imported = puhui("import", PUBLISHED, "--json", "--data", data)
    growth = json.loads(puhui("growth", "--quarter", "2021Q4", "--json", "--data", data).stdout)
    wrong = puhui("grade", "2021Q4", "--methodology", "nobody's", "--data", data)

    assert json.loads(imported.stdout)["files"][0]["stored_count"] == 50
    assert {row["bank_id"]: row["growth_percent"] for row in growth["rows"]}["rural"] == "16.9"
    assert wrong.exit_code == 1
    assert "no such file" in wrong.stderr
    assert puhui("doctor", "--data", data).exit_code == 0
    assert len(puhui("digest", "--data", data).stdout.strip()) == 64
    assert status_of(url) == 200


@pytest.mark.parametrize("server", [{"PUHUI_READ_TOKEN": "open sesame"}], indirect=True)
def test_with_a_read_token_nothing_is_shown_without_it(server: tuple[str, Path]) -> None:
    url, data = server

    assert status_of(url) == 401
    assert status_of(url, Authorization="Bearer wrong") == 401
    assert status_of(url, Authorization="Bearer open sesame") == 200
    assert status_of(url, Cookie="puhui_read=open%20sesame") == 200
    assert puhui("digest", "--data", data).exit_code == 0
