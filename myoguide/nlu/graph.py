"""What our graph components share: one base class and the keys they hand on in a message."""

from __future__ import annotations

from typing import Any, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu import sanic_stream

# Every process that loads a model passes here.
sanic_stream.restore()

# Message properties of ours; they reach the tracker with the parse data.
SCREENING = "screening"
QUESTION = "question"
# Readings of the two questions of a message that asks two, for later components only.
QUESTION_PARTS = "question_parts"
LANGUAGE = "language"
# The `Screening` itself, for later components only.
SCREENED = "screened"

# Intents that the screen sets. While one of them stands, no later component changes the intent.
ESCALATIONS = ("emergency", "emergency_open", "urgent", "routine", "failed_safe")


class StatelessComponent(GraphComponent):
    """A component that learns nothing: it is made from its configuration alone."""

    def __init__(self, config: dict[Text, Any]) -> None:
        self.config = config

    @classmethod
    def create(
        cls,
        config: dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> StatelessComponent:
        return cls(config)


def set_intent(message: Message, name: str, confidence: float = 1.0) -> None:
    """Makes ``name`` the intent of the message."""
    message.set(INTENT, {"name": name, "confidence": float(confidence)}, add_to_output=True)


def intent_of(message: Message) -> str | None:
    """Name of the intent set so far."""
    return (message.get(INTENT) or {}).get("name")


def set_slot_carrier(message: Message, slot: str, value: str | None, by: str) -> None:
    """Adds an entity that fills ``slot`` through its ``from_entity`` mapping; None empties it.

    A later component's value replaces an earlier one's.
    """
    kept = [e for e in message.get(ENTITIES) or [] if e["entity"] != slot]
    length = len(message.get(TEXT) or "")
    carrier = {"entity": slot, "value": value, "start": 0, "end": length, "extractor": by}
    message.set(ENTITIES, [*kept, carrier], add_to_output=True)
