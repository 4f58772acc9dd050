"""How a command acts for a person: with the token in PUHUI_TOKEN, never on the command line."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import Verbs
from infra.settings import Settings
from streams.kept_files import FILE_BYTES_MAX


def reason_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --reason."""
    return click.option("--reason", default="", metavar="TEXT", help="Why; it is kept.")(function)


def act_as_person(verbs: Verbs, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Ask ``verb`` for whoever the token in PUHUI_TOKEN belongs to."""
    settings = click.get_current_context().find_object(Settings) or Settings()
    if not settings.token:
        raise click.ClickException(
            f"{verb}: this is written down with who did it; set PUHUI_TOKEN to your own token "
            "(puhui principals add NAME --role ... makes one) / "
            "此操作须记名，请在 PUHUI_TOKEN 中设置本人的令牌"
        )
    return verbs.act(verb, body, settings.token)


def keep_for_person(verbs: Verbs, path: Path) -> str:
    """Keep the file at ``path`` and return the hash that acts name it by."""
    size_bytes = path.stat().st_size
    if size_bytes > FILE_BYTES_MAX:
        raise click.ClickException(
            f"{path}: {size_bytes} bytes, expected at most {FILE_BYTES_MAX}; hand in a smaller one"
        )
    body = {
        "file_name": path.name,
        "content_base64": base64.b64encode(path.read_bytes()).decode(),
    }
    return str(act_as_person(verbs, "file_keep", body)["sha256"])
