"""Who issues a circular, and what the agencies were called on a day."""

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from infra.publish.document import Label
from schemas.strict import Name, Part

FILE = Path(__file__).parent / "agencies.toml"


class DatedName(msgspec.Struct, frozen=True, kw_only=True, rename={"from_day": "from"}):
    """What an agency is called from a day on; an empty day: always before the next one."""

    zh: str
    en: str
    from_day: str = ""


class Agency(Part, frozen=True, kw_only=True):
    """One agency, its names oldest first."""

    key: Name
    names: list[DatedName]

    def on(self, day: dt.date) -> Label:
        """Return what it is called on ``day``."""
        held = [name for name in self.names if name.from_day <= day.isoformat()]
        return Label(zh=held[-1].zh, en=held[-1].en)


class Words(Part, frozen=True, kw_only=True):
    """Words of the file."""

    zh: str
    en: str


class Printer(Words, frozen=True, kw_only=True):
    """The office that prints, of one of the agencies."""

    key: Name


class Agencies(Part, frozen=True, kw_only=True):
    """The file agencies.toml."""

    is_confirmed: bool
    agencies: list[Agency]
    recipients: Words
    copies_to: Words
    printed_by: Printer

    def issuers(self, day: dt.date, keys: Iterable[str] = ()) -> list[Label]:
        """Return what those of ``keys`` are called on ``day``; without keys, all of the file.

        One that the file does not know is called by its key.
        """
        by_key = {agency.key: agency for agency in self.agencies}
        asked = list(dict.fromkeys(keys)) or list(by_key)
        # The first of the file leads, whoever was quickest to sign.
        asked.sort(key=lambda key: list(by_key).index(key) if key in by_key else len(by_key))
        return [by_key[key].on(day) if key in by_key else Label(zh=key, en=key) for key in asked]

    def printer(self, day: dt.date) -> Label:
        """Return the office that prints on ``day``."""
        office = self.printed_by
        name = next(agency.on(day) for agency in self.agencies if agency.key == office.key)
        return Label(zh=f"{name.zh}{office.zh}", en=f"{name.en}, {office.en}")


@cache
def load_agencies() -> Agencies:
    """Return the agencies that come with the program; raise ValueError where the file is wrong."""
    try:
        found = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Agencies)
    except msgspec.ValidationError as error:
        raise ValueError(f"{FILE.name}: {error}; correct the file") from error
    for agency in found.agencies:
        days = [name.from_day for name in agency.names]
        if not days or days[0] or days != sorted(days):
            raise ValueError(
                f"{FILE.name}: the names of {agency.key} begin on {days}, expected the first "
                "without a day and the others in order of time; correct the file"
            )
    return found
