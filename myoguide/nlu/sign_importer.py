"""Rasa's file importer, plus the screen's replies (``say`` in ``data/safety/signs.yml``).

So each sign has one entry, and its reply is a plain response of the Rasa server, chosen by the
slot ``sign``: it needs no action server, no encoder and no learned model.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Optional, Text

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from myoguide.safety.other_languages import emergency_sentences
from myoguide.safety.say import SignReply, replies

# The sign whose reply fits any emergency.
UNKNOWN = "other_emergency"


class SignImporter(RasaFileImporter):
    """Reads the project as Rasa does and adds the replies for signs to the domain."""

    def get_domain(self) -> Domain:
        return super().get_domain().merge(Domain.from_dict({"responses": responses()}))

    @lru_cache(maxsize=1)  # noqa: B019 - Rasa makes one importer a process and asks twice
    def _nlu_data(self) -> TrainingData:
        return super().get_nlu_data()

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        return self._nlu_data()


def responses() -> dict[Text, list[dict[Text, Any]]]:
    """Rasa responses ``utter_emergency``, ``utter_urgent``, ``utter_routine``, one text a sign.

    An emergency reply also exists once per language of ``other_languages.yml``, with that
    language's sentence after the first line, chosen by the slot ``language`` ("en": none). So the
    person reads whom to call in their own language in the same message, and still no action
    server is needed.
    """
    result: dict[Text, list[dict[Text, Any]]] = {}
    for reply in replies():
        variations = result.setdefault(f"utter_{reply.level}", [])
        if reply.level != "emergency":
            variations.append(_variation(reply, reply.text, sign=reply.sign))
            continue
        for language, sentence in {"en": "", **emergency_sentences()}.items():
            text = _after_first_line(reply.text, sentence)
            variations.append(_variation(reply, text, sign=reply.sign, language=language))
        if reply.sign == UNKNOWN:
            # Without a condition: should a slot ever hold something else, there is still a reply.
            variations.append(_variation(reply, reply.text))
    return result


def _variation(reply: SignReply, text: Text, **slots: Text) -> dict[Text, Any]:
    variation = {"text": text, "metadata": {"sign": reply.sign, "level": reply.level}}
    if slots:
        variation["condition"] = [
            {"type": "slot", "name": name, "value": value} for name, value in slots.items()
        ]
    return variation


def _after_first_line(text: Text, sentence: Text) -> Text:
    first, *rest = text.split("\n")
    return "\n".join([first, *([sentence] if sentence else []), *rest])
