"""The circular as a workbook: a sheet with the text, and one for every table.

Numbers are numbers with the decimals they are printed with; nothing in it is a formula.
"""

import datetime as dt
import io
from typing import Any

import xlsxwriter

from infra.publish.document import (
    Document,
    Heading,
    Lang,
    Paragraph,
    Piece,
    Table,
    checked,
    said,
)
from infra.publish.reading import (
    head_lines,
    is_figure_number,
    marks_line,
    paragraph_text,
    tail_lines,
)

# A workbook says when it was made; the same circular gives the same bytes.
MADE_AT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_NAME_SIGNS_MAX = 31
_SIGNS_A_SHARE = 6
_FONT = {"zh": "仿宋", "en": "Calibri"}


def xlsx_file(document: Document, lang: Lang) -> bytes:
    """Return the file; raise MissingFigureError where a figure is not there."""
    checked(document)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": said(document.title, lang), "created": MADE_AT})
        formats = _Formats(book, lang)
        _write_text(book, document, lang, formats)
        for block in document.blocks:
            if isinstance(block, Table):
                _write_table(book, document, block, lang, formats)
    return out.getvalue()


class _Formats:
    """How cells look; those of numbers are made when they are first needed."""

    def __init__(self, book: Any, lang: Lang) -> None:
        self._book, self._base = book, {"font_name": _FONT[lang], "valign": "top"}
        self._numbers: dict[tuple[int, bool], Any] = {}
        self.text = book.add_format(self._base | {"text_wrap": True})
        self.cell = book.add_format(self._base | {"text_wrap": True, "border": 1})
        self.title = book.add_format(self._base | {"bold": True, "font_size": 14})
        self.mark = book.add_format(self._base | {"bold": True, "font_color": "#B00020"})
        self.head = book.add_format(
            self._base | {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#EEEEEE"}
        )

    def number(self, text: str) -> Any:
        decimals, is_grouped = len(text.partition(".")[2]), "," in text
        key = (decimals, is_grouped)
        if key not in self._numbers:
            shape = ("#,##0" if is_grouped else "0") + ("." + "0" * decimals if decimals else "")
            self._numbers[key] = self._book.add_format(
                self._base | {"border": 1, "num_format": shape}
            )
        return self._numbers[key]


def _write_text(book: Any, document: Document, lang: Lang, formats: _Formats) -> None:
    sheet = book.add_worksheet("通报" if lang == "zh" else "Circular")
    _set_page(sheet, document, lang)
    sheet.set_column(0, 0, 100)
    lines = [(text, formats.text) for text in head_lines(document, lang)]
    for block in document.blocks:
        if isinstance(block, Heading):
            lines.append((said(block.text, lang), formats.title))
        elif isinstance(block, Paragraph):
            lines.append((paragraph_text(block, lang), formats.text))
        else:
            where = "见工作表" if lang == "zh" else "see sheet"
            named = f"{said(block.title, lang)}（{where} {block.name}）"
            lines.append((named, formats.text))
    lines += [(text, formats.text) for text in tail_lines(document, lang)]
    for row, (text, shape) in enumerate(lines):
        sheet.write_string(row, 0, text, shape)


def _write_table(
    book: Any, document: Document, table: Table, lang: Lang, formats: _Formats
) -> None:
    sheet = book.add_worksheet(table.name[:_NAME_SIGNS_MAX])
    _set_page(sheet, document, lang)
    sheet.write_string(0, 0, said(table.title, lang), formats.title)
    # A sheet that is copied into another workbook keeps what it must say.
    sheet.write_string(1, 0, marks_line(document, lang), formats.mark)
    for n, column in enumerate(table.columns):
        sheet.set_column(n, n, column.width_share * _SIGNS_A_SHARE)
        sheet.write_string(2, n, said(column.head, lang), formats.head)
    for row, cells in enumerate(table.rows, 3):
        for n, piece in enumerate(cells):
            _write_cell(sheet, (row, n), piece, lang, formats)
    if table.note is not None:
        sheet.write_string(len(table.rows) + 3, 0, said(table.note, lang))
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)


def _write_cell(
    sheet: Any, place: tuple[int, int], piece: Piece, lang: Lang, formats: _Formats
) -> None:
    text = said(piece, lang)
    if is_figure_number(piece):
        # The workbook's own form of a number; it is shown with the decimals of the text.
        sheet.write_number(*place, float(text.replace(",", "")), formats.number(text))
    else:
        sheet.write_string(*place, text, formats.cell)


def _set_page(sheet: Any, document: Document, lang: Lang) -> None:
    marks = marks_line(document, lang).replace("&", "&&")
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    if marks:
        sheet.set_header(f"&C{marks}")
    sheet.set_footer(f"&L{marks}&R— &P —")
