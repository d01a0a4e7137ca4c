"""Which topic and which aspect is a question about? Linear heads over vectors and word counts.

Usable without Rasa. An intent ``ask/sleep.cause`` teaches topic ``sleep`` and aspect ``cause``;
``follow_up_cause`` teaches the aspect of a question whose topic is left to the conversation, and
``topic_sleep`` the reverse. Any other intent (small talk, out of scope) is a class of the topic
head, so that "is it ours at all?" and "which topic?" are one calibrated decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from myoguide.nlu.encoder import cores
from myoguide.nlu.word_counts import WordCounts

ASK, FOLLOW_UP, TOPIC_ONLY = "ask/", "follow_up_", "topic_"
# The topic, or the aspect, that is left to the conversation.
CONTEXT = "context"
# Follow-ups that point into the conversation as a whole; classes of their own.
REFERENCES = {"follow_up_back": "reference/back", "follow_up_more": "reference/more"}
# Inverse regularisation of the linear heads; chosen in docs/decisions/0003-understanding.md.
DEFAULT_C = 4.0
ITERATIONS = 60  # enough at this C
# Of the counted words in the mean with the sentence vector; chosen in the same place.
WORDS_SHARE = 0.4


@dataclass(frozen=True)
class Reading:
    """Probabilities of topics (or other intents) and of aspects; each sums to 1.

    ``familiarity``: the topic head's largest logit; low for what is like no example.
    """

    topics: dict[str, float]
    aspects: dict[str, float]
    familiarity: float

    def asked(self, weights: Mapping[str, float]) -> Reading:
        """The reading for people who ask about a topic more or less often than the examples do."""
        weighted = {name: score * weights.get(name, 1.0) for name, score in self.topics.items()}
        whole = sum(weighted.values())
        return replace(self, topics={name: score / whole for name, score in weighted.items()})

    @property
    def topic(self) -> str:
        return max(self.topics, key=self.topics.__getitem__)

    @property
    def aspect(self) -> str:
        return max(self.aspects, key=self.aspects.__getitem__)


def labels_of(intent: str) -> tuple[str, str | None]:
    """Class of the topic head and, where the intent has one, of the aspect head."""
    if intent.startswith(ASK):
        topic, _, aspect = intent[len(ASK) :].partition(".")
        return topic, aspect or None
    if intent.startswith(TOPIC_ONLY):
        return intent[len(TOPIC_ONLY) :], CONTEXT
    if intent in REFERENCES:
        return REFERENCES[intent], None
    if intent.startswith(FOLLOW_UP):
        return CONTEXT, intent[len(FOLLOW_UP) :]
    return intent, None


@dataclass(frozen=True)
class LinearHead:
    """Softmax over ``classes``; weights of shape (classes, features)."""

    classes: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, labels: Sequence[str], c: float) -> LinearHead:
        from sklearn.linear_model import LogisticRegression

        if len(set(labels)) < 2:
            only = tuple(set(labels)) or ("none",)
            return cls(only, np.zeros((1, vectors.shape[1]), np.float32), np.zeros(1, np.float32))
        model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(vectors, np.asarray(labels))
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            weights, bias = np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
        return cls(
            tuple(str(name) for name in model.classes_),
            weights.astype(np.float32),
            bias.astype(np.float32),
        )

    def stored(self, name: str) -> dict[str, np.ndarray]:
        """Everything learned, as arrays for `numpy.savez` under names that begin with ``name``."""
        return {
            f"{name}_classes": np.array(self.classes),
            f"{name}_weights": self.weights,
            f"{name}_bias": self.bias,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], name: str) -> LinearHead:
        """The reverse of `stored`."""
        classes = tuple(arrays[f"{name}_classes"].tolist())
        return cls(classes, arrays[f"{name}_weights"], arrays[f"{name}_bias"])

    def logits(self, vector: np.ndarray) -> np.ndarray:
        # Not `@`: for so few numbers BLAS would wake all its threads.
        return np.einsum("cf,f->c", self.weights, vector) + self.bias

    def probabilities(self, vector: np.ndarray) -> dict[str, float]:
        logits = self.logits(vector)
        scores = np.exp(logits - logits.max())
        scores /= scores.sum()
        return dict(zip(self.classes, (float(score) for score in scores), strict=False))


class QuestionModel:
    """Fits and applies the heads; vectors are unit length, of shape (features,)."""

    def __init__(self, topic: LinearHead, aspect: LinearHead, words: WordCounts) -> None:
        self._topic, self._aspect, self._words = topic, aspect, words

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        vectors: np.ndarray,
        intents: Sequence[str],
        c: float = DEFAULT_C,
    ) -> QuestionModel:
        labels = [labels_of(intent) for intent in intents]
        with_aspect = [row for row, (_, aspect) in enumerate(labels) if aspect]
        topics, aspects = [topic for topic, _ in labels], [aspect for _, aspect in labels]
        import_before_threads()
        # They leave the interpreter free most of the time.
        with ThreadPoolExecutor(cores()) as pool:
            words = pool.submit(WordCounts.fit, texts, {"topic": topics, "aspect": aspects})
            topic = pool.submit(LinearHead.fit, vectors, topics, c)
            aspect = pool.submit(
                LinearHead.fit, vectors[with_aspect], [aspects[r] for r in with_aspect], c
            )
            return cls(topic.result(), aspect.result(), words.result())

    def read(self, text: str, vector: np.ndarray) -> Reading:
        counted = self._words.read(text)
        logits = self._topic.logits(vector)
        return Reading(
            mean(self._topic.probabilities(vector), counted.get("topic")),
            mean(self._aspect.probabilities(vector), counted.get("aspect")),
            float(logits.max()),
        )

    def save(self, path: Path) -> None:
        topic, aspect = self._topic.stored("topic"), self._aspect.stored("aspect")
        np.savez(path, **topic, **aspect, **self._words.stored())

    @classmethod
    def load(cls, path: Path) -> QuestionModel:
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                LinearHead.restored(stored, "topic"),
                LinearHead.restored(stored, "aspect"),
                WordCounts.restored(stored),
            )


def import_before_threads() -> None:
    """Two threads that import parts of scikit-learn at once can meet half of it."""
    import sklearn.linear_model
    import sklearn.svm  # noqa: F401


def mean(meant: dict[str, float], counted: dict[str, float] | None) -> dict[str, float]:
    """Probabilities by the sentence vector and by the words, weighted."""
    if counted is None:
        return meant
    return {
        name: (1 - WORDS_SHARE) * score + WORDS_SHARE * counted.get(name, 0.0)
        for name, score in meant.items()
    }
