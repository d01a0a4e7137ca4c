"""Watches each turn: its stages, how it ended, whether it failed. Nothing a person wrote is kept.

Rasa has no place to hang this on, so its functions are wrapped where a stage begins and ends; what
they do stays as it is. ``tests/unit/operations/test_turns.py`` says when a place is gone.
"""

from __future__ import annotations

import inspect
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphNode
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide.operations import metrics

logger = logging.getLogger(__name__)

# Stage of a component; every other one belongs to "decide".
STAGE_OF = {
    "SafetyScreen": "screen",
    "SentenceEncoderFeaturizer": "encoder",
    "QuestionClassifier": "classifier",
    "SecondOpinion": "classifier",
}
# Id of the HTTP request that is being answered, if it has one.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


@dataclass
class Turn:
    """One message on its way through the assistant; times in seconds."""

    id: str
    channel: str
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    has_begun: bool = False  # it no longer waits for its conversation
    outcome: str = "ok"

    def add(self, stage: str, seconds: float) -> None:
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds


class Watch:
    """Turns that are under way in this process, and the channels there are."""

    def __init__(self) -> None:
        self.channels: frozenset[str] = frozenset()
        self.in_progress = 0

    @contextmanager
    def turn(self, message: UserMessage) -> Iterator[Turn]:
        """From a message's arrival to its end, however it ends."""
        channel = message.input_channel
        turn = Turn(
            id=REQUEST_ID.get() or uuid.uuid4().hex,
            # Over REST anybody can name any channel.
            channel=channel if channel in self.channels else metrics.OTHER,
        )
        self.in_progress += 1
        metrics.MESSAGES.labels(turn.channel).inc()
        metrics.IN_PROGRESS.inc()
        metrics.WAITING.inc()
        token = _current.set(turn)
        try:
            yield turn
        except BaseException as error:
            turn.outcome = type(error).__name__
            metrics.ERRORS.labels("turn").inc()
            raise
        finally:
            self._end(turn)
            _current.reset(token)

    def _end(self, turn: Turn) -> None:
        seconds = time.perf_counter() - turn.began
        self.in_progress -= 1
        metrics.IN_PROGRESS.dec()
        _stop_waiting(turn)
        metrics.TURN_SECONDS.labels(turn.channel).observe(seconds)
        for stage, taken in turn.stages.items():
            metrics.STAGE_SECONDS.labels(stage).observe(taken)
        # Neither level nor topic: with a proxy's own log these would be somebody's health.
        told = {stage: round(taken * 1000, 1) for stage, taken in turn.stages.items()}
        logger.info(
            "turn ended (%s) after %.0f ms",
            turn.outcome,
            seconds * 1000,
            extra={
                "fields": {
                    "channel": turn.channel,
                    "outcome": turn.outcome,
                    "ms": round(seconds * 1000, 1),
                    "stages_ms": told,
                }
            },
        )


WATCH = Watch()
_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def request_id() -> str | None:
    """Id of the turn or request that the running code belongs to."""
    turn = _current.get()
    return turn.id if turn is not None else REQUEST_ID.get()


def ended(tracker: DialogueStateTracker) -> tuple[str | None, str | None]:
    """How the latest turn of a tracker ended: its status, and the level of a sign new in it."""
    slots: dict[str, Any] = {}
    screening: dict[str, Any] = {}
    for event in reversed(tracker.events):
        if isinstance(event, SlotSet):
            slots.setdefault(event.key, event.value)
        elif isinstance(event, UserUttered):
            for entity in event.entities:
                slots.setdefault(entity["entity"], entity.get("value"))
            screening = (event.parse_data or {}).get("screening") or {}
            break
    status = slots.get("status")
    level = screening.get("level") if screening.get("new_signs") else None
    return (
        status if status in metrics.STATUSES else None,
        level if level in metrics.LEVELS else None,
    )


def watch(channels: frozenset[str]) -> None:
    """Begins to watch this process; ``channels``: the names that may become labels."""
    WATCH.channels = channels
    if hasattr(Agent.handle_message, "__wrapped__"):
        return
    Agent.handle_message = _watched(Agent.handle_message)
    MessageProcessor.handle_message = _begun(MessageProcessor.handle_message)
    MessageProcessor.save_tracker = _counted(MessageProcessor.save_tracker)
    GraphNode.__call__ = _timed_node(GraphNode.__call__)
    for owner, name, stage in (
        (MessageProcessor, "get_tracker", "store"),
        (MessageProcessor, "save_tracker", "store"),
        (MessageProcessor, "_send_bot_messages", "channel"),
        (RemoteAction, "run", "action"),
    ):
        _time(owner, name, stage)


def _watched(handle_message: Callable) -> Callable:
    @wraps(handle_message)
    async def watched(self: Agent, message: UserMessage) -> Any:
        with WATCH.turn(message):
            return await handle_message(self, message)

    return watched


def _begun(handle_message: Callable) -> Callable:
    @wraps(handle_message)
    async def begun(self: MessageProcessor, message: UserMessage) -> Any:
        turn = _current.get()
        if turn is not None:
            _stop_waiting(turn)
            turn.add("queue", time.perf_counter() - turn.began)
        return await handle_message(self, message)

    return begun


def _stop_waiting(turn: Turn) -> None:
    if not turn.has_begun:
        turn.has_begun = True
        metrics.WAITING.dec()


def _counted(save_tracker: Callable) -> Callable:
    @wraps(save_tracker)
    async def counted(self: MessageProcessor, tracker: DialogueStateTracker) -> None:
        if _current.get() is not None:
            status, level = ended(tracker)
            if status is not None:
                metrics.TURNS.labels(status).inc()
            if level is not None:
                metrics.SIGNS.labels(level).inc()
        await save_tracker(self, tracker)

    return counted


def _timed_node(call: Callable) -> Callable:
    @wraps(call)
    def timed(self: GraphNode, *inputs: Any) -> Any:
        with _stage(STAGE_OF.get(self._component_class.__name__, "decide")):
            return call(self, *inputs)

    return timed


def _time(owner: type, name: str, stage: str) -> None:
    """Has a coroutine function of ``owner`` timed, whether it is a static method or not."""
    plain = getattr(owner, name)

    @wraps(plain)
    async def timed(*arguments: Any, **named: Any) -> Any:
        with _stage(stage):
            return await plain(*arguments, **named)

    is_static = isinstance(inspect.getattr_static(owner, name), staticmethod)
    setattr(owner, name, staticmethod(timed) if is_static else timed)


@contextmanager
def _stage(stage: str) -> Iterator[None]:
    turn = _current.get()
    if turn is None:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    except ActionExecutionRejection:  # an answer of the action server, not a failure
        raise
    except Exception:
        if stage in metrics.PLACES:
            metrics.ERRORS.labels(stage).inc()
        raise
    finally:
        turn.add(stage, time.perf_counter() - began)
