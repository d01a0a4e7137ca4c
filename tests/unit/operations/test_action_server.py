"""An action server that hangs, is away or answers nonsense: the person is told, and soon."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import pytest
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from myoguide import action_server, locks
from myoguide.operations import metrics

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    slots:
      status: {type: text, influence_conversation: false, mappings: [{type: custom}]}
    actions: [action_answer]
    responses: {utter_failed_safe: [{text: "If this could be an emergency, call 999 now."}]}
    """
)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def replying(status: str, body: str) -> Handler:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    return reply


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def events_of(handler: Handler | None, *told: Event) -> list[Event]:
    """What an action's events are with such an action server; None: nobody listens."""
    action_server.guard()
    told = told or (UserUttered("why do i twitch"), SlotSet("status", "answered"))

    async def run() -> list[Event]:
        server = await asyncio.start_server(handler or hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if handler is None:
            server.close()
        endpoint = EndpointConfig(f"http://127.0.0.1:{port}/webhook")
        tracker = DialogueStateTracker.from_events("a", list(told), DOMAIN.slots)
        nlg = TemplatedNaturalLanguageGenerator(DOMAIN.responses)
        action = RemoteAction("action_answer", endpoint)
        try:
            return await action.run(CollectingOutputChannel(), nlg, tracker, DOMAIN)
        finally:
            await endpoint.session().session.close()
            server.close()

    return asyncio.run(run())


def is_safe(events: list[Event]) -> bool:
    said, slot = events
    return said.text.startswith("If this could be an emergency") and slot.value == "failed_safe"


def test_an_action_server_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(action_server, "TIME_LIMIT", 0.3)
    began = time.monotonic()
    assert is_safe(events_of(hang))
    assert time.monotonic() - began < 5


def test_the_wait_is_over_before_the_next_message_of_the_conversation_goes_on():
    assert action_server.TIME_LIMIT < locks.LONGEST_WAIT


@pytest.mark.parametrize(
    "handler",
    [
        None,
        replying("500 Internal Server Error", "{}"),
        replying("200 OK", "no json"),
        replying("200 OK", '{"events": 5}'),
        replying("400 Bad Request", "<html>"),
    ],
    ids=["away", "error", "no JSON", "no events", "another server's error"],
)
def test_an_action_that_fails_is_told_and_counts_as_failed(handler, caplog):
    before = metrics.REGISTRY.get_sample_value("myoguide_errors_total", {"where": "action"})
    assert is_safe(events_of(handler))
    after = metrics.REGISTRY.get_sample_value("myoguide_errors_total", {"where": "action"})
    assert after == before + 1
    assert "twitch" not in caplog.text


def test_urgent_advice_that_was_given_stands_alone_and_stays_what_it_was():
    told = (UserUttered("x"), SlotSet("status", "escalated_urgent"), BotUttered("See a doctor."))
    assert events_of(None, *told) == []


def test_an_escalation_is_not_counted_as_a_failure():
    events = events_of(None, UserUttered("x"), SlotSet("status", "escalated_routine"))
    assert [type(event) for event in events] == [BotUttered]


def test_what_was_said_in_an_earlier_turn_does_not_keep_the_reply_away():
    assert is_safe(events_of(None, UserUttered("x"), BotUttered("y"), UserUttered("z")))


def test_an_action_server_that_works_is_not_interfered_with():
    body = json.dumps({"events": [], "responses": [{"text": "An answer."}]})
    assert [event.text for event in events_of(replying("200 OK", body))] == ["An answer."]


def test_an_action_that_declines_is_no_failure():
    body = json.dumps({"action_name": "action_answer", "error": "not mine"})
    with pytest.raises(ActionExecutionRejection):
        events_of(replying("400 Bad Request", body))
