"""The circular as one HTML file: no script, nothing from elsewhere, prints on A4."""

from html import escape

from infra.publish.document import Block, Document, Heading, Lang, Paragraph, Table, checked, said
from infra.publish.reading import (
    attachment_lines,
    imprint_lines,
    marks_line,
    paragraph_text,
    recipients_line,
)

_STYLE = """
@page { size: A4; margin: 37mm 26mm 35mm 28mm; }
body { max-width: 156mm; margin: 0 auto; color: #000; background: #fff; line-height: 1.75;
  font: 16pt FangSong, "仿宋", FangSong_GB2312, STFangsong, "Noto Serif CJK SC",
  "Noto Sans CJK SC", serif; }
.marks { position: fixed; left: 0; right: 0; text-align: center; font-size: 10pt; color: #b00020;
  background: #fff; }
.marks.top { top: 0; } .marks.bottom { bottom: 0; }
.watermark { position: fixed; top: 40%; left: 0; right: 0; text-align: center; font-size: 44pt;
  color: rgba(176, 0, 32, .08); transform: rotate(-30deg); pointer-events: none; }
.agencies { text-align: center; color: #d00; margin: 24mm 0 4mm; font-size: 24pt; line-height: 1.3;
  font-family: FZXiaoBiaoSong-B05S, "方正小标宋简体", STZhongsong, SimSun, "Noto Serif CJK SC",
  "Noto Sans CJK SC", serif; }
.number { text-align: center; } hr { border: 0; border-top: 2pt solid #d00; margin: 2mm 0 10mm; }
h1 { text-align: center; font-weight: normal; font-size: 22pt; line-height: 1.4;
  font-family: FZXiaoBiaoSong-B05S, "方正小标宋简体", STZhongsong, SimSun, "Noto Serif CJK SC",
  "Noto Sans CJK SC", serif; }
h2 { font-weight: normal; font-size: 16pt; margin: .4em 0 0 2em; break-after: avoid;
  font-family: SimHei, "黑体", STHeiti, "Noto Sans CJK SC", sans-serif; }
p { margin: 0; text-indent: 2em; } p.recipients { text-indent: 0; }
p.note { font-size: 10.5pt; }
table { width: 100%; border-collapse: collapse; font-size: 9pt; line-height: 1.35; margin: .3em 0; }
caption { caption-side: top; font-size: 12pt; break-after: avoid; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: .5pt solid #000; padding: 2pt 3pt; text-align: left; overflow-wrap: anywhere; }
th { font-weight: normal; font-family: SimHei, "黑体", "Noto Sans CJK SC", sans-serif; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.signatures { margin: 2em 2em 0 0; text-align: right; break-inside: avoid; }
.imprint { border-top: 1pt solid #000; border-bottom: 1pt solid #000; font-size: 14pt;
  margin-top: 2em; break-inside: avoid; } .imprint p { text-indent: 1em; }
@media screen { body { padding: 12mm 4mm; } }
"""


def html_file(document: Document, lang: Lang) -> bytes:
    """Return the file; raise MissingFigureError where a figure is not there."""
    checked(document)
    title, marks = escape(said(document.title, lang)), escape(marks_line(document, lang))
    language = "zh-CN" if lang == "zh" else "en"
    parts = [
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>",
    ]
    if marks:
        watermark = escape(said(document.marks[0], lang))
        parts.append(f'<div class="watermark" aria-hidden="true">{watermark}</div>')
        parts.append(f'<div class="marks top">{marks}</div>')
    parts += _head(document, lang)
    parts.append(f"<h1>{title}</h1>")
    if recipients := recipients_line(document, lang):
        parts.append(f'<p class="recipients">{escape(recipients)}</p>')
    parts += [_block(block, lang) for block in document.blocks]
    parts += _tail(document, lang)
    if marks:
        parts.append(f'<div class="marks bottom">{marks}</div>')
    parts.append("</body>\n</html>\n")
    return "\n".join(parts).encode()


def _head(document: Document, lang: Lang) -> list[str]:
    head = document.letterhead
    lines = [head.copy_number, said(head.secrecy, lang) if head.secrecy else ""]
    parts = [f'<p class="recipients">{escape(line)}</p>' for line in lines if line]
    names = "<br>".join(escape(said(one, lang)) for one in head.agencies)
    parts.append(f'<div class="agencies">{names}</div>')
    parts.append(f'<div class="number">{escape(said(head.document_number, lang))}</div><hr>')
    return parts


def _block(block: Block, lang: Lang) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(said(block.text, lang))}</h2>"
    if isinstance(block, Paragraph):
        style = ' class="note"' if block.is_note else ""
        return f"<p{style}>{escape(paragraph_text(block, lang))}</p>"
    return _table(block, lang)


def _table(table: Table, lang: Lang) -> str:
    shares = [column.width_share for column in table.columns]
    widths = "".join(f'<col style="width:{share * 100 // sum(shares)}%">' for share in shares)
    heads = "".join(
        f'<th scope="col">{escape(said(column.head, lang))}</th>' for column in table.columns
    )
    lines = [
        f"<table>\n<caption>{escape(said(table.title, lang))}</caption>",
        f"<colgroup>{widths}</colgroup>\n<thead><tr>{heads}</tr></thead>\n<tbody>",
    ]
    for row in table.rows:
        cells = []
        for piece, column in zip(row, table.columns, strict=True):
            style = ' class="number"' if column.is_number else ""
            cells.append(f"<td{style}>{escape(said(piece, lang))}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    lines.append("</tbody>\n</table>")
    if table.note is not None:
        lines.append(f'<p class="note">{escape(said(table.note, lang))}</p>')
    return "\n".join(lines)


def _tail(document: Document, lang: Lang) -> list[str]:
    parts = [f"<p>{escape(line)}</p>" for line in attachment_lines(document, lang)]
    signed = "<br>".join(escape(said(one, lang)) for one in document.signatures)
    dated = escape(said(document.dated, lang))
    parts.append(f'<div class="signatures">{signed}<br>{dated}</div>')
    if document.closing_note is not None:
        parts.append(f'<p class="note">{escape(said(document.closing_note, lang))}</p>')
    lines = "".join(f"<p>{escape(line)}</p>" for line in imprint_lines(document, lang))
    return [*parts, f'<div class="imprint">{lines}</div>']
