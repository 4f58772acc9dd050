"""An event is taken back: it should never have been sent, or was sent wrongly."""

from msgspec import Raw

from schemas.event import Event


class Reversal(Event, frozen=True, kw_only=True, gc=False, tag="reversal"):
    """Carries the whole event it reverses and undoes all of it, in the quarter of that event.

    ``occurred_on`` is the day of the reversal and decides nothing. A reversal may come before
    the event it reverses. A second reversal of one event is not counted; a reversal of a
    reversal is refused: send the event again under a new id.
    """

    IS_REVERSIBLE = False

    body: Raw  # The reversed event as JSON, its own ``type`` and ``event_id`` included.


EVENT = Reversal
