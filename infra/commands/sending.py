"""Commands of who submits: send a file, watch a folder for files, check a receipt."""

import hashlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from infra.commands.shared_options import (
    DayType,
    data_option,
    format_options,
    lang_option,
    print_answer,
)
from infra.intake.door import Answer
from infra.intake.http_door import HttpDoor
from infra.intake.principals import Principals
from infra.intake.sending import FileSender, SendingDoor, SentFile
from infra.intake.signing import PublicKey
from infra.intake.watched_folder import Outcome, WatchedFolder, watch
from infra.intake.wiring import intake_of, server_node
from infra.operations import date_of
from infra.settings import Settings
from infra.tables_for_people import json_text
from infra.wiring import Node
from schemas.words import Words
from streams.headers import LANES_MAX

LOOK_S = 2
LOOK_PATIENCE_S = 10
DoorOf = Callable[[str], SendingDoor | None]
_KNOWN, _NEW = Words("此前已收到", "received before"), Words("已收到", "received")

lanes_option = click.option(
    "--lanes",
    type=click.IntRange(1, LANES_MAX),
    default=1,
    show_default=True,
    help="Into how many lanes; always the same number for a bank.",
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="", help="Over HTTP, such as https://puhui.example/.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of the bank, for --url; readable by you only.",
)
@click.option("--kafka", "is_kafka", is_flag=True, help="Straight to Kafka, see PUHUI_KAFKA_*.")
@click.option("--complete-to", type=DayType(), default="", help="Announced after the events.")
@lanes_option
@click.option(
    "--receipts",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every receipt here.",
)
@format_options
@lang_option
@click.pass_obj
def send(
    settings: Settings,
    /,
    *,
    file: Path,
    url: str,
    token_file: Path | None,
    complete_to: str,
    lanes: int,
    receipts: Path | None,
    lang: str,
    form: str,
    is_kafka: bool,
) -> None:
    """Send the events of FILE (NDJSON, Arrow) and print their receipts.

    Sending a file twice changes nothing: the receipts are those of the first time. Ends with 1 when
    something was refused.
    """
    if is_kafka == bool(url):
        raise click.UsageError("give either --url with --token-file, or --kafka")

    def keep(answer: Answer) -> None:
        if receipts is not None:
            _keep_receipt(receipts, answer.document)

    with _door(settings, url, token_file) as door:
        sent = FileSender(door, lanes=lanes).send(
            file, complete_to=date_of(complete_to), on_answer=keep
        )
    rows = [_row(answer) for answer in sent.answers]
    print_answer("receipts", {"rows": rows}, form=form, lang=lang)
    _say_rest(file, sent, lang)
    if sent.refused is not None or sent.unsendable:
        raise SystemExit(1)


@contextmanager
def _door(settings: Settings, url: str, token_file: Path | None) -> Iterator[SendingDoor]:
    if not url:
        with server_node(settings) as node:
            yield intake_of(node, settings)
        return
    if token_file is None:
        raise click.UsageError("--url needs --token-file")
    yield HttpDoor(url, _token(token_file))


def _token(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path}: others may read the token; chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def _keep_receipt(folder: Path, document: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    facts = msgspec.json.decode(document)
    name = f"{facts['bank_id']}_{facts['lane']}_{facts['seq']}.receipt.json"
    (folder / name).write_bytes(document)


def _row(answer: Answer) -> dict[str, Any]:
    facts = msgspec.json.decode(answer.document, type=dict[str, Any])
    state = _KNOWN if answer.is_known else _NEW
    return facts | {
        "place": f"{facts['topic']}[{facts['partition']}]@{facts['offset']}",
        "sha256": f"{facts['sha256'][:12]}…",
        "state": "known" if answer.is_known else "received",
        "state_zh": state.zh,
        "state_en": state.en,
    }


def _say_rest(file: Path, sent: SentFile, lang: str) -> None:
    """Say on stderr what a table of receipts does not show."""
    is_zh = lang == "zh"
    if sent.answers and all(answer.is_known for answer in sent.answers):
        zh = "此文件此前已全部报送：未发送任何内容，回执为当时的回执"
        en = "everything in this file was sent before: nothing was sent, the receipts are of then"
        click.echo(f"{file}: {zh if is_zh else en}", err=True)
    for one in sent.unsendable:
        zh = f"无法报送（{one.code}）：{one.found}"
        en = f"cannot be sent ({one.code}): {one.found}"
        click.echo(f"{file}:{one.line}: {zh if is_zh else en}", err=True)
    if sent.refused is not None:
        told = sent.refused.zh if is_zh else sent.refused.en
        click.echo(f"{file}: {sent.refused.code}: {told}", err=True)


@click.command(name="watch")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", default="", help="Send over HTTP; else to Kafka or into --data.")
@click.option(
    "--tokens",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --url: one file a bank, named by its bank_id, with its token.",
)
@click.option("--kafka", "is_kafka", is_flag=True, help="Straight to Kafka, see PUHUI_KAFKA_*.")
@lanes_option
@click.option("--once", is_flag=True, help="Take what lies there now, and end.")
@data_option
@click.pass_obj
def watch_command(
    settings: Settings,
    /,
    *,
    folder: Path,
    url: str,
    tokens: Path | None,
    lanes: int,
    data: Path,
    is_kafka: bool,
    once: bool,
) -> None:
    """Send the files that banks drop into FOLDER/BANK_ID, over SFTP for example.

    Beside each file its receipt is left, FILE.receipt.json, or FILE.refused.json with the reasons;
    the file itself goes to done or refused. Ends cleanly with Ctrl-C or SIGTERM.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    looks_left = [2] if once else []  # A file is taken at the second look, unchanged.

    def wait() -> bool:
        if looks_left:
            looks_left[0] -= 1
            if not looks_left[0]:
                return True
        return ending.wait(LOOK_S)

    with _doors(settings, url, tokens, data, is_kafka=is_kafka, ending=ending) as door_of:
        watched = WatchedFolder(folder, door_of, lanes=lanes, is_ending=ending.is_set)
        click.echo(f"puhui: {folder}  (Ctrl-C ends it)")
        watch(watched, wait=wait, on_outcome=_say_outcome)


@contextmanager
def _doors(
    settings: Settings,
    url: str,
    tokens: Path | None,
    folder: Path,
    *,
    is_kafka: bool,
    ending: threading.Event,
) -> Iterator[DoorOf]:
    """Give what finds a bank's door: only a bank that is a principal has one."""
    if url:
        if tokens is None or is_kafka:
            raise click.UsageError("give --url with --tokens, or --kafka, or --data")

        def over_http(bank_id: str) -> SendingDoor | None:
            path = tokens / bank_id
            if not path.is_file():
                return None
            # Not for long, and not when told to end: the next look goes on where this one stops.
            return HttpDoor(url, _token(path), retry_s=LOOK_PATIENCE_S, sleep=ending.wait)

        yield over_http
        return
    opened = (
        server_node(settings)
        if is_kafka
        else Node(folder, batch_events_max=settings.batch_events_max)
    )
    with opened as node:
        if isinstance(node, Node):
            node.catch_up()
        intake = intake_of(node, settings)
        principals = Principals(node.store, node.clock)
        yield lambda bank_id: intake if principals.of_bank(bank_id) else None


def _say_outcome(outcome: Outcome) -> None:
    state = "已收到 / received" if outcome.is_taken else "已退回 / refused"
    click.echo(f"{outcome.path}: {state} → {outcome.where}")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key, from GET /api/submissions/key.",
)
@click.option(
    "--content",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bytes that were sent: look whether they are those.",
)
@click.option("--json", "is_json", is_flag=True, help="For a program.")
def receipt(files: Sequence[Path], key: Path, content: Path | None, *, is_json: bool) -> None:
    """Verify receipts, without asking anybody; one changed byte fails.

    Takes single receipts, and what puhui watch leaves beside a file.
    """
    public = PublicKey.read(key)
    verified = [public.verify(document) for path in files for document in _documents(path)]
    for facts in verified:
        if content is not None and not _is_of(content, facts["sha256"]):
            raise click.ClickException(f"{content}: its sha256 is not {facts['sha256']}")
    if is_json:
        click.echo(json_text({"receipts": verified}), nl=False)
        return
    for facts in verified:
        what = facts.get("seq", facts.get("file_name"))
        click.echo(f"{facts['bank_id']} {what} {facts['received_at']}: 有效 / valid")


def _documents(path: Path) -> list[bytes]:
    """Return the signed documents in a file, byte for byte."""
    content = path.read_bytes()
    try:
        gathered = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return [content]
    if "receipts" not in gathered:
        return [content]
    return [bytes(raw) for raw in msgspec.json.decode(gathered["receipts"], type=list[msgspec.Raw])]


def _is_of(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


COMMANDS = (send, watch_command, receipt)
