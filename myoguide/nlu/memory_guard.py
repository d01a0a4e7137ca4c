"""Says so when the earlier messages of a conversation cannot be read."""

from __future__ import annotations

from typing import Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import ESCALATIONS, SCREENING, StatelessComponent, intent_of
from myoguide.nlu.safety_screen import escalate


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class MemoryGuard(StatelessComponent):
    """While the database is away, a message out of an unknown conversation gets the safe reply.

    What was told before could change what is safe to say now. A sign in the message itself is
    answered as always. The store knows: see `myoguide.store.HeldTracker`.
    """

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        if getattr(tracker, "past_is_known", True):
            return messages
        for message in messages:
            if intent_of(message) not in ESCALATIONS:
                level: Text = (message.get(SCREENING) or {}).get("level", "none")
                escalate(message, "failed_safe", level, None, type(self).__name__)
        return messages
