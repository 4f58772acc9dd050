"""The unit of every number in the system, told by the last word of its name.

    _minor           int64    money in the currency's smallest unit; without a currency: fen
    _mbp             int64    a yearly rate in thousandths of a basis point: 434_500 is 4.345 %
    _minor_mbp       integer  Σ money × rate, the numerator of a weighted rate
    _millionths      int64    points of a grade: 84_000_000 is 84 points
    _ratio           float64  dimensionless: 0.12 is 12 %; for charts, never for a decision
    _count           int64    number of things
    _s, _ms          seconds, milliseconds
    _day             int      days since 1970-01-01, the proleptic calendar in Asia/Shanghai
    quarter_ordinal  int      quarters since 0000Q1, see schemas.quarter

Percent exists only on the screen and in print. Money is never a float: float64 cannot
hold every fen above 90 trillion yuan, and a regulator's totals must match to the fen.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

AMOUNT_MINOR_MAX = (
    10**16
)  # 100 trillion yuan: more than all loans of a large economy's largest bank.
RATE_MBP_MAX = 10_000_000  # 100 % a year.

AmountMinor = Annotated[int, Meta(gt=0, le=AMOUNT_MINOR_MAX)]
BalanceMinor = Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX)]
SignedMinor = Annotated[int, Meta(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX)]
RateMbp = Annotated[int, Meta(ge=0, le=RATE_MBP_MAX)]
ThingCount = Annotated[int, Meta(ge=0, le=10**10)]
Revision = Annotated[int, Meta(ge=0, le=1_000_000)]

Int64Array = NDArray[np.int64]
Int32Array = NDArray[np.int32]
UInt64Array = NDArray[np.uint64]
UInt8Array = NDArray[np.uint8]
Int8Array = NDArray[np.int8]
Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
BytesArray = NDArray[np.bytes_]
AnyArray = NDArray[Any]
