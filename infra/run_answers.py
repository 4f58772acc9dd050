"""Grading runs as rows: listed, compared, over time. Every figure as text, exactly rounded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.intake.receipt import shanghai_text
from processors.exact import decimal_text
from processors.grading.comparison import BankMove, Cause, Direction, Graded, Move, transitions
from schemas.codes import Grade, Status
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, BankGrade, IndicatorGrade
from schemas.methodology import Methodology
from schemas.words import GRADE_WORDS, STATUS_WORDS, Words, unit_words
from streams.run_list import GradeHead, ListedRun, QuarterGrade

Row = dict[str, Any]

POINTS_DECIMALS = 2
_NOT_THERE = Words("无此机构", "not in it")
CAUSE_WORDS = {
    Cause.DATA: Words("数据变动", "data"),
    Cause.MANUAL: Words("人工项变动", "manual item"),
    Cause.SUPPOSED: Words("假设", "supposed"),
    Cause.METHOD: Words("办法变动", "method"),
    Cause.PEERS: Words("同组机构变动", "peers"),
}
DIRECTION_WORDS = {
    Direction.UP: Words("▲上升", "▲ up"),
    Direction.DOWN: Words("▼下降", "▼ down"),
    Direction.SAME: Words("不变", "same"),
    Direction.RATED: Words("新参评", "now rated"),
    Direction.UNRATED: Words("不再参评", "no longer rated"),
    Direction.CHANGED: Words("档次变动", "changed"),
}
INPUT_WORDS = {
    "base_minor": Words("基期余额", "base balance"),
    "latest_minor": Words("期末余额", "balance"),
    "amount_minor": Words("发放额", "new lending"),
    "amount_rate_minor_mbp": Words("发放额×利率", "new lending × rate"),
    "balance_minor": Words("余额", "balance"),
    "all_balance_minor": Words("各项贷款余额", "balance of all loans"),
    "all_base_minor": Words("各项贷款基期余额", "base balance of all loans"),
    "all_latest_minor": Words("各项贷款期末余额", "balance of all loans now"),
    "base_count": Words("基期户数", "borrowers at the base"),
    "latest_count": Words("期末户数", "borrowers"),
    "compared_minor": Words("可比发放额", "lending compared with the LPR"),
    "spread_minor_mbp": Words("发放额×利差", "lending × spread"),
    "first_loan_borrower_count": Words("首贷户数", "first-loan borrowers"),
    "new_lending_minor": Words("新发放额", "new lending"),
    "non_performing_minor": Words("不良余额", "non-performing balance"),
    "out_minor": Words("核销及转出", "written off and moved out"),
    "unsecured_minor": Words("信用贷款", "unsecured lending"),
}
_WITHOUT_INDICATOR: dict[Cause | None, Words] = {
    Cause.METHOD: Words(
        "指标得分未变，分数线、比例或封顶等规则变动",
        "no indicator moved; cut-offs, quotas or caps are others",
    ),
    Cause.PEERS: Words(
        "本机构得分未变，位次随其他机构变动", "its points did not move; its rank follows others"
    ),
}
_OF_VALUE = frozenset({Cause.DATA, Cause.MANUAL, Cause.SUPPOSED})


def run_rows(runs: Iterable[ListedRun]) -> list[Row]:
    """Return a row for every stored run."""
    return [
        {
            "run_id": run.head.run_id,
            "run": run.head.run_id[:12],
            "quarter": run.head.quarter,
            "methodology": run.head.methodology,
            "methodology_version": run.head.methodology_version,
            "methodology_zh": run.head.label_zh,
            "methodology_en": run.head.label_en,
            "is_illustrative": run.head.is_illustrative,
            "graded_at": shanghai_text(run.graded_at_ms),
            "graded_at_ms": run.graded_at_ms,
            "as_of": run.head.as_of,
            "is_to_date": run.head.is_to_date,
            "data_version": run.head.data_version,
            "published_versions": list(run.versions),
            "bank_count": len(run.head.banks),
            "grades": _counts(run.head.banks),
        }
        for run in runs
    ]


def comparison_rows(moves: Sequence[BankMove]) -> list[Row]:
    """Return a row for every bank of either run; who moved most comes first."""
    return [_bank_row(move) for move in moves]


def transition_rows(moves: Sequence[BankMove], before: Graded, after: Graded) -> list[Row]:
    """Return how many banks went from which grade to which, best grades first."""
    counts = transitions(moves)
    olds, news = _levels(before.methodology), _levels(after.methodology)
    return [
        {
            "grade_before": was,
            "grade_before_zh": olds[was].zh,
            "grade_before_en": olds[was].en,
            "grade_after": now,
            "grade_after_zh": news[now].zh,
            "grade_after_en": news[now].en,
            "bank_count": counts[was, now],
        }
        for was in olds
        for now in news
        if counts.get((was, now))
    ]


def matrix_rows(moves: Sequence[BankMove], before: Graded, after: Graded) -> list[Row]:
    """Return the same as a matrix: a row for each grade before, a key for each grade after."""
    counts = transitions(moves)
    news = _levels(after.methodology)
    return [
        {"grade_before": was, "grade_before_zh": words.zh, "grade_before_en": words.en}
        | {"counts": [counts.get((was, now), 0) for now in news]}
        for was, words in _levels(before.methodology).items()
        if any(counts.get((was, now)) for now in news)
    ]


def history_rows(history: Iterable[QuarterGrade]) -> list[Row]:
    """Return a row for every quarter of one bank."""
    return [
        {
            "quarter": found.run.quarter,
            "bank_id": found.bank.bank_id,
            "bank_name": found.bank.name_zh,
            "bank_name_en": found.bank.name_en,
            **_grade_words(found.bank, "grade"),
            "points": found.bank.total_points,
            "rank": found.bank.rank or "",
            "group": found.bank.group,
            "group_size_count": found.bank.group_size_count,
            "methodology": found.run.methodology,
            "methodology_version": found.run.methodology_version,
            "methodology_zh": found.run.label_zh,
            "methodology_en": found.run.label_en,
            "is_illustrative": found.run.is_illustrative,
            "is_to_date": found.run.is_to_date,
            "published_version": found.version or "",
            "run_id": found.run.run_id,
            "run": found.run.run_id[:12],
        }
        for found in history
    ]


def _bank_row(move: BankMove) -> Row:
    was, now = move.before, move.after
    return {
        "bank_id": move.bank.bank_id,
        "bank_name": move.bank.name_zh,
        "bank_name_en": move.bank.name_en,
        "peer_group": move.bank.peer_group,
        "has_moved": move.has_moved,
        **_grade_words(was, "grade_before"),
        **_grade_words(now, "grade_after"),
        **_worded("direction", move.direction, DIRECTION_WORDS[move.direction]),
        "points_before": was.total_points if was else "",
        "points_after": now.total_points if now else "",
        "points_moved": _total_text(move.total_moved_hundred_millionths),
        "rank_before": (was.rank if was else 0) or "",
        "rank_after": (now.rank if now else 0) or "",
        "caps_before": [cap.clause for cap in was.caps] if was else [],
        "caps_after": [cap.clause for cap in now.caps] if now else [],
        "causes": [_cause(cause) for cause in move.causes],
        "reason": _reason(move, "zh"),
        "reason_zh": _reason(move, "zh"),
        "reason_en": _reason(move, "en"),
        "indicators": [_move_row(one) for one in move.moves],
    }


def _move_row(move: Move) -> Row:
    graded = move.after or move.before
    assert graded is not None
    return {
        "code": graded.code,
        "name": graded.name,
        "name_zh": graded.name_zh,
        "name_en": graded.name_en,
        "unit": graded.unit,
        "unit_zh": unit_words(graded.unit).zh,
        "unit_en": unit_words(graded.unit).en,
        "role": graded.role,
        **_side(move.before, "before"),
        **_side(move.after, "after"),
        "points_moved": _points_text(move.points_moved_millionths),
        "weighted_points_moved": _total_text(move.weighted_moved_hundred_millionths),
        "causes": [_cause(cause) for cause in move.causes],
        "inputs": [
            {
                "name": name,
                "name_zh": INPUT_WORDS.get(name, Words(name, name)).zh,
                "name_en": INPUT_WORDS.get(name, Words(name, name)).en,
                "before": "" if was is None else was,
                "after": "" if now is None else now,
                "moved": (now or 0) - (was or 0),
            }
            for name, was, now in move.inputs_moved
        ],
    }


def _side(graded: IndicatorGrade | None, when: str) -> Row:
    return {
        f"value_{when}": graded.value if graded else "",
        f"value_exact_{when}": graded.value_exact if graded else "",
        f"status_{when}": graded.status if graded else "",
        f"source_{when}": graded.source if graded else "",
        f"points_{when}": _points_text(graded.points_millionths) if graded else "",
        f"weight_{when}": graded.weight_percent if graded else None,
    }


def _reason(move: BankMove, lang: str) -> str:
    """Return the sentence on what moved the total most; empty where nothing moved."""
    moved = [one for one in move.moves if one.causes]
    if move.direction is Direction.UNRATED and move.after is not None and move.after.reasons:
        missing = move.after.reasons[0]  # It says which figure is not there.
        return missing.zh if lang == "zh" else missing.en
    if not moved:
        words = _WITHOUT_INDICATOR.get(move.causes[0] if move.causes else None, Words("", ""))
        return words.zh if lang == "zh" else words.en
    first = moved[0]
    graded = first.after or first.before
    assert graded is not None
    causes = "、".join(CAUSE_WORDS[cause].zh for cause in first.causes)
    causes_en = " and ".join(CAUSE_WORDS[cause].en for cause in first.causes)
    values = _values(first, lang)
    by = first.weighted_moved_hundred_millionths
    points = decimal_text(abs(by), TOTAL_SCALE, POINTS_DECIMALS)
    if lang == "zh":
        verb = "得分增加" if by > 0 else "得分减少"
        won = f"，{verb}{points}分" if by else ""
        return f"{graded.name_zh}{values}（{causes}）{won}"
    won = f", {points} points {'more' if by > 0 else 'fewer'}" if by else ""
    return f"{graded.name_en}{values} ({causes_en}){won}"


def _values(move: Move, lang: str) -> str:
    if move.before is None:
        return "为新增项" if lang == "zh" else " is new"
    if move.after is None:
        return "不再计算" if lang == "zh" else " is not counted any more"
    unit = unit_words(move.after.unit)
    pair = []
    for graded in (move.before, move.after):
        sign = unit.zh if lang == "zh" else f" {unit.en}"
        status = STATUS_WORDS[Status[graded.status.upper()]]
        missing = status.zh if lang == "zh" else status.en.lower()
        pair.append(f"{graded.value}{sign}".strip() if graded.value else missing)
    if pair[0] == pair[1] and not _OF_VALUE.intersection(move.causes):
        return f"为{pair[1]}" if lang == "zh" else f" is {pair[1]} still"
    return f"由{pair[0]}变为{pair[1]}" if lang == "zh" else f" from {pair[0]} to {pair[1]}"


def _cause(cause: Cause) -> Row:
    words = CAUSE_WORDS[cause]
    return {"name": cause.value, "zh": words.zh, "en": words.en}


def _worded(key: str, value: str, words: Words) -> Row:
    return {key: str(value), f"{key}_zh": words.zh, f"{key}_en": words.en}


def _grade_words(bank: BankGrade | None, key: str) -> Row:
    if bank is None:
        return _worded(key, "", _NOT_THERE)
    words = GRADE_WORDS[Grade.NOT_RATED] if bank.grade == Grade.NOT_RATED else None
    zh, en = bank.grade_zh or bank.grade, bank.grade_en or bank.grade
    return _worded(key, bank.grade, words or Words(zh, en))


def _levels(methodology: Methodology) -> Mapping[str, Words]:
    """Return the grades, best first, then not rated, then a bank that is not there."""
    levels = {level.name: Words(level.zh, level.en) for level in methodology.grading.levels}
    return levels | {Grade.NOT_RATED.value: GRADE_WORDS[Grade.NOT_RATED], "": _NOT_THERE}


def _counts(banks: Sequence[GradeHead]) -> list[Row]:
    """Return how many banks have each grade, best grade first, those not rated last."""
    ordered = sorted(
        banks, key=lambda one: (one.grade == Grade.NOT_RATED, -one.total_hundred_millionths)
    )
    found: dict[str, Row] = {}
    for one in ordered:
        words = Words(one.grade_zh or one.grade, one.grade_en or one.grade)
        if one.grade == Grade.NOT_RATED:
            words = GRADE_WORDS[Grade.NOT_RATED]
        row = {"name": one.grade, "name_zh": words.zh, "name_en": words.en, "bank_count": 0}
        found.setdefault(one.grade, row)["bank_count"] += 1
    return [
        row
        | {"zh": f"{row['name_zh']}{row['bank_count']}"}
        | {"en": f"{row['name_en']} {row['bank_count']}"}
        for row in found.values()
    ]


def _points_text(points_millionths: int) -> str:
    return decimal_text(points_millionths, POINTS_SCALE, POINTS_DECIMALS)


def _total_text(total_hundred_millionths: int) -> str:
    return decimal_text(total_hundred_millionths, TOTAL_SCALE, POINTS_DECIMALS)
