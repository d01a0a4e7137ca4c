"""From a reading and the conversation so far to what the reply is about. Pure functions.

The order is: a message that is not a question about jerks (small talk, out of scope, noise); a
reference into the conversation ("go back", "tell me more"); a question, completed from the
conversation where it names only a topic or only an aspect; a question back where two answers are
close.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from myoguide.nlu.question_model import CONTEXT, Reading

GENERAL_TOPIC = "myoclonus"
BACK = "reference/back"
# What is answered when only a topic is named.
FIRST_ASPECT = "definition"
# What is told and asks nothing.
TOLD = "self_report"
# What the last aspect has ahead of the others while the topic stays: after a medicine or test, most
# questions are about that very thing ("does it make me drowsy", "is it painful").
STAYS = {"medicine": 0.6, "diagnosis": 0.5}
# Aspects that may stand in for one that a topic has no answer to, nearest first.
STAND_IN = {
    "medicine": ("treatment",),
    "treatment": ("medicine", "doctor"),
    "prevention": ("treatment", "doctor"),
    "types": ("definition", "comparison"),
    "comparison": ("definition",),
    "symptoms": ("definition",),
    # Most neighbours have one answer on causes and treatment.
    "cause": ("treatment", "definition"),
    "prognosis": ("danger", "treatment"),
    "danger": ("doctor", "definition"),
    "diagnosis": ("doctor", "definition"),
    "doctor": ("danger", "definition"),
    "self_report": ("danger", "doctor", "definition"),
    "source": (),
    "definition": ("types",),
}


@dataclass(frozen=True)
class Limits:
    """Thresholds, each a probability; chosen on cross-validated training data."""

    # Below this the best topic is too unsure to answer without asking back.
    topic: float = 0.22
    # A second topic within this factor of the best makes the two "close".
    close: float = 0.75
    # What the last topic has ahead of the others: an unclear message is likely about it too.
    lean: float = 0.3
    # Part of what seems to follow on something that stays where nothing was said before.
    opening: float = 0.3
    # From this probability on of "back to …" an earlier topic comes with the aspect it had.
    returning: float = 0.05
    # What the focus keeps with each message that did not touch it.
    fading: float = 0.6


@dataclass(frozen=True)
class Turn:
    """What an earlier message of the person was about."""

    topic: str | None
    aspect: str | None
    status: str | None = None


@dataclass(frozen=True)
class Decision:
    """What to reply.

    ``intent``: "ask", "clarify", or a reply such as "chitchat/thanks". ``options``: answers to
    offer when asking back. ``confidence``: of the choice, between 0 and 1.
    """

    intent: str
    topic: str | None = None
    aspect: str | None = None
    options: tuple[str, ...] = field(default=())
    confidence: float = 1.0


def decide(
    reading: Reading,
    turns: Sequence[Turn],
    answers: Collection[str],
    limits: Limits = Limits(),
) -> Decision:
    """Choose the reply to a message.

    ``turns``: earlier messages, oldest first. ``answers``: ids of all answers ("sleep.cause").
    """
    focus = focus_of(turns)
    topics, others = split(reading.topics)
    if focus is None and CONTEXT in topics:
        topics[CONTEXT] *= limits.opening
    other, other_score = top(others)
    if other_score > sum(topics.values()) or other_score > 1.5 * top(topics)[1]:
        if other == BACK and any(turn.topic for turn in turns):
            return _back(reading, turns, other_score)
        return _without_question(other, other_score, turns, answers)

    scores = with_context(topics, focus, limits)
    topic, topic_score = top(scores)
    returns = reading.topics.get(BACK, 0.0) >= limits.returning
    before = [t for t in turns if t.topic == topic] if returns else []
    last = before[-1].aspect if before else focus.aspect if focus else None
    # "What kinds are there?", "the sleep one": where it has no such answer, what it is.
    carried = last if f"{topic}.{last}" in answers else None
    stays = bool(focus) and focus.topic == topic and focus.age == 0
    ahead = STAYS.get(carried, 0.0) if stays else 0.0
    aspect, aspect_score = choose_aspect(reading.aspects, carried, ahead)
    confidence = min(1.0, topic_score * aspect_score)
    rivals = [t for t, s in scores.items() if t != topic and s >= limits.close * topic_score]
    asked_back = bool(turns) and turns[-1].status == "clarified"
    if topic_score < limits.topic and rivals and not asked_back:
        near = sorted([topic, *rivals], key=scores.__getitem__, reverse=True)[:3]
        options = tuple(answer_id(t, aspect, answers) for t in near)
        return Decision("clarify", None, None, options, confidence)
    return Decision("ask", topic, aspect, (), confidence)


def split(scores: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Topics (context included) apart from small talk, scope and noise."""
    topics = {name: score for name, score in scores.items() if "/" not in name}
    return topics, {name: score for name, score in scores.items() if "/" in name}


def top(scores: dict[str, float]) -> tuple[str, float]:
    """Best name and its score; ("", 0.0) of nothing."""
    return max(scores.items(), key=lambda item: item[1], default=("", 0.0))


@dataclass(frozen=True)
class Focus:
    """What the conversation is about: the last topic and aspect, and how present they still are."""

    topic: str
    aspect: str | None
    age: int


def focus_of(turns: Sequence[Turn]) -> Focus | None:
    """The most recent topic; its age counts the messages since.

    Its aspect is the last one asked: what somebody tells in between ("three weeks now") leaves the
    question before it standing.
    """
    about = [(age, turn) for age, turn in enumerate(reversed(turns)) if turn.topic]
    if not about:
        return None
    age, last = about[0]
    same = takewhile(lambda turn: turn.topic == last.topic, (turn for _, turn in about))
    asked = next((turn.aspect for turn in same if turn.aspect != TOLD), last.aspect)
    return Focus(last.topic, asked, age)


def with_context(topics: dict[str, float], focus: Focus | None, limits: Limits) -> dict[str, float]:
    """Topic scores with the lean, once the part left to the conversation is handed out."""
    scores = dict(topics)
    left_open = scores.pop(CONTEXT, 0.0)
    if focus is None:
        scores[GENERAL_TOPIC] = scores.get(GENERAL_TOPIC, 0.0) + left_open
        return scores
    presence = limits.fading**focus.age
    scores[focus.topic] = scores.get(focus.topic, 0.0) + (limits.lean + left_open) * presence
    scores[GENERAL_TOPIC] = scores.get(GENERAL_TOPIC, 0.0) + left_open * (1 - presence)
    return scores


def choose_aspect(
    aspects: dict[str, float], last: str | None, ahead: float = 0.0
) -> tuple[str, float]:
    """Best aspect; one that was left open is the ``last`` one asked, or the definition.

    ``ahead``: what the last one has ahead of the others besides.
    """
    scores = dict(aspects)
    left_open = scores.pop(CONTEXT, 0.0)
    default = last or FIRST_ASPECT
    scores[default] = scores.get(default, 0.0) + left_open + ahead
    return top(scores)


def answer_id(topic: str, aspect: str, answers: Collection[str]) -> str:
    """The answer to (topic, aspect), or the nearest one that exists."""
    for candidate in (aspect, *STAND_IN.get(aspect, ())):
        if f"{topic}.{candidate}" in answers:
            return f"{topic}.{candidate}"
    general = f"{GENERAL_TOPIC}.{aspect}"
    return general if general in answers else f"{topic}.{FIRST_ASPECT}"


def _without_question(
    intent: str, confidence: float, turns: Sequence[Turn], answers: Collection[str]
) -> Decision:
    """Small talk, out of scope, noise; or a reference into the conversation."""
    about = [turn for turn in turns if turn.topic]
    if not about or intent not in ("reference/more", "chitchat/repeat"):
        if intent.startswith("reference/"):
            intent = "noise/unclear"
        return Decision(intent, confidence=confidence)
    last = about[-1]
    if intent == "reference/more":
        told = {turn.aspect for turn in about if turn.topic == last.topic}
        fresh = (a for a in MORE if a not in told and f"{last.topic}.{a}" in answers)
        return Decision("ask", last.topic, next(fresh, last.aspect), (), confidence)
    return Decision("ask", last.topic, last.aspect, (), confidence)


def _back(reading: Reading, turns: Sequence[Turn], confidence: float) -> Decision:
    """Back to an earlier topic: the one that the message points to, if it does, or the last."""
    about = [turn for turn in turns if turn.topic]
    before = [turn for turn in about if turn.topic != about[-1].topic] or about[-1:]
    aspect, clear = top(reading.aspects)
    asked = [turn for turn in before if turn.aspect == aspect and clear > 0.5]
    # Of several that fit equally the latest.
    found = max(reversed(asked or before), key=lambda turn: reading.topics.get(turn.topic, 0.0))
    return Decision("ask", found.topic, found.aspect, (), confidence)


# What "tell me more" brings next.
MORE = ("definition", "cause", "symptoms", "danger", "treatment", "prognosis", "doctor")
