"""A disk that is small, and then full."""

from __future__ import annotations

import contextlib
from pathlib import Path


def fill(disk: Path) -> None:
    """Leaves no room on it; deleting ``ballast`` there makes room again."""
    with (disk / "ballast").open("wb", buffering=0) as sink:
        for block in (1 << 20, 4096, 1):  # bytes
            with contextlib.suppress(OSError):
                while True:
                    sink.write(b"x" * block)
