"""The conversation scenarios over each messenger end with the same slots as over REST.

A part of them in every run; all of them with ``pytest tests/channels -m slow``.
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import SLOTS, Server
from platforms.base import Platform
from scenarios import Scenario, scenarios

from myoguide.channels.messaging import short_payload

OPENING = "/chitchat/greeting"
ALL = list(scenarios())
# Every tenth, and so some of each file.
ALWAYS = {scenario.name for scenario in ALL[::10]}
PLAYED = [
    pytest.param(
        scenario,
        id=scenario.name,
        marks=() if scenario.name in ALWAYS else pytest.mark.slow,
    )
    for scenario in ALL
]


def play(server: Server, platform: Platform, person: str, message: str) -> list[str]:
    """One turn as a person has it; returns Rasa's replies once all of them have arrived.

    What a scenario writes as a payload is a press where it is on offer, and typed where it is not.
    """
    before = len(platform.read[person])
    # Where a payload does not fit, the platform has a mark of it.
    names = (message, short_payload(message, 0))
    shown = [data.partition("\n")[0] for _, data in _last_buttons(platform, person)]
    offered = [data for data in shown if data in names]
    heard = len(_turns(server, platform, person))
    if message == OPENING:
        platform.open(person)
    elif offered:
        platform.press(person, offered[0])
    else:
        platform.write(person, message)
    platform.wait_for(
        lambda: len(_turns(server, platform, person)) > heard, f"the turn {message!r}"
    )
    [*_, replies] = _turns(server, platform, person)
    platform.wait_for(
        lambda: len(platform.read[person]) >= before + max(1, len(replies)),
        f"the replies to {message!r}",
    )
    return replies


def _last_buttons(platform: Platform, person: str) -> tuple[tuple[str, str], ...]:
    return platform.read[person][-1].buttons if platform.read[person] else ()


def _turns(server: Server, platform: Platform, person: str) -> list[list[str]]:
    return turns(server.tracker(platform.channel, person))


def turns(tracker: dict[str, Any]) -> list[list[str]]:
    """Rasa's replies, turn by turn."""
    found: list[list[str]] = []
    for event in tracker["events"]:
        if event["event"] == "user":
            found.append([])
        elif event["event"] == "bot" and (event.get("text") or "").strip() and found:
            found[-1].append(event["text"].strip())
    return found


@pytest.mark.parametrize("scenario", PLAYED)
def test_a_scenario_ends_as_over_rest(
    scenario: Scenario, server: Server, platform: Platform
) -> None:
    person = platform.person_from(scenario.country)
    for message in scenario.messages:
        replies = play(server, platform, person, message)
    slots = server.tracker(platform.channel, person)["slots"]
    rest = server.over_rest(scenario.messages, scenario.country)
    assert {name: slots[name] for name in SLOTS} == {name: rest["slots"][name] for name in SLOTS}
    # What the person sees begins with the whole of each reply, in the same order.
    seen = [shown.text for shown in platform.read[person]][-len(replies) :] if replies else []
    assert all(text.startswith(reply) for text, reply in zip(seen, replies, strict=True))
    assert [reply.splitlines()[0] for reply in replies] == [
        reply.splitlines()[0] for reply in turns(rest)[-1]
    ]
