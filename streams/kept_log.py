"""Rows of messages as they came: the kept copy of a log that forgets, and what was sent again."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from schemas.columns import Ids
from schemas.message import Message
from streams.submissions import SubmissionVerdict


def message_rows(messages: Sequence[Message]) -> dict[str, Any]:
    """Return ``messages`` as rows of the messages table."""
    received_at_ms = np.array([message.received_at_ms for message in messages], np.int64)
    return {
        "topic": Ids.of([message.topic for message in messages]),
        "partition": np.array([message.partition for message in messages], np.int64),
        "offset": np.array([message.offset for message in messages], np.int64),
        "received_at_ms": received_at_ms,
        "headers": [msgspec.json.encode(message.headers).decode() for message in messages],
        "value": [message.value for message in messages],
        "version": received_at_ms,
    }


def readmission_rows(
    messages: Sequence[Message], verdicts: Sequence[SubmissionVerdict]
) -> dict[str, Any]:
    """Return where each message stood at first that was rejected and is sent again."""
    sent = [
        (message.offset, verdict.submission.bank_id, verdict.submission.origin, verdict.outcome)
        for message, verdict in zip(messages, verdicts, strict=True)
        if verdict.submission is not None and verdict.submission.origin
    ]
    offset = np.array([offset for offset, *_ in sent], np.int64)
    return {
        "offset": offset,
        "bank_id": [bank_id for _, bank_id, *_ in sent],
        "origin": [origin for *_, origin, _ in sent],
        "outcome": [str(outcome) for *_, outcome in sent],
        "version": offset,
    }
