"""Fills the slots with the telephone numbers of the country that a message comes from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import StatelessComponent, set_slot_carrier
from myoguide.safety.contacts import contacts_for, site_country

logger = logging.getLogger(__name__)

METADATA = "metadata"
COUNTRY = "country"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class CountryReader(StatelessComponent):
    """Reads ``metadata["country"]`` (ISO 3166-1 alpha-2), which a channel sends with a message.

    Without it the country said before stands, else the site's own (`MYOGUIDE_COUNTRY`); without
    any the slots keep the values of ``domain.yml``, which fit anywhere.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._site: Text | None = None
        try:
            self._site = site_country()
        except ValueError as error:
            # Emergency replies must go on, with the numbers that fit anywhere.
            logger.error("%s", error)

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            before = tracker.get_slot(COUNTRY) if tracker is not None else None
            country = _named(message) or before or self._site
            if country == before:
                continue
            # The slots are named as the fields.
            contacts = asdict(replace(contacts_for(country), country=country))
            for slot, value in contacts.items():
                set_slot_carrier(message, slot, value, type(self).__name__)
        return messages


def _named(message: Message) -> Text | None:
    """The country that the channel names, in capitals; None for anything that is no code."""
    metadata = message.get(METADATA)
    country = metadata.get(COUNTRY) if isinstance(metadata, Mapping) else None
    is_code = isinstance(country, str) and len(country) == 2 and country.isalpha()
    return country.upper() if is_code else None
