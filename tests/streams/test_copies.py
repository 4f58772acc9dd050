"""A copy is judged by the time at which its message was received first, and nothing else is."""

import pytest

from schemas.message import FIRST_PLACE_HEADER, RECEIVED_HEADER, Draft, Message
from streams.copies import as_first_received, copied_place, copy_of, first_place, is_numbered

NOW_MS = 1_700_000_000_000
MESSAGE = Message("lending", 3, 17, NOW_MS, {"bank": "B", "lane": "2", "seq": "5"}, b"{}")


def arrived(draft: Draft, topic: str, later_ms: int = 60_000) -> Message:
    return Message(topic, 1, 4, NOW_MS + later_ms, draft.headers, draft.value)


def test_a_copy_has_the_bytes_headers_and_time_of_its_message() -> None:
    copy = as_first_received(arrived(copy_of(MESSAGE), "lending.g1"))

    assert copy.received_at_ms == NOW_MS
    assert (copy.value, copy.headers["seq"]) == (MESSAGE.value, "5")
    assert copied_place(copy.topic, copy.headers) == (3, 17)
    assert first_place(copy.topic, copy.headers) == "lending/3/17"


def test_a_copy_of_a_copy_names_the_first_place_and_the_one_before() -> None:
    copy = as_first_received(arrived(copy_of(MESSAGE), "lending.g1"))
    again = as_first_received(arrived(copy_of(copy), "lending.g12", later_ms=120_000))

    assert again.received_at_ms == NOW_MS
    assert copied_place(again.topic, again.headers) == (1, 4)
    assert first_place(again.topic, again.headers) == "lending/3/17"


@pytest.mark.parametrize("topic", ["lending", "lending.g0", "lending.g", "a.lending.g1x", "bills"])
def test_in_other_topics_the_same_headers_mean_nothing(topic: str) -> None:
    message = arrived(copy_of(MESSAGE), topic)

    assert not is_numbered(topic)
    assert as_first_received(message) == message
    assert first_place(topic, message.headers) == ""
    assert copied_place(topic, message.headers) is None


@pytest.mark.parametrize("text", ["", "x", "-1", "9" * 400, "٣", str(NOW_MS + 10**9)])
def test_a_time_that_is_none_or_lies_after_the_receipt_is_not_believed(text: str) -> None:
    headers = {**copy_of(MESSAGE).headers, RECEIVED_HEADER: text}
    message = Message("p-lending.g1", 0, 0, NOW_MS, headers, b"")

    assert as_first_received(message) == message


def test_what_is_copied_of_the_first_topic_forgets_a_first_place_that_somebody_claimed() -> None:
    claimed = MESSAGE._replace(headers={**MESSAGE.headers, FIRST_PLACE_HEADER: "lending/9/9"})

    assert copy_of(claimed).headers[FIRST_PLACE_HEADER] == "lending/3/17"
