"""How far a batch can be judged together, where a lane of it is kept out or let in again.

What came before a release is judged without it, and what comes after the submission with which a
lane went too far, with it: so it does not matter where batches are cut.
"""

from collections.abc import Sequence

from schemas.message import CONTROL_HEADER, RELEASE, Message
from streams.lanes import Lanes
from streams.submissions import EventCounts, Outcome, SubmissionVerdict


def up_to_release(messages: Sequence[Message]) -> int:
    """Return how many messages there are up to the first release, which the rest comes after."""
    for place, message in enumerate(messages):
        if message.headers.get(CONTROL_HEADER) == RELEASE:
            return place + 1
    return len(messages)


def count_rejected(
    lanes: Lanes,
    messages: Sequence[Message],
    verdicts: Sequence[SubmissionVerdict],
    counts: EventCounts,
) -> int:
    """Count what was rejected of each lane; return how many messages could be judged so.

    Up to the one with which a lane goes too far, where more of that lane follows.
    """
    last = {
        (verdict.submission.bank_id, verdict.submission.lane): place
        for place, verdict in enumerate(verdicts)
        if verdict.submission is not None
    }
    for place, verdict in enumerate(verdicts):
        headers = messages[place].headers
        if verdict.outcome is Outcome.CONTROL and headers[CONTROL_HEADER] == RELEASE:
            lanes.release(headers["bank"], int(headers["lane"]))
        submission = verdict.submission
        if submission is None or verdict.outcome is not Outcome.ACCEPTED:
            continue
        rejected_count = counts.rejected[place]
        event_count = max(counts.event[place], rejected_count)
        goes_too_far = lanes.count(submission, event_count, rejected_count)
        if goes_too_far and last[submission.bank_id, submission.lane] > place:
            return place + 1
    return len(messages)
