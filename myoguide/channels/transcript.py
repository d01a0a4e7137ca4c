"""A conversation as the website shows it, rebuilt from Rasa's tracker or sent as it happens.

Both ways give a message the same id, so a browser that comes back knows what it has already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Text

from rasa.shared.core.events import BotUttered, Event, UserUttered

from myoguide.knowledge import Pack
from myoguide.nlu.payload_guard import DISARMED, PREFIX

# Replies that belong to an escalation although they are not the sign's own.
LEVEL_OF_REPLY = {"utter_emergency_reminder": "emergency"}
# Turns that the channel begins by itself, and payloads that are no message to anybody.
OPENING_TURN = "opening-"
FEEDBACK = "/feedback"
Message = dict[Text, Any]


def reply_id(turn: Text, number: int) -> Text:
    """The id of the ``number``-th reply (from 1) to the message ``turn``."""
    return f"{turn}.{number}"


def reply(message: Mapping[Text, Any], pack: Pack) -> Message:
    """What the browser gets of one bot message: one message, whatever it holds."""
    metadata = {**(message.get("metadata") or {}), **message}
    shown: Message = {"from": "myoguide", "text": (message.get("text") or "").strip()}
    buttons = [
        {"title": str(button["title"]), "payload": str(button["payload"])}
        for button in message.get("buttons") or ()
        if button.get("title") and button.get("payload")
    ]
    if buttons:
        shown["buttons"] = buttons
    for key in ("level", "sign", "summary"):
        if metadata.get(key):
            shown[key] = metadata[key]
    level = LEVEL_OF_REPLY.get(message.get("utter_action") or "")
    if level:
        shown["level"] = level
    _name_sources(shown, metadata.get("answers") or (), pack)
    return shown


def _name_sources(shown: Message, answer_ids: Iterable[Text], pack: Pack) -> None:
    """Moves the source line out of the text, beside its full references."""
    answers = [pack.answers[name] for name in answer_ids if name in pack.answers]
    if not answers:
        return
    shown["answers"] = [answer.name for answer in answers]
    line = pack.source_line(*answers)
    references = dict.fromkeys(ref for answer in answers for ref in pack.references(answer))
    reviewed = min((str(answer.reviewed) for answer in answers if answer.reviewed), default="")
    shown["text"] = shown["text"].removesuffix(line).rstrip()
    shown["source"] = {"line": line, "references": list(references), "reviewed": reviewed}


def transcript(events: Iterable[Event], pack: Pack) -> list[Message]:
    """Everything said, oldest first; a button that was pressed shows its title."""
    shown: list[Message] = []
    titles: dict[Text, Text] = {}
    turn, number = "start", 0
    for event in events:
        if isinstance(event, UserUttered):
            turn, number = event.message_id or turn, 0
            text = (event.text or "").removeprefix(DISARMED)
            if turn.startswith(OPENING_TURN) or text.startswith(FEEDBACK):
                continue
            if text.startswith(PREFIX):
                text = titles.get(text, text)
            shown.append({"id": turn, "from": "you", "text": text, "time": event.timestamp})
        elif isinstance(event, BotUttered):
            number += 1
            message = reply(event.message(), pack)
            for button in message.get("buttons", ()):
                titles[button["payload"]] = button["title"]
            shown.append({**message, "id": reply_id(turn, number), "time": event.timestamp})
    return shown
