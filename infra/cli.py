"""The command line: ``puhui``. Commands read options, ask the verbs, and print."""

import importlib
import os
import pkgutil
import sys
from types import ModuleType
from typing import Any

import click

from infra import commands
from infra.clickhouse.connection import StoreError
from infra.intake.refusals import AwayError
from infra.lock_file import FolderInUseError
from infra.settings import Settings, SettingsError
from infra.version import program_version
from streams.grading_run import TotalsDifferError
from streams.partition_memory import WrongLogError

# What people can act on; anything else is our own mistake and keeps its trace.
EXPECTED_ERRORS = (
    ValueError,
    LookupError,
    StoreError,
    FolderInUseError,
    AwayError,
    TotalsDifferError,
    WrongLogError,
)


class _Group(click.Group):
    """Says expected errors in one line, without a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED_ERRORS as error:
            text = str(error.args[0]) if error.args else repr(error)
            raise click.ClickException(text) from error


def command_modules() -> list[ModuleType]:
    """Return the modules of infra/commands that hold commands, in order of name."""
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    modules = [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
    return [module for module in modules if hasattr(module, "COMMANDS")]


@click.group(cls=_Group)
@click.version_option(program_version(), prog_name="puhui")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Watch bank lending to private firms and SMEs, and grade every bank each quarter."""
    try:
        ctx.obj = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


for _module in command_modules():
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def main() -> None:
    """Run the command line; text is UTF-8 whatever the terminal's locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    cli()
