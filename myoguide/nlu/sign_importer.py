"""Adds the screen's replies (``say`` in ``data/safety/signs.yml``) to Rasa's domain.

So each sign has one entry, and the replies are plain responses of the Rasa server, chosen by the
slot ``sign``: they need no action server, no encoder and no learned model.
"""

from __future__ import annotations

from typing import Any, Text

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.safety.say import replies


class SignImporter(TrainingDataImporter):
    """Contributes responses only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def get_domain(self) -> Domain:
        return Domain.from_dict({"responses": responses()})

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        return StoryGraph([])

    def get_config(self) -> dict[Text, Any]:
        return {}

    def get_config_file_for_auto_config(self) -> Text | None:
        return None

    def get_nlu_data(self, language: Text | None = "en") -> TrainingData:
        return TrainingData()


def responses() -> dict[Text, list[dict[Text, Any]]]:
    """Rasa responses ``utter_emergency``, ``utter_urgent``, ``utter_routine``, one text a sign."""
    result: dict[Text, list[dict[Text, Any]]] = {}
    for reply in replies():
        variation = {
            "text": reply.text,
            "condition": [{"type": "slot", "name": "sign", "value": reply.sign}],
            "metadata": {"sign": reply.sign, "level": reply.level},
        }
        result.setdefault(f"utter_{reply.level}", []).append(variation)
    return result
