"""Intent classifiers as baselines: one joint class per answer, and a bare memory of the last turn.

A baseline reads ``ask/sleep.cause`` as topic and aspect at once. ``follow_up_cause`` keeps the
topic of the turn before (the general one if there is none), ``topic_sleep`` the aspect
(definition if there is none); ``follow_up_back`` and ``follow_up_more`` keep both. It raises no
level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evaluation.assistant import Turn
from myoguide.knowledge import Pack

ASK, FOLLOW_UP, TOPIC = "ask/", "follow_up_", "topic_"
POINTING = ("follow_up_back", "follow_up_more")
FALLBACK = "nlu_fallback"
STATUS = {"chitchat": "small_talk", "scope": "not_covered", "noise": "not_understood"}
GENERAL, FIRST = "myoclonus", "definition"

# Text in, intent and confidence out.
Classify = Callable[[str], tuple[str, float]]


def examples(pack: Pack) -> list[tuple[str, str]]:
    """Text and intent of every training example."""
    return [(question.text, question.intent) for question in pack.questions]


class IntentBaseline:
    """Turns a classifier into a respondent."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify

    def converse(self, texts: Sequence[str]) -> list[Turn]:
        turns: list[Turn] = []
        topic: str | None = None
        aspect: str | None = None
        for text in texts:
            intent, confidence = self._classify(text)
            turn = turn_for(intent, confidence, topic, aspect)
            topic, aspect = turn.topic or topic, turn.aspect or aspect
            turns.append(turn)
        return turns


def turn_for(intent: str, confidence: float, topic: str | None, aspect: str | None) -> Turn:
    """What an intent means after a turn about ``topic`` and ``aspect``."""
    if intent.startswith(ASK):
        topic, _, aspect = intent[len(ASK) :].partition(".")
    elif intent.startswith(TOPIC):
        topic, aspect = intent[len(TOPIC) :], aspect or FIRST
    elif intent in POINTING:
        topic, aspect = topic or GENERAL, aspect or FIRST
    elif intent.startswith(FOLLOW_UP):
        topic, aspect = topic or GENERAL, intent[len(FOLLOW_UP) :]
    else:
        status = STATUS.get(intent.partition("/")[0], "not_understood")
        return Turn(status=status, reply_keys=(f"utter_{intent}",))
    return Turn(topic, aspect, "answered", topics=((topic, confidence),))


class TfIdf(IntentBaseline):
    """Words (1-2) and characters within words (2-5), weighted, with logistic regression."""

    def __init__(self, training: Sequence[tuple[str, str]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline, make_union

        self._model = make_pipeline(
            make_union(
                TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
                ),
            ),
            # One against the rest: the joint softmax over some 400 classes takes far longer.
            OneVsRestClassifier(
                LogisticRegression(C=20.0, solver="liblinear", tol=0.01), n_jobs=-1
            ),
        )
        self._model.fit([text for text, _ in training], [intent for _, intent in training])
        super().__init__(self._predict)

    def _predict(self, text: str) -> tuple[str, float]:
        scores = self._model.predict_proba([text])[0]
        best = int(scores.argmax())
        return str(self._model.classes_[best]), float(scores[best])


class Recorded(IntentBaseline):
    """A classifier whose predictions were made elsewhere, by text."""

    def __init__(self, predictions: Mapping[str, tuple[str, float]]) -> None:
        super().__init__(predictions.__getitem__)
