"""Everything points at something that exists, and nothing is left without its counterpart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import ASK, Answer, Claim, Pack, Question

ASPECTS = (
    "definition",
    "types",
    "cause",
    "symptoms",
    "danger",
    "diagnosis",
    "treatment",
    "medicine",
    "prevention",
    "prognosis",
    "doctor",
    "comparison",
    "self_report",
    "source",
)
MIN_EXAMPLES = 12


def answers_rest_on_something(pack: Pack) -> Iterator[Fault]:
    """An answer without a claim or a source."""
    for answer in pack.answers.values():
        for kind, named in (("claim", answer.claims), ("source", answer.sources)):
            if not named:
                reason = f"{answer.name} names no {kind}"
                yield Fault(answer.file, answer.line, reason, f"Add it under 'metadata: {kind}s'")


def claims_and_sources_exist(pack: Pack) -> Iterator[Fault]:
    """An answer or a claim that names a claim or a source that is not in its list."""
    citing: list[Answer | Claim] = [*pack.answers.values(), *pack.claims.values()]
    for entry in citing:
        for name in entry.sources:
            if name not in pack.sources:
                remedy = "Use an id of data/sources.yml, or add the source there"
                yield Fault(entry.file, name.line, f"unknown source '{name}'", remedy)
    for answer in pack.answers.values():
        for name in answer.claims:
            if name not in pack.claims:
                remedy = "Use an id of data/claims.yml"
                yield Fault(answer.file, name.line, f"unknown claim '{name}'", remedy)


def claims_are_carried(pack: Pack) -> Iterator[Fault]:
    """A claim of the fact-check that no answer carries."""
    carried = {name for answer in pack.answers.values() for name in answer.claims}
    for claim in pack.claims.values():
        if claim.id not in carried:
            reason = f"no answer carries claim {claim.id} ({claim.claim})"
            yield Fault(claim.file, claim.line, reason, "State it in an answer and name it there")


def next_answers_exist(pack: Pack) -> Iterator[Fault]:
    """An answer that offers one that does not exist, or itself."""
    for answer in pack.answers.values():
        for name in answer.next:
            if name == answer.name:
                yield Fault(answer.file, name.line, f"{name} offers itself", "Offer another")
            elif name not in pack.answers:
                remedy = "Name an answer as topic.aspect"
                yield Fault(answer.file, name.line, f"unknown next answer '{name}'", remedy)


def questions_and_answers_meet(pack: Pack) -> Iterator[Fault]:
    """A question without an answer, an answer without questions or with too few."""
    counts: Counter[str] = Counter()
    first: dict[str, Question] = {}
    for question in pack.questions:
        if question.answer:
            counts[question.answer] += 1
            first.setdefault(question.answer, question)
    for name, question in first.items():
        if name not in pack.answers:
            reason = f"{question.intent} has questions but no answer"
            remedy = f"Write the response 'utter_{question.intent}'"
            yield Fault(question.file, question.line, reason, remedy)
    for answer in pack.answers.values():
        count = counts[answer.name]
        if count == 0:
            reason = f"{answer.name} has no example questions"
            remedy = f"Write at least {MIN_EXAMPLES} under the intent '{ASK}{answer.name}'"
            yield Fault(answer.file, answer.line, reason, remedy)
        elif count < MIN_EXAMPLES:
            reason = f"{answer.name} has {count} example questions, fewer than {MIN_EXAMPLES}"
            question = first[answer.name]
            yield Fault(question.file, question.line, reason, "Write more, each a new person")


def topics_stay_in_their_file(pack: Pack) -> Iterator[Fault]:
    """A topic's question or answer in another topic's file, or an aspect that is none."""
    told = set()
    places = [(q.answer, q.file, q.line) for q in pack.questions if q.answer]
    places += [(answer.name, answer.file, answer.line) for answer in pack.answers.values()]
    for name, file, line in places:
        if (name, file) in told:
            continue
        told.add((name, file))
        topic, _, aspect = name.partition(".")
        if topic != file.stem:
            reason = f"{name} does not belong in {file.name}"
            yield Fault(file, line, reason, f"Move it to {topic}.yml")
        if aspect not in ASPECTS:
            reason = f"'{aspect}' is not an aspect"
            yield Fault(file, line, reason, f"Choose one of: {', '.join(ASPECTS)}")
