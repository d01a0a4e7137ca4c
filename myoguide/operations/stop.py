"""How long a stop may take. Imports nothing of Rasa, since the launcher reads it too."""

from __future__ import annotations

import os

STOP_VARIABLE = "MYOGUIDE_STOP_SECONDS"
DEFAULT_STOP = 20.0  # seconds
# After that wait: for answers on their way out and the last counts; seconds.
CLOSING = 10.0


def stop_seconds() -> float:
    """How long a stop may wait for messages that are being answered; ValueError if not a number."""
    written = os.environ.get(STOP_VARIABLE, "").strip()
    try:
        seconds = float(written) if written else DEFAULT_STOP
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise ValueError(f"{STOP_VARIABLE} is {written!r}: write seconds, such as 20")
    return seconds
