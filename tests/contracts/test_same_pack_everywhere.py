"""The same run gives the same pack, byte for byte, whichever store it was read from."""

from pathlib import Path
from typing import Any

from infra.operations import Operations
from infra.pack_sources import pack_of
from streams.grading_run import store_run
from streams.memory_store import MemoryStore
from streams.ports import Store
from tests.infra.story_node import StoryNode
from tests.processors.test_grading import RULE, add, run_of
from tests.stored_totals import StoredTotals


def packed(store: Any, folder: Path) -> tuple[bytes, StoryNode, str]:
    """Grade eight banks in ``store`` and return the pack of the run."""
    stored = StoredTotals(store=store)
    for n in range(8):
        add(stored, f"B{n}", 10 + n, 500_000 - n)
    run = run_of(stored)
    node = StoryNode(store, folder)
    store_run(store, run, RULE, node.clock)
    return pack_of(node, run.run_id)[1], node, run.run_id


def test_the_pack_of_a_run_has_the_same_bytes_as_in_memory(store: Store, tmp_path: Path) -> None:
    here, node, run_id = packed(store, tmp_path)
    in_memory, *_ = packed(MemoryStore(), tmp_path)

    assert here == in_memory
    made = Operations(node).run("certificate", {"run_id": run_id})
    shown = Operations(node).read("certificate_show", {"run_id": run_id})
    assert made["content_base64"] == shown["content_base64"] != ""
    assert Operations(node).run("pack", {"run_id": run_id})["is_certified"]
