"""What comes with the program as files: LPR, cities, published balances, methodologies."""

import csv
import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from processors.exact import MBP_PER_PERCENT
from processors.lpr import LprTable
from schemas.methodology import Methodology
from schemas.words import Words

REFERENCE = Path(__file__).parent / "reference"
METHODOLOGIES = Path(__file__).parent / "methodologies"
DEFAULT_METHODOLOGY = "illustrative-quarterly"
LPR_PUBLICATION_DAY = 20  # Of the month, else the next working day. docs/method.md#lpr
_EPOCH = dt.date(1970, 1, 1)
_SATURDAY = 5


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rate_mbp(percent: str) -> int:
    """Return a rate written in percent, such as 3.85, in thousandths of a basis point."""
    whole, _, decimals = percent.strip().partition(".")
    if not (whole.isdigit() and len(decimals) <= 5 and (decimals or "0").isdigit()):
        raise ValueError(
            f"rate in percent was {percent!r}, expected at most five decimals, such as 3.85; "
            "correct the reference file"
        )
    return int(whole) * MBP_PER_PERCENT + int(decimals.ljust(5, "0"))


def _publication_day(month: str, told: str) -> int:
    """Return the day an LPR was published: as told, else the 20th or the next Monday."""
    if told:
        date = dt.date.fromisoformat(told)
    else:
        date = dt.date.fromisoformat(f"{month}-{LPR_PUBLICATION_DAY}")
        while date.weekday() >= _SATURDAY:
            date += dt.timedelta(days=1)
    return (date - _EPOCH).days


@cache
def load_lpr() -> LprTable:
    """Return the published LPR, oldest first; raise ValueError when a month is left out."""
    rows = _rows("lpr_monthly.csv")
    months = [np.datetime64(row["month"], "M") for row in rows]
    for before, month in pairwise(months):
        if month != before + 1:
            raise ValueError(
                f"lpr_monthly.csv: after {before} comes {month}, expected {before + 1}; "
                "add the month that is left out"
            )
    days = [_publication_day(row["month"], row["publish_date_if_change"]) for row in rows]
    # The newest rate holds until the next one is due.
    days.append(_publication_day(str(months[-1] + 1), ""))
    return LprTable(
        np.array(days, np.int32),
        np.array([rate_mbp(row["lpr_1y_pct"]) for row in rows], np.int64),
        np.array([rate_mbp(row["lpr_5y_plus_pct"]) for row in rows], np.int64),
    )


_CITY_EN = {
    "370100": "Jinan",
    "370200": "Qingdao",
    "370300": "Zibo",
    "370400": "Zaozhuang",
    "370500": "Dongying",
    "370600": "Yantai",
    "370700": "Weifang",
    "370800": "Jining",
    "370900": "Tai'an",
    "371000": "Weihai",
    "371100": "Rizhao",
    "371300": "Linyi",
    "371400": "Dezhou",
    "371500": "Liaocheng",
    "371600": "Binzhou",
    "371700": "Heze",
}


@cache
def load_cities() -> dict[str, Words]:
    """Return the names of the province's cities by GB/T 2260 code."""
    return {
        row["code"]: Words(row["city"], _CITY_EN.get(row["code"], row["city"]))
        for row in _rows("gbt2260_shandong_cities.csv")
    }


def load_published_balances() -> list[dict[str, str]]:
    """Return the regulator's balances by bank type as published, in 亿元, derived rows left out."""
    rows = _rows("nfra_inclusive_sme_balance_by_type.csv")
    return [row for row in rows if row["confidence"] == "found"]


def methodology_files() -> dict[str, list[Path]]:
    """Return the files that come with the program by methodology, oldest version first."""
    found: dict[str, list[Path]] = {}
    for path in METHODOLOGIES.glob("*-v*.toml"):
        found.setdefault(path.stem.rpartition("-v")[0], []).append(path)
    return {name: sorted(found[name], key=_version_of) for name in sorted(found)}


def methodology_names() -> list[str]:
    """Return the names of the methodologies that come with the program."""
    return list(methodology_files())


def load_methodology(name: str = DEFAULT_METHODOLOGY) -> Methodology:
    """Return the newest version of a methodology, or the one of ``name@2``, or a .toml file.

    Raises ValueError naming the file and the place where it does not fit.
    """
    path = Path(name) if name.endswith(".toml") else _shipped(name)
    if not path.is_file():
        raise ValueError(
            f"methodology {name!r}: no such file {path}, expected one of "
            f"{', '.join(methodology_names())} or a path that ends in .toml"
        )
    return methodology_of(path.read_bytes(), str(path))


def methodology_of(text: bytes, where: str) -> Methodology:
    """Return what a methodology file says; raise ValueError naming ``where`` if it does not fit."""
    try:
        # Decimals as written: a cut-off of 79.5 is no float.
        said = tomllib.loads(text.decode(), parse_float=Decimal)
        return msgspec.convert(said, Methodology)
    except (msgspec.ValidationError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(
            f"methodology {where}: {error}. Nothing was graded; correct the file and try again"
        ) from error


def _shipped(name: str) -> Path:
    wanted, _, version = name.partition("@")
    files = methodology_files().get(wanted, [])
    if not version and files:
        return files[-1]
    return METHODOLOGIES / f"{wanted}-v{version}.toml"


def _version_of(path: Path) -> int:
    return int(path.stem.rpartition("-v")[2])
