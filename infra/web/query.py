"""What a reader asks for, taken from the address and checked against what there is."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from infra.web.problems import ProblemError
from schemas.codes import Basis, Population
from schemas.quarter import Quarter

DECIMALS_MAX = 4


class Query(NamedTuple):
    """One reading of the figures. ``quarter`` is "" only where there is no data at all."""

    quarter: str
    population: str
    basis: str
    decimals: int | None  # None: as many as the kind of figure usually has.
    bank_id: str
    is_csv: bool
    figure: str  # Key of the figure whose members are asked for.


def _bad(name: str, found: str, expected: str) -> ProblemError:
    return ProblemError(
        400,
        f"bad_{name}",
        zh=f"参数 {name} 为 {found!r}, 应为 {expected}",
        en=f"{name} was {found!r}, expected {expected}",
    )


def _one_of(name: str, found: str, allowed: Collection[str]) -> str:
    if found not in allowed:
        raise _bad(name, found, " | ".join(allowed))
    return found


def _quarter(found: str, quarters: Sequence[str]) -> str:
    if not found:
        return quarters[-1] if quarters else ""
    try:
        quarter = str(Quarter.parse(found))
    except ValueError:
        raise _bad("quarter", found, "2021Q4") from None
    if quarters and quarter not in quarters:
        raise _bad("quarter", found, " | ".join(quarters))
    return quarter


def query_of(given: Mapping[str, str], *, quarters: Sequence[str]) -> Query:
    """Return what the address asks for; raise ProblemError, with what is allowed, if it cannot."""
    decimals = given.get("decimals", "")
    if decimals and not (
        decimals.isascii() and decimals.isdigit() and int(decimals) <= DECIMALS_MAX
    ):
        raise _bad("decimals", decimals, f"0 … {DECIMALS_MAX}")
    return Query(
        quarter=_quarter(given.get("quarter", ""), quarters),
        population=_one_of(
            "population", given.get("population") or Population.INCLUSIVE, [*Population]
        ),
        basis=_one_of("basis", given.get("basis") or Basis.YTD, [*Basis]),
        decimals=int(decimals) if decimals else None,
        bank_id=given.get("bank", ""),
        is_csv=_one_of("format", given.get("format") or "json", ["json", "csv"]) == "csv",
        figure=given.get("figure", ""),
    )
