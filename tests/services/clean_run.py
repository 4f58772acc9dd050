"""What the store must hold after a topic was read, whatever became of the workers meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from infra.reference_data import load_lpr
from schemas.message import CONTROL_HEADER, Draft, Message
from schemas.tables import EVENTS, MESSAGES, SUBMISSIONS
from streams.digest import table_digests
from streams.future import FUTURE_DAYS_MAX
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import Store
from tests.job import stored

BATCH_MESSAGES = 200


def clean_store(messages: Sequence[Sequence[Message]]) -> MemoryStore:
    """Handle the messages of each partition in this process, where nothing dies."""
    store = MemoryStore()
    pipeline = Pipeline(
        store, lpr=load_lpr(), log_identity="clean", future_days_max=FUTURE_DAYS_MAX
    )
    for partition in messages:
        for start in range(0, len(partition), BATCH_MESSAGES):
            pipeline.handle(partition[start : start + BATCH_MESSAGES])
    return store


def check_topic(drafts: Sequence[Draft], messages: Sequence[Sequence[Message]]) -> None:
    """Everything that was sent is in the topic once, each lane in the order of sending.

    What workers themselves send through the topic to time it is passed over.
    """
    sent, found = defaultdict(list), defaultdict(list)
    for draft in drafts:
        sent[_lane(draft)].append(draft.value)
    for partition in messages:
        for message in partition:
            if CONTROL_HEADER in message.headers:
                continue
            found[_lane(message)].append(message.value)
    assert sent == found, {
        lane: (len(values), len(found[lane]))
        for lane, values in sent.items()
        if values != found[lane]
    }


def check_store(store: Store, messages: Sequence[Sequence[Message]]) -> int:
    """Nothing lost, nothing twice: by counting, and by the digest of a clean run.

    Returns the number of events that are stored.
    """
    expected = Counter((m.partition, m.offset) for partition in messages for m in partition)
    for table in (SUBMISSIONS, MESSAGES):
        read = Counter(stored(store, table, "partition", "offset"))
        lost, odd = expected - read, read - expected
        assert read == expected, f"{table.name}: {len(lost)} lost, {len(odd)} twice or unknown"
    clean = clean_store(messages)
    event_count = len(stored(store, EVENTS, "event_id"))
    assert event_count == clean.row_count(EVENTS) > 0
    assert sum(count for (count,) in stored(store, SUBMISSIONS, "stored_count")) == event_count
    assert table_digests(store) == table_digests(clean)
    return event_count


def _lane(sent: Draft | Message) -> tuple[str, str]:
    return sent.headers["bank"], sent.headers["lane"]
