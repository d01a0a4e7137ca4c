"""What the stand-ins share: a server of their own, people who write and read, faults on request."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

PATIENCE = 90.0  # seconds to wait for something that must come
DAY = 86_400  # seconds


def length(text: str) -> int:
    """UTF-16 units: the strictest way in which a platform may count."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Shown:
    """A message as the person sees it; ``buttons`` as label and payload."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Fault:
    """What the API does with the next message instead of taking it.

    ``status`` 0 closes the connection without an answer.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The call breaks a rule of the platform."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(json.dumps(body))
        self.status = status
        self.body = body


class Platform:
    """A messenger; ``hook`` is the address it sends webhooks to."""

    channel = ""

    def __init__(self) -> None:
        self.hook = ""
        self.read: dict[str, list[Shown]] = defaultdict(list)
        # What broke a rule, apart from faults on request.
        self.violations: list[str] = []
        self.courtesies: list[tuple[str, str]] = []  # person, what
        self.faults: deque[Fault] = deque()
        self.is_down = False
        # Those whom no message reaches for now.
        self.unreachable: set[str] = set()
        self.delay = 0.0  # seconds until a message is taken
        self.attempts = 0
        self.last_written: dict[str, float] = {}
        self.clock: Callable[[], float] = time.time
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # --- what each platform says for itself

    def environment(self) -> dict[str, str]:
        """What the assistant's server needs in its environment to reach this platform."""
        raise NotImplementedError

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def signed(self, body: bytes) -> dict[str, str]:
        """Headers of a genuine webhook."""
        raise NotImplementedError

    def text(self, person: str, text: str) -> dict[str, Any]:
        """The webhook of something written."""
        raise NotImplementedError

    def pressed(self, person: str, shown: Shown, label: str, payload: str) -> dict[str, Any]:
        """The webhook of a button."""
        raise NotImplementedError

    def opened(self, person: str) -> dict[str, Any]:
        """The webhook of somebody who opens the conversation."""
        raise NotImplementedError

    def error(self, status: int) -> Fault:
        """A failure as the platform words it."""
        return Fault(status)

    def recipient(self, body: dict[str, Any]) -> str:
        """Whom a message is for."""
        raise NotImplementedError

    def person(self) -> str:
        """The id of somebody new."""
        return str(10_000_000 + next(self._numbers))

    def person_from(self, country: str | None) -> str:
        """Somebody whose country is certain, or somebody whose country is not known."""
        raise NotImplementedError

    def known_as(self, person: str) -> str:
        """The id by which the assistant knows somebody."""
        return person

    # --- the person's side

    def write(self, person: str, text: str) -> None:
        self.deliver([self.text(person, text)])

    def press(self, person: str, payload: str) -> None:
        """Presses the button with this payload, or the mark of it, in the last message."""
        shown = self.read[person][-1]
        for label, data in shown.buttons:
            # Messenger's have the words of the choice in a second line.
            if data.partition("\n")[0] == payload:
                return self.deliver([self.pressed(person, shown, label, data)])
        raise AssertionError(f"no button {payload!r} among {shown.buttons}")

    def open(self, person: str) -> None:
        self.deliver([self.opened(person)])

    def texts(self, person: str) -> list[str]:
        return [shown.text for shown in self.read[person]]

    def wait_for(self, is_so: Callable[[], bool], what: str = "") -> None:
        """Returns as soon as it is so; fails after `PATIENCE`."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.channel}: waited in vain for {what or is_so}")
            time.sleep(0.005)

    def wait_for_messages(self, person: str, number: int) -> list[Shown]:
        self.wait_for(lambda: len(self.read[person]) >= number, f"{number} messages")
        return self.read[person]

    # --- webhooks

    def deliver(self, webhooks: Sequence[dict[str, Any]]) -> None:
        """Sends them side by side, each again until it is received, as the platforms do."""
        self._run(self._deliver(webhooks))

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """One request of anybody's to the webhook; returns its status."""
        return self._run(self._post(body, headers))

    async def _deliver(self, webhooks: Sequence[dict[str, Any]]) -> None:
        await asyncio.gather(*map(self._until_received, webhooks))

    async def _until_received(self, webhook: dict[str, Any]) -> None:
        body = json.dumps(webhook).encode()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if await self._post(body, self.signed(body)) == 200:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
        raise AssertionError("the webhook was not received")

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        headers = {"Content-Type": "application/json", **headers}
        async with self._session.post(self.hook, data=body, headers=headers) as reply:
            await reply.read()
            return reply.status

    # --- the API

    async def take(self, request: web.Request, accept: Callable[[dict], None]) -> web.Response:
        """A call that brings a message: with faults, delay and rules as they are set."""
        self.attempts += 1
        if self.is_down:
            assert request.transport is not None
            request.transport.close()
            return web.Response(status=500)
        if self.faults:
            fault = self.faults.popleft()
            if fault.status == 0:
                assert request.transport is not None
                request.transport.close()
            return web.json_response(fault.body, status=fault.status or 500, headers=fault.headers)
        if self.recipient(await request.json()) in self.unreachable:
            fault = self.error(503)
            return web.json_response(fault.body, status=fault.status)
        if self.delay:
            await asyncio.sleep(self.delay)
        return await self.answer(request, accept)

    async def answer(self, request: web.Request, accept: Callable[[dict], Any]) -> web.Response:
        """A call under the platform's rules."""
        try:
            return web.json_response(accept(await request.json()))
        except Refused as refusal:
            # To be asked to wait is no mistake, nor that somebody has blocked the bot.
            if refusal.status not in (403, 429):
                self.violations.append(str(refusal))
            return web.json_response(refusal.body, status=refusal.status)

    def show(self, person: str, text: str, buttons: Sequence[tuple[str, str]] = ()) -> None:
        self.read[person].append(Shown(text, tuple(buttons)))

    def is_in_window(self, person: str) -> bool:
        """Tell whether the person wrote within 24 hours."""
        return self.clock() - self.last_written.get(person, 0.0) < DAY

    # --- running

    def start(self) -> None:
        self._thread.start()
        self._run(self._start())

    def stop(self) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _start(self) -> None:
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession()

    async def _stop(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(4 * PATIENCE)
