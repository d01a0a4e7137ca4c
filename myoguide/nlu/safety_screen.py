"""The safety screen as the pipeline's first reader; the reading itself is in `myoguide.safety`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import (
    LANGUAGE,
    SCREENED,
    SCREENING,
    StatelessComponent,
    set_intent,
    set_slot_carrier,
)
from myoguide.safety import Screening, load
from myoguide.safety.other_languages import load_languages, other_language_emergency
from myoguide.safety.screen import MOST_EARLIER, Shown
from myoguide.safety.signs import LEVELS

logger = logging.getLogger(__name__)

STATUS_OF = {
    "emergency": "escalated_emergency",
    "emergency_open": "escalated_emergency",
    "urgent": "escalated_urgent",
    "routine": "escalated_routine",
    "failed_safe": "failed_safe",
}


def told_before(tracker: DialogueStateTracker | None) -> list[UserUttered]:
    """What the person wrote before in this conversation, oldest first."""
    if tracker is None:
        return []
    return [e for e in tracker.applied_events() if isinstance(e, UserUttered) and e.text]


def text_of(event: UserUttered) -> Text:
    """The words; in the place of a number or a payload what it chose, as it was read then."""
    return (event.parse_data or {}).get("text") or event.text


def screening_of(event: UserUttered) -> dict[Text, Any]:
    """What was read in an earlier message; empty if nothing was."""
    return (event.parse_data or {}).get(SCREENING) or {}


def earlier_texts(tracker: DialogueStateTracker | None) -> list[Text]:
    """The texts of the messages before, oldest first."""
    return [text_of(event) for event in told_before(tracker)]


def taken_back(tracker: DialogueStateTracker | None) -> list[int]:
    """Positions of the messages before that took back what was told before them."""
    return [at for at, e in enumerate(told_before(tracker)) if screening_of(e).get("retracted")]


def raised_before(tracker: DialogueStateTracker | None) -> tuple[Shown, ...]:
    """Signs of earlier messages that reading these again would not show, and that still count."""
    last = next(reversed(told_before(tracker)), None)
    raised = (screening_of(last).get("raised") or ()) if last else ()
    return tuple(Shown(sign, level, (), new=False) for sign, level in raised)


def help_came(tracker: DialogueStateTracker | None) -> bool:
    """Tell whether help was said to be there, and no new sign was told since."""
    for event in reversed(told_before(tracker)):
        read = screening_of(event)
        if read.get("help_is_there"):
            return True
        if read.get("new_signs"):
            return False
    return False


def intent_for(screening: Screening, was_emergency: bool, helped: bool = False) -> Text | None:
    """The intent that the screening asks for, or None if the question alone decides.

    An urgent or routine sign speaks up when it is new; an emergency stays open until help is
    there or it is taken back. ``helped``: an earlier message said that help had come.
    """
    if screening.level == "emergency":
        if screening.signs[0].new or not was_emergency:
            return "emergency"
        return None if screening.help_is_there or helped else "emergency_open"
    if screening.level in ("urgent", "routine") and screening.signs[0].new:
        return screening.level
    return None


def with_signs(screening: Screening, more: Iterable[Shown]) -> Screening:
    """The screening with further signs, strongest first; of two of one level the new one leads."""
    signs = {sign.id: sign for sign in (*screening.signs, *more)}.values()
    ranked = sorted(signs, key=lambda sign: (-LEVELS.index(sign.level), not sign.new))
    return replace(screening, signs=tuple(ranked))


def conclude(
    message: Message,
    screening: Screening,
    raised: Iterable[Shown],
    tracker: DialogueStateTracker | None,
    by: Text,
) -> None:
    """Hands on what was read: slots, the intent if one is asked for, and what to remember.

    ``raised``: signs that reading this message again would not show.
    """
    message.set(SCREENED, screening)
    message.set(
        SCREENING,
        {
            "level": screening.level,
            "signs": [sign.id for sign in screening.signs],
            "new_signs": [sign.id for sign in screening.signs if sign.new],
            "retracted": screening.retracted,
            "help_is_there": screening.help_is_there,
            "raised": sorted({(sign.id, sign.level) for sign in raised}),
        },
        add_to_output=True,
    )
    set_slot_carrier(message, "escalation", screening.level, by)
    set_slot_carrier(message, "sign", screening.sign, by)
    was_emergency = tracker is not None and tracker.get_slot("escalation") == "emergency"
    intent = intent_for(screening, was_emergency, help_came(tracker))
    if intent is not None:
        escalate(message, intent, screening.level, screening.sign, by)


def escalate(message: Message, intent: Text, level: Text, sign: Text | None, by: Text) -> None:
    """Sets the intent and what fills the slots."""
    set_intent(message, intent)
    set_slot_carrier(message, "status", STATUS_OF[intent], by)
    set_slot_carrier(message, "escalation", level, by)
    set_slot_carrier(message, "sign", sign, by)


def remember(message: Message, sign: Text, level: Text) -> None:
    """Lets a sign count in later messages too that reading this one again would not show."""
    read = message.get(SCREENING) or {}
    raised = [*(read.get("raised") or ()), (sign, level)]
    message.set(SCREENING, {**read, "raised": raised}, add_to_output=True)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class SafetyScreen(StatelessComponent):
    """Sets sign and escalation, and an intent that outranks every other where they ask for it.

    Needs no network, no action server, no encoder and no learned model. Whatever goes wrong in
    the screen leads to the safe reply `failed_safe`.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        # Compiled at start, so that the first person does not wait and a broken table stops us.
        self._screen = load()
        self._screen.prepare()
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
        text, earlier = message.get(TEXT) or "", earlier_texts(tracker)
        screening = self._screen(text, earlier, taken_back(tracker))
        raised = () if screening.retracted else raised_before(tracker)
        if len(earlier) >= MOST_EARLIER:
            raised += screening.signs  # the message that told of it may soon be read no more
        if not any(sign.new and sign.level == "emergency" for sign in screening.signs):
            foreign = other_language_emergency(text)
            if foreign is not None:
                raised += (Shown(foreign.sign, "emergency", ()),)
                set_slot_carrier(message, LANGUAGE, foreign.language, type(self).__name__)
        conclude(message, with_signs(screening, raised), raised, tracker, type(self).__name__)
