"""What parts of files and answers have in common: an unknown word is refused."""

from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=60)]
# Names of columns stand in formulas.
ColumnName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$", max_length=60)]
Formula = Annotated[str, Meta(max_length=400)]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a file; a word that is not known is refused."""

    def with_changes(self, **changes: Any) -> Self:
        """Return the same with other values in some fields."""
        return msgspec.structs.replace(self, **changes)
