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


SELF_CHECK = {"title": "Check my symptoms", "payload": "/self_check"}
MOST_BUTTONS = 3  # below an answer
# Replies to what people have besides jerks.
OTHER_COMPLAINTS = ("scope/other_health", "scope/other_neurology")
# What the question model calls a message that names no topic.
OF_THE_CONVERSATION = "context"
# Aspects that say nothing of how someone is or what to do.
GENERAL_ASPECTS = ("definition", "types", "source")
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


def buttons_after(answer: Text, tracker: Tracker) -> list[dict[Text, Any]]:
    """What is worth asking after ``answer``; to who told of symptoms, the self-check first."""
    found = [button(name) for name in PACK.answers[answer].next if name in PACK.answers]
    if _tells(answer) and tracker.get_slot("escalation") in ("none", "routine"):
        return [SELF_CHECK, *found[: MOST_BUTTONS - 1]]
    return found


def is_for_the_crew(ids: Sequence[Text], tracker: Tracker) -> bool:
    """Tell whether more of a story, or another complaint, is told while an emergency stands.

    What it may be otherwise is not said then, nor is it turned away.
    """
    reply = (tracker.latest_message.get("question") or {}).get("reply")
    told = _tells_more(ids, tracker) if ids else reply in OTHER_COMPLAINTS
    return told and tracker.get_slot("escalation") == "emergency"


def asks_of_the_emergency(ids: Sequence[Text], tracker: Tracker) -> bool:
    """Tell whether "is that dangerous?" or "should I sit him up?" is meant of an emergency.

    What is usually harmless must not be said of it; who names a topic gets its answer.
    """
    if tracker.get_slot("escalation") != "emergency" or tracker.get_slot("sign") == "self_harm":
        return False
    about = _meant(tracker) == OF_THE_CONVERSATION
    return about and any(not answer.endswith(GENERAL_ASPECTS) for answer in ids)


def is_said_by_the_card(ids: Sequence[Text], tracker: Tracker) -> bool:
    """Tell whether what is told has just had the urgent reply: no reassurance stands beside it."""
    intent = (tracker.latest_message.get("intent") or {}).get("name")
    return intent == "urgent" and _tells_more(ids, tracker)


def is_told_again(ids: Sequence[Text], tracker: Tracker) -> bool:
    """Tell whether a further line of the same story has the answer that was given last.

    Who asks a question again, or to have the answer repeated, gets it in full.
    """
    said = (event for event in reversed(tracker.events) if event.get("event") == "bot")
    given = ((event.get("metadata") or {}).get("answers") for event in said)
    return _tells_more(ids, tracker) and next(filter(None, given), None) == list(ids)


def _tells_more(ids: Sequence[Text], tracker: Tracker) -> bool:
    """Tell whether a message, and not a button, goes on with a story outside the self-check."""
    meant = _meant(tracker)
    asks = tracker.active_loop_name or not meant or "/" in meant
    return not asks and all(map(_tells, ids))


def _meant(tracker: Tracker) -> Text:
    """What the message by itself is most likely about; nothing for a button."""
    topics = (tracker.latest_message.get("question") or {}).get("topics") or ()
    return topics[0]["name"] if topics else ""


def _tells(answer: Text) -> bool:
    """Tell whether it answers a story rather than a question."""
    return answer.endswith(".self_report")


def worry_heard(tracker: Tracker) -> Text:
    """One sentence for a message that shows worry, before the fact; else nothing."""
    text = (tracker.latest_message.get("text") or "").lower().replace("\u2019", "'")
    if not _SHOWN_BY.search(_NOT_BY.sub(" ", text)):
        return ""
    turns = sum(event.get("event") == "user" for event in tracker.events)
    return _WORRY["heard"][turns % len(_WORRY["heard"])]
