"""What Messenger, Telegram and WhatsApp have in common: a webhook, an inbox, replies over an API.

A channel says how its webhook is checked and read, how replies look, and how its API answers. The
rest is here: every event is written down before the platform hears "received"; each person's
messages are answered in their order, once; Rasa sees a pseudonym and never the platform's id.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Optional, Text

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from myoguide.channels.accounts import Account, AccountError, account
from myoguide.channels.client import ApiClient
from myoguide.channels.conversation_ids import load_secret
from myoguide.channels.delivery import Delivery, Outcome
from myoguide.channels.inbox import Event, Inbox, NewEvent, inbox_url
from myoguide.channels.opening import OPENING, wording
from myoguide.channels.safe_reply import failed_safe, safe_reply, with_number
from myoguide.channels.shape import Button, Reply, buttons_of, choices_last, replies
from myoguide.nlu.payload_guard import offered_payloads

logger = logging.getLogger(__name__)

# So much of a message is read, in characters: what Messenger lets people send, which is more than
# the others' 4,096. What is not read could be an emergency.
LONGEST_MESSAGE = 20_000
# A turn that takes longer is given up, kindly.
LONGEST_TURN = 60.0  # seconds
# How long a reply that is ready waits for a courtesy that is under way.
PATIENCE = 0.5  # seconds
# Turns that Rasa works on side by side; more would only wait in Rasa, and webhooks with them.
TURNS_AT_ONCE = 8
# An event that the server did not survive so often is answered without Rasa.
MOST_TRIES = 2
# Pictures come several at a time; what is said about them is said once in so long.
SEVERAL = 10.0  # seconds
_PLACES = 16  # bytes of a hash that stand for an id

Call = dict[Text, Any]


@dataclass(frozen=True)
class Incoming:
    """Something a person did, told the same way for every platform."""

    # The platform's ids of the event and of the person.
    id: Text
    sender: Text
    # Grows with what one person does: the platform's time, or its number for the event.
    order: float
    # What they wrote, or the words on the button they pressed.
    text: Text = ""
    # The payload of a button that was pressed.
    payload: Text = ""
    # What was sent that is not text: a key of ``unreadable`` in data/dialogue/messaging.yml.
    unreadable: Text = ""
    # What the channel needs again when it answers.
    more: dict[Text, Any] = field(default_factory=dict)


# What reading raises where something is missing or of another kind.
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class BadRequest(Exception):
    """The webhook cannot be read."""


class _Collected(OutputChannel):
    """Keeps what Rasa says in one turn."""

    def __init__(self, channel: Text) -> None:
        self._channel = channel
        self.messages: list[dict[Text, Any]] = []

    def name(self) -> Text:  # type: ignore[override]
        return self._channel

    async def send_response(self, recipient_id: Text, message: dict[Text, Any]) -> None:
        self.messages.append(dict(message))


class _Blueprint(Blueprint):
    """Knows the app, and so the way to Rasa's agent."""

    def register(self, app: Sanic, options: dict[Text, Any]) -> None:
        self.ctx.app = app
        super().register(app, options)


class MessagingInput(InputChannel):
    """A messenger; without an account it has no routes and does nothing."""

    def __init__(self, given: Account | None) -> None:
        self.account = given
        self._delivery: Delivery | None = None
        self._client: ApiClient | None = None
        self._turns = asyncio.Semaphore(TURNS_AT_ONCE)
        # Who was told that something cannot be read: what it was, for which event, and when.
        self._told: dict[Text, tuple[Text, Text, float]] = {}

    @classmethod
    def from_credentials(cls, credentials: Optional[dict[Text, Any]]) -> InputChannel:
        try:
            return cls(account(cls.name(), os.environ, credentials))
        except AccountError as error:
            raise RasaException(str(error)) from None

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        self._on_new_message = on_new_message
        self._blueprint = _Blueprint(f"{self.name()}_webhook", __name__)
        if self.account is not None:
            self._secret = load_secret().encode()
            failed_safe(), wording()  # a fault in them shows at start
            self.add_routes(self._blueprint)
            self._blueprint.listener("after_server_start")(self._start)
            self._blueprint.listener("before_server_stop")(self._stop)
        return self._blueprint

    # --- what each channel says for itself

    def add_routes(self, blueprint: Blueprint) -> None:
        """The webhook, and whether it is there."""

        # Functions, because Sanic notes something on each handler, which a method does not take.
        @blueprint.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request)

    def headers(self) -> dict[Text, Text]:
        """Headers of every call to the API."""
        return {}

    @abstractmethod
    def is_genuine(self, request: Request) -> bool:
        """Tell whether the platform sent this webhook, in constant time."""

    @abstractmethod
    def events(self, webhook: dict[Text, Any]) -> Iterable[dict[Text, Any]]:
        """Every event in a webhook, as the platform tells it."""

    @abstractmethod
    def read(self, event: dict[Text, Any]) -> Incoming | None:
        """What a person did; None for what is not answered."""

    @abstractmethod
    async def country(self, incoming: Incoming) -> Text | None:
        """The person's country (ISO 3166-1 alpha-2), where it is certain."""

    @abstractmethod
    async def show_typing(self, incoming: Incoming) -> None:
        """Seen, and typing; a courtesy that may fail."""

    @abstractmethod
    def calls(self, incoming: Incoming, said: Sequence[Reply]) -> list[Call]:
        """The API calls that bring the replies to the person, in their order."""

    @abstractmethod
    async def send(self, call: Call) -> Outcome:
        """One attempt at a call."""

    # --- coming in

    async def _webhook(self, request: Request) -> HTTPResponse:
        if not self.is_genuine(request):
            logger.warning("%s: a request without a valid signature was refused", self.name())
            return response.text("not from the platform", status=403)
        try:
            events = [self._new_event(incoming) for incoming in self._read(request.body)]
        except BadRequest:
            logger.warning("%s: a webhook could not be read", self.name())
            return response.text("not understood", status=400)
        try:
            assert self._delivery is not None
            await self._delivery.accept(events)
        except Exception as error:
            # Not received, then: the platform delivers it again.
            logger.error("%s: the inbox failed with %s", self.name(), type(error).__name__)
            return response.text("try again", status=503)
        return response.text("received")

    def _read(self, body: bytes) -> list[Incoming]:
        try:
            webhook = _storable(json.loads(body))
            if not isinstance(webhook, dict):
                raise BadRequest
            events = list(self.events(webhook))
        except _MALFORMED as error:
            raise BadRequest from error
        found = []
        for event in events:
            try:
                incoming = self.read(event)
            except _MALFORMED as error:
                # If it were refused, it would come again and again, and those beside it with it.
                logger.warning(
                    "%s: an event could not be read (%s)", self.name(), type(error).__name__
                )
                continue
            if incoming is not None:
                found.append(incoming)
        # Python's sort is stable: what came at the same moment keeps its place.
        return sorted(found, key=lambda incoming: incoming.order)

    def _new_event(self, incoming: Incoming) -> NewEvent:
        event = self._hash("event", incoming.id)
        return NewEvent(event, self.person(incoming.sender), incoming.order, asdict(incoming))

    def person(self, sender: Text) -> Text:
        """The pseudonym under which Rasa knows a person; it cannot be turned back."""
        return self._hash("person", sender)

    def _hash(self, kind: Text, value: Text) -> Text:
        return pseudonym(self._secret, self.name(), kind, value)

    # --- answering

    async def _answer(self, event: Event) -> list[Call]:
        """The calls that answer one event."""
        incoming = Incoming(**event.body)
        typing = asyncio.create_task(self.show_typing(incoming))
        try:
            country = await self.country(incoming)
            said = await self._replies(event, incoming, country)
        finally:
            # Never after the reply: it would show typing with nothing to come.
            await asyncio.wait([typing], timeout=PATIENCE)
            typing.cancel()
        return self.calls(incoming, said)

    async def _replies(self, event: Event, incoming: Incoming, country: Text | None) -> list[Reply]:
        said: list[Reply] = []
        if incoming.text or incoming.payload:
            try:
                if event.tries > MOST_TRIES:
                    raise RuntimeError("given up")
                said = await self._turn(event, incoming, country)
            except Exception as error:
                # The type alone: message and traceback could hold what the person wrote.
                logger.error("%s: a turn failed with %s", self.name(), type(error).__name__)
            if not said:
                return [Reply(safe_reply(country), is_emergency=True)]
        if not incoming.unreadable:
            self._told.pop(event.person, None)
        elif not self._is_told(event, incoming):
            said = await self._with_unreadable(event, incoming, country, said)
        return said

    def _is_told(self, event: Event, incoming: Incoming) -> bool:
        """Tell whether this person heard just now, about another event, what is to be said."""
        now = time.monotonic()
        self._told = {who: told for who, told in self._told.items() if told[2] > now - SEVERAL}
        kind, earlier, _ = self._told.get(event.person, ("", "", 0.0))
        self._told[event.person] = (incoming.unreadable, event.event, now)
        return kind == incoming.unreadable and earlier != event.event

    async def _with_unreadable(
        self, event: Event, incoming: Incoming, country: Text | None, said: Sequence[Reply]
    ) -> list[Reply]:
        """What is said about a picture and the like, alone or with the answer to its words."""
        texts = wording()
        line = texts["unreadable"].get(incoming.unreadable) or texts["unreadable"]["other"]
        if said:
            # After an emergency, which is first; before all else, so choices follow their question.
            urgent = [reply for reply in said if reply.is_emergency]
            calm = [reply for reply in said if not reply.is_emergency]
            return choices_last([*urgent, Reply(line), *calm])
        tracker = await self._conversation(event.person)
        is_open = tracker is not None and tracker.get_slot("escalation") == "emergency"
        if is_open:
            line = texts["unreadable"]["other"]  # thanks would be out of place
        if is_open or incoming.unreadable != "sticker":
            line = f"{line}\n\n{with_number(texts['emergency'], country)}"
        return [Reply(line, offered_now(tracker) if tracker else ())]

    async def _conversation(self, person: Text) -> DialogueStateTracker | None:
        """What was said so far; None where nothing was, or where it cannot be read now."""
        try:
            return await self._agent().tracker_store.retrieve(person)
        except Exception as error:
            logger.error("%s: no tracker (%s)", self.name(), type(error).__name__)
            return None

    async def _turn(self, event: Event, incoming: Incoming, country: Text | None) -> list[Reply]:
        """Has Rasa answer."""
        output = _Collected(self.name())
        async with self._turns:
            message = UserMessage(
                await self._message(event.person, incoming),
                output,
                event.person,
                input_channel=self.name(),
                message_id=event.event,
                metadata={"country": country} if country else {},
            )
            await asyncio.wait_for(self._on_new_message(message), LONGEST_TURN)
        return replies(output.messages)

    async def _message(self, person: Text, incoming: Incoming) -> Text:
        """The text for Rasa: a button's payload while it is on offer, else the words on it."""
        if not incoming.payload:
            return incoming.text[:LONGEST_MESSAGE]
        if incoming.payload == OPENING:
            return OPENING
        tracker = await self._agent().tracker_store.retrieve(person)
        for payload in offered_payloads(tracker) if tracker else ():
            if incoming.payload in (payload, short_payload(payload, 0)):
                return payload
        return incoming.text or incoming.payload

    def _agent(self) -> Agent:
        return self._blueprint.ctx.app.ctx.agent

    # --- with the server

    async def _start(self, *_: Any) -> None:
        self._client = ApiClient(self.headers())
        self._delivery = Delivery(
            self.name(),
            lambda owner: Inbox(self.name(), owner, inbox_url()),
            self._answer,
            self.send,
        )
        await self._delivery.start()

    async def _stop(self, *_: Any) -> None:
        if self._delivery is not None:
            await self._delivery.stop()
        if self._client is not None:
            await self._client.close()

    @property
    def client(self) -> ApiClient:
        """Open while the server runs."""
        assert self._client is not None
        return self._client


def pseudonym(secret: bytes, channel: Text, kind: Text, value: Text) -> Text:
    """Stands for an id of the platform; without the secret it tells nothing."""
    told = f"{channel}:{kind}:{value}".encode()
    return hmac.new(secret, told, hashlib.sha256).hexdigest()[: 2 * _PLACES]


def short_payload(payload: Text, longest: int) -> Text:
    """The payload, or a mark of it where the platform takes no more than ``longest`` bytes."""
    if len(payload.encode()) <= longest:
        return payload
    return "#" + hashlib.sha256(payload.encode()).hexdigest()[:24]


def _storable(value: Any) -> Any:
    """Without half surrogate pairs and zero bytes, which come in JSON and go into no database."""
    if isinstance(value, dict):
        return {name: _storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_storable(part) for part in value]
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", " ")
    return value


def offered_now(tracker: DialogueStateTracker) -> tuple[Button, ...]:
    """The choices below the latest reply, which a picture or a sticker leaves open."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered) and (event.data or {}).get("buttons"):
            return buttons_of(event.data)
    return ()
