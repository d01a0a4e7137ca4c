"""Rasa component that ends the pipeline: decides what the reply is about and fills the slots."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, Text

import yaml
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.knowledge import load_pack
from myoguide.nlu.decide import Decision, Turn, answer_id, decide, focus_of
from myoguide.nlu.graph import (
    ESCALATIONS,
    LANGUAGE,
    QUESTION,
    QUESTION_PARTS,
    SCREENING,
    StatelessComponent,
    intent_of,
    set_intent,
    set_slot_carrier,
)
from myoguide.nlu.named_medicines import ASPECTS, answer_about, medicines
from myoguide.nlu.question_classifier import calibrated
from myoguide.nlu.question_model import Reading
from myoguide.nlu.safety_screen import escalate, told_before
from myoguide.safety import load

logger = logging.getLogger(__name__)

# How much a sign just told says about the topic, against the classifier's own probabilities: what
# is serious says more than what the message sounds like.
SIGN_WEIGHT = {"routine": 0.35, "urgent": 0.7, "emergency": 0.7}

# Least confidence in each of two questions for both to be answered.
CLEAR = 0.3

STATUS_OF = {
    "ask": "answered",
    "clarify": "clarified",
    "chitchat": "small_talk",
    "request": "self_check",
    "scope": "not_covered",
    "noise": "not_understood",
}


def turns_of(tracker: DialogueStateTracker | None) -> list[Turn]:
    """What the earlier messages were about, read from the slots they filled."""
    turns = []
    for event in told_before(tracker):
        slots = {e["entity"]: e.get("value") for e in event.entities}
        turns.append(Turn(slots.get("topic"), slots.get("aspect"), slots.get("status")))
    return turns


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class ConversationResolver(StatelessComponent):
    """Completes topic or aspect from the conversation; keeps an escalation that stands."""

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        # At start, so that a fault in the content stops us there and not in a conversation.
        pack = load_pack(config["content"])
        self._answers = pack.answers
        self._medicines = medicines(pack.terms)
        topics = Path(config["content"]) / "safety" / "sign_topics.yml"
        self._sign_topics = yaml.safe_load(topics.read_text(encoding="utf-8"))
        self._signs = load().signs

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        # Folder of the content pack, relative to the project.
        return {"content": "data"}

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        turns = turns_of(tracker)
        for message in messages:
            try:
                self._resolve(message, turns)
            except Exception:
                logger.exception("the reply could not be decided; the safe one is given")
                self._fail_safe(message)
        return messages

    def _resolve(self, message: Message, turns: list[Turn]) -> None:
        question = message.get(QUESTION)
        language = message.get(LANGUAGE)
        if language:
            self._apply(message, Decision(f"scope/language_{language}"))
        elif question:
            topics = {t["name"]: t["confidence"] for t in question["topics"]}
            aspects = {a["name"]: a["confidence"] for a in question["aspects"]}
            reading = Reading(
                self._with_signs(topics, message, turns), aspects, question["familiarity"]
            )
            decision = decide(reading, turns, self._answers)
            decision = self._about_what_is_named(message, decision)
            self._apply(message, decision, self._two_answers(message, decision, turns))
        elif not (message.get(TEXT) or "").strip():
            self._apply(message, Decision("noise/unclear"))
        else:
            # The encoder or the classifier is away.
            self._fail_safe(message)

    def _with_signs(
        self, topics: dict[Text, float], message: Message, turns: list[Turn]
    ) -> dict[Text, float]:
        """Topic scores to which a sign told in this very message adds its weight.

        Of several topics that it may belong to the one that the conversation is about counts, else
        the one that the message is nearest to.
        """
        signs = (message.get(SCREENING) or {}).get("new_signs") or ()
        sign = next((sign for sign in signs if sign in self._sign_topics), None)
        if sign is None:
            return topics
        focus, may_be = focus_of(turns), self._sign_topics[sign]
        nearest = max(may_be, key=lambda topic: topics.get(topic, 0.0))
        topic = focus.topic if focus and focus.topic in may_be else nearest
        return {**topics, topic: topics.get(topic, 0.0) + SIGN_WEIGHT[self._signs[sign].level]}

    def _two_answers(
        self, message: Message, whole: Decision, turns: list[Turn]
    ) -> tuple[Text, ...]:
        """The answers to a message that asks two questions, each of them clear; else nothing."""
        parts = message.get(QUESTION_PARTS) or []
        if whole.intent != "ask" or not parts:
            return ()
        answers, so_far = [], list(turns)
        for reading in parts:
            decision = decide(reading, so_far, self._answers)
            if decision.intent != "ask" or decision.confidence < CLEAR:
                return ()
            so_far.append(Turn(decision.topic, decision.aspect))
            answers.append(answer_id(decision.topic, decision.aspect, self._answers))
        return tuple(answers) if len(set(answers)) == len(answers) else ()

    def _about_what_is_named(self, message: Message, decision: Decision) -> Decision:
        """The decision, moved to the answer on a medicine that the message names."""
        if decision.intent != "ask" or decision.aspect not in ASPECTS:
            return decision
        chosen = answer_id(decision.topic, decision.aspect, self._answers)
        better = answer_about(message.get(TEXT), chosen, self._answers, self._medicines)
        if better == chosen:
            return decision
        topic, _, aspect = better.partition(".")
        return replace(decision, topic=topic, aspect=aspect)

    def _fail_safe(self, message: Message) -> None:
        if intent_of(message) not in ESCALATIONS:
            screening = message.get(SCREENING) or {}
            sign = next(iter(screening.get("signs") or ()), None)
            level = screening.get("level", "none")
            escalate(message, "failed_safe", level, sign, type(self).__name__)

    def _apply(self, message: Message, decision: Decision, two: tuple[Text, ...] = ()) -> None:
        by = type(self).__name__
        intent, _, key = decision.intent.partition("/")
        if key:
            self._choose_reply(message, intent, decision)
        answers = two
        if not two and decision.topic and decision.aspect:
            answers = (answer_id(decision.topic, decision.aspect, self._answers),)
        question = message.get(QUESTION) or {}
        # The rules above weigh the confidences as they were learned; what is told is calibrated.
        told = {
            kind: calibrated(question[kind]) for kind in ("topics", "aspects") if kind in question
        }
        if told:
            message.set("intent_ranking", told["topics"], add_to_output=True)
        message.set(
            QUESTION,
            {
                **question,
                **told,
                "answers": answers,
                "options": decision.options,
                "reply": decision.intent if key else None,
            },
            add_to_output=True,
        )
        set_slot_carrier(message, "topic", decision.topic, by)
        set_slot_carrier(message, "aspect", decision.aspect, by)
        if intent_of(message) in ESCALATIONS:
            return
        set_intent(message, intent, decision.confidence)
        set_slot_carrier(message, "status", STATUS_OF[intent], by)

    @staticmethod
    def _choose_reply(message: Message, intent: Text, decision: Decision) -> None:
        """Says which response of a retrieval intent it is, as Rasa's response selector would."""
        reply = f"utter_{decision.intent}"
        message.set(
            RESPONSE_SELECTOR,
            {
                "all_retrieval_intents": list(STATUS_OF),
                "default": {},
                intent: {
                    "response": {
                        "responses": None,
                        "confidence": decision.confidence,
                        "intent_response_key": decision.intent,
                        "utter_action": reply,
                    },
                    "ranking": [],
                },
            },
            add_to_output=True,
        )
