"""A stop waits for what was begun, and not for ever."""

from __future__ import annotations

import asyncio
import time

from rasa.core.channels.channel import UserMessage

from myoguide.operations.channel import OperationsInput
from myoguide.operations.readiness import STOPPING
from myoguide.operations.turns import WATCH


async def turn(until: asyncio.Event) -> None:
    with WATCH.turn(UserMessage("hello")):
        await until.wait()


def test_it_waits_until_the_last_message_is_answered():
    async def stopped() -> tuple[bool, str]:
        channel, answered = OperationsInput(stop=30), asyncio.Event()
        under_way = asyncio.create_task(turn(answered))
        stopping = asyncio.create_task(channel._finish_turns(None, None))
        await asyncio.wait({stopping}, timeout=0.5)
        was_waiting = not stopping.done()
        state = await channel.readiness.state(None)
        answered.set()
        await asyncio.wait_for(asyncio.gather(under_way, stopping), 5)
        return was_waiting, state

    assert asyncio.run(stopped()) == (True, STOPPING)


def test_a_message_that_hangs_does_not_keep_the_server_for_ever(caplog):
    async def stopped() -> float:
        never = asyncio.Event()
        under_way = asyncio.create_task(turn(never))
        await asyncio.sleep(0)
        began = time.monotonic()
        await OperationsInput(stop=0.3)._finish_turns(None, None)
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)
        return time.monotonic() - began

    assert asyncio.run(stopped()) < 5
    assert "1 messages unanswered" in caplog.text


def test_with_nothing_under_way_it_stops_at_once():
    began = time.monotonic()
    asyncio.run(OperationsInput(stop=30)._finish_turns(None, None))
    assert time.monotonic() - began < 2
