"""What can be asked of methodology files: list, show, check, compare, apply to a table.

Nothing here is stored, and nothing here is an official grading: a run is, see infra.grading.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from infra.methodology_diff import differences
from infra.methodology_words import told
from infra.reference_data import load_methodology, methodology_files, methodology_of
from infra.values_file import read_values
from processors.exact import decimal_text
from processors.grading.combinations import every_combination
from processors.grading.measuring import measure_table
from processors.grading.run import grade_table
from processors.grading.table import Table
from processors.methodology import check_methodology, problems_of
from processors.problem import Problem
from schemas.codes import Grade
from schemas.grading import POINTS_SCALE, BankGrade
from schemas.methodology import Methodology, methodology_hash
from schemas.quarter import Quarter
from schemas.results import Results
from schemas.words import GRADE_WORDS, Words, group_words

Row = dict[str, Any]
Answer = dict[str, Any]

HALF_PERCENT = 50
NOT_OFFICIAL = Words(
    "按所给数值试算，未留存，不作为正式结果",
    "worked out from the values given, not stored: not official",
)


def chosen(name: str, text: str, where: str) -> Methodology:
    """Return the methodology in ``text``, else the one that comes with the program by name.

    Raises ValueError. A name is never a path: whoever asks may not be on this machine.
    """
    if text:
        return methodology_of(text.encode(), where or "text")
    if name.endswith(".toml") or "/" in name:
        raise ValueError(
            f"methodology {name!r}: found a path, expected a name such as illustrative-quarterly, "
            "or the text of the file"
        )
    return load_methodology(name) if name else load_methodology()


def listed() -> list[Row]:
    """Return a row for every version that comes with the program."""
    rows = []
    for name, paths in methodology_files().items():
        for path in paths:
            found = load_methodology(f"{name}@{path.stem.rpartition('-v')[2]}")
            rows.append(_head(found) | {"is_newest": path == paths[-1]})
    return rows


def shown(methodology: Methodology) -> Answer:
    """Return a methodology in sentences, and all that its file says."""
    rows = [{"sentence_zh": words.zh, "sentence_en": words.en} for words in told(methodology)]
    return _head(methodology) | {"rows": rows, "said": msgspec.to_builtins(methodology)}


def compared(before: Methodology, after: Methodology) -> Answer:
    """Return every difference of two methodologies."""
    rows = differences(before, after)
    return {
        "before": _head(before),
        "after": _head(after),
        "is_equal": not rows,
        "rows": rows,
    }


def applied(methodology: Methodology, values: str, where: str, quarter: str) -> Answer:
    """Grade a table of values; raise ValueError where it or the methodology does not fit."""
    at = quarter_of(methodology, quarter)
    check_methodology(methodology, at)
    table = read_values(values, where, methodology, str(at))
    grades = grade_table(table, methodology)
    return _head(methodology) | {
        "quarter": str(at),
        "is_official": False,
        "note_zh": NOT_OFFICIAL.zh,
        "note_en": NOT_OFFICIAL.en,
        "rows": [_bank_row(bank) for bank in _best_first(grades)],
    }


def checked(
    methodology: Methodology, table: Callable[[], Table | None], used: Sequence[str] = ()
) -> Answer:
    """Return what is wrong with a methodology, and how grades come out on ``table``.

    ``table`` is asked only where nothing is wrong; None where there are no figures to grade: then
    every combination of words is taken once, where a methodology knows only words.
    ``used``: other hashes that stored runs have for its name and version.
    """
    problems = problems_of(methodology)
    problems += [
        Problem(
            "file", methodology_hash(methodology)[:12], f"{one[:12]}, as a run used this version"
        )
        for one in used
    ]
    found = None if problems else table()
    is_assumed = found is None and not problems
    if is_assumed:
        found = every_combination(methodology, str(quarter_of(methodology, "")))
    grades = grade_table(found, methodology) if found is not None else []
    rows, warnings = _distribution(methodology, grades)
    return _head(methodology) | {
        "is_sound": not problems,
        "problems": [
            {
                "where": problem.where,
                "found": str(problem.found),
                "expected": problem.expected,
                "sentence_zh": f"{problem.where}：现为 {problem.found}，应为 {problem.expected}",
                "sentence_en": f"{problem.where}: found {problem.found}, expected "
                f"{problem.expected}",
            }
            for problem in problems
        ],
        "quarter": found.quarter if found is not None else "",
        "is_assumed": is_assumed and found is not None,
        "rated_bank_count": sum(bank.grade != Grade.NOT_RATED for bank in grades),
        "rows": rows,
        "warnings": warnings,
    }


def measured(results: Results, methodology: Methodology, quarter: str) -> Table | None:
    """Return the table of ``quarter``, else of the newest stored one that rates any bank."""
    if quarter:
        at = Quarter.parse(quarter)
        check_methodology(methodology, at)
        if results.quarter_place(at) < 0:
            raise ValueError(f"quarter {quarter}: nothing is stored of it; import it first")
        return measure_table(results, methodology, at)
    over = [
        at
        for place, at in enumerate(results.quarters)
        if place != results.running_place and _is_graded(methodology, at)
    ]
    table = None
    for at in reversed(over):
        table = measure_table(results, methodology, at)
        if any(bank.grade != Grade.NOT_RATED for bank in grade_table(table, methodology)):
            return table
    return table


def quarter_of(methodology: Methodology, quarter: str) -> Quarter:
    """Return the quarter asked for, else the last before ``effective_to``, else the first graded.

    A table of values has no quarter of its own; it decides only which dated targets hold.
    """
    if quarter:
        return Quarter.parse(quarter)
    first = Quarter.parse(methodology.effective_to or methodology.effective_from)
    step = -1 if methodology.effective_to else 1
    years = (Quarter.from_ordinal(first.ordinal + step * ahead) for ahead in range(4))
    return next((at for at in years if at.number in methodology.quarters), first)


def _is_graded(methodology: Methodology, quarter: Quarter) -> bool:
    last = methodology.effective_to
    return (
        quarter.number in methodology.quarters
        and quarter >= Quarter.parse(methodology.effective_from)
        and (not last or quarter <= Quarter.parse(last))
    )


def _head(methodology: Methodology) -> Row:
    of = methodology
    return {
        "methodology": of.name,
        "version": of.version,
        "label_zh": of.label_zh,
        "label_en": of.label_en,
        "basis_zh": of.basis_zh,
        "basis_en": of.basis_en,
        "is_illustrative": of.is_illustrative,
        "effective_from": of.effective_from,
        "effective_to": of.effective_to,
        "indicator_count": len(of.indicators),
        "methodology_hash": methodology_hash(of),
        "columns": [column.name for column in of.columns],
    }


def _distribution(
    methodology: Methodology, grades: Sequence[BankGrade]
) -> tuple[list[Row], list[Row]]:
    """Return how many banks have each grade, and warn of one that more than half have."""
    if not grades:
        return [], []
    count = Counter(bank.grade for bank in grades)
    rated = sum(count.values()) - count[Grade.NOT_RATED]
    names = {level.name: Words(level.zh, level.en) for level in methodology.grading.levels}
    rows, warnings = [], []
    for name, words in (names | {Grade.NOT_RATED.value: GRADE_WORDS[Grade.NOT_RATED]}).items():
        is_share = rated > 0 and name in names
        share = decimal_text(count[name] * 100, rated, 1) if is_share else ""
        rows.append(
            {
                "grade": name,
                "grade_zh": words.zh,
                "grade_en": words.en,
                "bank_count": count[name],
                "share_percent": share,
            }
        )
        if is_share and count[name] * 100 > HALF_PERCENT * rated:
            warnings.append(
                {
                    "grade": name,
                    "sentence_zh": f"{words.zh}占参评机构的{share}%，超过一半，档次区分不足",
                    "sentence_en": f"{words.en}: {share} % of the rated banks, more than half; "
                    "the grades tell little apart",
                }
            )
    return rows, warnings


def _best_first(grades: Sequence[BankGrade]) -> list[BankGrade]:
    return sorted(
        grades,
        key=lambda bank: (
            bank.grade == Grade.NOT_RATED,
            -bank.total_hundred_millionths,
            bank.bank_id,
        ),
    )


def _bank_row(bank: BankGrade) -> Row:
    group = group_words(bank.group)
    return {
        "bank_id": bank.bank_id,
        "bank_name": bank.name_zh,
        "bank_name_en": bank.name_en,
        "peer_group": bank.peer_group,
        "group": bank.group,
        "group_zh": group.zh,
        "group_en": group.en,
        "group_size_count": bank.group_size_count,
        "points": bank.total_points,
        "rank": bank.rank or "",
        "grade": bank.grade,
        "grade_zh": bank.grade_zh,
        "grade_en": bank.grade_en,
        "caps": [msgspec.to_builtins(cap) for cap in bank.caps],
        "reasons": [{"zh": reason.zh, "en": reason.en} for reason in bank.reasons],
        "indicators": [
            {
                "name": graded.name,
                "name_zh": graded.name_zh,
                "name_en": graded.name_en,
                "value": graded.value,
                "status": graded.status,
                "points": decimal_text(graded.points_millionths, POINTS_SCALE, 2),
                "place": graded.place,
            }
            for graded in bank.indicators
        ],
    }
