"""What the content pack holds, as plain values that cannot change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myoguide.knowledge.marked import Text

ARTICLE = "article"
ASK = "ask/"


@dataclass(frozen=True)
class Question:
    """One way in which a person asks; ``intent`` is "ask/sleep.cause" or, in dialogue, "greet"."""

    intent: str
    text: str
    file: Path
    line: int

    @property
    def answer(self) -> str | None:
        """The name of the curated answer it asks for; None in dialogue, which has rules."""
        return self.intent.removeprefix(ASK) if self.intent.startswith(ASK) else None


@dataclass(frozen=True)
class Reply:
    """A text that the assistant may say: a curated answer, a line of dialogue or of safety.

    ``reviewed`` keeps its line and whether it was quoted, for the checks.
    """

    name: str
    text: str
    file: Path
    line: int
    reviewed: Text | None


@dataclass(frozen=True)
class Answer(Reply):
    """The one curated answer to ``topic.aspect``, with what it rests on.

    The names in the lists keep their lines, for the checks.
    """

    label: str
    claims: tuple[Text, ...]
    sources: tuple[Text, ...]
    reviewer: str
    next: tuple[Text, ...]

    @property
    def topic(self) -> str:
        return self.name.partition(".")[0]

    @property
    def aspect(self) -> str:
        return self.name.partition(".")[2]


@dataclass(frozen=True)
class Need:
    """Words of which a text must hold one; with ``when``, only if it holds one of those too."""

    any: tuple[str, ...]
    when: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """One statement of the article, judged by the fact-check.

    ``needs`` makes the correction of a qualified or corrected claim visible to a program;
    ``mentions`` are words that show a text carries the claim even if it does not say so.
    """

    id: str
    section: str
    claim: str
    verdict: tuple[str, ...]
    say: str
    sources: tuple[Text, ...]
    needs: tuple[Need, ...]
    mentions: tuple[str, ...]
    file: Path
    line: int


@dataclass(frozen=True)
class Source:
    """A reference; ``short`` stands in the source line, the rest in the full list."""

    id: str
    short: str
    title: str
    publisher: str
    date: str
    address: str | None
    file: Path
    line: int

    def reference(self) -> str:
        """The full reference on one line."""
        where = f" {self.address}" if self.address else ""
        return f"\u201c{self.title}\u201d. {self.publisher}, {self.date}.{where}"


@dataclass(frozen=True)
class Term:
    """A medical term: excused from the reading grade, but explained wherever it is used.

    Without ``explained_by`` it is excused only: most readers know it, but it is long.
    """

    name: str
    forms: tuple[str, ...]
    plain: str
    explained_by: tuple[str, ...]
    file: Path
    line: int


@dataclass(frozen=True)
class Pack:
    """Everything under ``data/`` that a person may read, and what people ask for it.

    ``answers`` by "sleep.cause"; ``replies`` (dialogue and safety) by their name; ``contacts`` as
    the safety room wrote them. ``files`` are all files of the pack, read or not.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    questions: tuple[Question, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)
    contacts: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def topics(self) -> dict[str, tuple[str, ...]]:
        """The aspects that each topic can answer."""
        found: dict[str, tuple[str, ...]] = {}
        for answer in self.answers.values():
            found[answer.topic] = (*found.get(answer.topic, ()), answer.aspect)
        return found

    def source_line(self, *answers: Answer) -> str:
        """One line naming who stands behind the answers: "Source: NHS, NINDS, the article"."""
        shorts = dict.fromkeys(source.short for source in self._cited(*answers))
        return "Source: " + ", ".join(shorts)

    def references(self, *answers: Answer) -> list[str]:
        """The full references of the answers, the article last."""
        return [source.reference() for source in self._cited(*answers)]

    def _cited(self, *answers: Answer) -> list[Source]:
        names = {str(name): None for answer in answers for name in answer.sources}
        return [self.sources[name] for name in sorted(names, key=ARTICLE.__eq__)]
