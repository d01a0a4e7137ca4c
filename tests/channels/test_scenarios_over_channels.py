"""The conversation scenarios over each messenger end with the same slots as over REST.

A part of them in every run; all of them with ``pytest tests/channels -m slow``. They are played
side by side, because a turn mostly waits (for messages that it may have overtaken).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import SLOTS, Server
from platforms import PLATFORMS
from platforms.base import Platform
from scenarios import Scenario, scenarios

from myoguide.channels.messaging import short_payload

OPENING = "/chitchat/greeting"
SIDE_BY_SIDE = 16  # conversations
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


@dataclass(frozen=True)
class Ending:
    """How a conversation ended: the tracker's slots, Rasa's last replies, what the person saw.

    ``replies`` is None where the person had everything deleted, the last replies too.
    """

    slots: dict[str, Any]
    replies: list[str] | None
    seen: list[str]


@pytest.fixture(scope="session")
def ending(
    request: pytest.FixtureRequest, server: Server
) -> Iterator[Callable[[Scenario, str], Future[Ending]]]:
    """How a scenario of this run ends on a channel, or over "rest"; all are begun at once."""
    wanted: dict[tuple[str, str], Scenario] = {}
    for item in request.session.items:
        found = getattr(item, "callspec", None)
        if found is not None and "scenario" in found.params and "channel" in found.params:
            scenario: Scenario = found.params["scenario"]
            for channel in (found.params["channel"], "rest"):
                wanted[scenario.name, channel] = scenario
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        begun = {
            (name, channel): pool.submit(_played, server, channel, scenario)
            for (name, channel), scenario in wanted.items()
        }
        yield lambda scenario, channel: begun[scenario.name, channel]
        pool.shutdown(cancel_futures=True)


def _played(server: Server, channel: str, scenario: Scenario) -> Ending:
    """Plays a scenario to its end."""
    if channel == "rest":
        tracker, replies = server.over_rest(scenario.messages, scenario.country)
        # REST sends each paragraph apart.
        [*_, kept] = turns(tracker) or [["\n\n".join(replies)]]
        return Ending(tracker["slots"], kept, kept)
    platform = server.platforms[channel]
    person = platform.person_from(scenario.country)
    for message in scenario.messages:
        before = len(platform.read[person])
        last = play(server, platform, person, message)
    slots = server.tracker(channel, person)["slots"]
    return Ending(slots, last, platform.texts(person)[before:])


def play(server: Server, platform: Platform, person: str, message: str) -> list[str] | None:
    """One turn as a person has it; returns Rasa's replies once all of them have arrived.

    None if the turn deleted the conversation, its replies included. What a scenario writes as a
    payload is a press where it is on offer, and typed where it is not.
    """
    before = len(platform.read[person])
    # Where a payload does not fit, the platform has a mark of it.
    names = (message, short_payload(message, 0))
    shown = [data.partition("\n")[0] for _, data in _last_buttons(platform, person)]
    offered = [data for data in shown if data in names]
    if message == OPENING:
        platform.open(person)
    elif offered:
        platform.press(person, offered[0])
    else:
        platform.write(person, message)
    # Every turn is answered, and its tracker is stored before the first message goes out.
    platform.wait_for(
        lambda: len(platform.read[person]) > before, f"an answer to {message!r} of {person}"
    )
    said = turns(server.tracker(platform.channel, person))
    if not said:
        return None
    replies = said[-1]
    platform.wait_for(
        lambda: len(platform.read[person]) >= before + len(replies),
        f"the replies to {message!r} of {person}",
    )
    return replies


def _last_buttons(platform: Platform, person: str) -> tuple[tuple[str, str], ...]:
    return platform.read[person][-1].buttons if platform.read[person] else ()


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
@pytest.mark.parametrize("channel", PLATFORMS)
def test_a_scenario_ends_as_over_rest(
    scenario: Scenario,
    channel: str,
    server: Server,
    ending: Callable[[Scenario, str], Future[Ending]],
) -> None:
    here = ending(scenario, channel).result()
    rest = ending(scenario, "rest").result()
    assert {name: here.slots[name] for name in SLOTS} == {name: rest.slots[name] for name in SLOTS}
    assert _first_lines(here.seen) == _first_lines(rest.seen)
    # What the person sees is the whole of each reply, perhaps with its choices written below.
    replies = here.seen if here.replies is None else here.replies
    assert all(text.startswith(reply) for text, reply in zip(here.seen, replies, strict=True))
    # Of any conversation that is under way: the platform had to refuse nothing.
    assert server.platforms[channel].violations == []


def _first_lines(texts: list[str]) -> list[str]:
    return [text.splitlines()[0] for text in texts]
