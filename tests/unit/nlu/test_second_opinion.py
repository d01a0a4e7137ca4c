"""The second opinion in the pipeline: it raises, never lowers, and fails safe."""

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import SCREENING, intent_of
from myoguide.nlu.safety_screen import SafetyScreen
from myoguide.nlu.second_opinion import SecondOpinion

# The first is suspected by a doubtful wording, the second shown by one that leaves no doubt.
SUSPECTED, SURE = "hubby's on the floor and wont answer me", "I want to kill myself"


@pytest.fixture(scope="module")
def screen():
    return SafetyScreen(SafetyScreen.get_default_config())


@pytest.fixture
def without_encoder(tmp_path):
    config = {**SecondOpinion.get_default_config(), "folder": str(tmp_path / "none")}
    return SecondOpinion(config, None, None)


def read(text, *components):
    message = Message({TEXT: text})
    for component in components:
        component.process([message])
    return message


def slots(message):
    return {entity["entity"]: entity["value"] for entity in message.get(ENTITIES)}


def test_the_screen_leaves_what_it_suspects_to_the_second_opinion(screen):
    message = read(SUSPECTED, screen)
    assert slots(message)["escalation"] == "none"
    assert intent_of(message) is None


def test_without_the_encoder_what_is_suspected_counts(screen, without_encoder):
    message = read(SUSPECTED, screen, without_encoder)
    assert slots(message)["escalation"] == "emergency"
    assert slots(message)["sign"] == "unresponsive"
    assert intent_of(message) == "emergency"


def test_what_it_raised_is_handed_on_to_the_next_message(screen, without_encoder):
    message = read(SUSPECTED, screen, without_encoder)
    assert message.get(SCREENING)["raised"] == [("unresponsive", "emergency")]


def test_a_sign_that_leaves_no_doubt_is_never_lowered(screen, without_encoder):
    before = slots(read(SURE, screen))
    assert before["escalation"] == "emergency"
    assert slots(read(SURE, screen, without_encoder)) == before


def test_an_error_counts_as_no_opinion(screen, without_encoder, monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(without_encoder, "_see", broken)
    message = read(SUSPECTED, screen, without_encoder)
    assert slots(message)["escalation"] == "emergency"
