"""The screen in the pipeline: what a message means after what was told before."""

import pytest
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import LANGUAGE, SCREENED, SCREENING, intent_of
from myoguide.nlu.safety_screen import SafetyScreen


@pytest.fixture(scope="module")
def screen() -> SafetyScreen:
    return SafetyScreen(SafetyScreen.get_default_config())


def told(screen: SafetyScreen, *texts: str) -> Message:
    """The last message, read after the others."""
    tracker = DialogueStateTracker("someone", [TextSlot("escalation", mappings=[])])
    for text in texts:
        message = Message({TEXT: text})
        screen.process([message], tracker)
        parsed = {"text": text, SCREENING: message.get(SCREENING)}
        tracker.update(UserUttered(text, parse_data=parsed))
        tracker.update(SlotSet("escalation", message.get(SCREENED).level))
    return message


def test_an_emergency_in_another_language_speaks_up_while_another_one_is_open(screen):
    message = told(screen, "I want to kill myself", "mi hijo no respira")
    assert intent_of(message) == "emergency"
    assert message.get(SCREENED).sign != "self_harm"
    carried = {entity["entity"]: entity["value"] for entity in message.get(ENTITIES)}
    assert carried[LANGUAGE] == "es"


def test_it_does_not_take_the_place_of_a_new_one_told_in_english(screen):
    message = told(screen, "he is not breathing, mi hijo no respira")
    assert message.get(SCREENED).signs[0].findings
