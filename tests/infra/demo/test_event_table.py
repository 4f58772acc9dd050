"""A table of events says of each row what its event says."""

import numpy as np
import pyarrow as pa
import pytest

from infra.demo.economy import Economy
from infra.demo.event_rows import Rows, What
from infra.demo.event_table import EventTables
from infra.demo.sending import Sending
from infra.demo.telling import World, events_of
from infra.reference_data import load_lpr
from schemas.wire_arrow import encode_arrow, schema_problem


@pytest.fixture(scope="module")
def sent() -> tuple[World, Rows]:
    """Return two years of a small province as they are sent."""
    economy = Economy(11, lpr=load_lpr(), banks=10, borrowers=500, quarters=9)
    story, sending = economy.story(), Sending(11)
    months = [story.next_month() for _ in range(26)]
    rows = np.concatenate([sending.as_sent(month.month, month.rows) for month in months])
    return economy.world, rows


def listed(payload: bytes) -> list[dict]:
    rows = pa.ipc.open_stream(payload).read_all().to_pylist()
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def test_every_column_of_every_kind_of_event_is_as_in_the_event(sent: tuple[World, Rows]) -> None:
    world, rows = sent
    table = pa.Table.from_batches([EventTables(world).batch_of(rows)])

    assert {What(what) for what in np.unique(rows["what"]).tolist()} == set(What)
    assert (rows["reverses"] > 0).any()
    assert rows["is_usd"].any()
    found = [
        {name: cell for name, cell in row.items() if cell is not None} for row in table.to_pylist()
    ]
    for begin in range(0, rows.size, 20_000):
        piece = slice(begin, begin + 20_000)
        assert found[piece] == listed(encode_arrow(events_of(world, rows[piece])))


def test_no_rows_make_a_table_that_can_be_read(sent: tuple[World, Rows]) -> None:
    world, rows = sent

    batch = EventTables(world).batch_of(rows[:0])
    assert (batch.num_rows, schema_problem(batch.schema)) == (0, None)


def test_a_few_rows_have_only_the_columns_they_need(sent: tuple[World, Rows]) -> None:
    world, rows = sent
    cured = rows[rows["what"] == What.CURED][:3]

    assert EventTables(world).batch_of(cured).schema.names == [
        "type", "event_id", "bank_id", "occurred_on", "borrower_id", "loan_id", "loan_kind",
    ]  # fmt: skip
