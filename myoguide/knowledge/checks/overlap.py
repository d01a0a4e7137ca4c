"""Training data never repeats the evaluation: it would measure memory, not understanding."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Pack
from myoguide.knowledge.words import shingles, without_entities, words

RUN = 4
MAX_SHARE = 0.6
MIN_WORDS = 5
MIN_RUNS = 3


@dataclass(frozen=True)
class _Sentence:
    """A sentence of the evaluation; the fault names its id only, so that nobody reads it."""

    id: str
    words: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]


def evaluation_is_not_repeated(pack: Pack, sets: Path) -> Iterator[Fault]:
    """A line of the pack that is an evaluation sentence, or holds most of its four-word runs."""
    sentences = list(_sentences(sorted(sets.glob("*.jsonl"))))
    whole = {sentence.words: sentence for sentence in sentences}
    by_run: defaultdict[tuple[str, ...], list[_Sentence]] = defaultdict(list)
    for sentence in sentences:
        for run in sentence.runs:
            by_run[run].append(sentence)
    for file in pack.files if sentences else ():
        text = file.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            for twin in _repeated(words(without_entities(line)), whole, by_run):
                reason = f"this line repeats the evaluation sentence {twin}"
                yield Fault(file, number, reason, "Write another question in its place")


def _repeated(
    line: list[str],
    whole: dict[tuple[str, ...], _Sentence],
    by_run: dict[tuple[str, ...], list[_Sentence]],
) -> set[str]:
    if len(line) < MIN_WORDS:
        return set()
    found = {whole[tuple(line)].id} if tuple(line) in whole else set()
    shared: Counter[_Sentence] = Counter()
    for run in shingles(line, RUN):
        shared.update(by_run.get(run, ()))
    for sentence, count in shared.items():
        if len(sentence.runs) >= MIN_RUNS and count / len(sentence.runs) >= MAX_SHARE:
            found.add(sentence.id)
    return found


def _sentences(files: Iterable[Path]) -> Iterator[_Sentence]:
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield from _of_item(json.loads(line))


def _of_item(item: dict) -> Iterator[_Sentence]:
    for turn in item.get("turns") or [item.get("text", "")]:
        said = words(turn["text"] if isinstance(turn, dict) else turn)
        if len(said) >= MIN_WORDS:
            yield _Sentence(str(item["id"]), tuple(said), frozenset(shingles(said, RUN)))
