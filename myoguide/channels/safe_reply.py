"""The safe reply of every channel, for a turn in which Rasa itself fails or says nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Text

import yaml
from rasa.shared.exceptions import RasaException

from myoguide.channels.opening import DIALOGUE
from myoguide.safety.contacts import contacts_for, site_country


@lru_cache(maxsize=1)
def failed_safe() -> Text:
    """The reply ``utter_failed_safe``, read from its file: Rasa may be what fails."""
    for path in sorted(DIALOGUE.glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if "utter_failed_safe:" in text:
            return yaml.safe_load(text)["responses"]["utter_failed_safe"][0]["text"].strip()
    raise RasaException(f"no utter_failed_safe in {DIALOGUE}/*.yml")


def with_number(text: Text, country: object) -> Text:
    """``text`` with the emergency number of the person's country, else of the site's."""
    known = country if isinstance(country, str) and country else None
    return text.replace("{emergency_number}", contacts_for(known or _site()).emergency_number)


def safe_reply(country: object = None) -> Text:
    """What the person reads; ``country`` as a channel was told it, which may be anything."""
    return with_number(failed_safe(), country)


def _site() -> Text | None:
    """The site's country; a wrong one is reported where the server starts."""
    try:
        return site_country()
    except ValueError:
        return None
