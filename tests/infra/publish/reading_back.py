"""Reads the text of a printed file back, format by format, as somebody with a reader would."""

import csv
import io
import re
import zipfile
import zlib
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import openpyxl

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def texts_of(form: str, made: bytes) -> list[str]:
    """Return the pieces of text in the order in which they stand."""
    return {
        "docx": docx_texts,
        "xlsx": xlsx_texts,
        "csv": csv_texts,
        "html": html_texts,
        "pdf": pdf_texts,
    }[form](made)


def csv_texts(made: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(made.decode("utf-8-sig"))) for cell in row]


def html_texts(made: bytes) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data.strip())

    Reader().feed(made.decode())
    return [text for text in found if text]


def docx_texts(made: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        root = ET.fromstring(archive.read("word/document.xml"))
    return [
        "".join(part.text or "" for part in paragraph.iter(f"{WORD}t"))
        for paragraph in root.iter(f"{WORD}p")
    ]


def xlsx_texts(made: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(made))
    return [
        _shown(cell)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]


def _shown(cell) -> str:
    if not isinstance(cell.value, int | float):
        return str(cell.value)
    decimals = len(cell.number_format.partition(".")[2])
    shape = f",.{decimals}f" if "," in cell.number_format else f".{decimals}f"
    return format(Decimal(repr(cell.value)), shape)


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_texts(made: bytes) -> list[str]:
    """Return one text a page, by the tables in the file that say which sign a glyph is."""
    objects = {
        int(m[1]): m[2] for m in re.finditer(rb"(\d+) 0 obj\n(.*?)\nendobj", made, re.DOTALL)
    }
    pages = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b", body)]
    found = []
    for page in pages:
        resources = _followed(objects, page, rb"/Resources")
        fonts = re.search(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL)
        tables = {
            name: _signs(objects, objects[int(number)])
            for name, number in re.findall(rb"/(\w+) (\d+) 0 R", fonts[1] if fonts else b"")
        }
        content = _inflated(_followed(objects, page, rb"/Contents"))
        found.append(_text(content, tables))
    return found


def _followed(objects: dict[int, bytes], body: bytes, name: bytes) -> bytes:
    match = re.search(name + rb" (\d+) 0 R", body)
    return objects[int(match[1])] if match else body


def _inflated(body: bytes) -> bytes:
    stream = re.search(rb"stream\n(.*)\nendstream", body, re.DOTALL)
    assert stream
    return zlib.decompress(stream[1])


def _signs(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    table = _inflated(_followed(objects, font, rb"/ToUnicode"))
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", table)
    return {
        int(glyph, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for glyph, sign in pairs
    }


def _text(content: bytes, tables: dict[bytes, dict[int, str]]) -> str:
    signs, text, at = {}, [], 0
    pattern = re.compile(rb"/(\w+) [\d.]+ Tf|\(|<([0-9A-Fa-f]+)>")
    while match := pattern.search(content, at):
        at = match.end()
        if match[1]:
            signs = tables.get(match[1], {})
            continue
        if match[2]:
            raw = bytes.fromhex(match[2].decode())
        else:
            raw, at = _string(content, at)
        glyphs = [int.from_bytes(raw[n : n + 2], "big") for n in range(0, len(raw), 2)]
        text.append("".join(signs.get(glyph, "") for glyph in glyphs))
    return "".join(text)


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """Return what stands in brackets, which may stand in each other, and where it ends."""
    raw, depth = bytearray(), 1
    while True:
        sign = content[at : at + 1]
        at += 1
        if sign == b"\\":
            octal = re.match(rb"[0-7]{1,3}", content[at : at + 3])
            raw += (
                bytes([int(octal[0], 8)])
                if octal
                else _ESCAPES.get(content[at : at + 1], content[at : at + 1])
            )
            at += len(octal[0]) if octal else 1
            continue
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        if not depth:
            return bytes(raw), at
        raw += sign
