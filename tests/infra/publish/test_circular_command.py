"""The command and the verbs: what is asked for, what comes back, and what is refused."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.demo.folder import SPEC_FILE
from infra.operations import CATALOGUED
from infra.publish.circular import circular
from infra.publish.document import Document, figures
from infra.publish.forms import FORMS
from infra.verb import Access, Context
from streams.grading_run import store_run
from tests.infra.publish.circular_story import QUARTER, published_life, stored, subject
from tests.infra.publish.reading_back import texts_of

SMALL = ["--seed", "7", "--banks", "8", "--borrowers", "120", "--quarters", "2"]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A node that has the run of the story, in the folder of a demo."""
    store = stored().write()
    about = subject()
    store_run(store, about.run, about.methodology, SimpleNamespace(now_ms=lambda: 5))
    (tmp_path / SPEC_FILE).write_text("{}")
    node: Any = SimpleNamespace(store=store, folder=tmp_path)
    return Context(node, lambda: about.results)


def ask(context: Context, verb: str, **asked: str) -> dict[str, Any]:
    found = CATALOGUED[verb]
    return found.do(context, msgspec.convert({"quarter": str(QUARTER)} | asked, found.request))


def test_the_verb_gives_the_document_that_is_printed(context: Context) -> None:
    answer = ask(context, "circular", edition="public")

    assert msgspec.convert(answer["circular"], Document) == circular(subject(), "public")
    assert answer["is_draft"] is True
    json.dumps(answer)


def test_readers_of_the_pages_may_ask_for_it() -> None:
    assert {CATALOGUED[verb].access for verb in ("circular", "circular_file")} == {Access.READ}


def test_the_published_run_is_printed_rather_than_the_newest(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = subject().run.run_id
    newest = msgspec.structs.replace(subject().run, run_id="newer")
    store_run(context.node.store, newest, subject().methodology, SimpleNamespace(now_ms=lambda: 9))
    assert ask(context, "circular_file", form="csv")["run_id"] == "newer"

    life = published_life(run_id)
    monkeypatch.setattr("infra.verbs.circulars.read_life", lambda _store, _quarter: life)

    made = ask(context, "circular_file", form="csv")
    assert made["run_id"] == run_id
    assert made["is_draft"] is False
    assert made["file_name"] == "circular-2021Q4-agencies-zh.csv"
    assert ask(context, "circular_file", form="csv", run="newer")["is_draft"] is True


def test_a_run_that_supposes_something_is_not_taken_for_the_newest(context: Context) -> None:
    what_if = msgspec.structs.replace(subject().run, run_id="supposed", is_what_if=True)
    store_run(context.node.store, what_if, subject().methodology, SimpleNamespace(now_ms=lambda: 9))

    assert ask(context, "circular_file", form="csv")["run_id"] == subject().run.run_id
    asked = ask(context, "circular_file", form="csv", run="supposed")
    assert "假设测算，不作为正式结果" in [mark["zh"] for mark in asked["marks"]]


def test_without_a_run_one_is_told_to_grade(context: Context) -> None:
    with pytest.raises(LookupError, match="puhui grade 2021Q2"):
        ask(context, "circular", quarter="2021Q2")
    with pytest.raises(ValueError, match="is of 2021Q4, expected one of 2021Q3"):
        ask(context, "circular", quarter="2021Q3", run=subject().run.run_id[:12])


def test_a_folder_that_is_no_demo_is_not_called_synthetic(context: Context) -> None:
    (context.node.folder / SPEC_FILE).unlink()  # type: ignore[operator]

    marks = ask(context, "circular")["circular"]["marks"]

    assert "模拟数据" not in [mark["zh"] for mark in marks]


def puhui(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("circular") / "data"
    assert puhui("demo", "--once", *SMALL, "--data", folder).exit_code == 0
    return folder


def quarter_of(data: Path) -> str:
    return str(json.loads(puhui("growth", "--json", "--data", data).stdout)["quarter"])


def test_the_command_writes_every_form_in_both_languages(data: Path, tmp_path: Path) -> None:
    quarter = quarter_of(data)
    asked = ("circular", quarter, "--data", data)
    shown = json.loads(puhui(*asked, "--json").stdout)
    document = msgspec.convert(shown["circular"], Document)

    for form in FORMS:
        for lang in ("zh", "en"):
            file = tmp_path / f"x-{lang}.{form}"
            result = puhui(*asked, "--form", form, "--lang", lang, "--out", file)
            assert result.exit_code == 0, result.output
            assert ("模拟数据" if lang == "zh" else "Synthetic data") in result.stderr
            assert "".join(texts_of(form, file.read_bytes()))
    text = "".join(texts_of("csv", (tmp_path / "x-zh.csv").read_bytes()))
    assert all(figure.zh in text for figure in figures(document))


def test_the_command_says_what_it_expected(data: Path, tmp_path: Path) -> None:
    quarter = quarter_of(data)

    no_bank = puhui("circular", quarter, "--edition", "bank", "--data", data)
    nobody = puhui("circular", quarter, "--edition", "bank", "--bank", "X", "--data", data)
    nowhere = puhui(
        "circular", quarter, "--form", "csv", "--out", tmp_path / "no" / "x.csv", "--data", data
    )

    assert no_bank.exit_code == nobody.exit_code == nowhere.exit_code == 1
    assert "--edition bank --bank BANK_ID" in no_bank.output
    assert "expected one that run" in nobody.output
    assert "its folder is not there" in nowhere.output


def test_the_file_of_an_answer_is_whole(context: Context) -> None:
    made = ask(context, "circular_file", form="html", lang="en", edition="bank", bank_id="B007")

    assert made["file_name"] == "circular-2021Q4-bank-B007-en-draft.html"
    assert base64.b64decode(made["content_base64"]).endswith(b"</html>\n")
