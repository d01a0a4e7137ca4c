"""WhatsApp, over Meta's Cloud API.

Limits as of Graph API v25.0: text 4,096 characters; text above choices 1,024; 3 buttons of 20
characters, or a list of 10 rows of 24 characters with descriptions of 72; a reply is taken within
24 hours of the person's last message.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from typing import Any, Text

from myoguide.channels import countries
from myoguide.channels.client import SHORT_TIMEOUT
from myoguide.channels.delivery import Outcome
from myoguide.channels.graph import GraphInput
from myoguide.channels.messaging import Call, Incoming, short_payload
from myoguide.channels.opening import OPENING, wording
from myoguide.channels.shape import Button, Reply, cut, labels, length, numbered, split

logger = logging.getLogger(__name__)

LONGEST_TEXT, LONGEST_BODY = 4096, 1024
MOST_BUTTONS, LONGEST_BUTTON, LONGEST_BUTTON_ID = 3, 20, 256
MOST_ROWS, LONGEST_ROW, LONGEST_DESCRIPTION, LONGEST_ROW_ID = 10, 24, 72, 200
_NUMBER = re.compile(r"^\d{1,2}\. ")  # as `labels` puts it before a title
_KINDS = {
    "image": "picture",
    "audio": "voice",
    "video": "film",
    "document": "file",
    "location": "place",
    "sticker": "sticker",
    "contacts": "other",
    "order": "other",
    "unsupported": "other",
}


class WhatsAppInput(GraphInput):
    """The channel; ``credentials.yml`` names it by its module path."""

    @classmethod
    def name(cls) -> Text:
        return "whatsapp"

    @property
    def token(self) -> Text:
        assert self.account is not None
        return self.account["token"]

    @property
    def _edge(self) -> Text:
        assert self.account is not None
        return f"{self.account['phone_number_id']}/messages"

    # --- coming in

    def events(self, webhook: dict[Text, Any]) -> Iterable[dict[Text, Any]]:
        if webhook.get("object") != "whatsapp_business_account":
            return
        assert self.account is not None
        for entry in webhook.get("entry") or ():
            for change in entry.get("changes") or ():
                value = change.get("value") or {}
                number = (value.get("metadata") or {}).get("phone_number_id")
                if change.get("field") != "messages" or number != self.account["phone_number_id"]:
                    continue
                _log_failures(value.get("statuses") or ())
                yield from value.get("messages") or ()

    def read(self, event: dict[Text, Any]) -> Incoming | None:
        return _incoming(event)

    async def country(self, incoming: Incoming) -> Text | None:
        """From the person's id, which begins with it, else from the number's prefix."""
        prefix, dot, _ = incoming.sender.partition(".")
        if dot and len(prefix) == 2 and prefix.isalpha():
            return prefix.upper()
        return countries.of_phone(incoming.more.get("to") or incoming.sender)

    async def show_typing(self, incoming: Incoming) -> None:
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": incoming.id,
            "typing_indicator": {"type": "text"},
        }
        await self.client.call("POST", self.url(self._edge), body, SHORT_TIMEOUT)

    # --- going out

    def calls(self, incoming: Incoming, said: Sequence[Reply]) -> list[Call]:
        # Who hides the number is reached by the id alone.
        to = incoming.more.get("to")
        address = {"to": to} if to else {"recipient": incoming.sender}
        head = {"messaging_product": "whatsapp", "recipient_type": "individual", **address}
        return [{**head, **message} for reply in said for message in messages(reply)]

    async def send(self, call: Call) -> Outcome:
        outcome = await self.post(self._edge, call)
        if outcome.is_sent or outcome.again or call["type"] != "interactive":
            return outcome
        # Better without its buttons than not at all.
        head = {name: value for name, value in call.items() if name not in ("type", "interactive")}
        bare = _text(written_out(call["interactive"]))
        return await self.post(self._edge, {**head, **bare})


def _incoming(message: dict[Text, Any]) -> Incoming | None:
    """One message; None for reactions, groups, and what WhatsApp itself writes."""
    kind = message.get("type")
    phone, user = message.get("from"), message.get("from_user_id")
    if not (phone or user) or message.get("group_id"):
        return None
    text, payload = "", ""
    if kind == "text":
        text = message["text"]["body"]
    elif kind == "interactive":
        chosen = message["interactive"]
        chosen = chosen.get("list_reply") or chosen.get("button_reply") or {}
        text, payload = _words(chosen), chosen.get("id", "")
    elif kind == "button":
        text, payload = message["button"].get("text", ""), message["button"].get("payload", "")
    elif kind == "request_welcome":
        payload = OPENING
    elif kind in _KINDS:
        content = message.get(kind)
        text = content.get("caption", "") if isinstance(content, dict) else ""
    else:
        return None
    return Incoming(
        id=message["id"],
        sender=user or phone,
        order=float(message.get("timestamp") or 0),
        text=text.strip(),
        payload=payload,
        unreadable=_KINDS.get(kind, ""),
        more={"to": phone} if phone else {},
    )


def _log_failures(statuses: Iterable[dict[Text, Any]]) -> None:
    """WhatsApp tells some failures only afterwards."""
    for status in statuses:
        for error in status.get("errors") or ():
            logger.error("whatsapp: a message was not delivered (code %s)", error.get("code"))


def messages(reply: Reply) -> list[dict[Text, Any]]:
    """The reply as the Cloud API takes it: buttons where they fit, else a list, else numbers."""
    choices = reply.buttons
    if len(choices) > MOST_ROWS:
        return [_text(part) for part in _parts(reply, numbered(reply.text, choices), LONGEST_TEXT)]
    if not choices:
        return [_text(part) for part in _parts(reply, reply.text, LONGEST_TEXT)]
    *before, last = _parts(reply, reply.text, LONGEST_BODY)
    titles, are_whole = labels(choices, LONGEST_BUTTON)
    if are_whole and len(choices) <= MOST_BUTTONS:
        action = _buttons(choices, titles)
    else:
        action = _list(choices)
    return [*map(_text, before), {"type": "interactive", "interactive": _with_body(action, last)}]


def _parts(reply: Reply, text: Text, longest: int) -> list[Text]:
    return [reply.text] if reply.is_emergency else split(text, longest)


def _text(text: Text) -> dict[Text, Any]:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _with_body(action: dict[Text, Any], text: Text) -> dict[Text, Any]:
    return {"type": action["type"], "body": {"text": text}, "action": action["action"]}


def _buttons(choices: Sequence[Button], titles: Sequence[Text]) -> dict[Text, Any]:
    shown = [
        {
            "type": "reply",
            "reply": {"id": short_payload(b.payload, LONGEST_BUTTON_ID), "title": title},
        }
        for title, b in zip(titles, choices, strict=True)
    ]
    return {"type": "button", "action": {"buttons": shown}}


def _list(choices: Sequence[Button]) -> dict[Text, Any]:
    titles, _ = labels(choices, LONGEST_ROW)
    rows = []
    for title, button in zip(titles, choices, strict=True):
        row = {"id": short_payload(button.payload, LONGEST_ROW_ID), "title": title}
        if not title.endswith(button.title):
            row["description"] = cut(button.title, LONGEST_DESCRIPTION)
        rows.append(row)
    return {"type": "list", "action": {"button": wording()["choose"], "sections": [{"rows": rows}]}}


def _words(row: dict[Text, Any]) -> Text:
    """The whole title of a row or button; what was cut stands in the description."""
    return row.get("description") or _NUMBER.sub("", row.get("title") or "")


def written_out(interactive: dict[Text, Any]) -> Text:
    """An interactive message as text, its choices with their numbers."""
    action = interactive["action"]
    if interactive["type"] == "button":
        titles = [button["reply"]["title"] for button in action["buttons"]]
    else:
        rows = [row for section in action["sections"] for row in section["rows"]]
        titles = [_words(row) for row in rows]
    text = numbered(interactive["body"]["text"], [Button(title, "") for title in titles])
    return text if length(text) <= LONGEST_TEXT else interactive["body"]["text"]
