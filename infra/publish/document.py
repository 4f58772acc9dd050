"""What a circular says, before it is a file: letterhead, text, tables and figures, zh and en.

Every renderer prints this model and nothing else, so that the same figure stands in every format.
A figure is taken from a run or an answer, never typed; one that is not there fails the document.
"""

from collections.abc import Iterator
from typing import Literal

from schemas.strict import Part

Lang = Literal["zh", "en"]
Edition = Literal["agencies", "bank", "public"]
SUPPRESSED = "suppressed"


class MissingFigureError(ValueError):
    """A figure that the document names is not there."""


class Label(Part, frozen=True, kw_only=True, tag="label"):
    """Words in both languages."""

    zh: str
    en: str


class Figure(Part, frozen=True, kw_only=True, tag="figure"):
    """One figure as it is printed, and where it comes from."""

    zh: str  # As printed; where there is none, what its status is called.
    en: str
    status: str  # ok, another status of schemas.codes.Status, or suppressed.
    key: str  # Whose and which: 9137…/private_growth_ytd/value


Piece = Label | Figure


class Heading(Part, frozen=True, kw_only=True, tag="heading"):
    """A heading of the first or second level."""

    text: Label
    level: Literal[1, 2] = 1


class Paragraph(Part, frozen=True, kw_only=True, tag="paragraph"):
    """A paragraph of words and figures; a note is smaller."""

    pieces: list[Piece]
    is_note: bool = False


class TableColumn(Part, frozen=True, kw_only=True):
    """A column of a table. ``width_share`` is relative to the other columns."""

    head: Label
    is_number: bool = False
    width_share: int = 2


class Table(Part, frozen=True, kw_only=True, tag="table"):
    """A table; each row has a piece for each column."""

    name: str  # In files of tables: grades, indicators_1
    title: Label
    columns: list[TableColumn]
    rows: list[list[Piece]]
    note: Label | None = None


Block = Heading | Paragraph | Table


class Letterhead(Part, frozen=True, kw_only=True):
    """版头. Who signs off (签发人) stands only on what goes upwards, which a circular does not."""

    agencies: list[Label]
    document_number: Label  # 发文字号
    copy_number: str = ""  # 份号, of classified documents only.
    secrecy: Label | None = None  # 密级和保密期限


class Imprint(Part, frozen=True, kw_only=True):
    """版记."""

    copies_to: Label | None  # 抄送
    printed_by: Label  # 印发机关
    printed_on: Label  # 印发日期


class Document(Part, frozen=True, kw_only=True):
    """A circular in the order of GB/T 9704-2012."""

    edition: Edition
    quarter: str
    run_id: str
    bank_id: str = ""
    marks: list[Label]  # On every page: trial, what-if, to date, illustrative, synthetic.
    letterhead: Letterhead
    title: Label
    recipients: Label | None  # 主送机关; none in what is for everybody.
    blocks: list[Block]
    attachments: tuple[Label, ...] = ()  # 附件说明
    signatures: list[Label]  # 发文机关署名
    dated: Label  # 成文日期
    closing_note: Label | None = None  # 附注
    imprint: Imprint


def pieces(document: Document) -> Iterator[tuple[str, Piece]]:
    """Yield every piece of the text and the tables, with the place where it stands."""
    for number, block in enumerate(document.blocks, 1):
        if isinstance(block, Heading):
            yield f"block {number}, heading", block.text
        elif isinstance(block, Paragraph):
            for piece in block.pieces:
                yield f"block {number}, paragraph", piece
        else:
            yield f"table {block.name}, title", block.title
            for column in block.columns:
                yield f"table {block.name}, heads", column.head
            for row_number, row in enumerate(block.rows, 1):
                if len(row) != len(block.columns):
                    raise MissingFigureError(
                        f"circular of {document.quarter}, edition {document.edition}, table "
                        f"{block.name}, row {row_number}: {len(row)} cells, expected "
                        f"{len(block.columns)}; no file was made"
                    )
                for piece in row:
                    yield f"table {block.name}, row {row_number}", piece


def figures(document: Document) -> list[Figure]:
    """Return every figure of ``document``, in the order in which it is printed."""
    return [piece for _, piece in pieces(document) if isinstance(piece, Figure)]


def checked(document: Document) -> Document:
    """Return ``document``; raise MissingFigureError where it has an empty place.

    Every renderer asks this first: an empty cell would look like a figure of nought.
    """
    for place, piece in pieces(document):
        for lang, text in (("zh", piece.zh), ("en", piece.en)):
            if not text.strip():
                named = piece.key if isinstance(piece, Figure) else "a text"
                raise MissingFigureError(
                    f"circular of {document.quarter}, edition {document.edition}, {place}: "
                    f"{named} was empty in {lang}, expected a figure or the word for its status. "
                    "No file was made; see what is missing with puhui grade and puhui growth"
                )
    return document


def said(words: Piece, lang: Lang) -> str:
    """Return ``words`` in one language."""
    return words.zh if lang == "zh" else words.en
