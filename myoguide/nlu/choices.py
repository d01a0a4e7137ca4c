"""Lets people answer with the number of a button: "2" means the second one on offer."""

from __future__ import annotations

import re
from typing import Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import StatelessComponent

_NUMBER = re.compile(r"\s*#?(\d{1,2})\s*[.)]?\s*")


def offered_now(tracker: DialogueStateTracker) -> list[Text]:
    """Payloads of the buttons that stand below the latest reply, in their order."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        buttons = isinstance(event, BotUttered) and (event.data or {}).get("buttons")
        if buttons:
            return [button.get("payload") or button.get("title", "") for button in buttons]
    return []


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class ChoiceReader(StatelessComponent):
    """Puts the payload of the chosen button in the place of its number.

    Stands before the safety screen, which so reads what was chosen and not a digit.
    """

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            number = _NUMBER.fullmatch(message.get(TEXT) or "")
            if number is None or tracker is None:
                continue
            payloads = offered_now(tracker)
            if 1 <= int(number[1]) <= len(payloads):
                message.set(TEXT, payloads[int(number[1]) - 1])
        return messages
