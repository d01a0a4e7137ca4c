"""How much one sender may ask for: a token bucket per key."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

# More senders than this are not remembered at once; the longest silent is forgotten first.
REMEMBERED = 50_000


@dataclass(frozen=True)
class Rate:
    """``burst`` requests at once, then ``per_minute`` in the long run."""

    burst: int
    per_minute: float


class RateLimiter:
    """Says whether a sender may go on. ``clock`` gives seconds and never runs backwards."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, sender: Hashable) -> bool:
        """Counts one request of ``sender``; False if it is one too many."""
        now = self._clock()
        left, then = self._buckets.pop(sender, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - then) * self._rate.per_minute / 60)
        allowed = left >= 1
        self._buckets[sender] = (left - 1 if allowed else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return allowed
