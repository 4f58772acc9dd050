"""Opens a data folder for one command, or finds the process that has it open."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from infra.lock_file import holder_of
from infra.operations import Operations
from infra.remote import RemoteOperations
from infra.settings import Settings
from infra.wiring import Node


class Verbs(Protocol):
    """What a command needs, whoever does it."""

    def run(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]: ...

    def act(self, verb: str, body: Mapping[str, Any], token: str) -> dict[str, Any]: ...

    def import_file(self, path: str, options: Mapping[str, Any]) -> dict[str, Any]: ...


@contextmanager
def verbs_of(folder: Path, *, is_new_allowed: bool = False) -> Iterator[Verbs]:
    """Yield the verbs on a server, where one is set; else on ``folder``.

    On a folder they are done here, or in the process that works on it. Raises click.ClickException
    where there is nothing to read and nothing may be made.
    """
    settings = click.get_current_context().find_object(Settings) or Settings()
    if settings.clickhouse_url:
        # Here: kafka-python takes a while to load, which a folder has no use for.
        from infra.server_node import ServerNode  # noqa: PLC0415

        with ServerNode(settings) as server:
            yield Operations(server)
        return
    holder = holder_of(folder)
    if holder is not None and holder.url:
        yield RemoteOperations(holder)
        return
    if not is_new_allowed and not folder.exists():
        raise click.ClickException(
            f"data folder {folder}: it does not exist. Import files first (puhui import FILE), "
            "start puhui demo, or name the folder with --data"
        )
    with Node(folder, batch_events_max=settings.batch_events_max) as node:
        node.catch_up()
        yield Operations(node)
