"""Reads the file of a what-if: see schemas.supposed for what it may say."""

import tomllib
from decimal import Decimal

import msgspec

from schemas.supposed import Supposed


def supposed_of(text: str) -> Supposed:
    """Return what the TOML ``text`` supposes; raise ValueError saying what does not fit."""
    try:
        # Decimals as written: a growth of 12.35 is no float.
        said = tomllib.loads(text, parse_float=Decimal)
        return msgspec.convert(said, Supposed)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(
            f"what-if file: {error}. Nothing was graded; it may hold [[values]] with bank_id, "
            "column and value, choice, yes or is_missing, and [methodology] with drop, weights, "
            "cut_offs, shares, normalisers, banks_min"
        ) from error
