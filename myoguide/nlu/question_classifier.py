"""Rasa intent classifier: topic and aspect, each with a confidence, for every message."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any, Text

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.nlu.build_encoder import DEFAULT_DIR
from myoguide.nlu.clauses import questions_of
from myoguide.nlu.encoder import load_encoder
from myoguide.nlu.graph import ESCALATIONS, QUESTION, QUESTION_PARTS, intent_of, set_intent
from myoguide.nlu.question_model import DEFAULT_C, QuestionModel, Reading
from myoguide.nlu.sentence_encoder import sentence_vector
from myoguide.nlu.trained import TrainedComponent

logger = logging.getLogger(__name__)

# How many candidates are handed on with the message.
RANKING = 5
# The mean of two readings is less sure than it is right. Fitted on 880 questions of two examiners
# that were neither learned from nor are in the evaluation set: docs/decisions/0003.
CALIBRATION = 1.6


def best(scores: dict[str, float], count: int = RANKING) -> list[dict[str, Any]]:
    """The ``count`` most probable names, in Rasa's form."""
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:count]
    return [{"name": name, "confidence": round(score, 4)} for name, score in ranked]


def calibrated(ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The candidates with confidences as high as they are right; in sum 1, in the same order."""
    raised = [entry["confidence"] ** CALIBRATION for entry in ranking]
    whole = sum(raised) or 1.0
    return [
        {**entry, "confidence": round(score / whole, 4)}
        for entry, score in zip(ranking, raised, strict=True)
    ]


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class QuestionClassifier(TrainedComponent):
    """Trains `QuestionModel` on the examples; adds its reading to the message as ``question``.

    The intent it sets is the best class of the topic head, unless the safety screen has spoken.
    """

    MODEL = QuestionModel
    MODEL_FILE = "question_model.npz"

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        return {
            # Inverse regularisation of the linear heads.
            "C": DEFAULT_C,
            # Where the prepared encoder lies.
            "folder": str(DEFAULT_DIR),
            # [{weight, topics}]: how much more (above 1) or less often they are asked about than
            # the examples, which are written evenly, would make one think.
            "asked": [],
        }

    @cached_property
    def _weights(self) -> dict[Text, float]:
        return {topic: row["weight"] for row in self.config["asked"] for topic in row["topics"]}

    def train(self, training_data: TrainingData) -> Resource:
        texts, vectors, intents = [], [], []
        for example in training_data.intent_examples:
            vector = sentence_vector(example)
            if vector is not None:
                texts.append(example.get(TEXT))
                vectors.append(vector)
                intents.append(example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
        return self._keep(QuestionModel.fit(texts, np.stack(vectors), intents, self.config["C"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            vector = sentence_vector(message)
            if vector is not None and self._model is not None:
                try:
                    reading = self._model.read(message.get(TEXT), vector)
                    self._read(message, reading.asked(self._weights))
                    self._read_parts(message)
                except Exception:
                    # What the screen has decided stands; without it the safe reply is given.
                    logger.exception("a question could not be read")
        return messages

    def _read_parts(self, message: Message) -> None:
        """Of a message that asks two questions, a reading of each."""
        parts = questions_of(message.get(TEXT))
        if parts:
            vectors = load_encoder(self.config["folder"]).encode(parts)
            readings = [self._model.read(*pair) for pair in zip(parts, vectors, strict=True)]
            message.set(QUESTION_PARTS, [reading.asked(self._weights) for reading in readings])

    @staticmethod
    def _read(message: Message, reading: Reading) -> None:
        topics, aspects = best(reading.topics), best(reading.aspects)
        message.set(
            QUESTION,
            {"topics": topics, "aspects": aspects, "familiarity": round(reading.familiarity, 4)},
            add_to_output=True,
        )
        message.set("intent_ranking", topics, add_to_output=True)
        if intent_of(message) not in ESCALATIONS:
            name, _, key = reading.topic.partition("/")
            set_intent(message, name if key else "ask", topics[0]["confidence"])
