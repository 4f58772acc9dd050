"""The forms in which a circular is printed, by the ending of the file."""

from collections.abc import Callable
from typing import Literal

from infra.publish.circular_csv import csv_file
from infra.publish.circular_docx import docx_file
from infra.publish.circular_html import html_file
from infra.publish.circular_pdf import pdf_file
from infra.publish.circular_xlsx import xlsx_file
from infra.publish.document import Document, Lang

Form = Literal["docx", "pdf", "xlsx", "csv", "html"]

FORMS: dict[str, Callable[[Document, Lang], bytes]] = {
    "docx": docx_file,
    "pdf": pdf_file,
    "xlsx": xlsx_file,
    "csv": csv_file,
    "html": html_file,
}


def printed(document: Document, form: Form, lang: Lang) -> bytes:
    """Return the file; raise MissingFigureError, or FontsMissingError for a PDF without a font."""
    return FORMS[form](document, lang)
