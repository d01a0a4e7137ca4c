"""Has the encoder set out on a message while the components before it read."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.build_encoder import DEFAULT_DIR
from myoguide.nlu.encoder import SentenceEncoder, load_encoder
from myoguide.nlu.graph import StatelessComponent

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class EncodeAhead(StatelessComponent):
    """Adds nothing to the message; `SentenceEncoderFeaturizer` takes what has been begun here.

    Its place is after the last component that changes the text.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._encoder: SentenceEncoder | None = None
        # What a missing encoder means, the featurizer says.
        with suppress(Exception):
            self._encoder = load_encoder(config["folder"])

    @staticmethod
    def get_default_config() -> dict[Text, Any]:
        # Where the prepared encoder lies, relative to the project.
        return {"folder": str(DEFAULT_DIR)}

    def process(self, messages: list[Message]) -> list[Message]:
        text = messages[0].get(TEXT) if len(messages) == 1 else None
        if text and self._encoder is not None:
            try:
                self._encoder.begin(text)
            except Exception:
                logger.exception("a message could not be encoded ahead")
        return messages
