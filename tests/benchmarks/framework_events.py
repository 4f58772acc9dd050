"""What the plain programs on stream frameworks share: the topic, and what they add up.

One message an event, the bank as its key. Two jobs: ``balances`` keeps one table of balances by
bank, borrower and quarter; ``sums`` keeps the cells and totals of the plain reference.
"""

from collections.abc import MutableMapping
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from schemas.wire import event_json
from tests.benchmarks.lending_year import events

PARTITIONS = 6
BANKS = 40
JOBS = ("balances", "sums")


class Tables(NamedTuple):
    """Whatever the framework keeps its state in, by the same names."""

    balances: MutableMapping[str, int]
    cells: MutableMapping[str, dict[str, int]]
    totals: MutableMapping[str, dict[str, int]]


def add_balance(event: dict[str, Any], tables: Tables) -> None:
    key = f"{event['bank_id']}/{event['borrower_id']}/{_quarter(event)}"
    tables.balances[key] = tables.balances.get(key, 0) + balance_change(event)


def add_sums(event: dict[str, Any], tables: Tables) -> None:
    """Add what tests/benchmarks/plain_reference.py adds, to the same keys."""
    if "loan_kind" not in event:
        return
    change, sums = balance_change(event), _sums(event)
    bank, borrower, quarter = event["bank_id"], event["borrower_id"], _quarter(event)
    account = f"{bank}/{borrower}"
    before = tables.balances.get(account, 0)
    tables.balances[account] = after = before + change
    _add(tables.cells, f"{account}/{event['loan_kind']}/{quarter}", sums)
    _add(tables.totals, f"{bank}/{quarter}", sums | {"count": (after > 0) - (before > 0)})


def _add(table: MutableMapping[str, dict[str, int]], key: str, changes: dict[str, int]) -> None:
    row = table.get(key) or {}
    # A new dict: a table notices what is set, not what changes inside.
    table[key] = {name: row.get(name, 0) + change for name, change in changes.items()} | {
        name: row[name] for name in row.keys() - changes.keys()
    }


def balance_change(event: dict[str, Any]) -> int:
    kind = event["type"]
    if kind == "loan_disbursed":
        return event["amount_minor"]
    if kind in {"loan_repaid", "loan_written_off"}:
        return -event["amount_minor"]
    return 0


def _sums(event: dict[str, Any]) -> dict[str, int]:
    change = balance_change(event)
    if event["type"] == "loan_repriced":
        return {
            "balance_rate": event["balance_minor"] * (event["rate_mbp"] - event["old_rate_mbp"])
        }
    interest = change * event["rate_mbp"]
    sums = {"balance": change, event["type"]: abs(change), "balance_rate": interest}
    return sums | ({"disbursed_rate": interest} if event["type"] == "loan_disbursed" else {})


def _quarter(event: dict[str, Any]) -> str:
    date = event["occurred_on"]
    return f"{date[:4]}Q{(int(date[5:7]) + 2) // 3}"


WORK = {"balances": add_balance, "sums": add_sums}


def produce(brokers: str, topic_name: str, event_count: int) -> int:
    """Make the topic and fill it; return the balance that must come out."""
    import orjson

    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic(topic_name, PARTITIONS, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=brokers, linger_ms=20, batch_size=2**18)
    balance_minor = 0
    for event in events(event_count, banks=BANKS):
        value = event_json(event)
        balance_minor += balance_change(orjson.loads(value))
        producer.send(topic_name, value, key=event.bank_id.encode())
    producer.flush(timeout=60)
    producer.close()
    return balance_minor
