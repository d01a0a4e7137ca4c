import pytest
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.forget import ForgetReader, _plain, request_pattern

PATTERN = request_pattern()


@pytest.mark.parametrize(
    "text",
    [
        "delete my conversation",
        "Please delete this conversation now.",
        "erase everything I wrote",
        "forget what i just told you",
        "could you wipe the chat please",
        "I want you to delete all my data!",
        "I'd like to delete my chat history",
    ],
)
def test_a_wish_to_be_forgotten_is_recognised(text):
    assert PATTERN.fullmatch(_plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "can you delete it",
        "how do i delete what i wrote",
        "i forget everything after a seizure",
        "will the jerks clear",
        "remove the tick from my leg",
        "she seems to forget my name",
        "do not delete my conversation",
        "",
    ],
)
def test_anything_else_is_not(text):
    assert not PATTERN.fullmatch(_plain(text))


def test_an_emergency_in_the_same_message_is_answered_first():
    message = Message({"text": "delete my conversation", "intent": {"name": "emergency"}})
    ForgetReader({}).process([message])
    assert message.get("intent")["name"] == "emergency"
