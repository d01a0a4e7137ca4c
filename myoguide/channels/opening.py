"""How a conversation is opened, and what a channel says by itself.

Imports nothing of Rasa, so `python -m myoguide.channels` is there at once.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DIALOGUE = Path("data") / "dialogue"
# The payload that opens a conversation (`PayloadGuard` lets it pass).
OPENING = "/chitchat/greeting"
# The payload of Messenger's "Get started" button.
GET_STARTED = "GET_STARTED"
# Commands in the menu of Telegram's bot, and what they say to the assistant.
COMMANDS = {
    "start": OPENING,
    "check": "check my symptoms",
    "help": "what can you do",
    "private": "is this private?",
}


@lru_cache(maxsize=1)
def wording() -> dict[str, Any]:
    """The content of ``data/dialogue/messaging.yml``."""
    text = (DIALOGUE / "messaging.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["messaging"]
