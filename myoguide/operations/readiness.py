"""Ready means: the model is loaded, and an emergency is answered as one.

A fixed message goes the whole way through the loaded model: read, decided, answered; everything
but the store and the network. So neither a database nor an action server that is away takes the
server out of service: it can still answer an emergency, and that must not be lost. No conversation
is touched.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import ActionExecuted, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide.operations import metrics

logger = logging.getLogger(__name__)

EMERGENCY = "he has been jerking without a stop for ten minutes and does not wake up"
NAME = "readiness"
# What was found holds so long, so that looking often costs nothing; seconds.
HOLDS = 5.0
READY, STARTING, STOPPING, FAILED = "ready", "starting", "stopping", "emergency_not_answered"


class Readiness:
    """What a load balancer asks before it sends people here. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_stopping = False
        self._clock = clock
        self._one_look = asyncio.Lock()
        self._found: tuple[int, float, str] | None = None

    async def state(self, agent: Agent | None) -> str:
        """`READY`, or what is in the way."""
        found = await self._state(agent)
        metrics.READY.set(found == READY)
        return found

    async def _state(self, agent: Agent | None) -> str:
        if self.is_stopping:
            return STOPPING
        if agent is None or not agent.is_ready():
            return STARTING
        async with self._one_look:
            model, now = id(agent.processor), self._clock()
            if self._found and self._found[0] == model and now < self._found[1]:
                return self._found[2]
            state = READY if await answers_emergency(agent.processor) else FAILED
            self._found = (model, self._clock() + HOLDS, state)
            return state


async def answers_emergency(processor: MessageProcessor) -> bool:
    """Tell whether the fixed emergency gets its emergency reply, with a number to call."""
    try:
        tracker, replies = await _played(processor)
        number = tracker.get_slot("emergency_number")
        is_right = (
            tracker.get_slot("status") == "escalated_emergency"
            and len(replies) == 1
            and bool(number)
            and str(number) in replies[0].get("text", "")
        )
    except Exception as error:
        logger.error("not ready: the emergency failed with %s", type(error).__name__)
        return False
    if not is_right:
        logger.error("not ready: an emergency is not answered as one")
    return is_right


async def _played(
    processor: MessageProcessor,
) -> tuple[DialogueStateTracker, list[dict[str, Any]]]:
    """The emergency played in a conversation that exists nowhere but here."""
    output = CollectingOutputChannel()
    tracker = DialogueStateTracker(NAME, processor.domain.slots)
    tracker.update_with_events(
        [
            ActionExecuted("action_session_start"),
            SessionStarted(),
            ActionExecuted("action_listen"),
        ],
        processor.domain,
    )
    message = UserMessage(EMERGENCY, output, NAME, input_channel=NAME)
    await processor._handle_message_with_tracker(message, tracker)
    tracker = await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    return tracker, output.messages
