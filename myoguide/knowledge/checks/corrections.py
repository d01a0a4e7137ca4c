"""A qualified or corrected claim never appears without what the fact-check says about it."""

from __future__ import annotations

from collections.abc import Iterator

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Claim, Pack
from myoguide.knowledge.words import find_any, has_any

_CORRECTING = {"qualify", "correct"}


def corrections_are_there(pack: Pack) -> Iterator[Fault]:
    """An answer that carries a claim but lacks words that its correction cannot do without."""
    for answer in pack.answers.values():
        for name in answer.claims:
            if name not in pack.claims:
                continue
            claim = pack.claims[name]
            for missing in _unmet(claim, answer.text):
                reason = f"{answer.name} carries {name} without its correction ({claim.say})"
                remedy = (
                    f"Say so, with a word such as: {', '.join(missing[:8])}; "
                    f"or do not name {name} if the answer does not state it"
                )
                yield Fault(answer.file, answer.line, reason, remedy)


def corrected_matters_are_named(pack: Pack) -> Iterator[Fault]:
    """An answer that speaks of what a claim corrects, but does not name the claim."""
    for answer in pack.answers.values():
        for claim in pack.claims.values():
            told = find_any(answer.text, claim.mentions)
            if told and claim.id not in answer.claims:
                reason = (
                    f"{answer.name} speaks of '{told.group()}' but does not name claim {claim.id}"
                )
                remedy = "Add the claim, and what must be said with it, or leave the word out"
                yield Fault(answer.file, answer.line, reason, remedy)


def correcting_claims_can_be_checked(pack: Pack) -> Iterator[Fault]:
    """A claim marked qualify or correct for which no program could see the correction."""
    for claim in pack.claims.values():
        if _CORRECTING & set(claim.verdict) and not (claim.needs and claim.say):
            reason = f"{claim.id} is to be corrected, but lacks 'say' or 'needs'"
            remedy = "Write what an answer must say, and words that show that it does"
            yield Fault(claim.file, claim.line, reason, remedy)


def _unmet(claim: Claim, text: str) -> Iterator[tuple[str, ...]]:
    for need in claim.needs:
        concerned = not need.when or has_any(text, need.when)
        if concerned and not has_any(text, need.any):
            yield need.any
