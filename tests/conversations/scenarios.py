"""Scenarios as data: what was said before, what is said now, and what must follow.

A file holds a list of

- name: a sentence about behaviour
  country: ISO code that the channel sends with each message (may be missing)
  given: messages said before (may be missing)
  when: the message, or messages, that it is about
  then:                        after the last of them; each part may be missing
    status, escalation, sign, topic, aspect: slots of the contract (null for empty)
    asks: the step that the self-check asks next (null: no check is going on)
    outcome: the row of the self-check's decision table
    says: words that stand in the replies        says_not: words that do not
    begins: words that the first reply begins with
    buttons: titles among the buttons            no_buttons: true
    marked: metadata on one of the replies
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Scenario:
    """One conversation; ``then`` is checked after the last message."""

    name: str
    given: tuple[str, ...]
    when: tuple[str, ...]
    then: dict[str, Any] = field(default_factory=dict)
    country: str | None = None

    @property
    def messages(self) -> tuple[str, ...]:
        """Everything the person says."""
        return (*self.given, *self.when)


def scenarios(folder: Path = FOLDER) -> Iterator[Scenario]:
    """All scenarios of all files."""
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["scenarios"]:
            yield Scenario(
                f"{path.stem}: {entry['name']}",
                tuple(_flat(entry.get("given", ()))),
                tuple(_flat(entry["when"])),
                entry["then"],
                entry.get("country"),
            )


def _flat(messages: Any) -> Iterator[str]:
    """A message, or lists of messages within lists (parts shared by several scenarios)."""
    if isinstance(messages, str):
        yield messages
    else:
        for message in messages:
            yield from _flat(message)
