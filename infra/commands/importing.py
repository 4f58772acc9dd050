"""The command that imports files."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from infra.commands.opening import Verbs, verbs_of
from infra.commands.shared_options import DayType, data_option, format_options, lang_option
from infra.imports.importer import OnProgress
from infra.imports.report import REJECTED_LISTED_MAX
from infra.operations import Operations
from infra.tables_for_people import csv_text, json_text
from schemas.errors import REASONS

LONG_FILE_BYTES = 2**22  # A shorter one is done before a bar could be read.


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--complete-to",
    type=DayType(),
    default="",
    help="The day up to which the banks of the files have sent everything; if left out, the last "
    "day of the month of the newest date in each file.",
)
@format_options
@lang_option
@data_option
def import_command(
    files: Sequence[Path], complete_to: str, data: Path, lang: str, form: str
) -> None:
    """Import events (NDJSON, Arrow), positions, a register or published balances (CSV).

    A kind of file is known by its content. Rows that are refused are listed with file, line and
    field, and counted on stderr; all others are taken, and the exit code is 0. It is 1 when a whole
    file could not be imported. Importing a file twice changes nothing.
    """
    reports: list[Mapping[str, Any]] = []
    typed: list[Path] = []
    failures: list[str] = []
    with verbs_of(data, is_new_allowed=True) as verbs:
        for path in files:
            try:
                reports.append(_import(verbs, path, complete_to))
                typed.append(path)
            except ValueError as error:
                failures.append(str(error))
    if form == "json":
        click.echo(json_text({"files": reports, "failures": failures}), nl=False)
    elif form == "csv":
        click.echo(csv_text(reports), nl=False)
    else:
        for path, report in zip(typed, reports, strict=True):
            click.echo(_summary(path, report, lang), nl=False)
    for report in reports:
        _warn_of_refused(report, data, lang)
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    if failures:
        sys.exit(1)


def _import(verbs: Verbs, path: Path, complete_to: str) -> Mapping[str, Any]:
    options = {"complete_to": complete_to}
    # Absolute: the process that does it may stand in another folder.
    place = str(path.absolute())
    if isinstance(verbs, Operations):
        with _bar(path) as on_progress:
            return verbs.import_file(place, options, on_progress)
    return verbs.import_file(place, options)


@contextmanager
def _bar(path: Path) -> Iterator[OnProgress]:
    size_bytes = path.stat().st_size if path.is_file() else 0
    if size_bytes < LONG_FILE_BYTES or not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    with click.progressbar(length=size_bytes, label=path.name, file=sys.stderr) as bar:
        yield lambda done, _all: bar.update(done - bar.pos)


_ZH = {
    "known": "此前已导入, 未再发送",
    "counts": "{row_count:,} 行: 已存 {stored_count:,}, 重复 {duplicate_count:,}, "
    "拒收 {refused:,}, 略去 {left_out_count:,}; {bank_count:,} 家机构, {duration_s:.1f} 秒",
    "complete": "报送截至 {complete_to}",
    "more": "另有 {more:,} 行被拒收, 未列出",
    "refused": "警告: {file}: {row_count:,} 行中有 {refused:,} 行被拒收, 不计入任何数字。",
    "kept": "其中 {rejected_count:,} 行保存在 {folder} 的 rejected 表中。",
    "not_kept": "其中 {refused_row_count:,} 行不成事件, 未保存, 请在原文件中更正。",
    "to_do": "更正后重新导入。",
}
_EN = {
    "known": "imported before, nothing sent",
    "counts": "rows: {row_count:,} ({stored_count:,} stored, {duplicate_count:,} duplicate, "
    "{refused:,} refused, {left_out_count:,} left out); banks: {bank_count:,}; {duration_s:.1f} s",
    "complete": "complete to {complete_to}",
    "more": "refused rows not listed: {more:,}",
    "refused": "Warning: {file}: rows refused, and in no figure: {refused:,} of {row_count:,}.",
    "kept": "Kept in the table rejected of {folder}: {rejected_count:,}.",
    "not_kept": "Made no event, and kept only in the file: {refused_row_count:,}.",
    "to_do": "Correct and import again.",
}


def _summary(path: Path, report: Mapping[str, Any], lang: str) -> str:
    """Return what a person reads; ``path`` as it was typed, a report of before has another."""
    words = _ZH if lang == "zh" else _EN
    refused = report["refused_row_count"] + report["rejected_count"]
    lines = [f"{path} ({report['kind']}, sha256 {report['sha256'][:12]}…)"]
    if report["is_known"]:
        lines.append(f"  {words['known']}")
    lines.append("  " + words["counts"].format(refused=refused, **report))
    if report["complete_to"]:
        lines.append("  " + words["complete"].format(**report))
    lines += [f"  ! {remark[lang]}" for remark in report["warnings"]]
    told = [_remedy(finding, lang) for finding in report["rejected"]]
    repeated, count = next(iter(Counter(filter(None, told)).most_common(1)), ("", 0))
    for finding, remedy in zip(report["rejected"], told, strict=True):
        column = f":{finding['field']}" if finding["field"] else ""
        said = finding[lang]
        if count > 1 and remedy == repeated:
            said = said.removesuffix(remedy).rstrip()
        lines.append(f"  ✗ {path}:{finding['line']}{column}: {said}")
    if count > 1:
        lines.append(f"  → {repeated}")
    if refused > REJECTED_LISTED_MAX:
        lines.append("  " + words["more"].format(more=refused - REJECTED_LISTED_MAX))
    return "\n".join(lines) + "\n"


def _remedy(finding: Mapping[str, Any], lang: str) -> str:
    """Return what to do about a refused row, as its own sentence ends with."""
    reason = REASONS.get(finding["code"])
    remedy = "" if reason is None else reason.remedy_zh if lang == "zh" else reason.remedy_en
    return remedy if finding[lang].endswith(remedy) else ""


def _warn_of_refused(report: Mapping[str, Any], folder: Path, lang: str) -> None:
    """Say on stderr how many rows were refused: a script that keeps stdout must not miss it."""
    words = _ZH if lang == "zh" else _EN
    refused = report["refused_row_count"] + report["rejected_count"]
    if not refused:
        return
    said = ["refused"]
    said += ["kept"] if report["rejected_count"] else []
    said += ["not_kept"] if report["refused_row_count"] else []
    facts = {**report, "refused": refused, "folder": folder}
    told = [words[key].format(**facts) for key in (*said, "to_do")]
    click.secho(("" if lang == "zh" else " ").join(told), err=True, bold=True)


COMMANDS = (import_command,)
