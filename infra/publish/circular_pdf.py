"""The circular as PDF, set by Typst. The same document gives the same bytes on one machine."""

from pathlib import Path
from typing import Any, Literal

import msgspec
import typst

from infra.publish.document import (
    Block,
    Document,
    Heading,
    Lang,
    Paragraph,
    checked,
    said,
)
from infra.publish.fonts import chosen_fonts, system_fonts
from infra.publish.reading import (
    attachment_lines,
    imprint_lines,
    paragraph_text,
    recipients_line,
)

TEMPLATE = Path(__file__).parent / "circular.typ"
# A PDF says when it was made; a fixed moment, so that bytes can be compared.
MADE_AT_S = 946_684_800  # 2000-01-01
PIXELS_AN_INCH = 110


def pdf_file(document: Document, lang: Lang) -> bytes:
    """Return the file.

    Raises MissingFigureError where a figure is not there, FontsMissingError where this machine
    has no Chinese font.
    """
    made = _set(document, lang, "pdf")
    assert isinstance(made, bytes)
    return made


def page_images(document: Document, lang: Lang) -> list[bytes]:
    """Return each page as a PNG, to look at it."""
    made = _set(document, lang, "png")
    return made if isinstance(made, list) else [made]


def _set(document: Document, lang: Lang, form: Literal["pdf", "png"]) -> bytes | list[bytes]:
    checked(document)
    fonts = system_fonts()
    chosen = chosen_fonts(fonts.families())
    told = _told(document, lang) | {"fonts": chosen._asdict()}
    compiler = typst.Compiler(TEMPLATE.read_bytes(), font_paths=fonts)
    made = compiler.compile(
        format=form,
        ppi=PIXELS_AN_INCH,
        sys_inputs={"circular": msgspec.json.encode(told).decode()},
        timestamp=MADE_AT_S,
    )
    assert made is not None
    return made


def _told(document: Document, lang: Lang) -> dict[str, Any]:
    """Return what the template sets, in one language."""
    head = document.letterhead
    return {
        "lang": lang,
        "marks": [said(mark, lang) for mark in document.marks],
        "copy_number": head.copy_number,
        "secrecy": said(head.secrecy, lang) if head.secrecy else "",
        "agencies": [said(one, lang) for one in head.agencies],
        "number": said(head.document_number, lang),
        "title": said(document.title, lang),
        "recipients": recipients_line(document, lang),
        "blocks": [_block(block, lang) for block in document.blocks],
        "attachments": attachment_lines(document, lang),
        "signatures": [said(one, lang) for one in document.signatures],
        "dated": said(document.dated, lang),
        "closing_note": said(document.closing_note, lang) if document.closing_note else "",
        "imprint": imprint_lines(document, lang),
    }


def _block(block: Block, lang: Lang) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "text": said(block.text, lang)}
    if isinstance(block, Paragraph):
        kind = "note" if block.is_note else "paragraph"
        return {"kind": kind, "text": paragraph_text(block, lang)}
    return {
        "kind": "table",
        "title": said(block.title, lang),
        "heads": [said(column.head, lang) for column in block.columns],
        "widths": [column.width_share for column in block.columns],
        "numbers": [column.is_number for column in block.columns],
        "rows": [[said(piece, lang) for piece in row] for row in block.rows],
        "note": said(block.note, lang) if block.note else "",
    }
