"""People who talk through the proxy while something breaks, and what became of their messages.

Each has an address of their own (127.x.y.z), as people have, and behaves as the widget does: a
message has an id, and goes on being sent, with that id, until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import jwt
import socketio
from servers import Person, Server

QUESTION = "why do i twitch falling asleep"
EMERGENCY = "my son has been jerking for ten minutes and he will not wake up"
# A message that is not acknowledged by then is sent again; seconds.
PATIENCE = 15.0
# Between two attempts; seconds.
PAUSE = 0.2
# A person who has got no acknowledgement by then is not served at all; seconds.
GIVE_UP = 120.0
# Shares of all messages after which a fault comes, and after which it is mended.
STRIKE_AFTER, MEND_AFTER = 0.3, 0.9
_numbers = itertools.count(1)


def own_address() -> str:
    number = next(_numbers)
    return f"127.1.{number // 250}.{number % 250 + 1}"


def is_refusal(replies: Sequence[dict[str, Any]]) -> bool:
    """Tell whether somebody was told that there is no answer now, and whom to call."""
    return not replies or "not working right now" in str(replies)


def begins_with_a_call(replies: Sequence[dict[str, Any]]) -> bool:
    return bool(replies) and replies[0].get("text", "").startswith("Call ")


@dataclass
class Said:
    """One message: when it was sent first, and how long its acknowledgement took (seconds)."""

    id: str
    text: str
    waited: float = 0.0
    attempts: int = 0
    replies: list[dict[str, Any]] = field(default_factory=list)


class Talker:
    """Somebody with one conversation."""

    def __init__(self, proxy: Server) -> None:
        self.proxy = proxy
        self.said: list[Said] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def conversation(self) -> str:
        raise NotImplementedError

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(local_addr=(own_address(), 0), force_close=True)
        self._session = aiohttp.ClientSession(connector=connector)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def say(self, text: str) -> Said:
        """Returns once it is acknowledged."""
        message = Said(uuid.uuid4().hex, text)
        self.said.append(message)
        began = time.monotonic()
        while True:
            message.attempts += 1
            try:
                replies = await asyncio.wait_for(self._send(message), PATIENCE)
            except (aiohttp.ClientError, socketio.exceptions.SocketIOError, OSError) as error:
                replies, why = None, repr(error)
            except asyncio.TimeoutError:
                replies, why = None, "no acknowledgement"
            if replies is not None:
                message.waited = time.monotonic() - began
                message.replies = replies
                return message
            if time.monotonic() - began > GIVE_UP:
                raise TimeoutError(f"{type(self).__name__} got no acknowledgement ({why})")
            await asyncio.sleep(PAUSE)

    async def _send(self, message: Said) -> list[dict[str, Any]] | None:
        """The replies if it was acknowledged, else None."""
        raise NotImplementedError


class OverRest(Talker):
    """Talks to /webhooks/rest/webhook."""

    def __init__(self, proxy: Server) -> None:
        super().__init__(proxy)
        self._person = Person()

    @property
    def conversation(self) -> str:
        return self._person.id

    async def _send(self, message: Said) -> list[dict[str, Any]] | None:
        assert self._session is not None
        body = {"sender": self._person.id, "message": message.text, "id": message.id}
        address = f"{self.proxy.address}/webhooks/rest/webhook"
        async with self._session.post(address, json=body) as reply:
            return await reply.json() if reply.status == 200 else None


class OverSocket(Talker):
    """Talks as the widget does (widget/src/conversation.js)."""

    def __init__(self, proxy: Server, secret: str) -> None:
        super().__init__(proxy)
        self._secret = secret
        self._token: str | None = None
        self._client: socketio.AsyncClient | None = None
        # What the page shows: a message that comes twice has one id.
        self.shown: dict[str, dict[str, Any]] = {}

    @property
    def conversation(self) -> str:
        options = {"verify_aud": False}
        return jwt.decode(self._token, self._secret, ["HS256"], options=options)["sub"]

    async def close(self) -> None:
        if self._client is not None:
            await self._client.disconnect()
        await super().close()

    async def _send(self, message: Said) -> list[dict[str, Any]] | None:
        client = await self._connected()
        known = self.shown.get(message.id)
        if known is None:
            sent = {"id": message.id, "message": message.text}
            answer = await self._ask(client, "user_uttered", sent)
            if answer != {"id": message.id}:
                return None
        return [shown for name, shown in self.shown.items() if name.startswith(f"{message.id}.")]

    async def _connected(self) -> socketio.AsyncClient:
        """Connects where that is needed, and takes the conversation up again."""
        if self._client is not None and self._client.connected:
            return self._client
        client = socketio.AsyncClient(reconnection=False, http_session=self._session)
        client.on("bot_uttered", self._show)
        self._gone = asyncio.Event()
        client.on("disconnect", lambda *_: self._gone.set())
        await client.connect(self.proxy.address, transports=["websocket"], wait_timeout=PATIENCE)
        asked = {"session_id": self._token} if self._token else {}
        answer = await self._ask(client, "session_request", asked)
        if "error" in answer:
            await client.disconnect()
            raise OSError(answer["error"])
        self._client, self._token = client, answer["session_id"]
        for message in answer["messages"]:
            self._show(message)
        return client

    async def _ask(self, client: socketio.AsyncClient, event: str, data: Any) -> dict[str, Any]:
        """The acknowledgement; OSError if the connection breaks before it comes."""
        asked = asyncio.ensure_future(client.call(event, data, timeout=PATIENCE))
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise OSError("the connection broke")
            return await asked
        finally:
            asked.cancel()
            gone.cancel()

    def _show(self, message: dict[str, Any]) -> None:
        self.shown[message["id"]] = message


@dataclass
class Figures:
    """What became of all messages of one run."""

    fault: str
    messages: int
    lost: int
    doubled: int
    out_of_order: int
    mixed: int
    emergencies: int
    emergencies_answered: int
    refused: int
    sent_again: int
    median_wait: float  # seconds
    longest_wait: float  # seconds

    def are_perfect(self) -> bool:
        wrong = self.lost + self.doubled + self.out_of_order + self.mixed
        return not wrong and self.emergencies == self.emergencies_answered

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def talk(
    talkers: Sequence[Talker],
    each: int,
    strike: Callable[[], None],
    mend: Callable[[], None] | None = None,
) -> None:
    """Everybody says ``each`` messages and then the emergency, while ``strike`` does its harm.

    It begins when `STRIKE_AFTER` of all messages have been said; ``mend`` ends it after
    `MEND_AFTER`.
    """
    total = len(talkers) * (each + 1)
    due, over = asyncio.Event(), asyncio.Event()

    def look() -> None:
        said = sum(len(talker.said) for talker in talkers) / total
        if said >= STRIKE_AFTER:
            due.set()
        if said >= MEND_AFTER:
            over.set()

    async def one(number: int, talker: Talker) -> None:
        await talker.open()
        for turn in range(each):
            await talker.say(text_of(number, turn))
            look()
        await talker.say(EMERGENCY)
        look()

    async def harm() -> None:
        loop = asyncio.get_running_loop()
        await due.wait()
        await loop.run_in_executor(None, strike)
        if mend is not None:
            await over.wait()
            await loop.run_in_executor(None, mend)

    try:
        await asyncio.gather(harm(), *(one(i, talker) for i, talker in enumerate(talkers)))
    finally:
        for talker in talkers:
            with contextlib.suppress(Exception):
                await talker.close()


def text_of(person: int, turn: int) -> str:
    """Tells whose it is and which."""
    if turn == 0:
        return f"{QUESTION} since {_word(person)}"
    return f"my leg jerks since {_word(person)} and {_word(turn)}"


def _word(number: int) -> str:
    """Numbers as letters: figures could be taken for something to redact."""
    return "round " + " ".join("abcdefghij"[int(digit)] * 3 for digit in str(number))


def kept(talker: Talker, server: Server) -> list[dict[str, Any]]:
    """What the store holds of a conversation."""
    person = Person(talker.conversation)
    return [
        event
        for event in person.tracker(server)["events"]
        if event["event"] in ("user", "bot")
        and not (event.get("text") or "").startswith("/chitchat")
    ]


def judge(fault: str, talkers: Sequence[Talker], server: Server) -> Figures:
    """Compares what people said with what the store holds."""
    lost = doubled = out_of_order = mixed = answered = 0
    for number, talker in enumerate(talkers):
        events = kept(talker, server)
        texts = [event["text"] for event in events if event["event"] == "user"]
        said = [message.text for message in talker.said]
        counted = Counter(texts)
        lost += sum(text not in counted for text in said)
        doubled += sum(count - 1 for count in counted.values())
        out_of_order += sum(a != b for a, b in zip(_unique(texts), said, strict=False))
        mixed += sum(text not in said for text in texts)
        doubled += _replies_twice(events)
        mixed += sum(_word(number) not in text for text in texts if text != EMERGENCY)
        answered += begins_with_a_call(talker.said[-1].replies)
    waits = sorted(message.waited for talker in talkers for message in talker.said)
    return Figures(
        fault=fault,
        messages=len(waits),
        lost=lost,
        doubled=doubled,
        out_of_order=out_of_order,
        mixed=mixed,
        emergencies=len(talkers),
        emergencies_answered=answered,
        refused=sum(is_refusal(message.replies) for one in talkers for message in one.said),
        sent_again=sum(message.attempts - 1 for talker in talkers for message in talker.said),
        median_wait=waits[len(waits) // 2],
        longest_wait=waits[-1],
    )


def _unique(texts: Sequence[str]) -> Iterator[str]:
    return iter(dict.fromkeys(texts))


def _replies_twice(events: Sequence[dict[str, Any]]) -> int:
    """How often one turn holds the very same reply more than once."""
    twice, turn = 0, []
    for event in [*events, {"event": "user"}]:
        if event["event"] == "user":
            twice += len(turn) - len(set(turn))
            turn = []
        else:
            turn.append(event["text"])
    return twice
