"""What each bank has sent: by lane the seqs seen, the gaps, and how far it is complete.

A lane is complete to the date announced by the unbroken run of seqs from 1: a date announced
behind a gap says nothing about what is missing. The state is a function of the set of
submissions seen, so their order does not matter.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.message import Submission
from streams.tally import Tally


@dataclass
class Run:
    """An unbroken run of seqs, and the latest date that any of them announced."""

    first: int
    last: int
    complete_to: str


@dataclass
class Lane:
    """What one bank has sent in one lane."""

    lanes: int
    runs: list[Run] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    is_quarantined: bool = False

    def has_seen(self, seq: int) -> bool:
        return any(run.first <= seq <= run.last for run in self.runs)

    def see(self, seq: int, complete_to: str) -> None:
        """Take a seq in that was not seen before."""
        joined = Run(seq, seq, complete_to)
        apart = []
        for run in self.runs:
            if run.last + 1 == joined.first or joined.last + 1 == run.first:
                joined.first = min(run.first, joined.first)
                joined.last = max(run.last, joined.last)
                joined.complete_to = max(run.complete_to, joined.complete_to)
            else:
                apart.append(run)
        self.runs = sorted([*apart, joined], key=lambda run: run.first)

    @property
    def complete_to(self) -> str:
        """The date up to which everything was sent; empty when it is not known."""
        return self.runs[0].complete_to if self.runs and self.runs[0].first == 1 else ""

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """The runs of seqs that are missing, first and last."""
        ends = [0, *(run.last for run in self.runs)]
        return [
            (end + 1, run.first - 1)
            for end, run in zip(ends, self.runs, strict=False)
            if run.first > end + 1
        ]


class Lanes:
    """All lanes of a partition."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._lane_counts: dict[str, int] = {}  # How many lanes each bank has.

    @classmethod
    def from_json(cls, text: str) -> "Lanes":
        lanes = cls()
        for entry in json.loads(text) if text else []:
            runs = [Run(*run) for run in entry["seen"]]
            lanes._lanes[entry["bank"], entry["lane"]] = Lane(
                entry["lanes"],
                runs,
                Tally(entry.get("tally", [])),
                entry.get("quarantined", False),
            )
            lanes._lane_counts[entry["bank"]] = entry["lanes"]
        return lanes

    def to_json(self) -> str:
        """Return the state as it is stored and shown, sorted."""
        return json.dumps(list(self._entries()), separators=(",", ":"))

    def _entries(self) -> Iterable[dict[str, Any]]:
        for (bank_id, lane), state in sorted(self._lanes.items()):
            yield {
                "bank": bank_id,
                "lane": lane,
                "lanes": state.lanes,
                "seen": [[run.first, run.last, run.complete_to] for run in state.runs],
                "complete_to": state.complete_to,
                "tally": state.tally.steps,
            } | ({"quarantined": True} if state.is_quarantined else {})

    def has_seen(self, submission: Submission) -> bool:
        lane = self._lanes.get((submission.bank_id, submission.lane))
        return lane is not None and lane.has_seen(submission.seq)

    def lane_count(self, bank_id: str) -> int:
        """Return how many lanes the bank has; 0 where nothing was seen of it."""
        return self._lane_counts.get(bank_id, 0)

    def is_quarantined(self, bank_id: str, lane: int) -> bool:
        state = self._lanes.get((bank_id, lane))
        return state is not None and state.is_quarantined

    def count(self, submission: Submission, event_count: int, rejected_count: int) -> bool:
        """Count what became of a submission that was seen; tell whether it went too far."""
        lane = self._lanes[submission.bank_id, submission.lane]
        lane.tally.add(event_count, rejected_count)
        lane.is_quarantined = lane.tally.goes_too_far
        return lane.is_quarantined

    def release(self, bank_id: str, lane: int) -> None:
        """End the lane's quarantine, if it is in one, and begin to count anew."""
        state = self._lanes.get((bank_id, lane))
        if state is not None:
            state.tally, state.is_quarantined = Tally(), False

    def see(self, submission: Submission) -> None:
        key = submission.bank_id, submission.lane
        lane = self._lanes.setdefault(key, Lane(submission.lanes))
        self._lane_counts.setdefault(submission.bank_id, submission.lanes)
        complete_to = submission.complete_to
        lane.see(submission.seq, "" if complete_to is None else complete_to.isoformat())

    @property
    def quarantined_count(self) -> int:
        return sum(lane.is_quarantined for lane in self._lanes.values())

    def recent_events(self) -> dict[str, tuple[int, int]]:
        """Return how many of each bank's recent events were rejected, and how many there were."""
        recent: dict[str, tuple[int, int]] = {}
        for (bank_id, _), lane in self._lanes.items():
            rejected_count, event_count = recent.get(bank_id, (0, 0))
            recent[bank_id] = (
                rejected_count + lane.tally.rejected_count,
                event_count + lane.tally.event_count,
            )
        return recent

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq after the highest one seen."""
        state = self._lanes.get((bank_id, lane))
        return state.runs[-1].last + 1 if state and state.runs else 1

    def gaps(self) -> dict[tuple[str, int], list[tuple[int, int]]]:
        """Return what is missing, by bank and lane; lanes without a gap are left out."""
        return {key: lane.gaps for key, lane in self._lanes.items() if lane.gaps}
