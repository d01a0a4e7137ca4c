"""The website chat: Rasa's socket.io channel, made safe for strangers and for broken networks.

What differs from Rasa's own: conversation ids are made and signed here; origins, lengths and rates
are limited; one reply is one message, with its metadata; every event is acknowledged, a bad one
with an error; a browser that comes back gets what it missed.

Events from the browser, each acknowledged with ``{"error": code}`` or what is named here:

``session_request``  {session_id?, country?}: {session_id, messages}, joins or opens a conversation
``user_uttered``     {id, message, country?}: {id} once the turn has ended
``forget``           {}: {} once the conversation is deleted

To the browser: ``bot_uttered`` and ``said_elsewhere``, each one message of the transcript.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Any, Optional, Text

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.channels.socketio import SocketBlueprint, SocketIOInput, SocketIOOutput
from sanic import Sanic
from sanic.request import Request
from socketio import AsyncServer

from myoguide.channels import gate, website_page
from myoguide.channels.conversation_ids import ConversationIds, RefusedToken, load_secret
from myoguide.channels.forget import forget_conversation
from myoguide.channels.rate import Rate, RateLimiter
from myoguide.channels.safe_reply import safe_reply
from myoguide.channels.transcript import OPENING_TURN, Message, reply, reply_id, transcript
from myoguide.knowledge import Pack, load_pack

logger = logging.getLogger(__name__)

ORIGINS_VARIABLE = "MYOGUIDE_ALLOWED_ORIGINS"
BOT_EVENT, USER_EVENT, OTHER_TAB_EVENT = "bot_uttered", "user_uttered", "said_elsewhere"
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
COUNTRY = re.compile(r"[A-Z]{2}")
# A whole socket packet; a message of the greatest length in the widest script fits.
LARGEST_PACKET = 65_536  # bytes
WAIT_FOR_TURN = 0.05  # seconds between two looks at the conversation's lock

Handler = Callable[..., Awaitable[dict[Text, Any]]]


class Refused(Exception):
    """An event that is answered with an error; its text is the error's code."""


@dataclass(frozen=True)
class Settings:
    """What ``credentials.yml`` may set for this channel."""

    # Other sites that embed the chat, as "https://www.example.org"; this server's own always may.
    allowed_origins: tuple[str, ...] = ()
    # Longest message, in characters.
    longest_message: int = 2000
    # What each may send: messages of one connection and address, new conversations of an address.
    per_connection: Rate = Rate(burst=12, per_minute=40)
    per_address: Rate = Rate(burst=300, per_minute=600)
    new_per_address: Rate = Rate(burst=100, per_minute=120)
    # What the channel says on behalf of a person who opens the chat, so that they are greeted.
    opening: str = "/chitchat/greeting"
    # Days for which a browser may come back to its conversation.
    days: float = 30
    content: str = "data"

    @classmethod
    def read(cls, given: dict[Text, Any]) -> Settings:
        """From credentials; ValueError names what is unknown or wrong."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(
                f"credentials.yml: the website channel has no setting {unknown[0]!r}; "
                f"it has {', '.join(sorted(known))}"
            )
        values = dict(given)
        for name in ("per_connection", "per_address", "new_per_address"):
            if name in values:
                values[name] = Rate(**values[name])
        origins = values.get("allowed_origins") or os.environ.get(ORIGINS_VARIABLE, "")
        values["allowed_origins"] = _origins(origins)
        return cls(**values)


def _origins(given: str | list[str]) -> tuple[str, ...]:
    listed = given.replace(",", " ").split() if isinstance(given, str) else given
    for origin in listed:
        if not re.fullmatch(r"https?://[^/*\s]+", origin):
            raise ValueError(
                f"{origin!r} is not an origin: write scheme and host, as https://www.example.org"
            )
    return tuple(listed)


def _metadata(data: dict[Text, Any]) -> dict[Text, Any]:
    """What an event tells besides its text: the country that the site has set."""
    country = data.get("country")
    is_code = isinstance(country, str) and COUNTRY.fullmatch(country)
    return {"country": country} if is_code else {}


class WebsiteOutput(SocketIOOutput):
    """Sends each reply of one turn as one message."""

    def __init__(self, sio: AsyncServer, pack: Pack, turn: Text) -> None:
        super().__init__(sio, BOT_EVENT)
        self._pack = pack
        self._turn = turn
        self.sent = 0

    @classmethod
    def name(cls) -> Text:
        return "website"

    async def send_response(self, recipient_id: Text, message: dict[Text, Any]) -> None:
        self.sent += 1
        shown = reply(message, self._pack)
        shown.update(id=reply_id(self._turn, self.sent), time=time.time())
        await self._send_message(recipient_id, shown)


class WebsiteBlueprint(SocketBlueprint):
    """Besides the socket: the page, the widget's files, and the way to Rasa's agent."""

    def __init__(self, sio: AsyncServer, path: Text, pack: Pack) -> None:
        super().__init__(sio, path, "website_webhook", __name__)
        self.ctx.pack = pack
        self.ctx.app = None

    def register(self, app: Sanic, options: dict[Text, Any]) -> None:
        self.ctx.app = app
        gate.guard(app)
        super().register(app, options)
        website_page.serve(app, self.ctx.pack)


@dataclass
class Connection:
    """One open socket: who it is and which conversation it is in."""

    address: Text
    conversation: Text | None = None
    # Ids of messages that are being answered: the same one twice counts once.
    answering: set[Text] = field(default_factory=set)


class WebsiteInput(SocketIOInput):
    """The channel; ``credentials.yml`` names it by its module path."""

    @classmethod
    def name(cls) -> Text:
        return "website"

    @classmethod
    def from_credentials(cls, credentials: Optional[dict[Text, Any]]) -> InputChannel:
        settings = Settings.read(credentials or {})
        ids = ConversationIds(load_secret(), settings.days)
        return cls(settings, ids, load_pack(settings.content))

    def __init__(self, settings: Settings, ids: ConversationIds, pack: Pack) -> None:
        super().__init__(USER_EVENT, BOT_EVENT, session_persistence=True)
        self.settings = settings
        self._ids = ids
        self._pack = pack
        self._connections: dict[Text, Connection] = {}
        self._per_connection = RateLimiter(settings.per_connection)
        self._per_address = RateLimiter(settings.per_address)
        self._new_per_address = RateLimiter(settings.new_per_address)

    def get_output_channel(self) -> Optional[OutputChannel]:
        """For messages that Rasa sends by itself, a reminder for example."""
        if self.sio is None:
            return None
        return WebsiteOutput(self.sio, self._pack, f"own-{time.time_ns()}")

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> SocketBlueprint:
        self.sio = AsyncServer(
            async_mode="sanic",
            cors_allowed_origins=self._may_embed,
            cors_credentials=False,
            max_http_buffer_size=LARGEST_PACKET,
        )
        self._on_new_message = on_new_message
        self._blueprint = WebsiteBlueprint(self.sio, self.socketio_path, self._pack)
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("session_request", self._answered(self._session_request))
        self.sio.on(USER_EVENT, self._answered(self._user_uttered))
        self.sio.on("forget", self._answered(self._forget))
        self.sio.on("*", self._unknown)
        return self._blueprint

    # --- who may connect

    def _may_embed(self, origin: Text | None, environ: dict[Text, Any]) -> bool:
        """This server's own pages and the sites on the list."""
        if origin in self.settings.allowed_origins:
            return True
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", environ.get("wsgi.url_scheme", "http"))
        host = environ.get("HTTP_X_FORWARDED_HOST", environ.get("HTTP_HOST", ""))
        return origin == f"{scheme.split(',')[0].strip()}://{host.split(',')[0].strip()}"

    async def _connect(self, sid: Text, environ: dict[Text, Any], _: Any = None) -> bool:
        request: Request = environ["sanic.request"]
        # remote_addr is empty unless SANIC_PROXIES_COUNT or SANIC_REAL_IP_HEADER name a proxy.
        self._connections[sid] = Connection(address=request.remote_addr or request.ip)
        return True

    async def _disconnect(self, sid: Text, *_: Any) -> None:
        self._connections.pop(sid, None)

    # --- events

    def _answered(self, handler: Handler) -> Callable[..., Awaitable[dict[Text, Any]]]:
        """Whatever arrives, the browser gets an answer and the server goes on."""

        @wraps(handler)
        async def answer(sid: Text, *arguments: Any) -> dict[Text, Any]:
            connection = self._connections.get(sid)
            data = arguments[0] if arguments else {}
            try:
                if connection is None:
                    raise Refused("not_connected")
                if not isinstance(data, dict):
                    raise Refused("malformed")
                self._count(sid, connection)
                return await handler(sid, connection, data)
            except Refused as refusal:
                return {"error": str(refusal)}
            except Exception as error:
                # The type alone: message and traceback could hold what the person wrote.
                logger.error("website: %s failed with %s", handler.__name__, type(error).__name__)
                logger.debug("website: details", exc_info=True)
                return {"error": "failed"}

        return answer

    def _count(self, sid: Text, connection: Connection) -> None:
        if not self._per_connection.allows(sid):
            raise Refused("too_fast")
        if not self._per_address.allows(connection.address):
            raise Refused("too_fast")

    async def _unknown(self, event: Text, sid: Text, *_: Any) -> dict[Text, Any]:
        connection = self._connections.get(sid)
        if connection is not None and not self._per_connection.allows(sid):
            return {"error": "too_fast"}
        return {"error": "unknown_event"}

    async def _session_request(
        self, sid: Text, connection: Connection, data: dict[Text, Any]
    ) -> dict[Text, Any]:
        """Opens a conversation, or takes one up again and tells what was said in it."""
        token = data.get("session_id")
        is_new = token is None
        if is_new:
            if not self._new_per_address.allows(connection.address):
                raise Refused("too_fast")
            token = self._ids.new()
        try:
            conversation = self._ids.read(token)
        except RefusedToken:
            raise Refused("unknown_conversation") from None
        await self._move(sid, connection, conversation)
        if is_new and self.settings.opening:
            turn = OPENING_TURN + conversation
            await self._say(conversation, turn, self.settings.opening, _metadata(data))
        messages = await self._said(conversation)
        await self.sio.emit("session_confirm", token, to=sid)
        return {"session_id": token, "messages": messages}

    async def _move(self, sid: Text, connection: Connection, conversation: Text) -> None:
        if connection.conversation and connection.conversation != conversation:
            await self.sio.leave_room(sid, connection.conversation)
        # A coroutine since python-socketio 5.10; Rasa's own channel does not await it.
        await self.sio.enter_room(sid, conversation)
        connection.conversation = conversation

    async def _said(self, conversation: Text) -> list[Message]:
        """The transcript once no turn is under way: so a reply is in it, or still to be sent."""
        agent = self._agent()
        async with agent.lock_store.lock(conversation, wait_time_in_seconds=WAIT_FOR_TURN):
            tracker = await agent.tracker_store.retrieve_full_tracker(conversation)
        if tracker is None:
            return []
        return transcript(tracker.events, self._pack)

    async def _user_uttered(
        self, sid: Text, connection: Connection, data: dict[Text, Any]
    ) -> dict[Text, Any]:
        if connection.conversation is None:
            raise Refused("no_conversation")
        turn, text = data.get("id"), data.get("message")
        if not isinstance(turn, str) or not MESSAGE_ID.fullmatch(turn):
            raise Refused("malformed")
        if not isinstance(text, str) or not text.strip():
            raise Refused("malformed")
        if len(text) > self.settings.longest_message:
            raise Refused("too_long")
        if turn in connection.answering:
            return {"id": turn}
        connection.answering.add(turn)
        try:
            await self._tell_other_tabs(sid, connection, turn, data)
            await self._say(connection.conversation, turn, text, _metadata(data))
        finally:
            connection.answering.discard(turn)
        return {"id": turn}

    async def _tell_other_tabs(
        self, sid: Text, connection: Connection, turn: Text, data: dict[Text, Any]
    ) -> None:
        title = data.get("title")
        shown = title if isinstance(title, str) else data["message"]
        message = {"id": turn, "from": "you", "text": shown, "time": time.time()}
        await self.sio.emit(OTHER_TAB_EVENT, message, room=connection.conversation, skip_sid=sid)

    async def _say(
        self, conversation: Text, turn: Text, text: Text, metadata: dict[Text, Any]
    ) -> None:
        """Has Rasa answer; the safe reply where it fails or says nothing."""
        output = WebsiteOutput(self.sio, self._pack, turn)
        message = UserMessage(
            text,
            output,
            conversation,
            input_channel=self.name(),
            message_id=turn,
            metadata=metadata,
        )
        try:
            await self._on_new_message(message)
        except Exception as error:
            # The type alone: message and traceback could hold what the person wrote.
            logger.error("website: a turn failed with %s", type(error).__name__)
        if not output.sent:
            safe = safe_reply(metadata.get("country"))
            await output.send_response(conversation, {"text": safe})

    async def _forget(
        self, sid: Text, connection: Connection, _: dict[Text, Any]
    ) -> dict[Text, Any]:
        """Deletes the conversation of this connection, for all its tabs."""
        conversation = connection.conversation
        if conversation is None:
            raise Refused("no_conversation")
        agent = self._agent()
        async with agent.lock_store.lock(conversation, wait_time_in_seconds=WAIT_FOR_TURN):
            await forget_conversation(agent.tracker_store, conversation)
        await self.sio.emit("forgotten", {}, room=conversation, skip_sid=sid)
        await self.sio.leave_room(sid, conversation)
        connection.conversation = None
        return {}

    def _agent(self) -> Agent:
        return self._blueprint.ctx.app.ctx.agent
