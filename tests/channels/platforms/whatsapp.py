"""WhatsApp Cloud API: messages, interactive messages, typing, webhooks.

Written from Meta's public documentation of 2026 (Messages API, interactive list and reply buttons
messages, typing indicators, messages webhook reference, business-scoped user ids, error codes).
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from platforms.base import Shown, length
from platforms.graph import VERSION, GraphPlatform, graph_error

NUMBER = "106540352242922"


class WhatsAppPlatform(GraphPlatform):
    """A business number with people who write to it."""

    channel = "whatsapp"

    def __init__(self) -> None:
        super().__init__()
        # Business-scoped ids of those who hide their number.
        self.hidden: dict[str, str] = {}
        self._messages: set[str] = set()

    def environment(self) -> dict[str, str]:
        return {
            "MYOGUIDE_WHATSAPP_APP_SECRET": self.app_secret,
            "MYOGUIDE_WHATSAPP_VERIFY_TOKEN": self.verify_token,
            "MYOGUIDE_WHATSAPP_TOKEN": self.token,
            "MYOGUIDE_WHATSAPP_ADDRESS": self.address,
            "MYOGUIDE_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        }

    def person(self) -> str:
        # 555 is nobody's area, so the number tells no country.
        return f"1555{5_000_000 + next(self._numbers)}"

    def recipient(self, body: dict[str, Any]) -> str:
        return body.get("to") or body["recipient"]

    def person_from(self, country: str | None) -> str:
        person = self.person()
        if country:
            self.hidden[person] = f"{country}.{next(self._numbers)}"
        return person

    def known_as(self, person: str) -> str:
        return self.hidden.get(person, person)

    # --- webhooks

    def entry(self, *messages: dict[str, Any]) -> dict[str, Any]:
        """One webhook; several messages make a batch."""
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234"}],
            "messages": list(messages),
        }
        change = {"value": value, "field": "messages"}
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "102290129340398", "changes": [change]}],
        }

    def message(self, person: str, kind: str, **content: Any) -> dict[str, Any]:
        self.last_written[person] = self.clock()
        number = f"wamid.HBgL{next(self._numbers)}-{time.time_ns()}"
        self._messages.add(number)
        hidden = self.hidden.get(person)
        sender = {"from_user_id": hidden} if hidden else {"from": person}
        return {
            **sender,
            "id": number,
            "timestamp": str(int(time.time())),
            "type": kind,
            **content,
        }

    def text(self, person: str, text: str) -> dict[str, Any]:
        return self.entry(self.message(person, "text", text={"body": text}))

    def pressed(self, person: str, shown: Shown, label: str, payload: str) -> dict[str, Any]:
        title, _, description = label.partition("\n")
        is_list = any("\n" in other for other, _ in shown.buttons) or len(shown.buttons) > 3
        chosen = {"id": payload, "title": title}
        if description:
            chosen["description"] = description
        kind = "list_reply" if is_list else "button_reply"
        interactive = {"type": kind, kind: chosen}
        context = {"from": "15550783881", "id": "wamid.HBgLMTY0NjcwNDM1OTU="}
        return self.entry(
            self.message(person, "interactive", interactive=interactive, context=context)
        )

    def opened(self, person: str) -> dict[str, Any]:
        return self.entry(self.message(person, "request_welcome"))

    # --- API

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"/{VERSION}/{NUMBER}/messages", self._call)]

    async def _call(self, request: web.Request) -> web.Response:
        def accept(body: dict[str, Any]) -> dict[str, Any]:
            self.check_token(request)
            if body.get("messaging_product") != "whatsapp":
                raise graph_error(400, 100, "The parameter messaging_product is required.")
            return self._read(body) if "status" in body else self._accept(body)

        if "status" in await request.json():
            return await self.answer(request, accept)
        return await self.take(request, accept)

    def _read(self, body: dict[str, Any]) -> dict[str, Any]:
        typing = body.get("typing_indicator")
        is_known = body.get("message_id") in self._messages
        if body["status"] != "read" or not is_known or typing not in (None, {"type": "text"}):
            raise graph_error(400, 131009, "Parameter value is not valid")
        self.courtesies.append(("", "read and typing" if typing else "read"))
        return {"success": True}

    def _person_of(self, body: dict[str, Any]) -> str:
        if body.get("to"):
            return body["to"]
        for person, hidden in list(self.hidden.items()):  # others may be added meanwhile
            if body.get("recipient") == hidden:
                return person
        raise graph_error(400, 131026, "Message undeliverable")

    def _accept(self, body: dict[str, Any]) -> dict[str, Any]:
        person = self._person_of(body)
        if person not in self.last_written:
            raise graph_error(400, 131026, "Message undeliverable")
        if not self.is_in_window(person):
            raise graph_error(400, 131047, "Re-engagement message")
        if body.get("type") == "text":
            text = (body.get("text") or {}).get("body", "")
            self._check(text, 4096, "text.body")
            self.show(person, text)
        elif body.get("type") == "interactive":
            interactive = body["interactive"]
            text = (interactive.get("body") or {}).get("text", "")
            self._check(text, 1024, "interactive.body.text")
            kinds = {"button": self._buttons, "list": self._rows}
            if interactive.get("type") not in kinds:
                raise graph_error(400, 131009, "Parameter value is not valid")
            self.show(person, text, kinds[interactive["type"]](interactive["action"]))
        else:
            raise graph_error(400, 131051, "Unsupported message type")
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": person, "wa_id": person}],
            "messages": [{"id": f"wamid.out-{next(self._numbers)}"}],
        }

    def _buttons(self, action: dict[str, Any]) -> list[tuple[str, str]]:
        buttons = action.get("buttons") or []
        if not 1 <= len(buttons) <= 3:
            raise graph_error(400, 131009, "Invalid buttons count. Min 1, max 3 allowed.")
        found = []
        for button in buttons:
            if button.get("type") != "reply":
                raise graph_error(400, 131009, "Parameter value is not valid")
            reply = button["reply"]
            self._check(reply["title"], 20, "button title")
            self._check(reply["id"], 256, "button id")
            found.append((reply["title"], reply["id"]))
        self._check_different([title for title, _ in found])
        self._check_different([key for _, key in found])
        return found

    def _rows(self, action: dict[str, Any]) -> list[tuple[str, str]]:
        self._check(action.get("button", ""), 20, "list button")
        sections = action.get("sections") or []
        rows = [row for section in sections for row in section["rows"]]
        if not 1 <= len(sections) <= 10 or not 1 <= len(rows) <= 10:
            raise graph_error(400, 131009, "Total row count exceed max allowed count: 10")
        if len(sections) > 1 and not all(section.get("title") for section in sections):
            raise graph_error(400, 131009, "Section title is required")
        found = []
        for row in rows:
            self._check(row["title"], 24, "row title")
            self._check(row["id"], 200, "row id")
            description = row.get("description", "")
            if length(description) > 72:
                raise graph_error(400, 131009, "Row description is too long. Max length is 72")
            label = f"{row['title']}\n{description}" if description else row["title"]
            found.append((label, row["id"]))
        self._check_different([key for _, key in found])
        return found

    def _check(self, text: str, longest: int, what: str) -> None:
        if not isinstance(text, str) or not text.strip() or length(text) > longest:
            raise graph_error(400, 131009, f"{what} length invalid. Min 1, max {longest}")

    def _check_different(self, values: list[str]) -> None:
        if len(set(values)) < len(values):
            raise graph_error(400, 131009, "Duplicated values")
