"""The command that writes the demo's world as files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from infra.demo_files import OnMonth, write_demo_files
from infra.live_demo import DemoSpec
from infra.reference_data import load_lpr
from infra.tables_for_people import json_text

_USUAL = DemoSpec()


@click.command(name="demo-files")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(0), default=_USUAL.seed, show_default=True)
@click.option("--banks", type=click.IntRange(1), default=_USUAL.banks, show_default=True)
@click.option("--borrowers", type=click.IntRange(1), default=_USUAL.borrowers, show_default=True)
@click.option("--quarters", type=click.IntRange(1), default=_USUAL.quarters, show_default=True)
@click.option(
    "--troubles",
    default=_USUAL.troubles,
    show_default=True,
    help="What is planted: all, none, or names with commas.",
)
@click.option(
    "--faults",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="In which share of the months of banks some files are sent wrongly, and then once more.",
)
@click.option("--dat", is_flag=True, help="Write .dat and .log, not a .zip of both.")
def demo_files(folder: Path, faults: float, *, dat: bool, **asked: int | str) -> None:
    """Write an invented province as the files that its banks send to the central bank.

    FOLDER gets the register of the banks, their files by month and batch, the same world as
    events, and the truth about what was planted in it. The same options give the same files.
    """
    spec = DemoSpec(**asked)  # type: ignore[arg-type]
    with _bar() as on_month:
        summary = write_demo_files(
            folder, spec, load_lpr(), wrong_share=faults, is_zipped=not dat, on_month=on_month
        )
    click.echo(json_text(summary), nl=False)


@contextmanager
def _bar() -> Iterator[OnMonth]:
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    with click.progressbar(length=1_000, label="months", file=sys.stderr) as bar:
        yield lambda done, month_count: bar.update(1_000 * done // month_count - bar.pos)


COMMANDS = (demo_files,)
