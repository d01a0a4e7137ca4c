"""One lane per person: their messages are answered one after the other, and nothing is lost.

A lane works off what the inbox holds for one person: first what must still be sent, then the next
event. Lanes of different persons run side by side. Everything survives a restart.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from myoguide.channels.inbox import Event, Inbox, NewEvent, Part

logger = logging.getLogger(__name__)

# Messages may overtake each other on their way here; so long the first one waits for others.
SETTLE = 0.15  # seconds
SWEEP = 5.0  # seconds between two looks for work that nobody has taken
PRUNE = 600.0  # seconds
# A lane that is longer at work says that it is alive; a step with its wait stays below the lease.
RENEW = 20.0  # seconds
# Waits between two attempts to send; each is drawn between half of it and the whole.
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds
# The server stops when the lanes have finished what they are doing, at most so much later.
LAST_WAIT = 5.0  # seconds


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt to send. ``again``: try again, after at least ``after`` seconds."""

    is_sent: bool = False
    again: bool = False
    after: float = 0.0
    # For the log: status and code of the platform, never its words.
    reason: str = ""


Answer = Callable[[Event], Awaitable[list[dict[str, Any]]]]
Send = Callable[[dict[str, Any]], Awaitable[Outcome]]


_LIFE = secrets.token_hex(4)  # tells this process from a later one with its number


def new_owner() -> str:
    """The name of this process among those that share an inbox."""
    return f"{socket.gethostname()}:{os.getpid()}:{_LIFE}"


def is_dead(owner: str, me: str) -> bool:
    """Tell whether a process of this machine is no more; False where it cannot be known."""
    host, process, _ = owner.rsplit(":", 2)
    my_host, my_process, _ = me.rsplit(":", 2)
    if host != my_host or owner == me:
        return False
    if process == my_process:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


class Delivery:
    """Works off one channel's inbox.

    ``answer`` makes an event into messages, ``send`` attempts one of them; neither raises for what
    the platform does.
    """

    def __init__(
        self, channel: str, open_inbox: Callable[[str], Inbox], answer: Answer, send: Send
    ) -> None:
        self._channel = channel
        self._owner = new_owner()
        self._inbox = open_inbox(self._owner)
        self._answer = answer
        self._send = send
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{channel}-inbox")
        self._lanes: dict[str, asyncio.Task] = {}
        self._woken: set[str] = set()
        self._is_stopping = asyncio.Event()
        self._housekeeping: asyncio.Task | None = None

    async def start(self) -> None:
        """Takes up what an earlier run left."""
        await self._stored(self._inbox.take_over, lambda owner: is_dead(owner, self._owner))
        self._housekeeping = asyncio.create_task(self._keep_house())

    async def stop(self) -> None:
        """Lets the lanes finish their step; the rest waits in the inbox for the next start."""
        self._is_stopping.set()
        lanes = list(self._lanes.values())
        if lanes:
            _, late = await asyncio.wait(lanes, timeout=LAST_WAIT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._housekeeping:
            self._housekeeping.cancel()
            await asyncio.gather(self._housekeeping, return_exceptions=True)
        self._thread.shutdown(wait=True)
        self._inbox.close()

    async def accept(self, events: Sequence[NewEvent]) -> None:
        """Returns once the events are written down; those known before are passed over."""
        for person in await self._stored(self._inbox.put, events):
            self._wake(person)

    # --- lanes

    def _wake(self, person: str) -> None:
        self._woken.add(person)
        if person not in self._lanes and not self._is_stopping.is_set():
            self._lanes[person] = asyncio.create_task(self._lane(person))

    async def _lane(self, person: str) -> None:
        try:
            # No await between this test and the lane's end: whoever wakes it meanwhile is heard.
            while person in self._woken and not self._is_stopping.is_set():
                self._woken.discard(person)
                if await self._stored(self._inbox.take, person):
                    await asyncio.sleep(SETTLE)
                    await self._work_off(person)
                    await self._stored(self._inbox.release, person)
        except Exception as error:
            # The store failed; what is in it is found again by the next look.
            logger.error("%s: a lane stopped with %s", self._channel, type(error).__name__)
        finally:
            self._woken.discard(person)
            del self._lanes[person]

    async def _work_off(self, person: str) -> None:
        taken = time.monotonic()
        while not self._is_stopping.is_set():
            if time.monotonic() - taken > RENEW:
                if not await self._stored(self._inbox.take, person):
                    return
                taken = time.monotonic()
            part = await self._stored(self._inbox.next_part, person)
            if part is not None:
                await self._deliver(part)
                continue
            event = await self._stored(self._inbox.next_event, person)
            if event is None:
                return
            parts = await self._answer(event)
            await self._stored(self._inbox.answered, event, parts)

    async def _deliver(self, part: Part) -> None:
        """One attempt; waits if another one must follow."""
        if part.until < time.time():
            logger.error("%s: a message came too late to be sent", self._channel)
            await self._stored(self._inbox.sent, part)
            return
        outcome = await self._send(part.body)
        if outcome.again:
            await self._stored(self._inbox.not_sent, part)
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(part.tries, 10))
            wait = max(outcome.after, wait * random.uniform(0.5, 1))  # noqa: S311
            logger.warning(
                "%s: not sent (%s), attempt %d; again in %.1f s",
                self._channel, outcome.reason, part.tries + 1, wait,
            )  # fmt: skip
            await self._pause(min(wait, LONGEST_WAIT))
            return
        if not outcome.is_sent:
            logger.error("%s: a message was refused (%s)", self._channel, outcome.reason)
        await self._stored(self._inbox.sent, part)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_stopping.wait(), seconds)
        except asyncio.TimeoutError:
            return

    # --- housekeeping

    async def _keep_house(self) -> None:
        pruned = 0.0
        while True:
            try:
                for person in await self._stored(self._inbox.waiting):
                    self._wake(person)
                if time.monotonic() - pruned > PRUNE:
                    await self._stored(self._inbox.prune)
                    pruned = time.monotonic()
            except Exception as error:
                logger.error("%s: the inbox fails with %s", self._channel, type(error).__name__)
            await asyncio.sleep(SWEEP)

    async def _stored(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Runs a step of the inbox beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)
