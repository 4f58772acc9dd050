"""The edition for the agencies: every bank with its grade, points, rank, figures and reasons."""

from infra.publish.document import Block, Label, Paragraph, Piece, Table, TableColumn
from infra.publish.group_figures import group_tables
from infra.publish.group_grades import grade_counts_table
from infra.publish.passages import (
    caps_table,
    data_note,
    heading,
    legend,
    manual_table,
    opening,
    signing,
    value_tables,
    words,
)
from infra.publish.pieces import (
    bank_label,
    figure,
    grade_figure,
    part_figure,
    rank_figure,
    total_figure,
)
from infra.publish.subject import Subject, is_rated
from processors.grading.measuring import label_of
from schemas.grading import BankGrade
from schemas.words import group_words


def agencies_blocks(subject: Subject) -> list[Block]:
    """Return the text of the edition."""
    banks = subject.ranked
    rated_count = sum(is_rated(bank) for bank in banks)
    blocks: list[Block] = [*opening(subject), heading("一、总体情况", "1. Overview")]
    blocks.append(
        Paragraph(
            pieces=[
                words("本季度参评机构", "Banks in the assessment: "),
                figure(str(len(banks)), "run/bank_count"),
                words("家，其中评定等次", "; graded: "),
                figure(str(rated_count), "run/rated_count"),
                words("家，不予评级", "; not rated: "),
                figure(str(len(banks) - rated_count), "run/not_rated_count"),
                words("家。不予评级不等于最低等次。", ". Not rated is not the lowest grade."),
            ]
        )
    )
    if not banks:
        blocks.append(Paragraph(pieces=[words("本季度无参评机构。", "No bank was assessed.")]))
        return [*blocks, data_note(subject), *signing(subject)]
    blocks += [grade_counts_table(subject, is_public=False)]
    blocks += [heading("二、评估等次", "2. Grades"), _grades(banks)]
    blocks += [heading("三、评估指标", "3. Indicators"), legend(subject)]
    blocks += value_tables(subject, banks)
    blocks += _decided(subject, banks)
    blocks += [heading("五、各类机构情况", "5. Groups of banks")]
    blocks += group_tables(subject, is_public=False)
    blocks += [heading("六、评估理由", "6. Reasons"), _reasons(banks)]
    return [*blocks, data_note(subject), *signing(subject)]


def _grades(banks: list[BankGrade]) -> Table:
    rows: list[list[Piece]] = []
    for bank in banks:
        group = group_words(bank.group or bank.peer_group)
        rows.append(
            [
                bank_label(bank),
                words(group.zh, group.en),
                rank_figure(bank),
                part_figure(bank, "regular", bank.regular_hundred_millionths),
                part_figure(bank, "bonus", bank.bonus_hundred_millionths),
                part_figure(bank, "deduction", bank.deduction_hundred_millionths),
                total_figure(bank),
                grade_figure(bank),
            ]
        )
    heads = [
        (words("机构", "Bank"), 6),
        (words("比较组", "Compared in"), 3),
        (words("组内名次", "Rank"), 2),
        (words("常规分", "Regular"), 2),
        (words("加分", "Bonus"), 2),
        (words("扣分", "Deduction"), 2),
        (words("总分", "Total"), 2),
        (words("等次", "Grade"), 3),
    ]
    return Table(
        name="grades",
        title=words("银行业金融机构评估等次", "Grades of the banks"),
        columns=[
            TableColumn(head=head, is_number=2 <= n < len(heads) - 1, width_share=share)
            for n, (head, share) in enumerate(heads)
        ],
        rows=rows,
    )


def _decided(subject: Subject, banks: list[BankGrade]) -> list[Block]:
    """Return what persons or clauses decided: manual items, caps, conferred changes."""
    tables = [manual_table(subject, banks), caps_table(banks), _changes(subject, banks)]
    found = [table for table in tables if table is not None]
    blocks: list[Block] = [heading("四、人工评定和封顶", "4. Decided by hand or by clause")]
    if not found:
        none = words(
            "无人工评定项目、封顶情形和会商调整。", "No item by hand, no cap, no conferred change."
        )
        return [*blocks, Paragraph(pieces=[none])]
    return [*blocks, *found]


def _changes(subject: Subject, banks: list[BankGrade]) -> Table | None:
    """Return the changes that the agencies conferred, of the version that the quarter is at."""
    # An earlier version had changes of its own: what is in force now says nothing of it.
    if subject.life.run_id != subject.run.run_id or not subject.life.changes:
        return None
    labels = {bank.bank_id: bank_label(bank) for bank in banks}
    columns = {column.name: label_of(column) for column in subject.methodology.columns}
    rows: list[list[Piece]] = []
    for change in subject.life.changes:
        named = columns.get(change.column)
        said = change.value or change.grade_at_most
        rows.append(
            [
                labels.get(change.bank_id, Label(zh=change.bank_id, en=change.bank_id)),
                words(named.zh, named.en) if named else words("等次上限", "grade at most"),
                figure(said, f"{change.bank_id}/change/{change.number}"),
                words(change.clause or "—", change.clause or "—"),
                words(change.minutes or "—", change.minutes or "—"),
            ]
        )
    return Table(
        name="changes",
        title=words("会商调整", "Conferred changes"),
        columns=[
            TableColumn(head=words("机构", "Bank"), width_share=4),
            TableColumn(head=words("项目", "What"), width_share=4),
            TableColumn(head=words("调整为", "Changed to"), is_number=True),
            TableColumn(head=words("条款", "Clause"), width_share=3),
            TableColumn(head=words("会议纪要", "Minutes"), width_share=3),
        ],
        rows=rows,
    )


def _reasons(banks: list[BankGrade]) -> Table:
    rows: list[list[Piece]] = []
    for bank in banks:
        said = bank.reasons
        zh = "".join(reason.zh for reason in said) or "—"
        en = " ".join(reason.en for reason in said) or "—"
        rows.append([bank_label(bank), grade_figure(bank), words(zh, en)])
    return Table(
        name="reasons",
        title=words("评估理由（影响最大的在前）", "Reasons, what weighs most first"),
        columns=[
            TableColumn(head=words("机构", "Bank"), width_share=3),
            TableColumn(head=words("等次", "Grade"), width_share=2),
            TableColumn(head=words("理由", "Reasons"), width_share=14),
        ],
        rows=rows,
    )
