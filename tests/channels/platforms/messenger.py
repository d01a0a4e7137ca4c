"""Messenger Platform: Send API, quick replies, sender actions, profile, webhooks.

Written from Meta's public documentation of 2026 (Send API and quick replies references, messages
and messaging_postbacks webhook references, User Profile API, Messenger Profile API, error codes).
Stricter than the platform in one thing: a title of a quick reply beyond 20 characters, which the
platform cuts off, is refused here.
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from platforms.base import Shown, length
from platforms.graph import VERSION, GraphPlatform, graph_error

PAGE = "682498302938465"
ACTIONS = {"mark_seen", "typing_on", "typing_off"}
TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG"}


class MessengerPlatform(GraphPlatform):
    """A page with people who write to it."""

    channel = "messenger"

    def __init__(self) -> None:
        super().__init__()
        self.locales: dict[str, str] = {}
        self.profile: dict[str, Any] = {}
        self.subscribed: list[str] = []

    def environment(self) -> dict[str, str]:
        return {
            "MYOGUIDE_MESSENGER_APP_SECRET": self.app_secret,
            "MYOGUIDE_MESSENGER_VERIFY_TOKEN": self.verify_token,
            "MYOGUIDE_MESSENGER_PAGE_TOKEN": self.token,
            "MYOGUIDE_MESSENGER_ADDRESS": self.address,
        }

    def recipient(self, body: dict[str, Any]) -> str:
        return body["recipient"]["id"]

    def person_from(self, country: str | None) -> str:
        person = self.person()
        if country:
            self.locales[person] = f"es_{country}"
        return person

    # --- webhooks

    def entry(self, *events: dict[str, Any]) -> dict[str, Any]:
        """One webhook; several events make a batch."""
        for event in events:
            self.last_written[event["sender"]["id"]] = self.clock()
        now = int(time.time() * 1000)
        return {
            "object": "page",
            "entry": [{"id": PAGE, "time": now, "messaging": list(events)}],
        }

    def event(self, person: str, **content: Any) -> dict[str, Any]:
        return {
            "sender": {"id": person},
            "recipient": {"id": PAGE},
            "timestamp": int(time.time() * 1000),
            **content,
        }

    def message(self, person: str, **content: Any) -> dict[str, Any]:
        mid = f"m_{next(self._numbers)}-{time.time_ns()}"
        return self.event(person, message={"mid": mid, **content})

    def text(self, person: str, text: str) -> dict[str, Any]:
        return self.entry(self.message(person, text=text))

    def pressed(self, person: str, shown: Shown, label: str, payload: str) -> dict[str, Any]:
        return self.entry(self.message(person, text=label, quick_reply={"payload": payload}))

    def opened(self, person: str) -> dict[str, Any]:
        postback = {
            "mid": f"m_{next(self._numbers)}-{time.time_ns()}",
            "title": "Get started",
            "payload": "GET_STARTED",
        }
        return self.entry(self.event(person, postback=postback))

    # --- API

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"/{VERSION}/me/messages", self._messages),
            web.post(f"/{VERSION}/me/messenger_profile", self._profile),
            web.post(f"/{VERSION}/me/subscribed_apps", self._subscribed),
            web.get(f"/{VERSION}/{{person}}", self._person),
        ]

    async def _messages(self, request: web.Request) -> web.Response:
        def accept(body: dict[str, Any]) -> dict[str, Any]:
            self.check_token(request)
            return self._accept(body)

        if "sender_action" in await request.json():
            return await self.answer(request, accept)
        return await self.take(request, accept)

    def _accept(self, body: dict[str, Any]) -> dict[str, Any]:
        person = (body.get("recipient") or {}).get("id")
        if person not in self.last_written:
            raise graph_error(400, 100, "No matching user found", 2018001)
        action = body.get("sender_action")
        if action:
            if action not in ACTIONS or "message" in body:
                raise graph_error(400, 100, "Invalid sender action", 2018158)
            self.courtesies.append((person, action))
            return {"recipient_id": person}
        if body.get("messaging_type") not in TYPES:
            raise graph_error(400, 100, "Param messaging_type must be one of", 2018199)
        if not self.is_in_window(person):
            raise graph_error(400, 10, "Sent outside of allowed window", 2018278)
        message = body.get("message") or {}
        text = message.get("text")
        if not isinstance(text, str) or not text.strip():
            raise graph_error(400, 100, "Param message[text] must be a non-empty UTF-8 string")
        if length(text) > 2000:
            raise graph_error(400, 100, "Length of param message[text] must be <= 2000")
        replies = message.get("quick_replies", [])
        self._check_quick_replies(replies)
        self.show(person, text, [(reply["title"], reply["payload"]) for reply in replies])
        return {"recipient_id": person, "message_id": f"m_out-{next(self._numbers)}"}

    def _check_quick_replies(self, replies: list[dict[str, Any]]) -> None:
        if len(replies) > 13:
            raise graph_error(400, 100, "Too many quick replies", 2018070)
        for reply in replies:
            title, payload = reply.get("title"), reply.get("payload")
            if reply.get("content_type") != "text" or not title or not payload:
                raise graph_error(400, 100, "Invalid quick reply", 2018071)
            if length(title) > 20 or length(payload) > 1000:
                raise graph_error(400, 100, "Quick reply too long", 2018072)

    async def _person(self, request: web.Request) -> web.Response:
        person = request.match_info["person"]
        self.check_token(request)
        if request.query.get("fields") != "locale" or person not in self.locales:
            error = graph_error(400, 100, "Unsupported get request", 33)
            return web.json_response(error.body, status=400)
        return web.json_response({"locale": self.locales[person], "id": person})

    async def _profile(self, request: web.Request) -> web.Response:
        def accept(body: dict[str, Any]) -> dict[str, Any]:
            self.check_token(request)
            if not 1 <= len(body["get_started"]["payload"]) <= 1000:
                raise graph_error(400, 100, "Invalid get_started")
            self.profile = body
            return {"result": "success"}

        return await self.answer(request, accept)

    async def _subscribed(self, request: web.Request) -> web.Response:
        def accept(body: dict[str, Any]) -> dict[str, Any]:
            self.check_token(request)
            self.subscribed = body["subscribed_fields"]
            return {"success": True}

        return await self.answer(request, accept)
