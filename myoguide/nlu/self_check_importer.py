"""Rasa responses of the self-check, made from ``data/safety/self_check.yml``.

So a step has one entry, and its question is a plain response of the Rasa server, as is the
outcome: the self-check needs neither the action server nor the encoder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Optional, Text

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.knowledge import Answer, load_pack
from myoguide.safety.say import replies
from myoguide.safety.self_check import Outcome, Step, load_self_check

SLOT = "check_"
UNSURE = {"title": "I don't know", "payload": "I don't know"}
SUMMARY = {"title": "My summary", "payload": "/summary"}
# Filled by the pipeline with a sentence or with nothing.
NOTED = "{check_noted}"
CONTENT = "data"


@lru_cache(maxsize=1)
def responses() -> dict[Text, list[dict[Text, Any]]]:
    """The questions ``utter_ask_check_<step>`` and, each chosen by slots, ``utter_check_why`` and
    ``utter_check_outcome``."""
    steps = list(load_self_check().steps.values())
    asked = {
        f"utter_ask_{SLOT}{step.id}": [
            {
                "text": f"{NOTED}{number} of {len(steps)}: {step.ask.strip()}",
                "buttons": _buttons(step),
            }
        ]
        for number, step in enumerate(steps, start=1)
    }
    reasons = [
        {
            "text": step.why,
            "condition": _where(requested_slot=f"{SLOT}{step.id}"),
        }
        for step in steps
    ]
    return {**asked, "utter_check_why": reasons, "utter_check_outcome": list(_outcomes())}


def _outcomes() -> Iterator[dict[Text, Any]]:
    """What is said of each outcome without a sign.

    Where something told on the way asks for a doctor and the answers do not, the reply of that
    sign comes first.
    """
    check, answers = load_self_check(), load_pack(CONTENT).answers
    routine = [reply for reply in replies() if reply.level == "routine"]
    for outcome in check.outcomes.values():
        if outcome.sign:
            continue
        here = {"check_outcome": outcome.id}
        said = {"text": check.text_of(outcome), "buttons": [SUMMARY, *_more(outcome, answers)]}
        if outcome.level == "routine":
            yield {**said, "condition": _where(**here), "metadata": {"level": "routine"}}
            continue
        yield {**said, "condition": _where(**here, escalation="none")}
        for reply in routine:
            yield {
                **said,
                "text": "\n\n".join([reply.text, outcome.fits, check.closing]),
                "condition": _where(**here, escalation="routine", sign=reply.sign),
                "metadata": {"level": "routine", "sign": reply.sign},
            }


def _more(outcome: Outcome, answers: Mapping[str, Answer]) -> Iterator[dict[Text, Text]]:
    """Buttons for the answers that an outcome names."""
    for name in outcome.more:
        topic, _, aspect = name.partition(".")
        payload = json.dumps({"topic": topic, "aspect": aspect}, separators=(",", ":"))
        # Doubled braces: Rasa fills in slots between single ones.
        yield {"title": str(answers[name].label), "payload": f"/ask{{{payload}}}"}


def _where(**slots: Text) -> list[dict[Text, Text]]:
    return [{"type": "slot", "name": name, "value": value} for name, value in slots.items()]


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
