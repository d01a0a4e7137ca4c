"""What the assistant says for each sign, as one text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myoguide.safety.screen import DATA, load
from myoguide.safety.signs import Sign

_ORDER = {
    "emergency": ("call", "steps"),
    "urgent": ("first", "why", "tell", "worse"),
    "routine": ("book", "why", "worse"),
}


@dataclass(frozen=True)
class SignReply:
    """The reply for one sign; placeholders such as {emergency_number} are Rasa slots."""

    sign: str
    level: str
    text: str


def replies(folder: Path = DATA) -> list[SignReply]:
    """One reply per sign of the folder's ``signs.yml``."""
    return [SignReply(s.id, s.level, text_of(s)) for s in load(folder).signs.values()]


def text_of(sign: Sign) -> str:
    """The parts of ``say`` in their order; steps become a short list."""
    lines: list[str] = []
    for part in _ORDER[sign.level]:
        value = sign.say.get(part)
        if isinstance(value, list):
            lines.append("\n".join(f"- {step}" for step in value))
        elif value:
            lines.append(str(value).strip())
    return "\n".join(lines)
