"""Lets a question through that is asked in fear: the worry is heard beside it, not instead."""

from __future__ import annotations

import re
from typing import Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import QUESTION, StatelessComponent

WORRIED = "chitchat/worried"
_QUESTION = re.compile(
    r"\?|\b(?:what|why|how|when|is (?:it|this|that)|are (?:they|these|those)|can it"
    r"|could it|does it|will (?:it|he|she|i)|should (?:i|we))\b",
    re.IGNORECASE,
)


def asks(text: Text) -> bool:
    """Tell whether a message asks something."""
    return bool(_QUESTION.search(text))


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class WorryReader(StatelessComponent):
    """Takes "worried" off the list of meanings of a message that also asks something.

    The question is then answered as any other; the answer begins with a sentence for the worry.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            question = message.get(QUESTION)
            if question and asks(message.get(TEXT) or ""):
                topics = [topic for topic in question["topics"] if topic["name"] != WORRIED]
                if any("/" not in topic["name"] for topic in topics):
                    message.set(QUESTION, {**question, "topics": topics}, add_to_output=True)
        return messages
