"""Plays every scenario of ``data/`` to a real server and checks what must follow."""

import pytest
from scenarios import Scenario, scenarios

SCENARIOS = list(scenarios())
SLOTS = ("status", "escalation", "sign", "topic", "aspect")
pytestmark = pytest.mark.conversation


def last_turn(events):
    """Bot events since the last message of the person."""
    users = [i for i, event in enumerate(events) if event["event"] == "user"]
    return [event for event in events[users[-1] :] if event["event"] == "bot"]


def complaints(then, replies, tracker):
    """What is not as it must be, in words."""
    slots = tracker["slots"]
    said = "\n".join(reply.get("text", "") for reply in replies)
    titles = [button["title"] for reply in replies for button in reply.get("buttons", ())]
    asked = (slots.get("requested_slot") or "").removeprefix("check_") or None
    seen = {slot: slots.get(slot) for slot in SLOTS}
    seen |= {"asks": asked, "outcome": slots.get("check_outcome")}
    for name, wanted in then.items():
        if name in seen:
            if seen[name] != wanted:
                yield f"{name} is {seen[name]!r}, not {wanted!r}"
        elif name == "says":
            yield from (f"does not say {w!r}" for w in wanted if w.lower() not in said.lower())
        elif name == "says_not":
            yield from (f"says {w!r}" for w in wanted if w.lower() in said.lower())
        elif name == "begins":
            if not said.startswith(wanted):
                yield f"begins {said[:60]!r}, not {wanted!r}"
        elif name == "buttons":
            yield from (f"has no button {w!r}" for w in wanted if w not in titles)
        elif name == "no_buttons":
            if titles:
                yield f"has buttons {titles}"
        elif name == "marked":
            marks = [event["metadata"] for event in last_turn(tracker["events"])]
            if not any(wanted.items() <= mark.items() for mark in marks):
                yield f"no reply is marked {wanted}"
        else:
            yield f"the scenario asks for the unknown '{name}'"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, conversation):
    for message in scenario.messages:
        replies = conversation.say(message, scenario.country)
    assert replies, "no reply at all"
    wrong = list(complaints(scenario.then, replies, conversation.tracker()))
    said = " / ".join(reply.get("text", "")[:200] for reply in replies)
    assert not wrong, f"{'; '.join(wrong)}\nlast said: {scenario.messages[-1]!r}\nreply: {said}"


def test_there_are_at_least_eighty_scenarios():
    assert len(SCENARIOS) >= 80


def test_every_scenario_has_a_name_of_its_own():
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
