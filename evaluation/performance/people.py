"""People who talk to an assistant, over REST or over the socket; how long each reply takes."""

from __future__ import annotations

import asyncio
import itertools
import math
import statistics
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio

from evaluation.performance.processes import BenchmarkError, Running

# Messages of one person, as most conversations are; the website channel allows 12 at once.
TURNS = 5
TIMEOUT = 120  # seconds for one reply
SILENCE, PAUSE = 10, 0.1  # seconds
EDGE = 10  # messages at either end of a long conversation


@dataclass(frozen=True)
class Load:
    """How much is sent in one round."""

    messages: int
    socket_messages: int
    each_at_once: int  # messages of each of the people who talk at the same time
    crowds: tuple[int, ...]
    long: int
    total: int  # messages after which the memory is weighed again; 0: not weighed


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def measure(running: Running, load: Load) -> dict[str, float]:
    """One round with a fresh assistant: milliseconds, messages a second, megabytes."""
    return asyncio.run(_measure(running, load))


async def _measure(running: Running, load: Load) -> dict[str, float]:
    texts = itertools.cycle(running.assistant.texts)
    found = {"cold_start": running.cold_start}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT)) as session:
        rest = Rest(session, running.address)
        await rest.talk(texts, 2 * TURNS)  # warm
        found["memory.rest"] = running.memory()
        sent = 2 * TURNS
        taken = await rest.talk(texts, load.messages)
        sent += load.messages
        found.update(_percentiles("rest", taken))
        found.update(_percentiles("socket", await over_socket(running, load.socket_messages)))
        sent += load.socket_messages
        for crowd in load.crowds:
            found[f"throughput.{crowd}"] = await rest.at_once(texts, crowd, load.each_at_once)
            sent += crowd * load.each_at_once
        taken = await rest.conversation(next(texts) for _ in range(load.long))
        sent += load.long
        first, last = taken[1 : EDGE + 1], taken[-EDGE:]
        found["conversation.first"] = statistics.median(first)
        found["conversation.last"] = statistics.median(last)
        found["conversation.growth"] = statistics.median(last) / statistics.median(first)
        if load.total:
            await rest.talk(texts, max(0, load.total - sent))
            found["memory.later"] = running.memory()
    return found


def _percentiles(channel: str, taken: Sequence[float]) -> dict[str, float]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {f"{channel}.{name}": percentile(taken, share) for name, share in shares.items()}


class Rest:
    """Rasa's REST channel."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, f"{address}/webhooks/rest/webhook"

    async def say(self, sender: str, text: str) -> float:
        """Milliseconds until the whole reply is there."""
        began = time.perf_counter()
        body = {"sender": sender, "message": text}
        async with self._session.post(self._address, json=body) as reply:
            reply.raise_for_status()
            await reply.read()
        return (time.perf_counter() - began) * 1000

    async def conversation(self, texts: Iterable[str]) -> list[float]:
        """One person; messages one after the other."""
        sender = uuid.uuid4().hex
        return [await self.say(sender, text) for text in texts]

    async def talk(self, texts: Iterator[str], count: int) -> list[float]:
        """People one after the other, until ``count`` messages are sent."""
        taken: list[float] = []
        while len(taken) < count:
            turns = min(TURNS, count - len(taken))
            taken += await self.conversation(itertools.islice(texts, turns))
        return taken

    async def at_once(self, texts: Iterator[str], people: int, each: int) -> float:
        """Replies a second when ``people`` talk at the same time."""
        said = [list(itertools.islice(texts, each)) for _ in range(people)]
        began = time.perf_counter()
        await asyncio.gather(*(self.conversation(one) for one in said))
        return people * each / (time.perf_counter() - began)


async def over_socket(running: Running, count: int) -> list[float]:
    """Milliseconds from a message to its first reply, over WebSocket."""
    texts = itertools.cycle(running.assistant.texts)
    taken: list[float] = []
    for _ in range(math.ceil(count / TURNS)):
        taken += await _one_socket(running, itertools.islice(texts, TURNS))
    if not taken:
        raise BenchmarkError(f"{running.assistant.name}: no reply over the socket")
    return taken


async def _one_socket(running: Running, texts: Iterable[str]) -> list[float]:
    client = socketio.AsyncClient(reconnection=False)
    replied: asyncio.Queue[float] = asyncio.Queue()

    async def on_reply(*_: Any) -> None:
        replied.put_nowait(time.perf_counter())

    client.on("bot_uttered", on_reply)
    await client.connect(running.address, transports=["websocket"])
    try:
        if running.assistant.asks_for_session:
            await client.call("session_request", {}, timeout=TIMEOUT)
        taken = []
        for text in texts:
            while not replied.empty():
                replied.get_nowait()
            began = time.perf_counter()
            message = {"id": uuid.uuid4().hex, "message": text}
            if running.assistant.asks_for_session:
                sent = asyncio.create_task(client.call("user_uttered", message, timeout=TIMEOUT))
                ended = await asyncio.wait_for(replied.get(), TIMEOUT)
                await sent  # the turn has ended
            else:
                await client.emit("user_uttered", message)
                try:
                    ended = await asyncio.wait_for(replied.get(), SILENCE)
                except asyncio.TimeoutError:
                    continue  # the stock assistant leaves some messages without a reply
                # Nothing tells the end of its turn, which may have a second reply.
                await asyncio.sleep(PAUSE)
            taken.append((ended - began) * 1000)
        return taken
    finally:
        await client.disconnect()
