"""The safety screen as the pipeline's first reader; the reading itself is in `myoguide.safety`."""

from __future__ import annotations

import logging
from typing import Any, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import (
    LANGUAGE,
    SCREENING,
    StatelessComponent,
    set_intent,
    set_slot_carrier,
)
from myoguide.safety import Screening, load
from myoguide.safety.other_languages import load_languages, other_language_emergency

logger = logging.getLogger(__name__)

STATUS_OF = {
    "emergency": "escalated_emergency",
    "emergency_open": "escalated_emergency",
    "urgent": "escalated_urgent",
    "routine": "escalated_routine",
    "failed_safe": "failed_safe",
}


def earlier_texts(tracker: DialogueStateTracker | None) -> list[Text]:
    """What the person wrote before in this conversation, oldest first.

    In the place of a number or a payload stands what it chose, as it was read then.
    """
    if tracker is None:
        return []
    return [
        (event.parse_data or {}).get("text") or event.text
        for event in tracker.applied_events()
        if isinstance(event, UserUttered) and event.text
    ]


def intent_for(screening: Screening, was_emergency: bool) -> Text | None:
    """The intent that the screening asks for, or None if the question alone decides.

    An urgent or routine sign speaks up when it is new; an emergency stays open until help is
    there or it is taken back.
    """
    if screening.level == "emergency":
        if screening.signs[0].new or not was_emergency:
            return "emergency"
        return None if screening.help_is_there else "emergency_open"
    if screening.level in ("urgent", "routine") and screening.signs[0].new:
        return screening.level
    return None


def escalate(message: Message, intent: Text, level: Text, sign: Text | None, by: Text) -> None:
    """Sets the intent and what fills the slots."""
    set_intent(message, intent)
    set_slot_carrier(message, "status", STATUS_OF[intent], by)
    set_slot_carrier(message, "escalation", level, by)
    set_slot_carrier(message, "sign", sign, by)


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False
)
class SafetyScreen(StatelessComponent):
    """Sets sign and escalation, and an intent that outranks every other where they ask for it.

    Needs no network, no action server, no encoder and no learned model. Whatever goes wrong in
    the screen leads to the safe reply `failed_safe`.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        # Compiled at start, so that the first person does not wait and a broken table stops us.
        self._screen = load()
        load_languages()

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            try:
                self._read(message, tracker)
            except Exception:
                # No text in the log: it is somebody's health.
                logger.exception("the safety screen failed; the safe reply is given")
                escalate(message, "failed_safe", "none", None, type(self).__name__)
        return messages

    def _read(self, message: Message, tracker: DialogueStateTracker | None) -> None:
        screening = self._screen(message.get(TEXT) or "", earlier_texts(tracker))
        was_emergency = tracker is not None and tracker.get_slot("escalation") == "emergency"
        by = type(self).__name__
        set_slot_carrier(message, "escalation", screening.level, by)
        set_slot_carrier(message, "sign", screening.sign, by)
        message.set(
            SCREENING,
            {
                "level": screening.level,
                "signs": [sign.id for sign in screening.signs],
                "new_signs": [sign.id for sign in screening.signs if sign.new],
                "retracted": screening.retracted,
                "help_is_there": screening.help_is_there,
            },
            add_to_output=True,
        )
        intent = intent_for(screening, was_emergency)
        if intent is not None:
            escalate(message, intent, screening.level, screening.sign, by)
        if screening.level == "emergency":
            return
        told = other_language_emergency(message.get(TEXT) or "")
        if told is not None:
            escalate(message, "emergency", "emergency", told.sign, by)
            set_slot_carrier(message, LANGUAGE, told.language, by)
