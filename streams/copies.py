"""Copies of messages in a topic with a number: made from those of an earlier topic.

A copy says where its message lay and when it was received, and is judged by that time: the same
message gives the same verdict. Only topics with a number hold copies. In the first topic the same
headers mean nothing, or a bank could date its messages back.
"""

import re
from collections.abc import Mapping

from schemas.message import (
    COPIED_FROM_HEADER,
    FIRST_PLACE_HEADER,
    RECEIVED_HEADER,
    TOPIC_LENDING,
    Draft,
    Message,
)

_NUMBERED = re.compile(rf".*{TOPIC_LENDING}\.g[1-9][0-9]*")
_DIGITS_MAX = 15  # Of milliseconds: more are no time of ours.


def is_numbered(topic: str) -> bool:
    """Tell whether ``topic`` may hold copies."""
    return _NUMBERED.fullmatch(topic) is not None


def as_first_received(message: Message) -> Message:
    """Return ``message`` with the time at which it was first received, if it is a copy."""
    if not is_numbered(message.topic):
        return message
    text = message.headers.get(RECEIVED_HEADER, "")
    is_time = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    if not is_time or int(text) > message.received_at_ms:
        return message
    return message._replace(received_at_ms=int(text))


def copy_of(message: Message) -> Draft:
    """Return a copy of ``message`` for a later topic."""
    place = f"{message.topic}/{message.partition}/{message.offset}"
    added = {
        COPIED_FROM_HEADER: place,
        FIRST_PLACE_HEADER: first_place(message.topic, message.headers) or place,
        RECEIVED_HEADER: str(message.received_at_ms),
    }
    return Draft(message.partition, {**message.headers, **added}, message.value)


def first_place(topic: str, headers: Mapping[str, str]) -> str:
    """Return topic/partition/offset of the message that was copied; empty where none was."""
    return headers.get(FIRST_PLACE_HEADER, "") if is_numbered(topic) else ""


def copied_place(topic: str, headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Return partition and offset in the topic that a message was copied from, if it was."""
    text = headers.get(COPIED_FROM_HEADER, "") if is_numbered(topic) else ""
    match = re.fullmatch(r"[^/]+/([0-9]{1,5})/([0-9]{1,18})", text)
    return (int(match[1]), int(match[2])) if match else None
