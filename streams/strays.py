"""Events that are sound and yet refused for what was there before, or for the lane they came in."""

from collections.abc import Sequence

import numpy as np

from schemas.columns import EventColumns, Fault
from schemas.expectations import EXPECTED_LANE, EXPECTED_NOT_REVERSED
from schemas.message import Submission, lane_of
from streams.duplicates import Verdicts


def second_reversals(events: EventColumns, seen: Verdicts) -> list[Fault]:
    """Return a fault for each reversal of an event that was reversed before."""
    return [
        Fault(
            int(events.submission[row]),
            int(events.position[row]),
            "second_reversal",
            "body.event_id",
            events.reversed_event_id[row].decode(),
            EXPECTED_NOT_REVERSED,
            events.event_id[row].decode(),
        )
        for row in np.flatnonzero(seen.is_second_reversal).tolist()
    ]


def without_strays(
    events: EventColumns, submissions: Sequence[Submission]
) -> tuple[EventColumns, list[Fault]]:
    """Return the events that are in their borrower's lane, and a fault for each other one."""
    lanes = np.array([submission.lanes for submission in submissions], np.int64)
    lane = np.array([submission.lane for submission in submissions], np.int64)
    if not events.size or (lanes == 1).all():
        return events, []
    is_right = np.ones(events.size, np.bool_)
    for count in np.unique(lanes).tolist():
        right = np.array([lane_of(value, count) for value in events.borrower.values], np.int64)
        is_here = lanes[events.submission] == count
        is_right[is_here] = (right[events.borrower.codes] == lane[events.submission])[is_here]
    faults = []
    for row in np.flatnonzero(~is_right).tolist():
        submission = submissions[events.submission[row]]
        borrower_id = events.borrower.values[events.borrower.codes[row]]
        faults.append(
            Fault(
                int(events.submission[row]),
                int(events.position[row]),
                "wrong_lane",
                "borrower_id",
                f"lane {submission.lane}",
                EXPECTED_LANE.format(lane_of(borrower_id, submission.lanes)),
                events.event_id[row].decode(),
            )
        )
    return events.take(is_right), faults
