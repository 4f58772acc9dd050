"""A trial (试报): files are checked as for an import, nothing is stored, a workbook says why."""

from pathlib import Path
from typing import Any

import msgspec

from infra.imports.pboc.archive import Archive
from infra.imports.pboc.filing_importer import OnProgress, check_filings
from infra.imports.pboc.findings_xlsx import CheckedFiling, write_findings


def trial_of(
    paths: list[Path],
    workbook: Path,
    archive: Archive | None,
    on_progress: OnProgress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Check ``paths``, write the findings to ``workbook`` and return the reports.

    Raises ValueError where the workbook cannot be written, before anything is checked.
    """
    if workbook.is_dir() or not workbook.absolute().parent.is_dir():
        raise ValueError(
            f"workbook {workbook}: expected a file in a folder that is there, such as "
            "findings.xlsx; make the folder, or name another with --out"
        )
    # A bank's only copy of a file must not be written over.
    if workbook.suffix.lower() != ".xlsx" or workbook.absolute() in map(Path.absolute, paths):
        raise ValueError(
            f"workbook {workbook}: expected a name that ends in .xlsx, such as findings.xlsx; "
            "name another with --out"
        )
    trials = check_filings(paths, archive, on_progress)
    write_findings(
        workbook,
        [
            CheckedFiling(trial.findings, trial.report.row_count, trial.report.refused_row_count)
            for trial in trials
        ],
    )
    reports = msgspec.to_builtins([trial.report for trial in trials])
    return {"files": reports, "workbook": str(workbook)}
