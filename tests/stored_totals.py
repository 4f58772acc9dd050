"""Stored totals and registers as a test tells them, in yuan and percent, in a store in memory."""

import datetime as dt
import json
from typing import Any

import msgspec
import numpy as np

from infra.reference_data import load_lpr
from processors.sums import LIMB
from schemas.codes import Population
from schemas.event import Event
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.bank_registered import BankRegistered
from schemas.events.position_reported import PositionReported
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import Results
from schemas.tables import REGISTERS, TOTAL_SUMS, TOTALS
from streams.evaluate import evaluate, read_snapshot
from streams.memory_store import MemoryStore

FEN_PER_YI = 10**10


def limbs(amount_minor: int, rate_mbp: int) -> tuple[int, int]:
    """Return amount × rate in the two limbs in which it is stored."""
    hi, lo = divmod(amount_minor * rate_mbp, LIMB)
    return hi, lo


class StoredTotals:
    """A store that is filled fact by fact; ``results()`` evaluates it."""

    def __init__(self, partition: int = 0, store: MemoryStore | None = None) -> None:
        self.store = store if store is not None else MemoryStore()
        self.partition = partition
        self._lanes: list[dict[str, Any]] = []
        self._rows: dict[tuple[str, str, int, int], dict[str, int]] = {}

    def bank(
        self,
        bank_id: str,
        complete_to: str = "",
        *,
        is_registered: bool = True,
        lane: int = 0,
        lanes: int = 1,
        **register: Any,
    ) -> None:
        """Register a bank that has sent everything up to ``complete_to``."""
        if complete_to:
            entry = {"bank": bank_id, "lane": lane, "lanes": lanes, "complete_to": complete_to}
            self._lanes.append(entry | {"seen": [[1, 1, complete_to]]})
        if is_registered:
            facts = {"name_zh": f"{bank_id}银行", "name_en": f"Bank {bank_id}"}
            facts |= {"peer_group": "rural", "city": "370100", "is_qingdao": False}
            event = BankRegistered(
                event_id=f"bank-{bank_id}-0000000000",
                bank_id=bank_id,
                occurred_on="2015-01-01",
                **(facts | register),
            )
            self._register("bank", event, "")

    def lane(self, **entry: Any) -> None:
        """Say of one lane what a marker row would say."""
        self._lanes.append(entry)

    def total(
        self,
        bank_id: str,
        quarter: str,
        population: Population = Population.INCLUSIVE,
        tag: int = 0,
        **sums: int,
    ) -> None:
        """Add to one row of totals; names as in schemas.tables.TOTAL_SUMS."""
        key = (bank_id, population.value, Quarter.parse(quarter).ordinal - FIRST_ORDINAL, tag)
        row = self._rows.setdefault(key, dict.fromkeys(TOTAL_SUMS, 0))
        for name, value in sums.items():
            row[name] += value

    def balance(
        self,
        bank_id: str,
        quarter: str,
        change_minor: int,
        borrowers: int = 0,
        populations: tuple[Population, ...] = (
            Population.ALL,
            Population.ALL_EX_BILLS,
            Population.INCLUSIVE,
        ),
    ) -> None:
        """Change the balance by drawing or repaying, in several populations alike."""
        flow = {"disbursed_minor": change_minor} if change_minor > 0 else {}
        flow = flow or {"repaid_minor": -change_minor}
        for population in populations:
            self.total(
                bank_id,
                quarter,
                population,
                balance_change_minor=change_minor,
                borrower_change_count=borrowers,
                **flow,
            )

    def lending(
        self,
        bank_id: str,
        quarter: str,
        population: Population,
        amount: int,
        rate: int,
        *,
        tag: int = 0,
    ) -> None:
        """Add new lending at a rate, to the main row or to that of a tag."""
        hi, lo = limbs(amount, rate)
        sums = {"disbursed_minor": amount, "disbursed_rate_hi": hi, "disbursed_rate_lo": lo}
        self.total(bank_id, quarter, population, tag, **sums)

    def position(self, bank_id: str, quarter: str, balance_minor: int, **facts: Any) -> None:
        population = facts.pop("population", Population.INCLUSIVE).value
        event = PositionReported(
            event_id=f"position-{bank_id}-{quarter}",
            bank_id=bank_id,
            occurred_on=str(Quarter.parse(quarter).last_day),
            quarter=quarter,
            population=population,
            balance_minor=balance_minor,
            **facts,
        )
        self._register("position", event, f"{quarter}/{population}")

    def published(self, code: str, quarter: str, balance_minor: int) -> None:
        event = AggregatePublished(
            event_id=f"published-{code}-{quarter}",
            bank_id=code,
            occurred_on=str(Quarter.parse(quarter).last_day),
            name_zh=code,
            quarter=quarter,
            population="inclusive",
            balance_minor=balance_minor,
        )
        self._register("aggregate", event, f"{quarter}/inclusive")

    def write(self) -> MemoryStore:
        """Store the totals told so far, with the marker row of the partition."""
        keys = [("", "", 0, 0), *self._rows]
        values = [dict.fromkeys(TOTAL_SUMS, 0), *self._rows.values()]
        rows: dict[str, Any] = {
            "generation": np.zeros(len(keys), np.int64),
            "partition": np.full(len(keys), self.partition),
            "bank_id": [key[0] for key in keys],
            "population": [key[1] for key in keys],
            "quarter": np.array([key[2] for key in keys]),
            "tag": np.array([key[3] for key in keys]),
            "lanes": [json.dumps(self._lanes), *([""] * (len(keys) - 1))],
            "version": np.full(len(keys), 7),
        }
        rows |= {name: np.array([row[name] for row in values]) for name in TOTAL_SUMS}
        self.store.insert(TOTALS, rows)
        return self.store

    def results(self) -> Results:
        return evaluate(read_snapshot(self.write()), load_lpr())

    def _register(self, register: str, event: Event, entry: str) -> None:
        day = (dt.date.fromisoformat(event.occurred_on) - dt.date(1970, 1, 1)).days
        row: dict[str, Any] = {
            "generation": 0,
            "partition": self.partition,
            "register": register,
            "bank_id": event.bank_id,
            "entry": entry,
            "body": msgspec.json.encode(event).decode(),
            "occurred_day": day,
            "revision": 0,
            "event_hash": 1,
            "version": 1,
        }
        columns = {
            name: [value] if isinstance(value, str) else np.array([value])
            for name, value in row.items()
        }
        self.store.insert(REGISTERS, columns)
