"""The circular as CSV: one file, one table after another, UTF-8 with a mark so that Chinese opens.

One file and not a table each in an archive: a table that is taken out alone would lose the lines
that say it is a trial, illustrative or synthetic.
"""

import csv
import io

from infra.publish.document import Document, Heading, Lang, Paragraph, checked, said
from infra.publish.reading import harmless, head_lines, paragraph_text, tail_lines

BYTE_ORDER_MARK = "\ufeff"


def csv_file(document: Document, lang: Lang) -> bytes:
    """Return the file; raise MissingFigureError where a figure is not there."""
    checked(document)
    out = io.StringIO()
    writer = csv.writer(out)

    def line(text: str) -> None:
        writer.writerow([harmless(text)])

    for text in head_lines(document, lang):
        line(text)
    for block in document.blocks:
        if isinstance(block, Heading):
            writer.writerow([])
            line(said(block.text, lang))
        elif isinstance(block, Paragraph):
            line(paragraph_text(block, lang))
        else:
            writer.writerow([])
            line(said(block.title, lang))
            writer.writerow([harmless(said(one.head, lang)) for one in block.columns])
            writer.writerows([harmless(said(one, lang)) for one in row] for row in block.rows)
            if block.note is not None:
                line(said(block.note, lang))
    writer.writerow([])
    for text in tail_lines(document, lang):
        line(text)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()
