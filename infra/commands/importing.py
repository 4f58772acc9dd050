"""The command that imports files: events, reports, and the banks' own monthly files."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from infra.commands.filing_summaries import filing_summary
from infra.commands.opening import Verbs, verbs_of
from infra.commands.shared_options import DayType, data_option, format_options, lang_option
from infra.imports.importer import OnProgress
from infra.imports.pboc.filing_name import SUFFIXES, looks_like_filing
from infra.imports.pboc.trial import trial_of
from infra.imports.report import REJECTED_LISTED_MAX
from infra.operations import Operations
from infra.requests import FilingsRequest
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
@click.option(
    "--check",
    "is_trial",
    is_flag=True,
    help="Only check the banks' own files: nothing is stored, and the findings are written as "
    "an Excel workbook in Chinese.",
)
@click.option(
    "--out",
    "workbook",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("findings.xlsx"),
    show_default=True,
    help="Where --check writes the findings.",
)
@format_options
@lang_option
@data_option
def import_command(  # noqa: PLR0917 - one argument for each option
    files: Sequence[Path],
    complete_to: str,
    is_trial: bool,  # noqa: FBT001
    workbook: Path,
    data: Path,
    lang: str,
    form: str,
) -> None:
    """Import events (NDJSON, Arrow), positions, a register or published balances (CSV).

    The monthly files of the basic financial data (.zip, .dat with its .log) are known by their
    names, such as 91310000XXBANK018C_CLDWDK_20260930.zip, and taken together by bank and month.

    Any other kind of file is known by its content. Rows that are refused are listed with file, line
    and field, and counted on stderr; all others are taken, and the exit code is 0. It is 1 when a
    whole file could not be imported. Importing a file twice changes nothing.
    """
    filings = [path for path in files if _is_filing(path)]
    others = [path for path in files if path not in filings]
    if is_trial:
        _check(filings, others, workbook, data, lang, form)
        return
    try:
        _import_all(filings, others, complete_to, data, lang, form)
    except KeyboardInterrupt:
        # Not Click's "Aborted!": whoever stopped it should know that nothing is lost.
        click.echo("\n" + _INTERRUPTED[lang], err=True)
        sys.exit(130)


def _import_all(  # noqa: PLR0917 - one argument for each option
    filings: Sequence[Path],
    others: Sequence[Path],
    complete_to: str,
    folder: Path,
    lang: str,
    form: str,
) -> None:
    reports: list[Mapping[str, Any]] = []
    typed: list[Path] = []
    failures: list[str] = []
    with verbs_of(folder, is_new_allowed=True) as verbs:
        told = _import_filings(verbs, filings, complete_to) if filings else []
        for path in others:
            if path.is_dir():
                failures.append(_FOLDER[lang].format(path))
                continue
            try:
                reports.append(_import(verbs, path, complete_to))
                typed.append(path)
            except ValueError as error:
                failures.append(str(error))
    _print([*told, *reports], failures, form)
    if form == "table":
        _print_filings(told, filings, lang)
        for path, report in zip(typed, reports, strict=True):
            click.echo(_summary(path, report, lang), nl=False)
    for report in reports:
        _warn_of_refused(report, folder, lang)
    _end(told, failures, lang)


def _check(  # noqa: PLR0917 - one argument for each option
    filings: Sequence[Path],
    others: Sequence[Path],
    workbook: Path,
    folder: Path,
    lang: str,
    form: str,
) -> None:
    """Try the banks' own files; what is stored is looked at where there is something."""
    if others:
        raise click.UsageError(
            f"--check takes the banks' own files only, not {others[0]}; its name should be like "
            "91310000XXBANK018C_CLDWDK_20260930.zip"
        )
    with _bar(filings) as on_progress:
        if folder.exists():
            with verbs_of(folder) as verbs:
                asked = {"paths": _absolute(filings), "workbook": str(workbook.absolute())}
                answer = verbs.run("check_filings", asked)
        else:
            answer = trial_of(list(filings), workbook, None, on_progress)
    told = answer["files"]
    _print(told, [], form)
    if form == "table":
        _print_filings(told, filings, lang)
        click.echo({"zh": "校验结果已写入", "en": "findings written to"}[lang] + f" {workbook}")
    _end(told, [], lang)


_INTERRUPTED = {
    "zh": "已中断; 已接收的数据不会丢失, 重新执行同一命令即可继续, 不会重复计入",
    "en": "interrupted; what was taken is kept: give the same command again to go on, nothing "
    "counts twice",
}
_FOLDER = {
    "zh": "{0} 是文件夹; 请给出其中的文件, 例如 {0}/*.zip",
    "en": "{0} is a folder; name the files in it, such as {0}/*.zip",
}


def _is_filing(path: Path) -> bool:
    """Tell whether a file is one of the banks' own, or would be under a right name."""
    return looks_like_filing(path) or path.suffix.lower() in SUFFIXES


def _absolute(paths: Sequence[Path]) -> list[str]:
    return [str(path.absolute()) for path in paths]


def _import_filings(
    verbs: Verbs, paths: Sequence[Path], complete_to: str
) -> list[Mapping[str, Any]]:
    asked = {"paths": _absolute(paths), "complete_to": complete_to}
    if isinstance(verbs, Operations):
        with _bar(paths) as on_progress:
            request = FilingsRequest(paths=_absolute(paths), complete_to=complete_to)
            told: list[Mapping[str, Any]] = verbs.import_filings(request, on_progress)["files"]
            return told
    answered: list[Mapping[str, Any]] = verbs.run("import_filings", asked)["files"]
    return answered


def _print(reports: Sequence[Mapping[str, Any]], failures: Sequence[str], form: str) -> None:
    if form == "json":
        click.echo(json_text({"files": reports, "failures": failures}), nl=False)
    elif form == "csv":
        click.echo(csv_text(reports), nl=False)


def _print_filings(told: Sequence[Mapping[str, Any]], typed: Sequence[Path], lang: str) -> None:
    names = {str(path.absolute()): str(path) for path in typed}
    for report in told:
        name = names.get(report["file"], report["file"])
        click.echo(filing_summary(name, report, lang), nl=False)


def _end(told: Sequence[Mapping[str, Any]], failures: Sequence[str], lang: str) -> None:
    """Say on stderr what was not taken; exit with 1 where that was a whole file."""
    refused = sum(report["refused_row_count"] for report in told)
    if refused:
        words = {"zh": f"警告: 共退回 {refused:,} 行, 不计入任何数字; 请修改文件后重报。",
                 "en": f"Warning: rows held back, and in no figure: {refused:,}. "
                 "Correct the files and send them again."}  # fmt: skip
        click.secho(words[lang], err=True, bold=True)
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    stopped = [report for report in told if report["faults"]]
    for report in stopped:
        click.echo(f"Error: {report['faults'][0][lang]}", err=True)
    if failures or stopped:
        sys.exit(1)


def _import(verbs: Verbs, path: Path, complete_to: str) -> Mapping[str, Any]:
    options = {"complete_to": complete_to}
    # Absolute: the process that does it may stand in another folder.
    place = str(path.absolute())
    if isinstance(verbs, Operations):
        with _bar([path]) as on_progress:
            return verbs.import_file(place, options, on_progress)
    return verbs.import_file(place, options)


@contextmanager
def _bar(paths: Sequence[Path]) -> Iterator[OnProgress]:
    size_bytes = sum(path.stat().st_size for path in paths if path.is_file())
    if size_bytes < LONG_FILE_BYTES or not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    label = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    with click.progressbar(length=size_bytes, label=label, file=sys.stderr) as bar:

        def move(done: int, every: int) -> None:
            bar.length = every
            bar.update(done - bar.pos)

        yield move


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
