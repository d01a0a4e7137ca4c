"""Facebook Messenger, over Meta's Messenger Platform.

Limits as of Graph API v25.0: text 2,000 characters; 13 quick replies with titles of 20 and payloads
of 1,000 characters; a reply is taken within 24 hours of the person's last message.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Text

from myoguide.channels import countries
from myoguide.channels.client import SHORT_TIMEOUT
from myoguide.channels.delivery import Outcome
from myoguide.channels.graph import GraphInput
from myoguide.channels.messaging import Call, Incoming, short_payload
from myoguide.channels.opening import GET_STARTED, OPENING
from myoguide.channels.shape import Reply, cut, labels, numbered, split

LONGEST_TEXT = 2000
MOST_CHOICES, LONGEST_TITLE, LONGEST_PAYLOAD = 13, 20, 1000
_ATTACHMENTS = {
    "image": "picture",
    "audio": "voice",
    "video": "film",
    "reel": "film",
    "ig_reel": "film",
    "file": "file",
    "location": "place",
    "sticker": "sticker",
}
# Stands in a quick reply's payload between what it says to the assistant and its words.
_WORDS = "\n"
# Countries are kept in memory for so many people; the longest silent is asked for again.
_REMEMBERED = 10_000


class MessengerInput(GraphInput):
    """The channel; ``credentials.yml`` names it by its module path."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._countries: OrderedDict[Text, Text | None] = OrderedDict()

    @classmethod
    def name(cls) -> Text:
        return "messenger"

    @property
    def token(self) -> Text:
        assert self.account is not None
        return self.account["page_token"]

    # --- coming in

    def events(self, webhook: dict[Text, Any]) -> Iterable[dict[Text, Any]]:
        if webhook.get("object") != "page":
            return
        for entry in webhook.get("entry") or ():
            # "standby" is a copy of what another app answers, so it is passed over.
            yield from entry.get("messaging") or ()

    def read(self, event: dict[Text, Any]) -> Incoming | None:
        sender = (event.get("sender") or {}).get("id")
        return _incoming(event, str(sender)) if sender else None

    async def country(self, incoming: Incoming) -> Text | None:
        """From the locale of the profile, asked for once; needs ``pages_user_locale``."""
        person = self.person(incoming.sender)
        if person not in self._countries:
            reply = await self.client.call(
                "GET", self.url(f"{incoming.sender}?fields=locale"), timeout=SHORT_TIMEOUT
            )
            if reply.status != 200:
                # Not allowed (4xx) will not change soon; a failure may.
                if 400 <= reply.status < 500 and reply.status != 429:
                    self._remember(person, None)
                return None
            self._remember(person, countries.of_locale(reply.body.get("locale")))
        self._countries.move_to_end(person)
        return self._countries[person]

    def _remember(self, person: Text, country: Text | None) -> None:
        self._countries[person] = country
        if len(self._countries) > _REMEMBERED:
            self._countries.popitem(last=False)

    async def show_typing(self, incoming: Incoming) -> None:
        for action in ("mark_seen", "typing_on"):
            body = {"recipient": {"id": incoming.sender}, "sender_action": action}
            await self.client.call("POST", self.url("me/messages"), body, SHORT_TIMEOUT)

    # --- going out

    def calls(self, incoming: Incoming, said: Sequence[Reply]) -> list[Call]:
        return [
            {"recipient": {"id": incoming.sender}, "messaging_type": "RESPONSE", "message": message}
            for reply in said
            for message in messages(reply)
        ]

    async def send(self, call: Call) -> Outcome:
        outcome = await self.post("me/messages", call)
        if outcome.is_sent or outcome.again or "quick_replies" not in call["message"]:
            return outcome
        # Better without its buttons than not at all.
        bare = {**call, "message": {"text": call["message"]["text"]}}
        return await self.post("me/messages", bare)


def _incoming(event: dict[Text, Any], sender: Text) -> Incoming | None:
    """One event of ``messaging``; None for receipts, echoes, reactions and the like."""
    order = float(event.get("timestamp") or 0)
    message, postback = event.get("message"), event.get("postback")
    edit = event.get("message_edit")
    if message and not message.get("is_echo") and not message.get("is_deleted"):
        payload, _, words = str((message.get("quick_reply") or {}).get("payload") or "").partition(
            _WORDS
        )
        return Incoming(
            id=str(message["mid"]),
            sender=sender,
            order=order,
            text=(words or message.get("text") or "").strip(),
            payload=payload,
            unreadable=_unreadable(message),
        )
    if postback:
        # Older postbacks have no id of their own.
        told = f"{sender}:{event.get('timestamp')}:{postback.get('payload')}"
        payload = str(postback.get("payload") or "")
        return Incoming(
            id=str(postback.get("mid") or hashlib.sha256(told.encode()).hexdigest()),
            sender=sender,
            order=order,
            text=str(postback.get("title") or "").strip(),
            payload=OPENING if payload == GET_STARTED else payload,
        )
    if edit and (edit.get("text") or "").strip():
        # What was mended may be what matters, so it is read as a new message.
        number = f"{edit['mid']}:{edit.get('num_edit')}"
        return Incoming(id=number, sender=sender, order=order, text=edit["text"].strip())
    return None


def _unreadable(message: dict[Text, Any]) -> Text:
    attachments = message.get("attachments") or ()
    if not attachments and not message.get("text"):
        return "other"
    for attachment in attachments:
        if attachment.get("type") == "fallback" and message.get("text"):
            continue  # the preview of a link in the text
        payload = attachment.get("payload") or {}
        if isinstance(payload, dict) and payload.get("sticker_id"):
            return "sticker"
        return _ATTACHMENTS.get(str(attachment.get("type")), "other")
    return ""


def messages(reply: Reply) -> list[dict[Text, Any]]:
    """The reply as messages of the Send API; its choices are quick replies below the last."""
    text, shown = reply.text, reply.buttons[:MOST_CHOICES]
    titles, are_whole = labels(shown, LONGEST_TITLE)
    if not are_whole or len(reply.buttons) > len(shown):
        text = numbered(text, reply.buttons)
    parts = [reply.text] if reply.is_emergency else split(text, LONGEST_TEXT)
    result: list[dict[Text, Any]] = [{"text": part} for part in parts]
    if shown:
        result[-1]["quick_replies"] = [
            {
                "content_type": "text",
                "title": title,
                # With its words, which the title may not hold: a choice may be made days later.
                "payload": short_payload(button.payload, LONGEST_PAYLOAD // 2)
                + _WORDS
                + cut(button.title, LONGEST_PAYLOAD // 4),
            }
            for title, button in zip(titles, shown, strict=True)
        ]
    return result
