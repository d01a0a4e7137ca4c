"""A turn whose action, or action server, fails ends with the safe reply, on every channel.

Rasa waits five minutes for an action server, and leaves a turn whose action failed without a reply
and with the status of one that was answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from rasa.core.actions.action import ActionBotResponse, ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide.operations import metrics
from myoguide.privacy.logs import places

logger = logging.getLogger(__name__)

# An action takes some 20 milliseconds. Shorter than a conversation's next message waits for this
# one (`myoguide.locks.LONGEST_WAIT`), so that their order holds; seconds.
TIME_LIMIT = 8.0
SAFE_REPLY = "utter_failed_safe"


@lru_cache(maxsize=1)
def guard() -> None:
    """Has every action of the action server end in time, and with a reply; once per process."""
    RemoteAction.run = _guarded(RemoteAction.run)


def _guarded(run: Callable) -> Callable:
    @wraps(run)
    async def guarded(
        self: RemoteAction, output: Any, nlg: Any, tracker: DialogueStateTracker, domain: Any
    ) -> list[Event]:
        try:
            return await asyncio.wait_for(run(self, output, nlg, tracker, domain), TIME_LIMIT)
        except ActionExecutionRejection:  # an answer of the action server, not a failure
            raise
        except Exception as error:
            # Not its message, which could hold what the person wrote.
            logger.error("an action failed: %s", places(type(error), error, error.__traceback__))
            metrics.ERRORS.labels("action").inc()
        if _has_reply(tracker):
            return []
        said = await ActionBotResponse(SAFE_REPLY).run(output, nlg, tracker, domain)
        if str(tracker.get_slot("status")).startswith("escalated"):
            return said
        return [*said, SlotSet("status", "failed_safe")]

    return guarded


def _has_reply(tracker: DialogueStateTracker) -> bool:
    """Tell whether this turn has said something already: urgent advice before the answer."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered):
            return True
    return False
