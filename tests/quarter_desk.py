"""Persons with tokens at a data folder, who take a quarter from the cut to what is published."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.operations import Operations
from infra.wiring import Node
from streams.grading_run import read_run
from tests.told_province import BANKS, YI, SetClock, loan, openings, sent

Q4 = "2021Q4"
AGENCIES = ("local_finance", "central_bank", "banking_regulator")
METHODOLOGY = """
name = "with-penalty"
version = 1
is_illustrative = true
label_zh = "示例"
label_en = "Example"
basis_zh = "示例"
basis_en = "Example"
effective_from = "2018Q1"
aggregation = "sum"

[[indicators]]
name = "private_growth_ytd"
measure = "growth"
population = "private"
basis = "ytd"
points_min = 0
points_max = 100
normaliser = { kind = "piecewise", knots = [[0, 0], [10, 100]] }

[[indicators]]
name = "penalty"
label_zh = "处罚扣分"
label_en = "Penalty"
role = "deduction"
measure = "manual"
unit = "points"
points_min = 0
points_max = 20
direction = "none"
missing = "neutral"
neutral_points = 0
normaliser = { kind = "as_given" }

[grading]
by = "cut_offs"

[[grading.levels]]
name = "good"
zh = "良好"
en = "Good"
points_min = 60

[[grading.levels]]
name = "fair"
zh = "一般"
en = "Fair"
points_min = 0
"""


class Desk:
    """Persons with tokens, on one folder."""

    def __init__(self, node: Node, clock: SetClock) -> None:
        self.node, self.clock, self.seq = node, clock, 1
        self.operations = Operations(node)
        self.tokens: dict[str, str] = {}
        for name in ("mei", "ming"):
            self._add(name, "maker")
        for name in ("chen", "cheng"):
            self._add(name, "checker")
        for agency in AGENCIES:
            self._add(agency.replace("_", "-"), "agency", agency)
        for n in (0, 1):
            self._add(f"bank-{n}", "bank", BANKS[n])

    def _add(self, name: str, role: str, of: str = "") -> None:
        body = {"principal_id": name, "role": role, "bank_id": of}
        self.tokens[name] = self.operations.run("add_principal", body)["token"]

    def act(self, who: str, verb: str, **body: Any) -> dict[str, Any]:
        return self.operations.act(verb, body, self.tokens[who])

    def do(self, who: str, act: str, bank: str = "", **body: Any) -> dict[str, Any]:
        return self.act(who, "quarter_act", quarter=Q4, act=act, body=body, bank_id=bank)

    def keep(self, who: str, text: str = "evidence") -> str:
        content = base64.b64encode(text.encode()).decode()
        return self.act(who, "file_keep", file_name="e.txt", content_base64=content)["sha256"]

    def say(self, bank: int, kind: str, **said: Any) -> dict[str, Any]:
        return self.act(f"bank-{bank}", "reply_say", quarter=Q4, kind=kind, **said)

    def life(self) -> dict[str, Any]:
        return self.operations.read("quarter_show", {"quarter": Q4})

    def to_comments(self, methodology: str = "") -> dict[str, Any]:
        self.do("mei", "cut", **({"methodology": methodology} if methodology else {}))
        self.do("chen", "check", reason="known")
        self.do("mei", "trial")
        return self.do("chen", "open_comments")

    def close(self, day: str = "2022-01-18") -> dict[str, Any]:
        self.clock.set(day)
        return self.do("mei", "close_comments")

    def to_published(self, number: str = "5") -> dict[str, Any]:
        minutes = self.keep("chen", "minutes")
        self.do("chen", "confer", minutes_number="3", minutes_sha256=minutes)
        for agency in AGENCIES:
            self.do(agency.replace("_", "-"), "sign")
        return self.do("mei", "publish", document_number=number)

    def late(self, amount_minor: int = 4 * YI) -> None:
        """A loan of the quarter that comes in only now."""
        self.seq += 1
        event = loan(f"late-{self.seq}", 0, "2021-12-30", amount_minor)
        self.node.ingest.take_drafts([sent([event], 0, self.seq)])
        self.clock.ms += 3_600_000


@contextmanager
def desk_at(folder: Path) -> Iterator[Desk]:
    """A desk at a folder with four banks, an hour after they sent everything."""
    clock = SetClock("2022-01-10")
    with Node(folder, clock=clock, future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        clock.set("2022-01-10", 13)
        yield Desk(node, clock)


def graded(desk: Desk, run_id: str, bank: int = 0) -> Any:
    run = read_run(desk.node.store, run_id)
    return next(one for one in run.banks if one.bank_id == BANKS[bank])
