"""How actions read the content pack: one pack per process, loaded at start."""

from __future__ import annotations

import json
from typing import Any, Sequence, Text

from rasa_sdk import Tracker

from myoguide.knowledge import load_pack

PACK = load_pack("data")


def answers_from_slots(tracker: Tracker) -> list[Text]:
    """The answer that a button names."""
    answer = f"{tracker.get_slot('topic')}.{tracker.get_slot('aspect')}"
    return [answer] if answer in PACK.answers else []


def text_of(ids: Sequence[Text]) -> Text:
    """The answers one after the other, and one source line for all of them."""
    answers = [PACK.answers[answer] for answer in ids]
    return "\n\n".join([*(answer.text for answer in answers), PACK.source_line(*answers)])


def button(answer: Text) -> dict[Text, Any]:
    """A button that asks for ``answer``."""
    topic, _, aspect = answer.partition(".")
    payload = json.dumps({"topic": topic, "aspect": aspect}, separators=(",", ":"))
    return {"title": PACK.answers[answer].label, "payload": f"/ask{payload}"}


def next_buttons(answer: Text) -> list[dict[Text, Any]]:
    """What is worth asking after ``answer``."""
    return [button(name) for name in PACK.answers[answer].next if name in PACK.answers]
