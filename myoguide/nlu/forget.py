"""Recognises the wish to have the conversation deleted; the store does it when the turn ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Optional, Text

import yaml
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import (
    QUESTION,
    StatelessComponent,
    intent_of,
    set_intent,
    set_slot_carrier,
)
from myoguide.nlu.payload_guard import DISARMED

TABLE = Path(__file__).resolve().parents[2] / "data" / "privacy" / "forget.yml"
PAYLOAD = "/forget"
INTENT = "forget"


def request_pattern(table: Path = TABLE) -> re.Pattern[Text]:
    """Matches a whole message, in lower case and without marks, that asks for deletion."""
    given = yaml.safe_load(table.read_text(encoding="utf-8"))
    verbs, objects, polite = (
        "|".join(re.escape(_plain(phrase)) for phrase in sorted(given[part], key=len, reverse=True))
        for part in ("verbs", "objects", "polite")
    )
    around = rf"(?:(?:{polite}) )*"
    return re.compile(rf"{around}(?:{verbs}) (?:{objects})(?: (?:{polite}))*")


def _plain(text: Text) -> Text:
    """Lower case, without apostrophes and marks."""
    return " ".join(re.findall(r"\w+", re.sub(r"['’]", "", text.lower())))


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class ForgetReader(StatelessComponent):
    """Sets the intent `forget` for the button and for a message that asks for nothing else.

    Stands after all others: what stands in the message itself as an emergency is answered first.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._request = request_pattern()

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            text = (message.get(TEXT) or "").lstrip(DISARMED).strip()
            if intent_of(message) == "emergency":
                continue
            if text == PAYLOAD:
                message.set(TEXT, DISARMED + text)  # else Rasa would read it again
                self._set(message)
            elif self._request.fullmatch(_plain(text)):
                self._set(message)
        return messages

    @staticmethod
    def _set(message: Message) -> None:
        by = ForgetReader.__name__
        set_intent(message, INTENT)
        set_slot_carrier(message, "status", "small_talk", by)
        set_slot_carrier(message, "topic", None, by)
        set_slot_carrier(message, "aspect", None, by)
        message.set(QUESTION, {}, add_to_output=True)
