"""Rasa responses of the self-check, made from ``data/safety/self_check.yml``.

So a step has one entry, and its question is a plain response of the Rasa server: the self-check
goes on, and an emergency inside it is answered, without the action server.
"""

from __future__ import annotations

from typing import Any, Optional, Text

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.safety.self_check import Step, load_self_check

SLOT = "check_"
UNSURE = {"title": "I don't know", "payload": "I don't know"}


def responses() -> dict[Text, list[dict[Text, Any]]]:
    """The questions ``utter_ask_check_<step>`` and, by requested slot, ``utter_check_why``."""
    steps = list(load_self_check().steps.values())
    asked = {
        f"utter_ask_{SLOT}{step.id}": [
            {"text": f"{number} of {len(steps)}: {step.ask.strip()}", "buttons": _buttons(step)}
        ]
        for number, step in enumerate(steps, start=1)
    }
    reasons = [
        {
            "text": step.why,
            "condition": [{"type": "slot", "name": "requested_slot", "value": f"{SLOT}{step.id}"}],
        }
        for step in steps
    ]
    return {**asked, "utter_check_why": reasons}


def _buttons(step: Step) -> list[dict[Text, Text]]:
    buttons = [{"title": option.title, "payload": option.says} for option in step.options]
    return buttons if step.must else [*buttons, UNSURE]


class SelfCheckImporter(TrainingDataImporter):
    """Adds the responses to the domain, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Takes what Rasa hands to every importer; the table's place is fixed."""

    def get_domain(self) -> Domain:
        return Domain.from_dict({"responses": responses()})

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        return StoryGraph([])

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        return TrainingData()

    def get_config(self) -> dict[Text, Any]:
        return {}

    def get_config_file_for_auto_config(self) -> Optional[Text]:
        return None
