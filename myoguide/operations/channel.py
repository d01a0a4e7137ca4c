"""``/health/live``, ``/health/ready`` and ``/metrics`` on Rasa's server; request ids; the stop.

It is a channel in ``credentials.yml`` that takes no messages, since that is how Rasa lets others
add routes, with `make run` as with ``rasa run``. How to use it: ``docs/operations.md``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Optional, Text

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from myoguide import action_server, actions_here
from myoguide.operations import logs, metrics
from myoguide.operations.garbage import settle
from myoguide.operations.readiness import READY, Readiness
from myoguide.operations.stop import DEFAULT_STOP, stop_seconds
from myoguide.operations.turns import REQUEST_ID, WATCH, request_id, watch

logger = logging.getLogger(__name__)

# No turn began or ended for so long: nothing is under way any more; seconds.
QUIET = 0.2
REQUEST_ID_HEADER = "X-Request-ID"
# What a proxy makes up. Anything else could be somebody's name, and is not taken over.
GIVEN_ID = re.compile(r"[0-9a-fA-F-]{8,64}")
# A socket's packets share one request for as long as the chat is open.
SOCKET = "/socket.io"
NOT_STORED = {"Cache-Control": "no-store"}


class OperationsInput(InputChannel):
    """What runs the server asks here how it is."""

    @classmethod
    def name(cls) -> Text:
        return "operations"

    @classmethod
    def from_credentials(cls, credentials: Optional[dict[Text, Any]]) -> InputChannel:
        logs.from_environment(request_id)
        return cls(stop_seconds())

    def __init__(self, stop: float = DEFAULT_STOP) -> None:
        self._stop = stop
        self.readiness = Readiness()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        return _Blueprint(self)

    def set_up(self, app: Sanic) -> None:
        """The routes, and what holds for every route of the server."""
        app.add_route(self._live, "/health/live", name="live")
        app.add_route(self._ready, "/health/ready", name="ready")
        app.add_route(self._metrics, "/metrics", name="metrics")
        app.register_middleware(_take_request_id, "request")
        app.register_middleware(_answer_request_id, "response")
        app.register_listener(self._started, "before_server_start")
        app.register_listener(lambda *_: settle(), "after_server_start")
        app.register_listener(self._finish_turns, "before_server_stop")
        # Sanic waits again, for answers on their way out.
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = min(5.0, self._stop)

    async def _started(self, app: Sanic, _: Any) -> None:
        action_server.guard()  # inside of what is watched
        if not os.environ["MYOGUIDE_ACTIONS_URL"]:
            actions_here.executor()  # so that the first person does not wait
        watch(frozenset(channel.name() for channel in app.ctx.input_channels))
        logging.getLogger().addHandler(metrics.CountLines())

    async def _live(self, request: Request) -> HTTPResponse:
        """The event loop turns. Nothing else: a restart mends nothing else."""
        return json({"status": "alive"}, headers=NOT_STORED)

    async def _ready(self, request: Request) -> HTTPResponse:
        state = await self.readiness.state(getattr(request.app.ctx, "agent", None))
        return json({"status": state}, 200 if state == READY else 503, headers=NOT_STORED)

    async def _metrics(self, request: Request) -> HTTPResponse:
        if not metrics.is_offered():
            return empty(404)
        if not metrics.may_read(request.headers.get("authorization", "")):
            return empty(401, {"WWW-Authenticate": "Bearer"})
        return raw(metrics.exposed(), content_type=metrics.CONTENT_TYPE, headers=NOT_STORED)

    async def _finish_turns(self, app: Sanic, _: Any) -> None:
        """Before the server closes: what was begun is answered; whoever comes is sent elsewhere."""
        self.readiness.is_stopping = True
        began = time.monotonic()
        logger.info("stopping: %d messages are being answered", WATCH.in_progress)
        quiet_since = began
        while time.monotonic() - began < self._stop:
            if WATCH.in_progress:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since >= QUIET:
                break
            await asyncio.sleep(0.02)
        if WATCH.in_progress:
            logger.warning(
                "stopping after %.0f s with %d messages unanswered", self._stop, WATCH.in_progress
            )


class _Blueprint(Blueprint):
    """Nothing but the way to the whole server: Rasa's channels are blueprints."""

    def __init__(self, channel: OperationsInput) -> None:
        super().__init__("operations")
        self.ctx.channel = channel

    def register(self, app: Sanic, options: dict[Text, Any]) -> None:
        super().register(app, options)
        self.ctx.channel.set_up(app)


async def _take_request_id(request: Request) -> None:
    if request.path.startswith(SOCKET):
        REQUEST_ID.set(None)
        return
    given = request.headers.get(REQUEST_ID_HEADER, "")
    REQUEST_ID.set(given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)


async def _answer_request_id(request: Request, response: HTTPResponse) -> None:
    found = REQUEST_ID.get()
    if found is not None and response is not None:
        response.headers[REQUEST_ID_HEADER] = found
    if response is not None:
        metrics.RESPONSES.labels(f"{response.status // 100}xx").inc()
