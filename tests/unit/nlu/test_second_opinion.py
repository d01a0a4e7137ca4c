"""The second opinion in the pipeline: it raises, never lowers, and fails safe."""

import numpy as np
import pytest
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu import second_opinion
from myoguide.nlu.graph import SCREENING, intent_of
from myoguide.nlu.opinion_model import ENDS
from myoguide.nlu.safety_screen import SafetyScreen
from myoguide.nlu.second_opinion import ADDS, CONCERN, MOST_WORDS, SecondOpinion, recent

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


class Encoder:
    """Remembers what it was asked to encode."""

    def __init__(self):
        self.texts = []

    def encode(self, texts):
        self.texts += texts
        return np.zeros((len(texts), 384), np.float32)


class Model:
    """Says of every message what the test wants."""

    def __init__(self, taken_back=0.0, may=True, **levels):
        self.back, self.may = taken_back, may
        self.levels = {"routine": 0.0, "urgent": 0.0, "emergency": 0.0}
        self.levels |= levels

    def read(self, text, vector, level_of):
        self.level_of = level_of
        return self

    def at_least(self, level):
        return self.levels[level]

    def likeliest(self, among):
        return next(iter(among))

    def taken_back(self, pair):
        return self.back

    def may_take_back(self, message):
        return self.may


@pytest.fixture
def conversation(screen, without_encoder, monkeypatch):
    """Reads messages one after the other; returns the last, and what was encoded for it."""
    monkeypatch.setattr(second_opinion, "sentence_vector", lambda _: np.zeros(384, np.float32))

    def talk(*texts, model):
        tracker = DialogueStateTracker("someone", [])
        without_encoder._model = model
        for text in texts:
            without_encoder._encoder = Encoder()
            message = Message({TEXT: text})
            for component in (screen, without_encoder):
                component.process([message], tracker)
            parsed = {"text": text, SCREENING: message.get(SCREENING)}
            tracker.update(UserUttered(text, parse_data=parsed))
        return message, without_encoder._encoder.texts

    return talk


SHOWN = "my husband's face has dropped on one side"
NO_CUE = "He is beside me with his tea and wants a biscuit"


def test_what_it_raised_itself_ends_when_the_person_takes_it_back(conversation):
    raised = Model(emergency=0.9, urgent=0.9, routine=0.9, taken_back=0.9)
    message, _ = conversation("he is a funny colour and I do not like it", NO_CUE, model=raised)
    assert message.get(SCREENING)["retracted"]


def test_a_message_that_cannot_take_anything_back_is_not_asked(conversation):
    raised = Model(emergency=0.9, urgent=0.9, routine=0.9, taken_back=0.9, may=False)
    message, encoded = conversation(
        "he is a funny colour and I do not like it", NO_CUE, model=raised
    )
    assert slots(message)["escalation"] == "emergency"
    assert encoded == []


@pytest.mark.parametrize("sure", [0.0, ENDS - 0.01])
def test_it_does_not_end_while_it_is_unsure(conversation, sure):
    unsure = Model(emergency=0.9, urgent=0.9, routine=0.9, taken_back=sure)
    message, _ = conversation("he is a funny colour and I do not like it", NO_CUE, model=unsure)
    assert not message.get(SCREENING)["retracted"]
    assert slots(message)["escalation"] == "emergency"


def test_a_sign_that_the_rules_show_never_ends_by_its_word_alone(conversation):
    message, _ = conversation(SHOWN, NO_CUE, model=Model(taken_back=1.0))
    assert slots(message)["escalation"] == "emergency"


def test_messages_of_no_concern_are_not_read_together(conversation):
    asked = "why do I jerk when I fall asleep", "and what can I do about it"
    _, calm = conversation(*asked, model=Model(routine=CONCERN / 2))
    assert calm == []
    message, worried = conversation(*asked, model=Model(routine=CONCERN))
    assert worried == [" / ".join(asked)]
    assert message.get(SCREENING)["concern"] == CONCERN


@pytest.mark.parametrize("adds", [ADDS / 2, ADDS])
def test_concern_of_the_message_before_is_enough_if_this_one_adds_something(conversation, adds):
    first, second = "he is a bit off today", "and it has been ten minutes now"

    class First(Model):
        def read(self, text, vector, level_of):
            calm = Model(routine=adds).read(text, vector, level_of)
            return super().read(text, vector, level_of) if text == first else calm

    _, encoded = conversation(first, second, model=First(routine=CONCERN))
    assert encoded == ([f"{first} / {second}"] if adds >= ADDS else [])


def test_of_long_messages_the_oldest_are_left_out():
    long = "word " * MOST_WORDS
    assert recent(["a", "b", "c"]) == ["a", "b", "c"]
    assert recent(["a", long, "c"]) == ["c"]
    assert recent([long, "b", "c"]) == ["b", "c"]
    assert recent(["a", "b", long]) == [long]
