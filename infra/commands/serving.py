"""Commands that show pages: serve what is stored, or a demo with invented data."""

import socket
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from infra.commands.shared_options import data_option
from infra.demo.planted import EVERY, chosen_names
from infra.demo_once import play_once
from infra.listening import ServerError, bind
from infra.live_demo import DemoSpec
from infra.log_setup import set_up_logs
from infra.serving import OnReady, serve_demo, serve_folder, serve_server
from infra.settings import Settings
from infra.tables_for_people import json_text

_USUAL = DemoSpec()


@click.command()
@data_option
@click.option("--host", help="The address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.pass_obj
def serve(settings: Settings, /, data: Path, host: str | None, port: int | None) -> None:
    """Show what a data folder holds, or the server of PUHUI_CLICKHOUSE_URL, and take imports in.

    Ends cleanly with Ctrl-C or SIGTERM. Another address than this machine's own needs
    PUHUI_READ_TOKEN, and then every page needs that token.
    """
    set_up_logs(settings)
    place = (host or settings.host, settings.port if port is None else port)
    with bind(*place, read_token=settings.read_token) as listening:
        if settings.clickhouse_url:
            from infra.server_node import ServerNode  # noqa: PLC0415 - loads Kafka's client

            with ServerNode(settings) as node:
                serve_server(node, listening, settings, _said(is_browser=False))
            return
        serve_folder(data, listening, settings, _said(is_browser=False))


def _known_troubles(_: click.Context, __: click.Parameter, text: str) -> str:
    try:
        chosen_names(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return text


@click.command()
@click.option("--seed", type=click.IntRange(0), default=_USUAL.seed, show_default=True)
@click.option("--banks", type=click.IntRange(1), default=_USUAL.banks, show_default=True)
@click.option("--borrowers", type=click.IntRange(1), default=_USUAL.borrowers, show_default=True)
@click.option("--quarters", type=click.IntRange(1), default=_USUAL.quarters, show_default=True)
@click.option(
    "--troubles",
    default=EVERY,
    show_default=True,
    callback=_known_troubles,
    help="What goes wrong in the province: all, none, or names with commas.",
)
@click.option("--port", type=click.IntRange(0, 65_535), help="If left out and taken: a free one.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 1_000, min_open=True),
    default=0.4,
    show_default=True,
    help="Business days per second; a quarter has about 63.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--once", is_flag=True, help="No server: play the past, print a summary, end.")
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --once: write here which troubles were planted, as JSON.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the demo here and go on with it; if left out, in a new folder that is removed.",
)
@click.pass_obj
def demo(
    settings: Settings,
    /,
    data: Path | None,
    port: int | None,
    *,
    speed: float,
    no_browser: bool,
    once: bool,
    truth: Path | None,
    troubles: str,
    **numbers: int,
) -> None:
    """Show an invented province whose banks report their past, then day after day."""
    if truth is not None and not once:
        raise click.UsageError("--truth is written with --once: add it, or leave --truth out")
    spec = DemoSpec(troubles=troubles, **numbers)
    with _folder_of(data) as folder:
        if once:
            click.echo(json_text(play_once(folder, spec, truth)), nl=False)
            return
        set_up_logs(settings)
        with _bound(settings, port) as listening:
            serve_demo(
                folder,
                listening,
                settings,
                _said(is_browser=not no_browser, folder=folder),
                spec=spec,
                days_per_s=speed,
            )


@contextmanager
def _folder_of(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="puhui-demo-") as folder:
        yield Path(folder)


def _bound(settings: Settings, port: int | None) -> socket.socket:
    if port is not None:
        return bind(settings.host, port, read_token=settings.read_token)
    try:
        return bind(settings.host, settings.port, read_token=settings.read_token)
    except ServerError:
        return bind(settings.host, 0, read_token=settings.read_token)


def _said(*, is_browser: bool, folder: Path | None = None) -> OnReady:
    def say(url: str) -> None:
        click.echo(f"puhui: {url}  (Ctrl-C ends it)")
        if folder is not None:
            click.echo(f"In another terminal: puhui growth --data {folder}")
        if is_browser:
            # In a thread: some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    return say


COMMANDS = (demo, serve)
