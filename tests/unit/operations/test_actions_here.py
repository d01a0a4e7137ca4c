"""Without an action server's address the actions run in this process, as one would run them."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.interfaces import ActionExecutionRejection as Rejection
from test_action_server import DOMAIN, is_safe

from myoguide import action_server, actions_here

ASKED = {"text": "why do i twitch falling asleep", "question": {"answers": ["sleep.cause"]}}


def events_of(name: str) -> list[Event]:
    told = [UserUttered(ASKED["text"], parse_data=ASKED), SlotSet("status", "answered")]
    tracker = DialogueStateTracker.from_events("a", told, DOMAIN.slots)
    nlg = TemplatedNaturalLanguageGenerator(DOMAIN.responses)
    action = RemoteAction(name, EndpointConfig(None, enable_selective_domain=True))
    return asyncio.run(action.run(CollectingOutputChannel(), nlg, tracker, DOMAIN))


@pytest.fixture
def action(monkeypatch):
    """Puts a function in the place of ``action_answer``."""

    def put(run):
        monkeypatch.setitem(actions_here.executor().actions, "action_answer", run)

    return put


def test_the_answer_is_the_one_of_the_content_pack():
    (said,) = events_of("action_answer")
    assert isinstance(said, BotUttered)
    assert "being awake to being asleep" in said.text and "Source: " in said.text


def test_an_action_server_that_is_named_is_asked():
    endpoint = EndpointConfig("http://127.0.0.1:5055/webhook")
    assert RemoteAction("action_answer", endpoint).action_endpoint is endpoint


def test_an_action_that_fails_ends_the_turn_with_the_safe_reply(action, caplog):
    def fail(dispatcher, tracker, domain):
        raise ValueError(tracker.latest_message["text"])

    action(fail)
    action_server.guard()
    assert is_safe(events_of("action_answer"))
    assert "falling asleep" not in caplog.text


def test_an_action_may_refuse_as_it_may_in_an_action_server(action):
    def refuse(dispatcher, tracker, domain):
        raise Rejection("action_answer", "not now")

    action(refuse)
    with pytest.raises(ActionExecutionRejection, match="not now"):
        events_of("action_answer")
