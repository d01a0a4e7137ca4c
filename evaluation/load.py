"""`make load`: many people at once, over REST and over the socket, for a bounded time.

They replay the conversation scenarios of ``tests/conversations`` against the trained assistant, and
conversations of the same lengths, in its own words, against the stock assistant of `rasa init`.
Everything stays on this machine; docs/load.md is written from it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import platform
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

from evaluation.performance.assistants import ROOT, ours, stock
from evaluation.performance.people import percentile
from evaluation.performance.processes import Assistant, BenchmarkError, Running, started

REPORT = ROOT / "docs" / "load.md"
LOGS = Path("var") / "load"
# The website channel takes 12 events at once from one connection.
LONGEST_CONVERSATION = 10  # messages
TIMEOUT = 30  # seconds for one reply
MOST_SECONDS = 300
MOST_PEOPLE = 200
_addresses = itertools.count(1)


@dataclass
class Counted:
    """What came of all messages over one channel."""

    taken: list[float] = field(default_factory=list)  # seconds until the reply
    errors: Counter[str] = field(default_factory=Counter)  # by kind


@dataclass(frozen=True)
class Result:
    """One assistant under load."""

    name: str
    seconds: float
    channels: dict[str, Counted]
    memory_before: float  # megabytes
    memory_after: float


def own_address() -> str:
    """Another one of this machine each time: the limits count by address."""
    number = next(_addresses) % 60_000
    return f"127.2.{number // 250}.{number % 250 + 1}"


def conversations(assistant: Assistant, lengths_of: Sequence[Sequence[str]]) -> list[list[str]]:
    """The scenarios for ours; for another assistant as many messages out of its own."""
    if assistant.asks_for_session:
        return [list(scenario) for scenario in lengths_of]
    texts = itertools.cycle(assistant.texts)
    return [list(itertools.islice(texts, len(scenario))) for scenario in lengths_of]


def scenarios() -> list[tuple[str, ...]]:
    """What is said in each conversation scenario."""
    folder = ROOT / "tests" / "conversations"
    sys.path.insert(0, str(folder))
    from scenarios import scenarios as load

    return [scenario.messages[:LONGEST_CONVERSATION] for scenario in load()]


async def over_rest(running: Running, texts: Sequence[str], counted: Counted, end: float) -> None:
    sender = uuid.uuid4().hex
    connector = aiohttp.TCPConnector(local_addr=(own_address(), 0))
    timeout = aiohttp.ClientTimeout(TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        for text in texts:
            if time.monotonic() > end:
                return
            began = time.monotonic()
            body = {"sender": sender, "message": text}
            address = f"{running.address}/webhooks/rest/webhook"
            async with session.post(address, json=body) as reply:
                is_answered = reply.status == 200 and bool(await reply.json())
            counted.taken.append(time.monotonic() - began)
            # The stock assistant leaves some messages without a reply.
            if not is_answered and running.assistant.asks_for_session:
                counted.errors[f"status {reply.status}"] += 1


async def over_socket(running: Running, texts: Sequence[str], counted: Counted, end: float) -> None:
    replied = asyncio.Event()
    connector = aiohttp.TCPConnector(local_addr=(own_address(), 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        client = socketio.AsyncClient(reconnection=False, http_session=session)
        client.on("bot_uttered", lambda *_: replied.set())
        await client.connect(running.address, transports=["websocket"], wait_timeout=TIMEOUT)
        try:
            if running.assistant.asks_for_session:
                await client.call("session_request", {}, timeout=TIMEOUT)
            for text in texts:
                if time.monotonic() > end:
                    return
                replied.clear()
                began = time.monotonic()
                message = {"id": uuid.uuid4().hex, "message": text}
                if running.assistant.asks_for_session:
                    answer = await client.call("user_uttered", message, timeout=TIMEOUT)
                    if "error" in answer:
                        counted.errors[answer["error"]] += 1
                else:
                    # Nothing tells the end of its turn, and some messages get no reply.
                    await client.emit("user_uttered", message)
                    try:
                        await asyncio.wait_for(replied.wait(), 2)
                    except asyncio.TimeoutError:
                        continue
                counted.taken.append(time.monotonic() - began)
        finally:
            await client.disconnect()


async def load(
    running: Running, talks: Sequence[Sequence[str]], people: int, seconds: float
) -> Result:
    """``people`` talk at once, every second one over the socket, until ``seconds`` are over."""
    channels = {"REST": Counted(), "socket": Counted()}
    queue: Iterator[Sequence[str]] = itertools.cycle(talks)
    end = time.monotonic() + seconds

    async def person(number: int) -> None:
        channel, way = (("REST", over_rest), ("socket", over_socket))[number % 2]
        while time.monotonic() < end:
            try:
                await way(running, next(queue), channels[channel], end)
            except (aiohttp.ClientError, SocketIOError, OSError, asyncio.TimeoutError) as error:
                channels[channel].errors[type(error).__name__] += 1

    before, began = running.memory(), time.monotonic()
    await asyncio.gather(*map(person, range(people)))
    taken = time.monotonic() - began
    return Result(running.assistant.name, taken, channels, before, running.memory())


def together(rounds: Sequence[Result]) -> Result:
    """All rounds of one assistant as one."""
    channels = {name: Counted() for name in rounds[0].channels}
    for one in rounds:
        for name, counted in one.channels.items():
            channels[name].taken += counted.taken
            channels[name].errors += counted.errors
    return Result(
        rounds[0].name,
        sum(one.seconds for one in rounds),
        channels,
        max(one.memory_before for one in rounds),
        max(one.memory_after for one in rounds),
    )


def told(errors: Counter[str]) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in errors.most_common())
    return f"{errors.total()} ({kinds})" if errors else "0"


def table(results: Sequence[Result]) -> str:
    lines = [
        "| assistant | channel | messages | replies a second | p50 | p95 | p99 | errors | memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        for channel, counted in result.channels.items():
            shares = [1000 * percentile(counted.taken, share) for share in (0.5, 0.95, 0.99)]
            cells = (
                result.name,
                channel,
                len(counted.taken),
                f"{len(counted.taken) / result.seconds:.1f}",
                *(f"{value:.0f} ms" for value in shares),
                told(counted.errors),
                f"{result.memory_before:.0f} to {result.memory_after:.0f} MB",
            )
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def report(results: Sequence[Result], people: int, seconds: float) -> str:
    return (
        "# Under load\n\n"
        f"Written by `make load` on {date.today().isoformat()} ({os.cpu_count()} cores, "
        f"{platform.system()}); do not edit. {people} people talk at the same time for "
        f"{seconds:.0f} seconds in each round, half of them over REST, half over the socket; none "
        "pauses between reply and next message, so this is the most that one server takes. "
        "Myoguide is told the conversation scenarios of `tests/conversations`; the stock assistant "
        "of `rasa init` conversations of the same lengths in its own words. People, servers and "
        "database share the machine: compare the rows with each other. `make benchmark` has the "
        "figures of single people ([performance.md](performance.md)).\n\n"
        f"{table(results)}\n\n"
        "*Errors*: anything but a reply: a refusal, a broken connection, no reply within "
        f"{TIMEOUT} s. Messages that the stock assistant leaves without a reply are none; over "
        "the socket they are not counted at all.\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.load", description=__doc__)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30, help=f"at most {MOST_SECONDS}")
    parser.add_argument("--rounds", type=int, default=2, help="they take turns so often")
    parser.add_argument("--no-stock", action="store_true", help="ours alone; writes no report")
    options = parser.parse_args()
    people, seconds = min(options.people, MOST_PEOPLE), min(options.seconds, MOST_SECONDS)
    os.chdir(ROOT)
    LOGS.mkdir(parents=True, exist_ok=True)
    talks = scenarios()
    rounds: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers = (ours,) if options.no_stock else (ours, stock)
        # In turns, so that other work on the machine weighs on both.
        for make in makers * max(options.rounds, 1):
            assistant = make(folder)
            try:
                with started(assistant, LOGS / f"{assistant.name}.log") as running:
                    said = conversations(assistant, talks)
                    result = asyncio.run(load(running, said, people, seconds))
            except BenchmarkError as error:
                sys.stderr.write(f"load: {error}\n")
                return 1
            rounds.setdefault(assistant.name, []).append(result)
    results = [together(found) for found in rounds.values()]
    sys.stdout.write(table(results) + "\n")
    if not options.no_stock:
        REPORT.write_text(report(results, people, seconds), encoding="utf-8")
    faults = sum(counted.errors.total() for counted in results[0].channels.values())
    if faults:
        sys.stderr.write(f"load: {faults} errors\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
