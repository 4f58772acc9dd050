"""The shape of a supposition: values of banks and parts of a methodology that are not so.

A run from it says that it is not official, everywhere, and is never stored.
"""

from decimal import Decimal

from schemas.methodology import Percent
from schemas.normalisers import Normaliser
from schemas.strict import ColumnName, Name, Part


class SupposedValue(Part, frozen=True, kw_only=True):
    """Another value of one bank in one column: exactly one of the last four."""

    bank_id: str
    column: ColumnName
    value: Decimal | None = None  # In the unit in which the column is printed.
    choice: str = ""
    yes: bool | None = None
    is_missing: bool = False


class SupposedMethod(Part, frozen=True, kw_only=True):
    """Other parts of a methodology; what is not named stays.

    A weight that is named counts. Of indicators that are dropped the others take the weight over,
    in proportion, unless all weights are named.
    """

    drop: list[ColumnName] = []
    weights: dict[ColumnName, Percent] = {}
    cut_offs: dict[Name, Decimal] = {}
    shares: dict[Name, Percent] = {}  # Of quotas.
    normalisers: dict[ColumnName, Normaliser] = {}
    banks_min: int | None = None  # Of a peer group.


class Supposed(Part, frozen=True, kw_only=True):
    """All that is supposed."""

    values: list[SupposedValue] = []
    methodology: SupposedMethod = SupposedMethod()
