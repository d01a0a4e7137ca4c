"""Telegram, over the Bot API.

Limits of the Bot API: text 4,096 characters; callback data 64 bytes. Only private chats are
answered: what is told here is nobody else's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Text

from sanic.request import Request

from myoguide.channels import countries
from myoguide.channels.client import SHORT_TIMEOUT, Response
from myoguide.channels.delivery import Outcome
from myoguide.channels.messaging import Call, Incoming, MessagingInput, short_payload
from myoguide.channels.opening import COMMANDS
from myoguide.channels.shape import Reply, labels, numbered, split
from myoguide.secret import is_same

LONGEST_TEXT, LONGEST_DATA = 4096, 64
MOST_CHOICES = 100
# Telegram shows so much of a button's label on a narrow phone; it allows more.
LONGEST_LABEL = 40
TOKEN_WAIT = 60.0  # seconds
_COMMAND = re.compile(r"/([A-Za-z]\w*)(?:@\w+)?(?!\S)")
_KINDS = {
    "photo": "picture",
    "voice": "voice",
    "audio": "voice",
    "video": "film",
    "video_note": "film",
    "animation": "film",
    "document": "file",
    "location": "place",
    "venue": "place",
    "sticker": "sticker",
}
# What Telegram itself writes into a chat.
_CONTENT = {*_KINDS, "contact", "poll", "dice", "game", "story", "paid_media", "checklist"}


class TelegramInput(MessagingInput):
    """The channel; ``credentials.yml`` names it by its module path."""

    @classmethod
    def name(cls) -> Text:
        return "telegram"

    def is_genuine(self, request: Request) -> bool:
        assert self.account is not None
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        return is_same(given, self.account["secret"])

    # --- coming in

    def events(self, webhook: dict[Text, Any]) -> Iterable[dict[Text, Any]]:
        yield webhook  # Telegram's bring one each

    def read(self, event: dict[Text, Any]) -> Incoming | None:
        update = str(event["update_id"])
        query = event.get("callback_query")
        message, edited = event.get("message"), event.get("edited_message")
        if query:
            return _pressed(update, query)
        if message:
            return _written(update, message)
        if edited:
            # What was mended may be what matters, so words are read as a new message. The rest was
            # answered before, and a place that is shared while somebody moves is edited all along.
            words = {name: value for name, value in edited.items() if name not in _CONTENT}
            return _written(update, words)
        return None

    async def country(self, incoming: Incoming) -> Text | None:
        return countries.of_locale(incoming.more.get("language"))

    async def show_typing(self, incoming: Incoming) -> None:
        query = incoming.more.get("query")
        if query:
            await self._call("answerCallbackQuery", {"callback_query_id": query}, short=True)
        body = {"chat_id": incoming.more["chat"], "action": "typing"}
        await self._call("sendChatAction", body, short=True)

    # --- going out

    def calls(self, incoming: Incoming, said: Sequence[Reply]) -> list[Call]:
        return [
            {"chat_id": incoming.more["chat"], **message}
            for reply in said
            for message in messages(reply)
        ]

    async def send(self, call: Call) -> Outcome:
        found = outcome(await self._call("sendMessage", call))
        if found.is_sent or found.again or "reply_markup" not in call:
            return found
        # Better without its buttons than not at all.
        bare = {name: value for name, value in call.items() if name != "reply_markup"}
        return outcome(await self._call("sendMessage", bare))

    async def _call(self, method: Text, body: dict[Text, Any], short: bool = False) -> Response:
        assert self.account is not None
        url = f"{self.account['address']}/bot{self.account['token']}/{method}"
        if short:
            return await self.client.call("POST", url, body, SHORT_TIMEOUT)
        return await self.client.call("POST", url, body)


def _written(update: Text, message: dict[Text, Any]) -> Incoming | None:
    """A message; None for groups, bots and what Telegram itself writes."""
    sender, chat = message.get("from") or {}, message["chat"]
    if chat.get("type") != "private" or sender.get("is_bot"):
        return None
    text = (message.get("text") or message.get("caption") or "").strip()
    found = [kind for kind in message if kind in _CONTENT]
    if not text and not found:
        return None
    return Incoming(
        id=update,
        sender=str(sender["id"]),
        order=float(update),
        text=_command(text),
        unreadable=_KINDS.get(found[0], "other") if found else "",
        more={"chat": chat["id"], "language": sender.get("language_code")},
    )


def _pressed(update: Text, query: dict[Text, Any]) -> Incoming | None:
    """A button; its message tells what stands on it."""
    sender, message = query["from"], query.get("message") or {}
    chat = message.get("chat") or {"id": sender["id"], "type": "private"}
    data = query.get("data")
    if chat.get("type") != "private" or not data:
        return None
    keyboard = (message.get("reply_markup") or {}).get("inline_keyboard") or ()
    words = [button["text"] for row in keyboard for button in row]
    pressed = [b["text"] for row in keyboard for b in row if b.get("callback_data") == data]
    return Incoming(
        id=update,
        sender=str(sender["id"]),
        order=float(update),
        text=_without_number(pressed[0], words) if pressed else "",
        payload=data,
        more={"chat": chat["id"], "language": sender.get("language_code"), "query": query["id"]},
    )


def _without_number(label: Text, labels: Sequence[Text]) -> Text:
    """The words of a label; numbers stand before all labels or none."""
    if all(text.startswith(f"{number}. ") for number, text in enumerate(labels, start=1)):
        return label.partition(". ")[2]
    return label


def _command(text: Text) -> Text:
    """What a command says, one of the menu's or any other; other text is as it was written."""
    command = _COMMAND.match(text)
    if command is None:
        return text
    name, behind = command[1].lower(), text[command.end() :].split()
    # A link to the bot may put one word behind "start", which nobody wrote.
    if name in COMMANDS and (not behind or (name == "start" and len(behind) == 1)):
        return COMMANDS[name]
    return " ".join([name.replace("_", " "), *behind])


def messages(reply: Reply) -> list[dict[Text, Any]]:
    """The reply as ``sendMessage`` takes it; its choices are an inline keyboard, one a row."""
    text, shown = reply.text, reply.buttons[:MOST_CHOICES]
    titles, are_whole = labels(shown, LONGEST_LABEL)
    if not are_whole or len(reply.buttons) > len(shown):
        text = numbered(text, reply.buttons)
    parts = [reply.text] if reply.is_emergency else split(text, LONGEST_TEXT)
    result: list[dict[Text, Any]] = [
        {"text": part, "link_preview_options": {"is_disabled": True}} for part in parts
    ]
    if shown:
        rows = [
            [{"text": title, "callback_data": short_payload(button.payload, LONGEST_DATA)}]
            for title, button in zip(titles, shown, strict=True)
        ]
        result[-1]["reply_markup"] = {"inline_keyboard": rows}
    return result


def outcome(reply: Response) -> Outcome:
    """What an answer of the Bot API means."""
    reason = reply.failure or f"status {reply.status}"
    if reply.status == 200 and reply.body.get("ok") is True:
        return Outcome(is_sent=True)
    if reply.status in (401, 404):
        return Outcome(again=True, after=TOKEN_WAIT, reason=f"{reason}: renew the token")
    if reply.status in (0, 408, 429) or reply.status >= 500:
        after = (reply.body.get("parameters") or {}).get("retry_after") or reply.retry_after
        return Outcome(again=True, after=float(after), reason=reason)
    return Outcome(reason=reason)
