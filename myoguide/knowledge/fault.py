"""A fault in the content pack, told so that whoever edits the file can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Fault:
    """One thing to mend: where it stands (lines count from 1), why it is wrong, what to do."""

    file: Path
    line: int
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{_near(self.file)}:{self.line}: {self.reason}. {self.remedy}."


class PackError(Exception):
    """The pack cannot be read; carries every fault that was found on the way."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def _near(file: Path) -> Path:
    """The path as a person in the current folder would type it."""
    try:
        return file.resolve().relative_to(Path.cwd())
    except ValueError:
        return file
