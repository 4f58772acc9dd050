"""When a bank's lane is kept out because too much of what it sends is wrong.

A lane keeps its order whatever the number of partitions, so a replay judges the same. What comes
after the submission that went too far is kept whole as rejected, and its seq stays a gap, until
a control message releases the lane.
"""

from dataclasses import dataclass, field

STEP_EVENTS = 1_000
STEPS_MAX = 10  # With the one that is being filled: the last 10,000 events and up to a step more.
REJECTED_PERCENT_MAX = 20
REJECTED_LEAST = 200


@dataclass
class Tally:
    """How many of a lane's last events were rejected, in steps of a thousand."""

    steps: list[list[int]] = field(default_factory=list)  # [events, rejected], oldest first.

    def add(self, event_count: int, rejected_count: int) -> None:
        """Count a submission; what is older than the window falls out."""
        if not self.steps or self.steps[-1][0] >= STEP_EVENTS:
            self.steps.append([0, 0])
            del self.steps[: -STEPS_MAX - 1]
        self.steps[-1][0] += event_count
        self.steps[-1][1] += rejected_count

    @property
    def event_count(self) -> int:
        return sum(step[0] for step in self.steps)

    @property
    def rejected_count(self) -> int:
        return sum(step[1] for step in self.steps)

    @property
    def goes_too_far(self) -> bool:
        share_is_high = self.rejected_count * 100 > REJECTED_PERCENT_MAX * self.event_count
        return share_is_high and self.rejected_count >= REJECTED_LEAST
