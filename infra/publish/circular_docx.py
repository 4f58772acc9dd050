"""The circular as a Word document, to be edited and sealed: real styles, GB/T 9704 fonts by name.

A machine that lacks 仿宋, 小标宋 or 黑体 shows its own; the names stay in the file.
"""

import datetime as dt
import io
import zipfile
from html import escape
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from infra.publish.document import Document, Heading, Lang, Paragraph, Table, checked, said
from infra.publish.reading import (
    attachment_lines,
    imprint_lines,
    marks_line,
    paragraph_text,
    recipients_line,
)

MADE_AT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)
FANG, SONG, HEI = "仿宋", "方正小标宋简体", "黑体"
_RED, _WARNING = RGBColor(0xD0, 0, 0), RGBColor(0xB0, 0, 0x20)
_BODY_MM = 156
_BODY_TWENTIETHS = _BODY_MM * 14400 // 254  # Of a point.
_LINE_PT = 28.9  # 22 lines on a page.
_CENTER, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


def docx_file(document: Document, lang: Lang) -> bytes:
    """Return the file; raise MissingFigureError where a figure is not there."""
    checked(document)
    made = docx.Document()
    made.core_properties.title = said(document.title, lang)
    made.core_properties.author = said(document.letterhead.agencies[0], lang)
    made.core_properties.created = made.core_properties.modified = MADE_AT
    _set_styles(made)
    _set_page(made, document, lang)
    _write_head(made, document, lang)
    for block in document.blocks:
        if isinstance(block, Heading):
            made.add_paragraph(said(block.text, lang), style="Heading 1")
        elif isinstance(block, Paragraph):
            style = "Circular Note" if block.is_note else "Circular Body"
            made.add_paragraph(paragraph_text(block, lang), style=style)
        else:
            _write_table(made, block, lang)
    _write_tail(made, document, lang)
    out = io.BytesIO()
    made.save(out)
    return _without_moments(out.getvalue())


def _set_styles(made: Any) -> None:
    _set_style(made.styles["Normal"], FANG, 16)
    _set_style(made.styles["Heading 1"], HEI, 16)
    made.styles["Heading 1"].paragraph_format.first_line_indent = Pt(32)
    made.styles["Heading 1"].paragraph_format.space_before = Pt(0)
    made.styles["Heading 1"].paragraph_format.keep_with_next = True
    for name, font, size_pt in (
        ("Circular Agencies", SONG, 26),
        ("Circular Title", SONG, 22),
        ("Circular Body", FANG, 16),
        ("Circular Plain", FANG, 16),
        ("Circular Note", FANG, 10.5),
        ("Circular Caption", HEI, 12),
        ("Circular Cell", FANG, 9),
        ("Circular Imprint", FANG, 14),
    ):
        style = made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        _set_style(style, font, size_pt)
    made.styles["Circular Agencies"].font.color.rgb = _RED
    for name in ("Circular Agencies", "Circular Title", "Circular Caption"):
        made.styles[name].paragraph_format.alignment = _CENTER
    for name in ("Circular Body", "Circular Plain"):
        shape = made.styles[name].paragraph_format
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(_LINE_PT)
    made.styles["Circular Body"].paragraph_format.first_line_indent = Pt(32)
    made.styles["Circular Note"].paragraph_format.first_line_indent = Pt(21)
    made.styles["Circular Caption"].paragraph_format.keep_with_next = True


def _set_style(style: Any, font: str, size_pt: float) -> None:
    style.font.name, style.font.size, style.font.bold = font, Pt(size_pt), False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    # Word takes the font of Chinese characters from this attribute alone.
    for attribute in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(attribute), font)
    for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(attribute), None)
    style.paragraph_format.space_after = Pt(0)


def _set_page(made: Any, document: Document, lang: Lang) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    made.settings.odd_and_even_pages_header_footer = True
    marks = marks_line(document, lang)
    pages = (
        (section.header, section.footer, _RIGHT),
        (section.even_page_header, section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    )
    for header, footer, side in pages:
        number = footer.paragraphs[0]
        number.alignment = side
        number.add_run("— ")
        _add_field(number, "PAGE")
        number.add_run(" —")
        for run in number.runs:
            run.font.size = Pt(14)
        if marks:
            _write_mark(header.paragraphs[0], marks)
            _write_mark(footer.add_paragraph(), marks)


def _write_mark(paragraph: Any, marks: str) -> None:
    paragraph.alignment = _CENTER
    run = paragraph.add_run(marks)
    run.font.size, run.font.color.rgb = Pt(9), _WARNING


def _add_field(paragraph: Any, name: str) -> None:
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        run = paragraph.add_run()
        if kind:
            sign = OxmlElement("w:fldChar")
            sign.set(qn("w:fldCharType"), kind)
        else:
            sign = OxmlElement("w:instrText")
            sign.text = text
        run._r.append(sign)  # noqa: SLF001 - python-docx has no fields


def _write_head(made: Any, document: Document, lang: Lang) -> None:
    head = document.letterhead
    for line in (head.copy_number, said(head.secrecy, lang) if head.secrecy else ""):
        if line:
            made.add_paragraph(line, style="Circular Plain")
    longest = max(len(said(one, lang)) for one in head.agencies)
    for agency in head.agencies:
        paragraph = made.add_paragraph(style="Circular Agencies")
        run = paragraph.add_run(said(agency, lang))
        # The longest name on one line; 430 pt is a little less than the line has.
        run.font.size = Pt(min(26, 430 // longest)) if lang == "zh" else Pt(17)
    number = made.add_paragraph(said(head.document_number, lang), style="Circular Plain")
    number.alignment = _CENTER
    _set_line(number, "D00000", 16)
    made.add_paragraph(style="Circular Plain")
    made.add_paragraph(said(document.title, lang), style="Circular Title")
    if recipients := recipients_line(document, lang):
        made.add_paragraph(style="Circular Plain")
        made.add_paragraph(recipients, style="Circular Plain")


def _set_line(paragraph: Any, color: str, eighths: int, side: str = "w:bottom") -> None:
    """Draw a line under or over a paragraph, its width in eighths of a point."""
    shape = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - python-docx has no borders
    borders = shape.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        shape.insert_element_before(
            borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
    line = OxmlElement(side)
    for name, text in (("val", "single"), ("sz", str(eighths)), ("space", "4"), ("color", color)):
        line.set(qn(f"w:{name}"), text)
    borders.append(line)


def _write_table(made: Any, table: Table, lang: Lang) -> None:
    """Write a table as XML: cell by cell python-docx takes a minute for 200 banks."""
    made.add_paragraph(said(table.title, lang), style="Circular Caption")
    shares = [column.width_share for column in table.columns]
    widths = [_BODY_TWENTIETHS * share // sum(shares) for share in shares]
    heads = [said(column.head, lang) for column in table.columns]
    sides = ["right" if column.is_number else "left" for column in table.columns]
    rows = [_row_xml(heads, widths, ["center"] * len(heads), is_head=True)]
    rows += [_row_xml([said(piece, lang) for piece in row], widths, sides) for row in table.rows]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    xml = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{''.join(rows)}</w:tbl>"
    )
    body = made.element.body
    body.insert(len(body) - 1, parse_xml(xml))  # Before the section's properties, which are last.
    text = said(table.note, lang) if table.note is not None else ""
    made.add_paragraph(text, style="Circular Note")  # Two tables without one would grow together.


def _row_xml(
    texts: list[str], widths: list[int], sides: list[str], *, is_head: bool = False
) -> str:
    head = "<w:tblHeader/>" if is_head else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="CircularCell"/><w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        for text, width, side in zip(texts, widths, sides, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>"


def _write_tail(made: Any, document: Document, lang: Lang) -> None:
    for line in attachment_lines(document, lang):
        made.add_paragraph(line, style="Circular Body")
    made.add_paragraph(style="Circular Plain")
    for label in [*document.signatures, document.dated]:
        paragraph = made.add_paragraph(said(label, lang), style="Circular Plain")
        paragraph.alignment = _RIGHT
        paragraph.paragraph_format.right_indent = Pt(32)
        paragraph.paragraph_format.keep_with_next = True
    if document.closing_note is not None:
        made.add_paragraph(said(document.closing_note, lang), style="Circular Body")
    made.add_paragraph(style="Circular Plain")
    lines = imprint_lines(document, lang)
    for n, line in enumerate(lines):
        paragraph = made.add_paragraph(style="Circular Imprint")
        office, _, printed = line.partition("\u3000")
        paragraph.add_run(f"{office}\t{printed}" if printed else office)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(_BODY_MM), 2)
        _set_line(paragraph, "000000", 8 if n == 0 else 4, "w:top")
        if n == len(lines) - 1:
            _set_line(paragraph, "000000", 8)


def _without_moments(made: bytes) -> bytes:
    """Return the archive with fixed moments: the same circular gives the same bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(made)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_DATE)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, source.read(entry))
    return out.getvalue()
