"""Every format says what the document says, or is not made at all."""

import io
import re
import zipfile

import docx
import msgspec
import openpyxl
import pytest
from docx.oxml.ns import qn

from infra.publish import fonts as fonts_module
from infra.publish.circular import circular
from infra.publish.circular_pdf import page_images
from infra.publish.document import Document, Figure, Label, MissingFigureError, Table, figures, said
from infra.publish.fonts import FontsMissingError, chosen_fonts
from infra.publish.forms import FORMS, printed
from tests.infra.publish.circular_story import subject
from tests.infra.publish.manual_story import LONG, manual_subject
from tests.infra.publish.reading_back import html_texts, pdf_texts, texts_of

LANGS = ("zh", "en")
BANK = "B007"
EDITIONS = (("agencies", ""), ("bank", BANK), ("public", ""))
replaced = msgspec.structs.replace


def document(edition: str = "agencies", bank_id: str = "", **asked) -> Document:
    return circular(subject(**asked), edition, bank_id=bank_id)


def tables(made: Document) -> dict[str, Table]:
    return {block.name: block for block in made.blocks if isinstance(block, Table)}


def squeezed(text: str) -> str:
    """Return ``text`` without what a line break adds or takes away."""
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


def assert_in_order(wanted: list[str], text: str) -> None:
    at = 0
    for one in wanted:
        found = text.find(squeezed(one), at)
        assert found >= 0, one
        at = found + len(squeezed(one))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("edition", "bank_id"), EDITIONS)
def test_every_figure_of_the_document_is_read_back_in_its_order(
    edition: str, bank_id: str, form: str, lang: str
) -> None:
    made = document(edition, bank_id)
    text = squeezed("".join(texts_of(form, printed(made, form, lang))))

    if form == "xlsx":  # The text comes first in a workbook, then the tables.
        in_tables = [
            piece
            for block in made.blocks
            if isinstance(block, Table)
            for row in block.rows
            for piece in row
        ]
        assert_in_order([said(piece, lang) for piece in in_tables], text)
    else:
        assert_in_order([said(figure, lang) for figure in figures(made)], text)
    for mark in made.marks:
        assert squeezed(said(mark, lang)) in text or form == "docx"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", FORMS)
def test_many_indicators_and_long_names_are_read_back_too(form: str, lang: str) -> None:
    made = circular(manual_subject(), "agencies")
    text = squeezed("".join(texts_of(form, printed(made, form, lang))))

    assert LONG in text or lang == "en"
    assert_in_order([said(row[0], lang) for row in tables(made)["reasons"].rows], text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("edition", "bank_id"), EDITIONS)
def test_a_figure_that_is_missing_fails_every_format(edition: str, bank_id: str, form: str) -> None:
    made = document(edition, bank_id)
    number = next(n for n, block in enumerate(made.blocks) if isinstance(block, Table))
    table = made.blocks[number]
    row, column = next(
        (r, c)
        for r, cells in enumerate(table.rows)
        for c, piece in enumerate(cells)
        if isinstance(piece, Figure)
    )
    gone = replaced(table.rows[row][column], zh="")
    rows = [list(cells) for cells in table.rows]
    rows[row][column] = gone
    blocks = list(made.blocks)
    blocks[number] = replaced(table, rows=rows)

    with pytest.raises(MissingFigureError) as raised:
        printed(replaced(made, blocks=blocks), form, "en")

    assert gone.key in str(raised.value)
    assert f"table {table.name}, row {row + 1}" in str(raised.value)


@pytest.mark.parametrize("form", FORMS)
def test_a_row_with_a_cell_too_few_fails_every_format(form: str) -> None:
    made = document("public")
    number = next(n for n, block in enumerate(made.blocks) if isinstance(block, Table))
    table = made.blocks[number]
    blocks = list(made.blocks)
    blocks[number] = replaced(table, rows=[table.rows[0][:-1], *table.rows[1:]])

    with pytest.raises(MissingFigureError, match="cells, expected"):
        printed(replaced(made, blocks=blocks), form, "zh")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", FORMS)
def test_the_same_document_gives_the_same_bytes(form: str, lang: str) -> None:
    made = document("public")

    assert printed(made, form, lang) == printed(made, form, lang)


def test_a_draft_says_so_in_head_and_foot_of_every_page_of_the_pdf() -> None:
    made = document()

    pages = pdf_texts(printed(made, "pdf", "zh"))

    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        for mark in made.marks:
            assert page.count(mark.zh) >= 2
        assert squeezed(f"— {number} —") in squeezed(page)


def test_word_has_the_fonts_of_the_standard_and_marks_on_odd_and_even_pages() -> None:
    made = document()
    word = docx.Document(io.BytesIO(printed(made, "docx", "zh")))
    section = word.sections[0]

    def font(name: str) -> str | None:
        return word.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))

    assert font("Normal") == "仿宋"
    assert font("Circular Title") == "方正小标宋简体"
    assert font("Heading 1") == "黑体"
    for part in (
        section.header,
        section.even_page_header,
        section.footer,
        section.even_page_footer,
    ):
        said_there = "".join(paragraph.text for paragraph in part.paragraphs)
        assert all(mark.zh in said_there for mark in made.marks)
    assert "PAGE" in section.footer._element.xml
    for table in word.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_what_is_published_officially_has_no_mark_of_a_draft() -> None:
    made = document(is_published=True)

    assert [mark.zh for mark in made.marks] == ["示例办法，非官方规则", "模拟数据"]
    text = "".join(texts_of("html", printed(made, "html", "zh")))
    assert "鲁示例〔2022〕1号" in text
    assert "2022年1月28日印发" in text
    assert "试算稿" not in text


HOSTILE = '=HYPERLINK("http://x","#let a = 1")<script>$x$ *b* @a'


@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_name_is_text_in_every_format(form: str) -> None:
    made = document("public")
    number = next(n for n, block in enumerate(made.blocks) if isinstance(block, Table))
    table = made.blocks[number]
    blocks = list(made.blocks)
    row = [Label(zh=HOSTILE, en=HOSTILE), *table.rows[0][1:]]
    blocks[number] = replaced(table, rows=[row, *table.rows[1:]])

    file = printed(replaced(made, blocks=blocks), form, "en")

    texts = texts_of(form, file)
    if form == "csv":
        assert f"'{HOSTILE}" in texts
    else:
        assert squeezed(HOSTILE) in squeezed("".join(texts))
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(file))
        kinds = {cell.data_type for sheet in book for cells in sheet.iter_rows() for cell in cells}
        assert "f" not in kinds
    if form == "html":
        assert b"<script" not in file


def test_the_page_fetches_nothing_and_says_its_language() -> None:
    page = printed(document("public"), "html", "en").decode()

    assert 'lang="en"' in page
    assert not re.search(r"src=|href=|@import|url\(", page)
    assert html_texts(page.encode())


def test_a_machine_without_a_chinese_font_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FontsMissingError, match="fonts-noto-cjk"):
        chosen_fonts(["DejaVu Sans", "Liberation Serif"])

    class Bare:
        def families(self) -> list[str]:
            return ["DejaVu Sans"]

    monkeypatch.setattr("infra.publish.circular_pdf.system_fonts", Bare)
    with pytest.raises(FontsMissingError, match="--form docx"):
        printed(document("public"), "pdf", "zh")
    assert printed(document("public"), "docx", "zh")


def test_the_fonts_of_the_standard_come_first_where_they_are_there() -> None:
    chosen = chosen_fonts(["Noto Sans CJK SC", "FangSong", "simhei"])

    assert chosen.fang[0] == "FangSong"
    assert chosen.hei[0] == "simhei"
    assert chosen.song == ["FangSong", "Noto Sans CJK SC"]
    assert isinstance(fonts_module.package_folders(), list)


@pytest.mark.parametrize("bank_count", [1, 24, 200])
def test_few_and_many_banks_fit(bank_count: int) -> None:
    made = document(bank_count=bank_count)

    word = zipfile.ZipFile(io.BytesIO(printed(made, "docx", "zh"))).read("word/document.xml")
    text = "".join(pdf_texts(printed(made, "pdf", "zh")))

    assert word.decode().count(f"{bank_count - 1:03}银行") >= 2
    assert squeezed(f"{bank_count - 1:03}银行") in squeezed(text)
    assert len(page_images(document("public", bank_count=bank_count), "zh")) <= 4
