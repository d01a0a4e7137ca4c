"""Fits replies into what a messenger can show: long texts, choices, short labels.

Lengths are in UTF-16 units, which no platform's way of counting exceeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from myoguide.channels.transcript import LEVEL_OF_REPLY

_SENTENCE_END = re.compile(r"[.!?…][\"')\]]*\s+")
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Button:
    """A choice as it is worded, and what it says to the assistant."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """One message of a turn. An emergency is never split."""

    text: str
    buttons: tuple[Button, ...] = ()
    is_emergency: bool = False


def replies(messages: Iterable[Mapping[str, Any]]) -> list[Reply]:
    """What Rasa said in one turn, in the order in which a messenger must show it.

    An emergency comes first. Choices stand below the last message, because the next message takes
    quick replies away and because a typed number means the last choices (`ChoiceReader`).
    """
    said = [_reply(message) for message in messages if (message.get("text") or "").strip()]
    said.sort(key=lambda reply: not reply.is_emergency)
    return choices_last(said)


def choices_last(said: Sequence[Reply]) -> list[Reply]:
    """Moves the choices below the last message."""
    offered = [reply.buttons for reply in said if reply.buttons]
    plain = [replace(reply, buttons=()) for reply in said]
    if offered:
        plain[-1] = replace(plain[-1], buttons=offered[-1])
    return plain


def buttons_of(message: Mapping[str, Any]) -> tuple[Button, ...]:
    """The choices of a message of Rasa's."""
    return tuple(
        Button(str(button["title"]), str(button["payload"]))
        for button in message.get("buttons") or ()
        if button.get("title") and button.get("payload")
    )


def _reply(message: Mapping[str, Any]) -> Reply:
    metadata = {**(message.get("metadata") or {}), **message}
    level = LEVEL_OF_REPLY.get(message.get("utter_action") or "") or metadata.get("level")
    return Reply(message["text"].strip(), buttons_of(message), level == "emergency")


def length(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, longest: int) -> list[str]:
    """Parts of at most ``longest``, broken between paragraphs, lines, sentences or words."""
    parts = []
    rest = text.strip()
    while length(rest) > longest:
        head = _prefix(rest, longest)
        at = _break_of(rest, len(head))
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts


def _prefix(text: str, longest: int) -> str:
    if len(text) > longest:
        text = text[:longest]
    while length(text) > longest:
        text = text[:-1]
    return text


def _break_of(text: str, most: int) -> int:
    """Where to break, at most at ``most``; the later half is preferred, so parts are not tiny."""
    window = text[: most + 1]
    sentences = [match.end() for match in _SENTENCE_END.finditer(window)]
    places = (
        window.rfind("\n\n"),
        window.rfind("\n"),
        sentences[-1] if sentences else -1,
        window.rfind(" "),
    )
    for place in places:
        if most // 2 <= place <= most:
            return place
    later = [place for place in places if 0 < place <= most]
    return max(later, default=most)


def cut(title: str, longest: int) -> str:
    """At most ``longest``, cut after a word and marked so."""
    title = " ".join(title.split())
    if length(title) <= longest:
        return title
    head = _prefix(title, longest - 1)
    whole_word = title[len(head) : len(head) + 1] == " "
    if not whole_word and " " in head:
        head = head[: head.rindex(" ")]
    return head.rstrip(" ,;:.-?!(") + _ELLIPSIS


def numbered(text: str, buttons: Sequence[Button]) -> str:
    """The text with its choices written out below; the number is understood as the choice."""
    choices = "\n".join(f"{number}. {b.title}" for number, b in enumerate(buttons, start=1))
    return f"{text}\n\n{choices}" if buttons else text


def labels(buttons: Sequence[Button], longest: int) -> tuple[list[str], bool]:
    """Labels of at most ``longest``, and whether all say the whole title.

    Where one had to be cut, all begin with their number, so they differ and go with `numbered`.
    """
    if all(length(button.title) <= longest for button in buttons):
        titles = [button.title for button in buttons]
        if len(set(titles)) == len(titles):
            return titles, True
    cuts = [cut(f"{number}. {b.title}", longest) for number, b in enumerate(buttons, start=1)]
    return cuts, False
