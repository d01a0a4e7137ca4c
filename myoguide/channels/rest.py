"""Rasa's REST channel with its limits: /webhooks/rest/webhook takes no more than it can answer.

Besides Rasa's ``sender``, ``message`` and ``metadata`` a message may carry an ``id``: sent again
after a broken connection, it gets the replies that were made already and not a second turn.
Errors are ``{"error": code}``; the rates count the people of one address, and each sender.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any, Optional, Text

from rasa.core.channels import rest
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import bool_arg
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from myoguide.channels import gate
from myoguide.channels.rate import Rate, RateLimiter
from myoguide.channels.safe_reply import safe_reply
from myoguide.channels.website import MESSAGE_ID
from myoguide.operations.turns import WATCH

logger = logging.getLogger(__name__)

LONGEST_SENDER = 255  # characters


@dataclass(frozen=True)
class Settings:
    """What ``credentials.yml`` may set for this channel."""

    # Longest message, in characters. A longer one is refused, not cut: its end may matter most.
    longest_message: int = 10_000
    # Messages of one sender, from addresses other than this machine's.
    per_sender: Rate = Rate(burst=30, per_minute=60)
    # Messages that may be under way at once; more would only wait and take memory.
    most_at_once: int = 200

    @classmethod
    def read(cls, given: dict[Text, Any]) -> Settings:
        """From credentials; ValueError names what is unknown."""
        unknown = sorted(set(given) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"credentials.yml: the REST channel has no setting {unknown[0]!r}")
        values = dict(given)
        if "per_sender" in values:
            values["per_sender"] = Rate(**values["per_sender"])
        return cls(**values)


class Refused(Exception):
    """A request that is not taken; its code and its status."""

    def __init__(self, code: Text, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Incoming:
    """A request that was read."""

    sender: Text
    text: Text
    id: Text | None
    metadata: dict[Text, Any] | None

    @classmethod
    def read(cls, body: Any, longest: int) -> Incoming:
        """From a request's body; Refused says what is wrong."""
        if not isinstance(body, dict):
            raise Refused("malformed")
        # Without one, Rasa would put all such people into one conversation.
        sender = body.get("sender")
        sender = uuid.uuid4().hex if sender is None else sender
        if isinstance(sender, int):
            sender = str(sender)
        if not isinstance(sender, str) or not 0 < len(sender) <= LONGEST_SENDER:
            raise Refused("malformed")
        text, metadata, given = body.get("message"), body.get("metadata"), body.get("id")
        if not isinstance(text, str) or not _is_storable(sender + text):
            raise Refused("malformed")
        if len(text) > longest:
            raise Refused("too_long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if metadata is not None and not isinstance(metadata, dict):
            raise Refused("malformed")
        if given is not None and not (isinstance(given, str) and MESSAGE_ID.fullmatch(given)):
            raise Refused("malformed")
        return cls(sender, text, given, metadata)


def _is_storable(text: Text) -> bool:
    """Half a surrogate pair or a zero byte can come in JSON and go into no database."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


class _Blueprint(Blueprint):
    """Knows the app, and so the way to Rasa's agent."""

    def register(self, app: Sanic, options: dict[Text, Any]) -> None:
        self.ctx.app = app
        gate.guard(app)
        super().register(app, options)


class RestInput(rest.RestInput):
    """The channel; ``credentials.yml`` names it by its module path, its address is Rasa's."""

    @classmethod
    def from_credentials(cls, credentials: Optional[dict[Text, Any]]) -> InputChannel:
        return cls(Settings.read(credentials or {}))

    def __init__(self, settings: Settings = Settings()) -> None:
        self.settings = settings
        self._per_sender = RateLimiter(settings.per_sender)
        self._under_way = 0

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        self._on_new_message = on_new_message
        self._blueprint = _Blueprint("rest_webhook", __name__)

        # Functions, because Sanic notes something on each handler, which a method does not take.
        @self._blueprint.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @self._blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            try:
                return await self._receive(request)
            except Refused as refused:
                return gate.refusal(refused.code, refused.status)

        return self._blueprint

    async def _receive(self, request: Request) -> HTTPResponse:
        incoming = Incoming.read(request.json, self.settings.longest_message)
        is_limited = gate.address(request) is not None
        if is_limited and not self._per_sender.allows(incoming.sender):
            raise Refused("too_fast", HTTPStatus.TOO_MANY_REQUESTS)
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            raise Refused("not_ready", HTTPStatus.SERVICE_UNAVAILABLE)
        if self._under_way >= self.settings.most_at_once:
            raise Refused("too_busy", HTTPStatus.SERVICE_UNAVAILABLE)
        self._under_way += 1
        try:
            # A turn goes on if whoever asked has gone: it is not left half done.
            said = await asyncio.shield(self._replies(incoming))
        finally:
            self._under_way -= 1
        if bool_arg(request, "stream", default=False):
            # As Rasa streams them: one to a line. They are ready together, when the turn has ended.
            lines = "".join(json.dumps(reply) + "\n" for reply in said)
            return response.text(lines, content_type="text/event-stream")
        return response.json(said)

    async def _replies(self, incoming: Incoming) -> list[dict[Text, Any]]:
        """What Rasa says; the safe reply where it fails or says nothing."""
        collected = CollectingOutputChannel()
        message = UserMessage(
            incoming.text,
            collected,
            incoming.sender,
            input_channel=self.name(),
            message_id=incoming.id,
            metadata=incoming.metadata,
        )
        try:
            if incoming.id is None:
                await self._on_new_message(message)
            else:
                await self._once(message)
        except Exception as error:
            # The type alone: message and traceback could hold what the person wrote.
            logger.error("rest: a turn failed with %s", type(error).__name__)
        if not collected.messages:
            safe = safe_reply((incoming.metadata or {}).get("country"))
            await collected.send_text_message(incoming.sender, safe)
        return collected.messages

    async def _once(self, message: UserMessage) -> None:
        """Has Rasa answer; sends the replies of that time if it has done so before."""
        agent = self._blueprint.ctx.app.ctx.agent
        async with agent.lock_store.lock(message.sender_id):
            store, sender = agent.tracker_store, message.sender_id
            tracker = await store.retrieve(sender)
            if tracker is None or _replies_to(message.message_id, tracker) is None:
                # What `Agent.handle_message` does under its lock, which we hold already.
                with WATCH.turn(message):
                    await agent.processor.handle_message(message)
                return
            whole = await store.retrieve_full_tracker(sender) or tracker
            for reply in _replies_to(message.message_id, whole) or ():
                await message.output_channel.send_response(sender, reply.message())


def _replies_to(message_id: Text, tracker: DialogueStateTracker) -> list[BotUttered] | None:
    """The replies to a message; None if it has not been there."""
    found: list[BotUttered] | None = None
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if found is not None:
                break
            if event.message_id == message_id:
                found = []
        elif isinstance(event, BotUttered) and found is not None:
            found.append(event)
    return found
