"""How long a conversation is kept after its last message."""

from __future__ import annotations

import os

VARIABLE = "MYOGUIDE_RETENTION_HOURS"
DEFAULT_HOURS = 24.0
_MOST = 300.0  # seconds between two sweeps


def from_environment() -> float:
    """Seconds after which an idle conversation is deleted; ValueError says what to write."""
    written = os.environ.get(VARIABLE, "").strip()
    try:
        hours = float(written) if written else DEFAULT_HOURS
    except ValueError:
        hours = 0.0
    if not 0 < hours < float("inf"):
        raise ValueError(f"{VARIABLE} is {written!r}: write a number of hours above 0, such as 24")
    return hours * 3600


def sweep_interval(retention: float) -> float:
    """Seconds between two looks for what is too old; so much longer may a conversation stay."""
    return min(_MOST, retention / 10)
