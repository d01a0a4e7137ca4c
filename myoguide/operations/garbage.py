"""Python's search for garbage, once a server has loaded what it keeps."""

from __future__ import annotations

import gc

# New objects until Python searches, then every how many searches it searches further.
THRESHOLDS = (20_000, 20, 20)


def settle() -> None:
    """What was loaded stays (a model that is replaced later, too): searching it for garbage held
    up two messages in a hundred."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
