"""Lines that every format has in common, in the order of GB/T 9704."""

from infra.publish.document import Document, Figure, Label, Lang, Paragraph, said

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def joined(labels: list[Label], lang: Lang) -> str:
    """Return names one after another."""
    return ("、" if lang == "zh" else "; ").join(said(one, lang) for one in labels)


def marks_line(document: Document, lang: Lang) -> str:
    """Return what head and foot of every page say; empty on a final, official document."""
    return " · ".join(said(mark, lang) for mark in document.marks)


def paragraph_text(paragraph: Paragraph, lang: Lang) -> str:
    """Return the words and figures of a paragraph as they are read."""
    return "".join(said(piece, lang) for piece in paragraph.pieces)


def recipients_line(document: Document, lang: Lang) -> str:
    """Return 主送机关 with its colon, or nothing."""
    if document.recipients is None:
        return ""
    return f"{document.recipients.zh}：" if lang == "zh" else f"To: {document.recipients.en}"


def attachment_lines(document: Document, lang: Lang) -> list[str]:
    """Return 附件说明, a line for each."""
    head = "附件：" if lang == "zh" else "Attachments: "
    return [
        f"{head if n == 0 else ''}{n + 1}. {said(one, lang)}"
        for n, one in enumerate(document.attachments)
    ]


def imprint_lines(document: Document, lang: Lang) -> list[str]:
    """Return 抄送, and 印发机关 with 印发日期."""
    imprint, is_zh = document.imprint, lang == "zh"
    lines = []
    if imprint.copies_to is not None:
        lines.append(
            f"抄送：{imprint.copies_to.zh}。" if is_zh else f"Copies to: {imprint.copies_to.en}."
        )
    printed = f"{imprint.printed_on.zh}印发" if is_zh else f"printed {imprint.printed_on.en}"
    return [*lines, f"{said(imprint.printed_by, lang)}　{printed}"]


def head_lines(document: Document, lang: Lang) -> list[str]:
    """Return the letterhead as lines of text, for formats of tables."""
    head = document.letterhead
    lines = [head.copy_number, said(head.secrecy, lang) if head.secrecy else ""]
    lines += [marks_line(document, lang), joined(head.agencies, lang)]
    lines += [said(head.document_number, lang), said(document.title, lang)]
    return [line for line in [*lines, recipients_line(document, lang)] if line]


def tail_lines(document: Document, lang: Lang) -> list[str]:
    """Return what comes after the text, as lines."""
    lines = [*attachment_lines(document, lang), joined(document.signatures, lang)]
    lines.append(said(document.dated, lang))
    if document.closing_note is not None:
        lines.append(said(document.closing_note, lang))
    lines += [*imprint_lines(document, lang), marks_line(document, lang)]
    return [line for line in lines if line]


def is_plain_number(text: str) -> bool:
    """Return whether a spreadsheet reads ``text`` as the number that a person reads."""
    digits = text.replace(",", "").removeprefix("-").removeprefix("+")
    whole, dot, decimals = digits.partition(".")
    return whole.isascii() and whole.isdigit() and (not dot or decimals.isdigit())


def harmless(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: a name may begin like a formula."""
    if text.startswith(_FORMULA_STARTS) and not is_plain_number(text):
        return f"'{text}"
    return text


def is_figure_number(piece: Label | Figure) -> bool:
    """Return whether a piece is a figure that is a number."""
    return isinstance(piece, Figure) and is_plain_number(piece.zh)
