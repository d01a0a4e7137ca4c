"""Keeps strangers from choosing an intent by typing ``/intent{...}``.

Rasa obeys such a text on every channel. Here it is obeyed only when it is the payload of a button
that this conversation was offered, or one of the openings a channel itself sends.
"""

from __future__ import annotations

from typing import Any, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import StatelessComponent

PREFIX = "/"
# A zero-width space: invisible in a log, and Rasa no longer sees its prefix.
DISARMED = "\u200b"


def offered_payloads(tracker: DialogueStateTracker) -> set[Text]:
    """Payloads of all buttons in the history at hand."""
    return {
        button.get("payload", "")
        for event in tracker.events
        if isinstance(event, BotUttered)
        for button in (event.data or {}).get("buttons") or ()
    }


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class PayloadGuard(StatelessComponent):
    """Disarms ``/...`` texts that were not offered; the rest of the pipeline reads them as text."""

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        # Payloads that a channel sends by itself when a person opens the chat.
        return {"openings": ["/chitchat/greeting"]}

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            text = (message.get(TEXT) or "").strip()
            if not text.startswith(PREFIX) or text in self.config["openings"]:
                continue
            if tracker is not None and text in offered_payloads(tracker):
                continue
            message.set(TEXT, DISARMED + text)
        return messages
