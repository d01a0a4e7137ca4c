import pytest
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.memory_guard import MemoryGuard
from myoguide.store import HeldTracker


def read(intent, known):
    tracker = HeldTracker("a", [])
    tracker.past_is_known = known
    message = Message({"text": "x", "intent": {"name": intent}})
    MemoryGuard({}).process([message], tracker)
    return message.get("intent")["name"]


@pytest.mark.parametrize("intent", ["ask", "chitchat", "self_check", "clarify"])
def test_with_an_unknown_past_the_reply_is_the_safe_one(intent):
    assert read(intent, known=False) == "failed_safe"


@pytest.mark.parametrize("intent", ["emergency", "urgent"])
def test_a_sign_in_the_message_is_answered_all_the_same(intent):
    assert read(intent, known=False) == intent


def test_with_a_known_past_nothing_changes():
    assert read("ask", known=True) == "ask"
