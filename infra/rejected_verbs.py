"""The verbs about what was rejected, as a command and a web client ask them."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.readmission import Judge, readmit, release
from infra.rejected import Choice, Entry, Place, read_entries, row_of, shown_entry, summary_of
from infra.store_node import StoreNode

Answer = dict[str, Any]
LANES_MAX = 1_024


class ChoiceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries; those that were sent again only where ``is_all``."""

    bank_id: str = ""
    code: str = ""
    is_all: bool = False


class ShowRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry, by its place."""

    place: str


class ReadmitRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send again; everything that is open where nothing is named."""

    bank_id: str = ""
    code: str = ""
    places: tuple[str, ...] = ()
    is_dry_run: bool = False


class ReleaseRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank, and one of its lanes or all that are kept out."""

    bank_id: str
    lane: Annotated[int, Meta(ge=0, lt=LANES_MAX)] | None = None


def list_rejected(node: StoreNode, asked: ChoiceRequest) -> Answer:
    """Return what was rejected, a row an entry, and how many there are by bank and code."""
    choice = Choice(asked.bank_id, asked.code)
    entries = _entries(node, choice, is_all=asked.is_all)
    return {"rows": [row_of(entry) for entry in entries], "summary": summary_of(entries)}


def show_rejected(node: StoreNode, asked: ShowRequest) -> Answer:
    """Return everything about what was rejected at one place; raise ValueError if nothing was."""
    place = str(Place.parse(asked.place))
    entries = _entries(node, Choice(places=frozenset({place})), is_all=True)
    if not entries:
        raise ValueError(
            f"place {place}: nothing was rejected there; puhui rejected list prints the places"
        )
    return {"rows": [shown_entry(node.store, node.generation, entry) for entry in entries]}


def readmit_rejected(node: StoreNode, asked: ReadmitRequest) -> Answer:
    """Send again what is sound now, and return what became of each entry, and counts by bank."""
    places = frozenset(str(Place.parse(place)) for place in asked.places)
    choice = Choice(asked.bank_id, asked.code, places)
    done = readmit(_judge(node), choice, node.ingest.send, is_dry_run=asked.is_dry_run)
    return {"rows": done.rows, "counts": done.counts, "is_dry_run": asked.is_dry_run}


def release_lane(node: StoreNode, asked: ReleaseRequest) -> Answer:
    """Let lanes of a bank in again, and return which."""
    lanes = release(_judge(node), asked.bank_id, asked.lane, node.ingest.send)
    return {"rows": [{"bank_id": asked.bank_id, "lane": lane} for lane in lanes]}


def _entries(node: StoreNode, choice: Choice, *, is_all: bool) -> list[Entry]:
    return read_entries(node.store, node.generation, node.topic, choice, is_all=is_all)


def _judge(node: StoreNode) -> Judge:
    return Judge(
        node.store,
        node.generation,
        node.topic,
        now_ms=node.clock.now_ms(),
        future_days_max=node.future_days_max,
    )
