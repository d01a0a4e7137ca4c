"""Rasa's file importer, plus the screen's replies (``say`` in ``data/safety/signs.yml``).

So each sign has one entry, and its reply is a plain response of the Rasa server, chosen by the
slot ``sign``: it needs no action server, no encoder and no learned model.
"""

from __future__ import annotations

from typing import Any, Text

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

from myoguide.safety.say import replies


class SignImporter(RasaFileImporter):
    """Reads the project as Rasa does and adds the replies for signs to the domain."""

    def get_domain(self) -> Domain:
        return super().get_domain().merge(Domain.from_dict({"responses": responses()}))


def responses() -> dict[Text, list[dict[Text, Any]]]:
    """Rasa responses ``utter_emergency``, ``utter_urgent``, ``utter_routine``, one text a sign."""
    result: dict[Text, list[dict[Text, Any]]] = {}
    for reply in replies():
        variation = {
            "text": reply.text,
            "condition": [{"type": "slot", "name": "sign", "value": reply.sign}],
            "metadata": {"sign": reply.sign, "level": reply.level},
        }
        result.setdefault(f"utter_{reply.level}", []).append(variation)
    return result
