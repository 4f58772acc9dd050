"""Which kind of file it is, told from what is in it."""

from infra.imports import formats
from infra.imports.format import Format
from infra.imports.pboc.filing_name import EXAMPLE
from infra.imports.source_file import FileError, SourceFile
from schemas.catalog import entries

FORMATS: tuple[Format, ...] = entries(formats, "FORMAT")
FOUND_CHARACTERS_MAX = 120


def recognise(source: SourceFile) -> Format:
    """Return which kind of file ``source`` is; raise FileError when it is none of them."""
    for form in FORMATS:
        if form.recognises(source):
            return form
    expected = "; ".join(f"{form.name_en}: {form.expected}" for form in FORMATS)
    expected += f"; the banks' own monthly files are known by their names, such as {EXAMPLE}.zip"
    found = source.first_line[:FOUND_CHARACTERS_MAX] or "an empty file"
    raise FileError(
        f"{source.path}:1: found {found!r}, expected one of: {expected}. "
        "Export it as one of these and import it again"
    )
