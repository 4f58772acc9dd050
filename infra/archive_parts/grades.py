"""评定: the bank's grade, why, and how it was computed; what was known at the cut; the method."""

from fractions import Fraction

import msgspec

from infra.archive_part import (
    ArchivedFile,
    ArchivePart,
    Gathered,
    Subject,
    absent,
    csv_file,
    json_file,
    without_grade,
)
from infra.input_pack import notes_of
from infra.method_document import read_method
from infra.pack_sources import is_invented, methodology_json, shipped_toml
from processors.grading.measuring import unit_of
from processors.unit import UNITS
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, BankGrade, GradingRun, IndicatorGrade
from schemas.methodology import Column
from schemas.words import Words

PEERS_MIN = 5  # Of fewer banks a least and a greatest value would name one of them.


def explanation(subject: Subject) -> Gathered:
    """Return the bank's grade as it is stored, and the same as text."""
    bank, run = subject.bank, subject.run
    if bank is None or run is None:
        return without_grade(subject)
    notes = notes_of(run, is_synthetic=is_invented(subject.node))
    files = [
        ArchivedFile(
            "explanation.txt",
            _text(run, bank, notes).encode("utf-8-sig"),
            Words("评定说明", "the grade and its reasons in words"),
        ),
        json_file(
            "grade.json",
            msgspec.to_builtins(bank),
            Words("评定记录，全部精确值", "the grade as it is stored, every value exact"),
        ),
    ]
    return Gathered(files)


def cut(subject: Subject) -> Gathered:
    """Return what was known when the quarter was graded."""
    run = subject.run
    if run is None:
        return without_grade(subject)
    acts = [act.row for act in subject.acts if act.act in {"cut", "check"}]
    told = {
        "as_of": run.as_of,
        "data_version": run.data_version,
        "input_digest": run.input_digest,
        "is_to_date": run.is_to_date,
        "run_id": run.run_id,
        "acts": acts,
    }
    words = Words("截数：数据版本与输入摘要", "the cut: version of the data, digest of the input")
    remark = Words("", "") if acts else Words("尚无截数记录", "nobody has written down a cut")
    return Gathered([json_file("cut.json", told, words)], remark)


def method(subject: Subject) -> Gathered:
    """Return the methodology file and the document that it refers to."""
    run, methodology = subject.run, subject.methodology
    if run is None or methodology is None:
        return without_grade(subject)
    files = [
        ArchivedFile(
            "methodology.json",
            methodology_json(subject.node.store, run.methodology_hash),
            Words("所用评估办法", "the methodology as it was used"),
        )
    ]
    toml = shipped_toml(methodology)
    if toml:
        files.append(
            ArchivedFile("methodology.toml", toml, Words("评估办法文件", "the methodology file"))
        )
    document = read_method()
    if document:
        words = Words("计算方法说明", "how every figure is computed")
        files.append(ArchivedFile("method.md", document, words))
    return Gathered(files)


def calculation(subject: Subject) -> Gathered:
    """Return how values become points and points the total, line by line."""
    bank = subject.bank
    if bank is None:
        return without_grade(subject)
    head = ("code", "name", "name_zh", "role", "status", "source", "value", "unit", "value_exact",
            "before_exact", "inputs", "group_size", "place", "points", "weight_percent",
            "weighted_points")  # fmt: skip
    lines = [
        (
            one.code, one.name, one.name_zh, one.role, one.status, one.source, one.value, one.unit,
            one.value_exact, one.before_exact,
            " ".join(f"{name}={value}" for name, value in one.inputs.items()),
            one.group_size_count, one.place, _points(one.points_millionths, POINTS_SCALE),
            "" if one.weight_percent is None else str(one.weight_percent),
            _points(one.weighted_hundred_millionths, TOTAL_SCALE),
        )
        for one in (*bank.facts, *bank.indicators)
    ]  # fmt: skip
    totals = [
        ("regular_points", _points(bank.regular_hundred_millionths, TOTAL_SCALE)),
        ("bonus_points", _points(bank.bonus_hundred_millionths, TOTAL_SCALE)),
        ("deduction_points", _points(bank.deduction_hundred_millionths, TOTAL_SCALE)),
        ("uncapped_points", _points(bank.uncapped_hundred_millionths, TOTAL_SCALE)),
        *((f"cap: {cap.clause}", f"{cap.before} → {cap.after}") for cap in bank.caps),
        ("total_points", _points(bank.total_hundred_millionths, TOTAL_SCALE)),
        ("grade", bank.grade),
        ("rank", bank.rank),
    ]
    return Gathered(
        [
            csv_file("indicators.csv", head, lines, Words("指标、数值与得分", "values and points")),
            csv_file("totals.csv", ("what", "value"), totals, Words("总分与档次", "the total")),
        ]
    )


def peers(subject: Subject) -> Gathered:
    """Return least, middle and greatest value of the group, and its values without names."""
    bank, run, methodology = subject.bank, subject.run, subject.methodology
    if bank is None or run is None or methodology is None:
        return without_grade(subject)
    if not bank.group:
        return absent("该机构未参评，没有比较组", "the bank is not rated: compared with nobody")
    members = [one for one in run.banks if one.group == bank.group]
    lines = []
    values: dict[str, list[str]] = {}
    for column in methodology.columns:
        found = _known(members, column)
        if column.kind != "number" or len(found) < PEERS_MIN:
            continue
        text = unit_of(column).text
        middle = (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
        lines.append((column.name, len(found), text(found[0]), text(middle), text(found[-1])))
        values[column.name] = [text(value) for value in found]
    if not lines:
        return absent(
            f"比较组“{bank.group}”不足 {PEERS_MIN} 家，不列同组数值",
            f"group {bank.group} has fewer than {PEERS_MIN} values: they would name a bank",
        )
    head = ("name", "bank_count", "least", "median", "greatest")
    return Gathered(
        [
            csv_file(
                "group.csv",
                head,
                lines,
                Words("同组最小、中位、最大", "least, median and greatest of the group"),
            ),
            json_file("values.json", values, Words("同组数值，不具名", "values, without names")),
        ]
    )


def _known(members: list[BankGrade], column: Column) -> list[Fraction]:
    return sorted(
        Fraction(one.value_exact)
        for bank in members
        for one in (*bank.facts, *bank.indicators)
        if one.name == column.name and one.value_exact and column.kind == "number"
    )


def _points(scaled: int, scale: int) -> str:
    """Return points with all their digits."""
    whole, rest = divmod(abs(scaled), scale)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{len(str(scale)) - 1}}"


def _text(run: GradingRun, bank: BankGrade, notes: Words) -> str:
    lines = [
        f"{run.quarter} {bank.name_zh} / {bank.name_en} ({bank.bank_id})",
        f"{run.label_zh} / {run.label_en}",
        f"※ {notes.zh} / {notes.en}" if notes.zh else "",
        "",
        f"档次 / Grade: {bank.grade_zh or bank.grade} / {bank.grade_en or bank.grade}",
        f"总分 / Total: {bank.total_points or '—'}",
        f"比较组 / Compared in: {bank.group or '—'} ({bank.group_size_count})",
        f"名次 / Rank: {bank.rank or '—'}",
        "",
        "指标 / Indicators",
        *(_indicator_text(one) for one in bank.indicators),
        "",
        "理由 / Reasons",
        *(f"  {n}. {one.zh}\r\n     {one.en}" for n, one in enumerate(bank.reasons, 1)),
    ]
    if bank.caps:
        lines += ["", "封顶与否决 / Caps"]
        lines += [f"  {cap.clause}: {cap.zh} / {cap.en} ({cap.before} → {cap.after})"
                  for cap in bank.caps]  # fmt: skip
    return "\r\n".join([*lines, ""])


def _indicator_text(one: IndicatorGrade) -> str:
    value = f"{one.value} {_unit_text(one.unit)}".strip() if one.value else one.status
    points = _points(one.points_millionths, POINTS_SCALE).rstrip("0").rstrip(".")
    return f"  {one.code} {one.name_zh} / {one.name_en}: {value}, {points} 分 / points"


def _unit_text(name: str) -> str:
    return UNITS[name].words.zh if name in UNITS else ""


PARTS = (
    ArchivePart(4, "explanation", Words("评定说明", "Explanation"), explanation),
    ArchivePart(5, "cut", Words("截数", "Cut"), cut),
    ArchivePart(6, "method", Words("评估办法", "Method"), method),
    ArchivePart(7, "calculation", Words("计算过程", "Calculation"), calculation),
    ArchivePart(8, "peers", Words("同组数值", "Peers' values"), peers),
)
