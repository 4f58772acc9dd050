"""Arrays of records, copied whole: several times faster than numpy copies them field by field."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.units import AnyArray

Records = NDArray[np.void]


def joined(parts: Sequence[Records], kind: np.dtype[Any]) -> Records:
    """Return the records of all parts, all of one kind, in order."""
    whole = np.concatenate([_unread(part) for part in parts]) if parts else np.zeros(0, kind)
    return np.asarray(whole.view(kind))


def picked(records: Records, which: AnyArray) -> Records:
    """Return the records at some places, or where a mask is true."""
    return np.asarray(_unread(records)[which].view(records.dtype))


def _unread(records: Records) -> Records:
    """Return records as bytes of one length, without their fields."""
    return np.ascontiguousarray(records).view(np.dtype((np.void, records.dtype.itemsize)))
