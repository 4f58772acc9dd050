"""What the banks' lanes say of their quality, from the checkpoints: for metrics."""

from typing import NamedTuple

from schemas.tables import CHECKPOINTS
from streams.lanes import Lanes
from streams.ports import Store


class LaneFigures(NamedTuple):
    """Of all partitions together."""

    recent: dict[str, tuple[int, int]]  # Bank → (rejected, all) of its recent events.
    quarantined_count: int
    missing_count: int  # Seqs below the highest seen that did not come.


def read_lane_figures(store: Store, generation: int) -> LaneFigures:
    """Return the figures of every bank that has sent anything."""
    recent: dict[str, tuple[int, int]] = {}
    quarantined_count = missing_count = 0
    rows = store.read(CHECKPOINTS, {"generation": generation}, columns=("lanes",))
    for text in rows["lanes"].to_list():
        lanes = Lanes.from_json(text)
        quarantined_count += lanes.quarantined_count
        gaps = [gap for lane_gaps in lanes.gaps().values() for gap in lane_gaps]
        missing_count += sum(last - first + 1 for first, last in gaps)
        for bank_id, (rejected_count, event_count) in lanes.recent_events().items():
            before = recent.get(bank_id, (0, 0))
            recent[bank_id] = before[0] + rejected_count, before[1] + event_count
    return LaneFigures(recent, quarantined_count, missing_count)
