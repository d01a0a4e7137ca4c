"""The page for the doctor as a pure function of the conversation's events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Text

from actions import content
from myoguide.safety.self_check import UNKNOWN, Step, load_self_check

WORDING = content.wording("summary_page")
# Longer messages are not quoted; characters.
_LONGEST_QUOTE = 160
_MOST_QUOTES = 6
_MOST_QUESTIONS = 6


@dataclass
class Told:
    """What the person told: answers and the words for them by step, and other messages of note."""

    answers: dict[Text, Text] = field(default_factory=dict)
    words: dict[Text, Text] = field(default_factory=dict)
    quotes: list[Text] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.answers or self.quotes)


def page(events: Sequence[Mapping[Text, Any]], outcome: Text | None) -> Text | None:
    """Plain text, or None if nothing was told."""
    told = _told(events)
    if not told:
        return None
    check = load_self_check()
    row = check.outcomes.get(outcome or "")
    parts = [
        f"{WORDING['title']}\n{WORDING['from'].format(date=f'{dt.date.today():%d.%m.%Y}')}",
        "\n".join(_lines(check.steps, told)),
        "\n".join(_signs(check.steps, told)),
    ]
    if told.quotes:
        quoted = (f'- "{quote}"' for quote in told.quotes[-_MOST_QUOTES:])
        parts.append("\n".join([WORDING["own_words"], *quoted]))
    if row:
        parts.append(WORDING["advice"].format(because=row.because))
    questions = [*(row.ask if row else ()), *WORDING["ask"]][:_MOST_QUESTIONS]
    parts.append("\n".join([WORDING["questions"], *(f"- {question}" for question in questions)]))
    parts += [WORDING["film"].strip(), WORDING["gone"]]
    return "\n\n".join(part for part in parts if part)


def _told(events: Sequence[Mapping[Text, Any]]) -> Told:
    """Reads the events in their order: a later answer replaces an earlier one."""
    told, in_check = Told(), False
    for event in events:
        if event.get("event") == "active_loop":
            in_check = event.get("name") is not None
        if event.get("event") != "user":
            continue
        parsed, text = event.get("parse_data") or {}, (event.get("text") or "").strip()
        answers = parsed.get("self_check") or {}
        quoted = _is_quotable(parsed, text) and not in_check
        if quoted and text not in told.quotes:
            told.quotes.append(text)
        for step, value in answers.items():
            if value is None:
                told.answers.pop(step, None)
                told.words.pop(step, None)
            else:
                told.answers[step], told.words[step] = value, "" if quoted else text
    return told


def _is_quotable(parsed: Mapping[Text, Any], text: Text) -> bool:
    """Tell whether a message outside the check tells of the person's own trouble, and briefly."""
    signs = (parsed.get("screening") or {}).get("signs")
    intent = (parsed.get("intent") or {}).get("name")
    tells = intent in ("emergency", "urgent", "routine", "ask")
    tells = tells and bool(signs or parsed.get("self_check"))
    return tells and len(text) <= _LONGEST_QUOTE and not text.startswith("/")


def _lines(steps: Mapping[Text, Step], told: Told) -> list[Text]:
    lines = []
    for step, label in WORDING["labels"].items():
        if step in told.answers:
            lines.append(f"{label}: {_answer(steps[step], told.answers[step], told.words[step])}")
    return lines


def _answer(step: Step, value: Text, words: Text) -> Text:
    """The answer in plain words, and in theirs where these are short and say more."""
    option = step.option(value)
    if value == UNKNOWN or words.strip(" .)#").isdigit():
        words = ""
    if option is None:
        return f'"{words}"' if words else WORDING["skipped"]
    if not words or len(words) > _LONGEST_QUOTE or words.casefold() in option.says.casefold():
        return option.says
    if words.casefold() in (option.title.casefold(), "no", "nothing", "none"):
        return option.says
    return f"{option.says} ({WORDING['in_words'].format(words=words)})"


def _signs(steps: Mapping[Text, Step], told: Told) -> list[Text]:
    lines = []
    danger, noticed = steps["danger"], steps["noticed"]
    signs = [option for option in danger.options if option.sign]
    chosen = danger.option(told.answers.get("danger"))
    if chosen and chosen.sign:
        lines.append(WORDING["signs_yes"].format(signs=chosen.told))
    elif chosen:
        lines.append(WORDING["signs_no"].format(signs="; ".join(s.told for s in signs)))
    if told.answers.get("noticed") == noticed.if_no:
        asked = [o.title.lower() for o in noticed.options if o.id != noticed.if_no]
        lines.append(WORDING["also_no"].format(signs="; ".join(asked)))
    return lines
