"""Ready means that an emergency is answered as one; shown with the trained model itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain

from myoguide import launch
from myoguide.nlu.safety_screen import SafetyScreen
from myoguide.operations.readiness import FAILED, HOLDS, READY, STARTING, Readiness

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        launch.train_if_changed()
        yield Agent.load(str(launch.MODEL), tracker_store=InMemoryTrackerStore(Domain.empty()))


@pytest.fixture
def screen_reads(agent, monkeypatch) -> Callable[[Callable], None]:
    """Puts another function in the place of the screen's reading, in the loaded model."""
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    (screen,) = (node for node in nodes if node._component_class is SafetyScreen)
    return lambda function: monkeypatch.setattr(screen, "_fn", function)


def nothing(screen, messages, tracker=None):
    return messages


def state(agent: Agent | None, readiness: Readiness | None = None) -> str:
    return asyncio.run((readiness or Readiness()).state(agent))


def test_the_trained_model_is_ready(agent):
    assert state(agent) == READY


def test_a_server_whose_model_is_not_loaded_is_not_ready():
    assert state(None) == STARTING
    assert state(Agent()) == STARTING


def test_a_model_whose_screen_sees_nothing_is_not_ready(agent, screen_reads):
    screen_reads(nothing)
    assert state(agent) == FAILED


def test_a_model_that_has_lost_its_emergency_reply_is_not_ready(agent, monkeypatch):
    monkeypatch.setitem(agent.domain.responses, "utter_emergency", [{"text": "All will be well."}])
    assert state(agent) == FAILED


def test_a_component_that_fails_makes_it_not_ready(agent, screen_reads):
    def fail(screen, messages, tracker=None):
        raise RuntimeError("broken")

    screen_reads(fail)
    assert state(agent) == FAILED


def test_what_was_found_holds_for_some_seconds_and_is_then_looked_at_anew(agent, screen_reads):
    clock = Clock()
    readiness = Readiness(clock)
    assert state(agent, readiness) == READY
    screen_reads(nothing)
    clock.now += HOLDS / 2
    assert state(agent, readiness) == READY
    clock.now += HOLDS
    assert state(agent, readiness) == FAILED


def test_a_model_that_is_put_in_later_is_looked_at_at_once(agent, screen_reads):
    readiness = Readiness(Clock())
    screen_reads(nothing)
    assert state(agent, readiness) == FAILED
    other = Agent.load(str(launch.MODEL), tracker_store=InMemoryTrackerStore(Domain.empty()))
    assert state(other, readiness) == READY


def test_looking_keeps_no_conversation(agent):
    assert state(agent) == READY
    assert list(asyncio.run(agent.tracker_store.keys())) == []
