"""Telegram's Bot API: sendMessage, chat actions, callback queries, webhooks.

Written from core.telegram.org/bots/api and /bots/faq (message limits).
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Any

from aiohttp import web

from platforms.base import Fault, Platform, Refused, Shown, length

ACTIONS = {"typing", "upload_photo", "record_voice", "upload_document", "find_location"}


def refusal(status: int, description: str, **parameters: Any) -> Refused:
    """An unsuccessful request as the documentation has it."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return Refused(status, body)


class TelegramPlatform(Platform):
    """A bot with people who write to it. ``per_second``: messages it may send, if limited."""

    channel = "telegram"
    token = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
    secret = "secret_token-of-the-test"

    def __init__(self) -> None:
        super().__init__()
        self.languages: dict[str, str] = {}
        self.blocked: set[str] = set()
        # Calls for those who have blocked the bot.
        self.turned_away: list[dict[str, Any]] = []
        self.per_second: int | None = None
        self.webhook: dict[str, Any] = {}
        self.commands: list[dict[str, str]] = []
        self._queries: set[str] = set()
        self._taken: deque[float] = deque()

    def environment(self) -> dict[str, str]:
        return {
            "MYOGUIDE_TELEGRAM_TOKEN": self.token,
            "MYOGUIDE_TELEGRAM_SECRET": self.secret,
            "MYOGUIDE_TELEGRAM_ADDRESS": self.address,
        }

    def signed(self, body: bytes) -> dict[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": self.secret}

    def error(self, status: int) -> Fault:
        parameters = {"retry_after": 1} if status == 429 else {}
        return Fault(status, refusal(status, "Try again", **parameters).body)

    def recipient(self, body: dict[str, Any]) -> str:
        return str(body["chat_id"])

    def person_from(self, country: str | None) -> str:
        person = self.person()
        if country:
            self.languages[person] = f"es-{country.lower()}"
        return person

    # --- webhooks

    def user(self, person: str) -> dict[str, Any]:
        user = {"id": int(person), "is_bot": False, "first_name": "Ada", "username": "ada"}
        if person in self.languages:
            user["language_code"] = self.languages[person]
        return user

    def update(self, **content: Any) -> dict[str, Any]:
        return {"update_id": 10_000 + next(self._numbers), **content}

    def message(self, person: str, **content: Any) -> dict[str, Any]:
        self.last_written[person] = self.clock()
        return {
            "message_id": next(self._numbers),
            "from": self.user(person),
            "chat": {"id": int(person), "first_name": "Ada", "type": "private"},
            "date": int(time.time()),
            **content,
        }

    def text(self, person: str, text: str) -> dict[str, Any]:
        content: dict[str, Any] = {"text": text}
        command = re.match(r"/\w+", text)
        if command:
            entity = {"offset": 0, "length": command.end(), "type": "bot_command"}
            content["entities"] = [entity]
        return self.update(message=self.message(person, **content))

    def pressed(self, person: str, shown: Shown, label: str, payload: str) -> dict[str, Any]:
        query = f"4382bfdwdsb323b2d9-{next(self._numbers)}"
        self._queries.add(query)
        rows = [[{"text": t, "callback_data": data}] for t, data in shown.buttons]
        message = {
            **self.message(person, text=shown.text),
            "from": {"id": 123456, "is_bot": True, "first_name": "Myoguide"},
            "reply_markup": {"inline_keyboard": rows},
        }
        return self.update(
            callback_query={
                "id": query,
                "from": self.user(person),
                "message": message,
                "chat_instance": "1111",
                "data": payload,
            }
        )

    def opened(self, person: str) -> dict[str, Any]:
        return self.text(person, "/start")

    # --- API

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/bot{token}/{method}", self._method)]

    async def _method(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            refused = refusal(401, "Unauthorized")
            return web.json_response(refused.body, status=401)
        method = request.match_info["method"]
        if method == "sendMessage":
            return await self.take(request, self._send_message)
        known = {
            "sendChatAction": self._send_chat_action,
            "answerCallbackQuery": self._answer_callback_query,
            "setWebhook": self._set_webhook,
            "setMyCommands": self._set_my_commands,
        }
        if method not in known:
            return web.json_response(refusal(404, "Not Found").body, status=404)
        return await self.answer(request, known[method])

    def _chat(self, body: dict[str, Any]) -> str:
        person = str(body.get("chat_id"))
        if person in self.blocked:
            self.turned_away.append(body)
            raise refusal(403, "Forbidden: bot was blocked by the user")
        if person not in self.last_written:
            raise refusal(400, "Bad Request: chat not found")
        return person

    def _send_message(self, body: dict[str, Any]) -> dict[str, Any]:
        person = self._chat(body)
        text = body.get("text")
        if not isinstance(text, str) or not text.strip():
            raise refusal(400, "Bad Request: message text is empty")
        if length(text) > 4096:
            raise refusal(400, "Bad Request: message is too long")
        self._limit_rate()
        buttons = []
        for row in (body.get("reply_markup") or {}).get("inline_keyboard", []):
            for button in row:
                data = button.get("callback_data", "")
                if not button.get("text"):
                    raise refusal(400, "Bad Request: button text is empty")
                if not 1 <= len(data.encode()) <= 64:
                    raise refusal(400, "Bad Request: BUTTON_DATA_INVALID")
                buttons.append((button["text"], data))
        if len(buttons) > 100:
            raise refusal(400, "Bad Request: reply markup is too long")
        self.show(person, text, buttons)
        return {"ok": True, "result": {"message_id": next(self._numbers), "text": text}}

    def _limit_rate(self) -> None:
        if self.per_second is None:
            return
        now = time.monotonic()
        while self._taken and now - self._taken[0] > 1:
            self._taken.popleft()
        if len(self._taken) >= self.per_second:
            raise refusal(429, "Too Many Requests: retry after 1", retry_after=1)
        self._taken.append(now)

    def _send_chat_action(self, body: dict[str, Any]) -> dict[str, Any]:
        person = self._chat(body)
        if body.get("action") not in ACTIONS:
            raise refusal(400, "Bad Request: wrong parameter action in request")
        self.courtesies.append((person, body["action"]))
        return {"ok": True, "result": True}

    def _answer_callback_query(self, body: dict[str, Any]) -> dict[str, Any]:
        query = body.get("callback_query_id")
        if query not in self._queries:
            raise refusal(400, "Bad Request: query is too old or query ID is invalid")
        self._queries.discard(query)
        self.courtesies.append(("", "answered"))
        return {"ok": True, "result": True}

    def _set_webhook(self, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("url", "").startswith("https://"):
            raise refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", body.get("secret_token", "")):
            raise refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = body
        return {"ok": True, "result": True, "description": "Webhook was set"}

    def _set_my_commands(self, body: dict[str, Any]) -> dict[str, Any]:
        for command in body["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise refusal(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= length(command["description"]) <= 256:
                raise refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = body["commands"]
        return {"ok": True, "result": True}
