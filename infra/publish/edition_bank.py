"""The edition for one bank: its own figures and reasons, and how its group is spread.

It never says how far the next grade is, and nothing of another bank: lowest, median and highest
of the group stand in it only where the group has at least five.
"""

from collections.abc import Callable
from fractions import Fraction

from infra.publish.document import Block, Paragraph, Piece, Table, TableColumn
from infra.publish.passages import caps_table, data_note, heading, legend, opening, signing, words
from infra.publish.pieces import (
    bank_label,
    exact_figure,
    grade_figure,
    points_figure,
    rank_figure,
    total_figure,
    unit_label,
    value_figure,
)
from infra.publish.subject import Subject, is_rated
from processors.disclosure import SPREAD_UNITS_MIN, spread
from processors.grading.measuring import label_of, unit_of
from processors.unit import UNITS, Unit
from schemas.grading import TOTAL_SCALE, BankGrade
from schemas.methodology import Indicator
from schemas.words import group_words

_WITHHELD = words("不列示", "not shown")


def bank_blocks(subject: Subject, bank_id: str) -> list[Block]:
    """Return the text of the edition; raise LookupError for a bank that the run has not."""
    bank = bank_of(subject, bank_id)
    blocks: list[Block] = [*opening(subject), heading("一、评估结果", "1. Result")]
    blocks.append(Paragraph(pieces=_result(bank)))
    blocks += [heading("二、指标情况", "2. Indicators"), legend(subject), _values(subject, bank)]
    caps = caps_table([bank])
    if caps is not None:
        blocks.append(caps)
    blocks.append(heading("三、评估理由", "3. Reasons"))
    reasons = [words(one.zh, one.en) for one in bank.reasons] or [words("无。", "None.")]
    blocks += [Paragraph(pieces=[reason]) for reason in reasons]
    blocks.append(
        Paragraph(
            is_note=True,
            pieces=[
                words(
                    "如有异议，请在规定期限内提出书面意见并附证明材料。",
                    "A bank that disagrees may say so in writing within the time set, with "
                    "evidence.",
                )
            ],
        )
    )
    return [*blocks, data_note(subject), *signing(subject)]


def bank_of(subject: Subject, bank_id: str) -> BankGrade:
    """Return a bank of the run; raise LookupError where it has none of this id."""
    found = next((bank for bank in subject.run.banks if bank.bank_id == bank_id), None)
    if found is None:
        raise LookupError(
            f"bank was {bank_id!r}, expected one that run {subject.run.run_id[:12]} graded; see "
            f"puhui grade {subject.run.quarter}"
        )
    return found


def _result(bank: BankGrade) -> list[Piece]:
    name = bank_label(bank)
    if not is_rated(bank):
        return [words(f"{name.zh}本季度", f"{name.en}: "), grade_figure(bank), words("。", ".")]
    group = group_words(bank.group)
    return [
        words(f"{name.zh}本季度评估等次为", f"{name.en} is graded "),
        grade_figure(bank),
        words("，总分", ", total "),
        total_figure(bank),
        words(f"分，在{group.zh}中列第", f" points, rank in {group.en.lower()}: "),
        rank_figure(bank),
        words("。", "."),
    ]


def _values(subject: Subject, bank: BankGrade) -> Table:
    """Return each figure of the bank beside the spread of its group."""
    graded = {one.name: one for one in bank.indicators}
    peers = [one for one in subject.run.banks if is_rated(one) and one.group == bank.group]
    rows: list[list[Piece]] = []
    for indicator in subject.methodology.indicators:
        named = label_of(indicator)
        rows.append(
            [
                words(named.zh, named.en),
                unit_label(indicator),
                value_figure(bank, graded[indicator.name], indicator),
                points_figure(bank, graded[indicator.name]),
                *_spread(bank, peers, indicator.name, _value(indicator), unit_of(indicator)),
            ]
        )
    points = words("总分", "Total points")
    total = total_figure(bank)
    spread_of_total = _spread(bank, peers, "points", _total, UNITS["points"])
    rows.append([points, words("分", "points"), total, total, *spread_of_total])
    heads = (
        ("本组最低", "Group lowest"),
        ("本组中位", "Group median"),
        ("本组最高", "Group highest"),
    )
    return Table(
        name="values",
        title=words("指标值、得分和本组分布", "Values, points and the spread of the group"),
        columns=[
            TableColumn(head=words("指标", "Indicator"), width_share=5),
            TableColumn(head=words("单位", "Unit")),
            TableColumn(head=words("本机构", "This bank"), is_number=True),
            TableColumn(head=words("得分", "Points"), is_number=True),
            *(TableColumn(head=words(zh, en), is_number=True) for zh, en in heads),
        ],
        rows=rows,
        note=words(
            f"注：本组有数机构不足{SPREAD_UNITS_MIN}家的指标和非数值指标，不列示分布。",
            f"Note: no spread where fewer than {SPREAD_UNITS_MIN} of the group have a figure, or "
            "where there are words.",
        ),
    )


def _spread(
    bank: BankGrade,
    peers: list[BankGrade],
    name: str,
    value_of: Callable[[BankGrade], Fraction | None],
    unit: Unit,
) -> list[Piece]:
    values = [value for value in map(value_of, peers) if value is not None]
    found = spread(values) if is_rated(bank) else None
    if found is None:
        return [_WITHHELD, _WITHHELD, _WITHHELD]
    key = f"group/{bank.group}/{name}"
    return [
        exact_figure(found.lowest, unit, f"{key}/lowest"),
        exact_figure(found.median, unit, f"{key}/median"),
        exact_figure(found.highest, unit, f"{key}/highest"),
    ]


def _value(indicator: Indicator) -> Callable[[BankGrade], Fraction | None]:
    def value_of(bank: BankGrade) -> Fraction | None:
        graded = next(one for one in bank.indicators if one.name == indicator.name)
        is_number = indicator.kind == "number" and graded.status == "ok"
        return Fraction(graded.value_exact) if is_number and graded.value_exact else None

    return value_of


def _total(bank: BankGrade) -> Fraction | None:
    return Fraction(bank.total_hundred_millionths, TOTAL_SCALE)
