"""What a verb is: the shape of its request, what it does, and who may ask for it.

The catalog infra/verbs holds a file for each subject, with its ``VERBS``. The command line, the
pages and programs all ask the same verbs, see infra.operations.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from infra.intake.principals import Principal
from infra.store_node import StoreNode
from schemas.results import Results

Answer = dict[str, Any]


class Access(StrEnum):
    """Who may ask for a verb."""

    READ = "read"  # Whoever may read the pages; it changes nothing that is stored.
    OPERATOR = "operator"  # Whoever holds the data folder, or the token of its process.
    PERSON = "person"  # A principal with a token of its own, who is written down.


class Context(NamedTuple):
    """What a verb works with."""

    node: StoreNode
    results: Callable[[], Results]  # What is evaluated already, else evaluated anew.
    person: Principal | None = None  # Who asks; never None where the access is PERSON.


class Verb(NamedTuple):
    """One entry of a catalog file."""

    request: type[Any]  # A struct of infra.requests.Request.
    do: Callable[[Context, Any], Answer]
    access: Access
    is_grading: bool = False  # Readers of the pages are to look for a new run afterwards.


class AccessError(ValueError):
    """Somebody who may not ask for this."""


Verbs = Mapping[str, Verb]
