"""Emergency, crisis and poison numbers by country, from ``contacts.yml``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from myoguide.safety.screen import DATA
from myoguide.safety.tables import TableError, load_table

DEFAULT = "default"
# Environment variable: where the site's people are unless a channel says otherwise.
SITE_COUNTRY = "MYOGUIDE_COUNTRY"
_NEEDED = ("name", "emergency", "source", "checked")
_KNOWN = {*_NEEDED, "crisis", "poison", "advice"}


@dataclass(frozen=True)
class Contacts:
    """Whom to call in one country. Where no line is known, the emergency number stands in."""

    country: str
    emergency_number: str
    crisis_line: str
    poison_line: str


@lru_cache(maxsize=8)
def load_contacts(folder: Path = DATA) -> dict[str, Contacts]:
    """All countries of a folder's ``contacts.yml``; raises `TableError` if an entry is broken."""
    path = folder / "contacts.yml"
    table = load_table(path)
    if DEFAULT not in table:
        raise TableError(path, DEFAULT, "is missing; it is given where the country is not known")
    contacts = {}
    for country, entry in table.items():
        missing = [key for key in _NEEDED if not entry.get(key)]
        unknown = sorted(set(entry) - _KNOWN)
        if missing or unknown:
            wrong = f"lacks {', '.join(missing)}" if missing else f"unknown key {unknown[0]}"
            raise TableError(path, country, wrong)
        number = str(entry["emergency"])
        contacts[country] = Contacts(
            country, number, entry.get("crisis", number), entry.get("poison", number)
        )
    return contacts


def contacts_for(country: str | None, folder: Path = DATA) -> Contacts:
    """The contacts of a country (ISO 3166-1 alpha-2), or the default ones."""
    contacts = load_contacts(folder)
    return contacts.get((country or "").upper(), contacts[DEFAULT])


def site_country(folder: Path = DATA) -> str | None:
    """The country that the site has set, or None; ValueError if the table does not have it."""
    country = os.environ.get(SITE_COUNTRY, "").strip().upper()
    known = sorted(set(load_contacts(folder)) - {DEFAULT})
    if country and country not in known:
        raise ValueError(
            f"{SITE_COUNTRY} is {country!r}, which data/safety/contacts.yml does not have: "
            f"use one of {', '.join(known)}, or leave it out"
        )
    return country or None
