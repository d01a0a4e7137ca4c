"""Rasa featurizer: one dense sentence vector per message."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, Optional, Text

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.nlu.build_encoder import DEFAULT_DIR
from myoguide.nlu.encoder import EncoderMissing, SentenceEncoder, load_encoder
from myoguide.nlu.graph import StatelessComponent

logger = logging.getLogger(__name__)

ORIGIN = "SentenceEncoderFeaturizer"
# What makes vectors and models.
HERE = Path(__file__).parent
MADE_BY = (
    "adapter.npz",
    "build_encoder.py",
    "encoder.py",
    "opinion_model.py",
    "question_classifier.py",
    "question_model.py",
    "second_opinion.py",
    "sentence_encoder.py",
    "trained.py",
    "word_counts.py",
)


def code_digest() -> str:
    """For Rasa's cache, which sees a component's class and not what stands around it."""
    digest = hashlib.sha256()
    for name in MADE_BY:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def sentence_vector(message: Message) -> np.ndarray | None:
    """The encoder's vector, float32 of shape (384,), or None if there was no text."""
    _, sentence = message.get_dense_features(TEXT, [])
    return None if sentence is None else sentence.features[0]


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class SentenceEncoderFeaturizer(StatelessComponent):
    """Adds the encoder's vector, float32 of shape (1, 384), as a dense sentence feature."""

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._encoder: SentenceEncoder | None = None
        try:
            self._encoder = load_encoder(config["folder"])
        except Exception as error:
            # The screen must go on answering emergencies; the resolver gives the safe reply.
            logger.error("no sentence encoder, questions cannot be understood: %s", error)

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        # Where the prepared encoder lies, relative to the project.
        return {"folder": str(DEFAULT_DIR)}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> Optional[str]:
        return code_digest()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        if self._encoder is None:
            raise EncoderMissing("training needs the sentence encoder: run `make encoder`")
        self._featurize([m for m in training_data.training_examples if m.get(TEXT)])
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        try:
            self._featurize([m for m in messages if m.get(TEXT)])
        except Exception:
            logger.exception("a message could not be encoded")
        return messages

    def _featurize(self, messages: list[Message]) -> None:
        if not messages or self._encoder is None:
            return
        vectors = self._encoder.encode([m.get(TEXT) for m in messages])
        for message, vector in zip(messages, vectors, strict=False):
            message.add_features(
                Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, ORIGIN)
            )
