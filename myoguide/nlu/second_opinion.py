"""A second pair of eyes: raises a level that the screen's rules missed, never lowers one.

What it raised itself it may let go when the person takes it back; a sign that the rules show ends
only where the rules read a retraction, at least a doubtful one, and it confirms that. The reading
itself is in `myoguide.nlu.opinion_model`.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, Optional, Text

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.nlu.build_encoder import DEFAULT_DIR
from myoguide.nlu.encoder import SentenceEncoder, load_encoder
from myoguide.nlu.graph import LANGUAGE, SCREENED, SCREENING, intent_of, set_intent
from myoguide.nlu.opinion_model import (
    ENDS,
    LIMITS,
    NONE,
    ONLY_SUSPECTED,
    OpinionModel,
    Reading,
    examples,
    joined,
    opinion,
    read_messages,
    read_pairs,
)
from myoguide.nlu.safety_screen import (
    conclude,
    earlier_texts,
    screening_of,
    taken_back,
    text_of,
    told_before,
    with_signs,
)
from myoguide.nlu.sentence_encoder import code_digest, sentence_vector
from myoguide.nlu.trained import TrainedComponent
from myoguide.safety import Screening, load
from myoguide.safety.screen import DATA, Shown
from myoguide.safety.signs import LEVELS

logger = logging.getLogger(__name__)

SIGNS = DATA / "signs.yml"
PAIRS = DATA / "taken_back.yml"
# Levels that a retraction ends.
SERIOUS = ("urgent", "emergency")
# How many messages before are read together with this one.
TOGETHER = 2
# Words of all of them; the oldest are left out sooner. Of 978 labelled conversations that tell of
# something serious (one in ten longer than 40 words) 60, 50 and 40 words find the same, held out of
# the training; every ten take a millisecond.
MOST_WORDS = 40
# Probabilities that something is due (routine or higher), by each message alone, from which on they
# are read together: of the new message, which must add something, and, where the screen suspects
# nothing serious, of any of them. Of 237 labelled conversations that tell of something serious only
# together, the last message stays below ADDS in one, and all of them below CONCERN in two.
ADDS, CONCERN = 0.005, 0.06
# Of the example questions, all of them harmless, as many teach the heads: one in so many.
EVERY = 2
# Shorter messages are not raised without a suspicion.
FEWEST_WORDS = 4


def read_together(tracker: DialogueStateTracker | None) -> list[UserUttered]:
    """The last messages before this one, as far as none of them took back what came before it."""
    since = next(reversed(taken_back(tracker)), 0)
    return told_before(tracker)[since:][-TOGETHER:]


def recent(texts: list[Text]) -> list[Text]:
    """As many of the last texts as may be read together, the last one always."""
    words = 0
    for count, text in enumerate(reversed(texts)):
        words += len(text.split())
        if count and words > MOST_WORDS:
            return texts[-count:]
    return texts


def telling_text(tracker: DialogueStateTracker | None) -> Text | None:
    """The last message that told of something serious for the first time."""
    for event in reversed(told_before(tracker)):
        read = screening_of(event)
        if read.get("new_signs") and read.get("level") in SERIOUS:
            return text_of(event)
    return None


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class SecondOpinion(TrainedComponent):
    """Reads the message, alone and with those before it, and raises the level where it must.

    Without the encoder, or when it fails, what the screen suspects counts.
    """

    MODEL = OpinionModel
    MODEL_FILE = "second_opinion.npz"

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        return {
            # Labelled messages, relative to the project.
            "messages": "data/safety/second_opinion",
            # Where the prepared encoder lies.
            "folder": str(DEFAULT_DIR),
            # Inverse regularisation of the linear head.
            "C": 15.0,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> Optional[str]:
        """The messages are no training data of Rasa's; a change in them must train anew."""
        folder = Path(config.get("messages") or cls.get_default_config()["messages"])
        digest = hashlib.sha256(code_digest().encode())
        for path in (SIGNS, PAIRS, *sorted(folder.glob("*.yml"))):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def __init__(
        self,
        config: dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: OpinionModel | None = None,
    ) -> None:
        super().__init__(config, storage, resource, model)
        self._level_of = {sign.id: sign.level for sign in load().signs.values()}
        self._encoder: SentenceEncoder | None = None
        try:
            self._encoder = load_encoder(config["folder"])
        except Exception as error:
            logger.error("no sentence encoder, the screen has no second opinion: %s", error)

    def train(self, training_data: TrainingData) -> Resource:
        messages = [*read_messages(self.config["messages"], self._level_of), *examples()]
        texts, told = [m.text for m in messages], [m.sign for m in messages]
        # What people ask is harmless unless it is filed under a sign.
        known = set(texts)
        asked = [
            (example.get(TEXT), vector)
            for example in training_data.intent_examples[::EVERY]
            if (vector := sentence_vector(example)) is not None and example.get(TEXT) not in known
        ]
        questions = np.array([vector for _, vector in asked])
        pairs, ends = zip(*read_pairs(PAIRS), strict=True)
        model = OpinionModel.fit(
            [*texts, *(text for text, _ in asked)],
            np.concatenate([self._encoder.encode(texts), questions]),
            [*told, *[NONE] * len(asked)],
            self._encoder.encode([joined(pair) for pair in pairs]),
            self._encoder.encode([pair[-1] for pair in pairs]),
            ends,
            questions,
            self.config["C"],
        )
        return self._keep(model)

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            screening = message.get(SCREENED)
            foreign = message.get(LANGUAGE)
            if screening is not None and not foreign and intent_of(message) != "failed_safe":
                self._consider(message, screening, tracker)
        return messages

    def _consider(
        self, message: Message, screening: Screening, tracker: DialogueStateTracker | None
    ) -> None:
        concern = 1.0  # unknown
        try:
            screening = self._ended(message, screening, tracker)
            reading = self._reading(message)
            if reading is not None:
                concern = reading.at_least("routine")
            seen = self._see(message, reading, screening, tracker, concern)
        except Exception:
            logger.exception("no second opinion on a message; what is suspected counts")
            seen = screening.suspected[:1]
        if any(_higher(sign.level, screening.level) for sign in seen):
            raised = [Shown(*pair, ()) for pair in message.get(SCREENING)["raised"]]
            conclude(
                message,
                with_signs(screening, seen),
                (*raised, *seen),
                tracker,
                type(self).__name__,
            )
        read = {**(message.get(SCREENING) or {}), "concern": round(concern, 3)}
        message.set(SCREENING, read, add_to_output=True)

    def _may_end(self, message: Message) -> bool:
        """Whether the message could take something back, for all that it says by itself."""
        vector = sentence_vector(message)
        return vector is not None and self._model is not None and self._model.may_take_back(vector)

    def _ended(
        self, message: Message, screening: Screening, tracker: DialogueStateTracker | None
    ) -> Screening:
        """The screening; anew, without what was told before, if this message takes that back."""
        serious = [sign for sign in screening.signs if sign.level in SERIOUS]
        by_rules = any(sign.findings for sign in serious)
        telling = telling_text(tracker)
        if (
            not serious
            or any(sign.new for sign in serious)
            or (by_rules and not screening.perhaps_retracted)
            or not (telling and self._encoder and self._may_end(message))
        ):
            return screening
        text = message.get(TEXT)
        if self._model.taken_back(self._encoder.encode([joined([telling, text])])[0]) < ENDS:
            return screening
        earlier = earlier_texts(tracker)
        anew = load()(text, earlier, {*taken_back(tracker), len(earlier)})
        set_intent(message, "ask")
        conclude(message, anew, (), tracker, type(self).__name__)
        return anew

    def _reading(self, message: Message) -> Reading | None:
        vector = sentence_vector(message)
        if vector is None or self._model is None:
            return None
        return self._model.read(message.get(TEXT) or "", vector, self._level_of)

    def _see(
        self,
        message: Message,
        reading: Reading | None,
        screening: Screening,
        tracker: DialogueStateTracker | None,
        concern: float,
    ) -> tuple[Shown, ...]:
        """The sign seen in the message, or in the message read with those before it."""
        if reading is None or self._encoder is None:
            return screening.suspected[:1]
        in_check = bool(tracker and tracker.active_loop_name)
        # The self-check asks for every sign; an answer, like any scrap, says little by itself.
        scrap = in_check or len((message.get(TEXT) or "").split()) < FEWEST_WORDS
        limits = ONLY_SUSPECTED if scrap else LIMITS
        seen = opinion(reading, screening.suspected, limits)
        told = max(screening.level, seen.level if seen else NONE, key=LEVELS.index)
        if concern >= ADDS and told != "emergency" and not (screening.retracted or in_check):
            before = read_together(tracker)
            concerns = [concern, *(screening_of(event).get("concern", 1.0) for event in before)]
            doubted = any(s.level in SERIOUS for s in (*screening.signs, *screening.suspected))
            texts = recent([*map(text_of, before), message.get(TEXT)])
            if len(texts) > 1 and (doubted or max(concerns) >= CONCERN):
                together = joined(texts)
                vector = self._encoder.encode([together])[0]
                read = self._model.read(together, vector, self._level_of)
                joint = opinion(read, screening.suspected)
                if joint is not None and _higher(joint.level, told):
                    seen = joint
        return (seen,) if seen else ()


def _higher(level: str, other: str) -> bool:
    return LEVELS.index(level) > LEVELS.index(other)
