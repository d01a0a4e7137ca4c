"""A share with its count and 95% interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# 97.5% point of the normal distribution.
_Z = 1.959964


@dataclass(frozen=True)
class Share:
    """``hits`` of ``of``; ``value`` is not a number where there was nothing to count."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval (Wilson 1927); (0, 1) of nothing."""
        if not self.of:
            return 0.0, 1.0
        n, p, z2 = self.of, self.value, _Z * _Z
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, centre - half), min(1.0, centre + half)


def share(flags: Iterable[bool]) -> Share:
    """How many of ``flags`` are true."""
    counted = list(flags)
    return Share(sum(map(bool, counted)), len(counted))
