"""Events as Arrow record batches, in the stream or the file form of Arrow IPC."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.format import Format, OnBytes, OnDate
from infra.imports.parcel import BANK_SHAPE, PARCEL_EVENTS_MAX, Packed, Parcel, Refusal
from infra.imports.source_file import FileError, SourceFile
from schemas.message import CONTENT_ARROW

FILE_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"
GATHERED_ROWS = 65_536  # Small record batches are gathered, so that parcels fill.
NEEDED_COLUMNS = ("type", "bank_id", "occurred_on")


def recognises(source: SourceFile) -> bool:
    """Tell whether the file starts as one of the two forms of Arrow IPC."""
    return source.head.startswith((FILE_MAGIC, STREAM_MAGIC))


def read(source: SourceFile, on_bytes: OnBytes, on_date: OnDate) -> Iterator[Packed]:
    """Yield parcels of the file's rows; ``line`` is the number of the row, from 1."""
    first_line = 1
    read_bytes = 0
    with pa.memory_map(str(source.path)) as file:
        try:
            for table in _gathered(file, is_file=source.head.startswith(FILE_MAGIC)):
                if file.tell() > read_bytes:
                    on_bytes(file.tell() - read_bytes)
                    read_bytes = file.tell()
                yield from _parcels(table, first_line, on_date)
                first_line += table.num_rows
        except pa.ArrowInvalid as error:
            # What came before is sent; where the next row would begin is not known.
            yield Refusal(first_line, "", "not_arrow", str(error), "Arrow IPC")


def _gathered(file: pa.NativeFile, *, is_file: bool) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    row_count = 0
    for batch in _batches(file, is_file=is_file):
        missing = [name for name in NEEDED_COLUMNS if name not in batch.schema.names]
        if missing:
            raise FileError(
                f"Arrow columns were {batch.schema.names}, expected {', '.join(missing)} among "
                "them. docs/reference/arrow-schema.txt lists the columns"
            )
        held.append(batch)
        row_count += batch.num_rows
        if row_count >= GATHERED_ROWS:
            yield pa.Table.from_batches(held)
            held, row_count = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _batches(file: pa.NativeFile, *, is_file: bool) -> Iterator[pa.RecordBatch]:
    if not is_file:
        yield from pa.ipc.open_stream(file)
        return
    reader = pa.ipc.open_file(file)
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _parcels(table: pa.Table, first_line: int, on_date: OnDate) -> Iterator[Packed]:
    for date in pc.unique(table["occurred_on"]).to_pylist():
        on_date(str(date or ""))
    banks = pc.fill_null(table["bank_id"].cast(pa.string()), "").combine_chunks()
    encoded = banks.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary.to_pylist()
    named = [code for code, name in enumerate(names) if BANK_SHAPE.fullmatch(name)]
    if not named:
        for line, code in enumerate(codes.tolist(), first_line):
            yield Refusal(line, "bank_id", "no_bank_in_file", names[code][:80], "")
        return
    # Rows without a bank go with the first bank, to be refused and counted there.
    codes = np.where(np.isin(codes, named), codes, named[0])
    for code in named:
        rows = np.flatnonzero(codes == code)
        for first in range(0, rows.size, PARCEL_EVENTS_MAX):
            part = rows[first : first + PARCEL_EVENTS_MAX]
            lines = (part + first_line).tolist()
            yield Parcel(names[code], lines, stream_of(table.take(part)), CONTENT_ARROW)


def stream_of(table: pa.Table) -> bytes:
    """Return ``table`` as one Arrow IPC stream."""
    out = pa.BufferOutputStream()
    table = table.combine_chunks()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return bytes(out.getvalue())


FORMAT = Format(
    name="events_arrow",
    name_zh="业务事件 (Arrow IPC)",
    name_en="events (Arrow IPC)",
    expected="Arrow IPC with the columns of docs/reference/arrow-schema.txt",
    is_lending=True,
    recognises=recognises,
    read=read,
)
