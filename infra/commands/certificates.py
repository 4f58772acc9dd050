"""The commands that prove a grading: its input pack, its certificate, and the check of both."""

import base64
from pathlib import Path

import click

from infra.certificate_checking import Verification, verify
from infra.commands.opening import verbs_of
from infra.commands.shared_options import data_option, lang_option
from infra.intake.signing import PublicKey
from infra.tables_for_people import json_text
from schemas.words import Words

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOUND = click.Path(exists=True, dir_okay=False, path_type=Path)
_PROVED = Words(
    "验证通过：以本程序重算，结果与证书一致",
    "verified: computed again by this program, everything is as certified",
)
_FAILED = Words("验证未通过", "NOT verified")


@click.command()
@click.argument("run_id")
@click.argument("file", type=_FILE)
@click.option("--events", "has_events", is_flag=True, help="With the stored events.")
@data_option
def pack(run_id: str, file: Path, data: Path, *, has_events: bool) -> None:
    """Write the input pack of RUN_ID to FILE: all that is needed to compute it again, offline."""
    with verbs_of(data) as verbs:
        answer = verbs.run("pack", {"run_id": run_id, "has_events": has_events})
    file.write_bytes(base64.b64decode(answer["content_base64"]))
    click.echo(f"{file}: {answer['size_bytes']:,} bytes, SHA-256 {answer['sha256']}")


@click.command()
@click.argument("run_id")
@click.option("--out", type=_FILE, help="Where to; as it is called, in this folder, if left out.")
@click.option("--key-out", type=_FILE, help="Write the public key too, for who verifies.")
@click.option("--events", "has_events", is_flag=True, help="The pack holds the stored events.")
@click.option("--renew", "is_renewed", is_flag=True, help="Sign anew, such as with another key.")
@data_option
def certificate(
    run_id: str,
    out: Path | None,
    key_out: Path | None,
    data: Path,
    *,
    has_events: bool,
    is_renewed: bool,
) -> None:
    """Write the signed certificate of RUN_ID; it is made once, and kept with its input pack."""
    body = {"run_id": run_id, "has_events": has_events, "is_renewed": is_renewed}
    with verbs_of(data) as verbs:
        answer = verbs.run("certificate", body)
    file = out or Path(answer["file_name"])
    file.write_bytes(base64.b64decode(answer["content_base64"]))
    click.echo(f"{file}: run {answer['run_id'][:12]}…, SHA-256 {answer['sha256']}")
    if key_out is not None:
        key_out.write_text(answer["public_key_pem"], encoding="utf-8")
        click.echo(f"{key_out}: 公钥 / public key")


@click.command(name="verify")
@click.argument("certificate_file", metavar="CERT", type=_FOUND)
@click.option("--pack", "pack_file", type=_FOUND, required=True, help="Its input pack.")
@click.option("--key", "key_file", type=_FOUND, required=True, help="The public key, PEM.")
@click.option("--json", "is_json", is_flag=True, help="Every step, for a program.")
@lang_option
def verify_command(
    certificate_file: Path, pack_file: Path, key_file: Path, lang: str, *, is_json: bool
) -> None:
    """Compute a certified grading again from its pack, offline; exit code 1 where it differs."""
    key = PublicKey.read(key_file)
    found = verify(certificate_file.read_bytes(), pack_file.read_bytes(), key)
    if is_json:
        click.echo(json_text(_told(found)), nl=False)
    else:
        _print(found, lang)
    if not found.is_ok:
        raise SystemExit(1)


def _told(found: Verification) -> dict[str, object]:
    certificate = found.certificate
    return {
        "is_ok": found.is_ok,
        "run_id": certificate.run_id if certificate else "",
        "steps": [step._asdict() for step in found.steps],
        "warnings": [warning._asdict() for warning in found.warnings],
    }


def _print(found: Verification, lang: str) -> None:
    told = found.certificate
    if told is not None:
        click.echo(f"{told.quarter}  {told.methodology} v{told.methodology_version}  {told.run_id}")
        note = told.note_zh if lang == "zh" else told.note_en
        if note:
            click.echo(f"※ {note}")
    for step in found.steps:
        mark = "✓" if step.is_ok else "✗"
        click.echo(f"{mark} {step.zh if lang == 'zh' else step.en}")
        if step.detail:
            click.echo(f"  {step.detail}")
    for warning in found.warnings:
        click.echo(f"! {warning.zh if lang == 'zh' else warning.en}")
    words = _PROVED if found.is_ok else _FAILED
    click.echo(words.zh if lang == "zh" else words.en)


COMMANDS = (pack, certificate, verify_command)
