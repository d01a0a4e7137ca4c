"""Where the time of a reply goes: ``python -m evaluation.performance.stages FILE``.

Sends the messages in FILE (a JSON list) to the assistant inside this process, with its own action
server and database beside, and prints the mean milliseconds of each stage as JSON. A stage's
time is its own: what a stage inside it takes is not counted twice.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import logging
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WARM_UP = 10
OTHER = "everything else in Rasa"


class Clock:
    """Adds up what wrapped functions take by themselves; one conversation at a time."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = defaultdict(float)
        self._open: list[list[Any]] = []

    def wrap(self, owner: Any, method: str, stage: Callable[..., str]) -> None:
        """Times ``owner.method``; ``stage`` names it from the call's arguments."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._begin(stage(*args))
            try:
                return inner(*args, **kwargs)
            finally:
                self._end()

        @functools.wraps(inner)
        async def timed_later(*args: Any, **kwargs: Any) -> Any:
            self._begin(stage(*args))
            try:
                return await inner(*args, **kwargs)
            finally:
                self._end()

        setattr(owner, method, timed_later if inspect.iscoroutinefunction(inner) else timed)

    def _begin(self, stage: str) -> None:
        self._open.append([stage, time.perf_counter(), 0.0])

    def _end(self) -> None:
        stage, began, inside = self._open.pop()
        whole = time.perf_counter() - began
        self.taken[stage] += whole - inside
        if self._open:
            self._open[-1][2] += whole


def measure(texts: Sequence[str]) -> dict[str, float]:
    """Mean milliseconds of each stage for one message."""
    from rasa.core.actions.action import RemoteAction
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.core.processor import MessageProcessor
    from rasa.core.utils import AvailableEndpoints
    from rasa.engine.graph import GraphNode
    from rasa.utils.log_utils import configure_structlog

    from myoguide.launch import MODEL

    configure_structlog(logging.WARNING)  # as `rasa run` does; by itself it prints every message
    clock = Clock()

    async def say(agent: Any, text: str) -> None:
        message = UserMessage(text, CollectingOutputChannel(), uuid.uuid4().hex)
        await agent.handle_message(message)

    async def all_of_it() -> None:
        endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
        agent = await load_agent(model_path=str(MODEL), endpoints=endpoints)
        for text in texts[:WARM_UP]:
            await say(agent, text)
        clock.wrap(MessageProcessor, "handle_message", lambda *_: OTHER)
        clock.wrap(MessageProcessor, "get_tracker", lambda *_: "reading the conversation")
        clock.wrap(MessageProcessor, "save_tracker", lambda *_: "saving the conversation")
        clock.wrap(RemoteAction, "run", lambda *_: "the action")
        clock.wrap(GraphNode, "__call__", lambda node, *_: node._component_class.__name__)
        for text in texts:
            await say(agent, text)

    asyncio.run(all_of_it())
    return {stage: 1000 * taken / len(texts) for stage, taken in clock.taken.items()}


def main(file: str) -> int:
    texts = json.loads(Path(file).read_text(encoding="utf-8"))
    sys.stdout.write("\n" + json.dumps(measure(texts)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
