"""Example questions differ: a second copy teaches nothing, and under two answers it misleads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Pack, Question
from myoguide.knowledge.words import words

# Two questions are near when neither has more than two words that the other lacks, and at least
# two thirds of the words are common. Below five words there is no room to differ more.
MAX_CHANGED = 2
MIN_COMMON = 2 / 3
MIN_WORDS = 5


def questions_differ(pack: Pack) -> Iterator[Fault]:
    """A question that stands twice, however it is written, under one answer or two.

    In dialogue one intent may hold "hello" and "HELLO": that misleads nobody.
    """
    first: dict[tuple[str, ...], Question] = {}
    for question in pack.questions:
        key = tuple(words(question.text))
        twin = first.setdefault(key, question) if key else question
        if twin is not question and (question.answer or twin.intent != question.intent):
            where = f"{twin.file.name}:{twin.line} ({twin.intent})"
            reason = f"'{question.text}' ({question.intent}) is the same as {where}"
            yield Fault(question.file, question.line, reason, "Remove one of the two")


def questions_are_not_reworded(pack: Pack) -> Iterator[Fault]:
    """A question that differs from another by a word or two only; told in both files.

    Only between topics: in dialogue "does it get worse" stands beside a topic's own question on
    purpose, to teach the difference.
    """
    for question, twin in _near_pairs([q for q in pack.questions if q.answer]):
        yield _near(question, twin)
        if twin.file != question.file:
            yield _near(twin, question)


def _near(question: Question, twin: Question) -> Fault:
    reason = (
        f"'{question.text}' ({question.intent}) differs by a word or two from "
        f"'{twin.text}' ({twin.intent}, {twin.file.name}:{twin.line})"
    )
    return Fault(question.file, question.line, reason, "Rewrite one as a different person")


@dataclass(frozen=True)
class _Bag:
    question: Question
    said: tuple[str, ...]
    words: Counter[str]


def _bag(question: Question) -> _Bag:
    said = tuple(words(question.text))
    return _Bag(question, said, Counter(said))


def _near_pairs(questions: list[Question]) -> Iterator[tuple[Question, Question]]:
    """Pairs in the order of the later one.

    Near questions share one of the rarest words of each, so only those are looked up: two missing
    words still leave the third of the three rarest.
    """
    bags = [bag for bag in map(_bag, questions) if len(bag.said) >= MIN_WORDS]
    rarity = Counter(word for bag in bags for word in bag.words)
    known: defaultdict[str, list[_Bag]] = defaultdict(list)
    for bag in bags:
        rarest = sorted(bag.words, key=lambda word: (rarity[word], word))[: MAX_CHANGED + 1]
        candidates = {id(twin): twin for word in rarest for twin in known[word]}
        for twin in candidates.values():
            if _is_near(bag, twin):
                yield bag.question, twin.question
        for word in rarest:
            known[word].append(bag)


def _is_near(one: _Bag, other: _Bag) -> bool:
    longer = max(len(one.said), len(other.said))
    if longer - min(len(one.said), len(other.said)) > MAX_CHANGED or one.said == other.said:
        return False
    common = (one.words & other.words).total()
    return longer - common <= MAX_CHANGED and common / longer >= MIN_COMMON
