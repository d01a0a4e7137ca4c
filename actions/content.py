"""How actions read the content pack: one pack per process, loaded at start."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Text

import yaml
from rasa_sdk import Tracker

from myoguide.knowledge import load_pack

PACK = load_pack("data")
DIALOGUE = Path("data") / "dialogue"


def wording(name: Text) -> Any:
    """The content of ``data/dialogue/<name>.yml``."""
    return yaml.safe_load((DIALOGUE / f"{name}.yml").read_text(encoding="utf-8"))[name]


REASONS: dict[Text, Text] = wording("feedback_reasons")
_WORRY = wording("worry")


def _any_of(phrases: Sequence[Text]) -> re.Pattern[Text]:
    """Matches any of the phrases where a word begins."""
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, phrases)) + ")")


_SHOWN_BY, _NOT_BY = _any_of(_WORRY["shown_by"]), _any_of(_WORRY["not_by"])


def answers_from_slots(tracker: Tracker) -> list[Text]:
    """The answer that a button names."""
    answer = f"{tracker.get_slot('topic')}.{tracker.get_slot('aspect')}"
    return [answer] if answer in PACK.answers else []


def text_of(ids: Sequence[Text]) -> Text:
    """The answers one after the other, and one source line for all of them.

    Who asks where it comes from gets every reference of the topic in full instead.
    """
    answers = [PACK.answers[answer] for answer in ids]
    asked = [answer.topic for answer in answers if answer.aspect == "source"]
    if asked:
        cited = [answer for answer in PACK.answers.values() if answer.topic in asked]
        sources = "\n".join(["Sources:", *(f"- {title}" for title in PACK.references(*cited))])
    else:
        sources = PACK.source_line(*answers)
    return "\n\n".join([*(answer.text for answer in answers), sources])


def button(answer: Text) -> dict[Text, Any]:
    """A button that asks for ``answer``."""
    topic, _, aspect = answer.partition(".")
    payload = json.dumps({"topic": topic, "aspect": aspect}, separators=(",", ":"))
    return {"title": PACK.answers[answer].label, "payload": f"/ask{payload}"}


def buttons(answers: Sequence[Text]) -> list[dict[Text, Any]]:
    """A button for each of the answers."""
    return [button(name) for name in answers if name in PACK.answers]


def next_buttons(answer: Text) -> list[dict[Text, Any]]:
    """What is worth asking after ``answer``."""
    return buttons(PACK.answers[answer].next)


def worry_heard(tracker: Tracker) -> Text:
    """One sentence for a message that shows worry, before the fact; else nothing."""
    text = (tracker.latest_message.get("text") or "").lower().replace("\u2019", "'")
    if not _SHOWN_BY.search(_NOT_BY.sub(" ", text)):
        return ""
    turns = sum(event.get("event") == "user" for event in tracker.events)
    return _WORRY["heard"][turns % len(_WORRY["heard"])]
