"""How many banks of each peer group have each grade, for everybody or for the agencies."""

from collections import Counter

import numpy as np

from infra.publish.document import SUPPRESSED, Figure, Label, Piece, Table, TableColumn
from infra.publish.pieces import figure
from infra.publish.subject import Subject
from processors.disclosure import UNITS_MIN, Margins, hidden_cells
from schemas.codes import Grade
from schemas.units import BoolArray, Int64Array
from schemas.words import GRADE_WORDS, group_words

TOTAL = Label(zh="合计", en="Total")
HIDDEN_NOTE = Label(
    zh="注：“*”为涉及机构不足3家、单家占比过高，或可据以推算此类数据的项目，不予公开。",
    en="Note: * is not printed: fewer than three banks, one bank that holds too much of it, or a "
    "figure from which such a one could be computed.",
)


def grade_counts_table(subject: Subject, *, is_public: bool) -> Table:
    """Return banks by peer group and grade, with totals."""
    groups = sorted({bank.peer_group for bank in subject.run.banks})
    levels = [(level.name, Label(zh=level.zh, en=level.en)) for level in _levels(subject)]
    counts = Counter((bank.peer_group, bank.grade) for bank in subject.run.banks)
    inner = [[counts[group, name] for name, _ in levels] for group in groups]
    figures = _with_totals(np.array(inner, np.int64).reshape(len(groups), len(levels)))
    hidden = _hidden(figures) if is_public else np.zeros(figures.shape, np.bool_)
    names = [*groups, "total"]
    labels = [*(_group_label(group) for group in groups), TOTAL]
    columns = [*(name for name, _ in levels), "total"]
    rows: list[list[Piece]] = [
        [
            label,
            *(
                hideable(str(figures[row, column]), f"{name}/{code}/banks", hidden[row, column])
                for column, code in enumerate(columns)
            ),
        ]
        for row, (name, label) in enumerate(zip(names, labels, strict=True))
    ]
    heads = [Label(zh="机构类别", en="Group"), *(words for _, words in levels), TOTAL]
    return Table(
        name="grade_counts",
        title=Label(zh="各类机构评估等次分布（家）", en="Banks by group and grade"),
        columns=[
            TableColumn(head=head, is_number=n > 0, width_share=2 if n else 4)
            for n, head in enumerate(heads)
        ],
        rows=rows,
        note=HIDDEN_NOTE if hidden.any() else None,
    )


def hideable(text: str, key: str, is_hidden: object) -> Figure:
    """Return a figure, or the sign that it is not for everybody."""
    return Figure(zh="*", en="*", status=SUPPRESSED, key=key) if is_hidden else figure(text, key)


class _Level:
    """One grade of the table's columns."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        self.name, self.zh, self.en = name, zh, en


def _levels(subject: Subject) -> list[_Level]:
    words = GRADE_WORDS[Grade.NOT_RATED]
    levels = [_Level(one.name, one.zh, one.en) for one in subject.methodology.grading.levels]
    return [*levels, _Level(Grade.NOT_RATED.value, words.zh, words.en)]


def _group_label(group: str) -> Label:
    words = group_words(group)
    return Label(zh=words.zh, en=words.en)


def _with_totals(inner: Int64Array) -> Int64Array:
    with_column = np.hstack([inner, inner.sum(axis=1, keepdims=True)])
    return np.vstack([with_column, with_column.sum(axis=0, keepdims=True)])


def _hidden(figures: Int64Array) -> BoolArray:
    """Return what is hidden: small counts, and a grade that all banks of a group have."""
    sensitive = (figures > 0) & (figures < UNITS_MIN)
    # Whoever knows that a bank is of the group would know its grade.
    sensitive[:, :-1] |= (figures[:, :-1] > 0) & (figures[:, :-1] == figures[:, -1:])
    # How many banks a group has is in the public register: hiding it protects nothing.
    known = np.zeros(figures.shape, np.bool_)
    known[:, -1] = True
    sensitive[:, -1] = False
    printed = np.zeros(figures.shape, np.bool_)
    return hidden_cells(Margins(figures, sensitive, np.ones_like(figures), printed, known))
