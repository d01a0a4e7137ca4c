"""The safety screen: a message, and what was told before, in; signs with levels and reasons out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from myoguide.safety.context import Context, Finding, Reading
from myoguide.safety.findings import Findings
from myoguide.safety.normalise import Vocabulary, normalise
from myoguide.safety.quantities import quantities
from myoguide.safety.signs import LEVELS, Combination, Sign, evidence, excepted, index, load_signs

DATA = Path(__file__).resolve().parents[2] / "data" / "safety"
MOST_EARLIER = 30  # messages of a conversation that are read again
_APART = 10_000  # words between two messages, so that "near" never spans them


@dataclass(frozen=True)
class Shown:
    """A sign that was recognised, and the findings that showed it.

    ``new``: the last message took part; otherwise the sign was told earlier and still counts.
    """

    id: str
    level: str
    findings: tuple[Finding, ...]
    new: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The normalised words that showed the sign."""
        return tuple(finding.words for finding in self.findings)


@dataclass(frozen=True)
class Screening:
    """What the screen read.

    ``signs``: strongest first. ``level`` and ``sign``: of the leading sign, or ``none`` and None.
    ``suspected``: signs, strongest first, that rest on a doubtful wording. Whoever has a second
    opinion asks it about them; for whoever has none they count.
    ``retracted``: this message took back what was told before; ``perhaps_retracted``: it may
    have, and a second opinion is asked. ``help_is_there``: it says that professional help has come.
    """

    signs: tuple[Shown, ...]
    findings: tuple[Finding, ...]
    retracted: bool = False
    help_is_there: bool = False
    suspected: tuple[Shown, ...] = ()
    perhaps_retracted: bool = False

    def cautious(self) -> Screening:
        """The screening as it counts without a second opinion: what is suspected is told."""
        return replace(self, signs=_ranked((*self.signs, *self.suspected)), suspected=())

    @property
    def level(self) -> str:
        return self.signs[0].level if self.signs else "none"

    @property
    def sign(self) -> str | None:
        return self.signs[0].id if self.signs else None


class Screen:
    """The tables of one folder, compiled once. Raises `TableError` if one is broken."""

    def __init__(self, folder: Path = DATA) -> None:
        self.vocabulary = Vocabulary(folder)
        self.findings = Findings(folder, self.vocabulary)
        self.context = Context(folder, self.vocabulary)
        self.signs: dict[str, Sign] = load_signs(folder, self.findings)
        self.vocabulary.learn_spelling(self.findings.patterns.words + self.context.patterns.words)
        self._read = lru_cache(maxsize=256)(self._read_message)

    def __call__(
        self, text: str, earlier: Sequence[str] = (), taken_back: Collection[int] = ()
    ) -> Screening:
        """Screen a message together with the earlier messages of the same person.

        ``taken_back``: positions of messages (``len(earlier)`` is this one) that are known to take
        back what was told before them.
        """
        messages = [*earlier, text]
        first = max(0, len(earlier) - MOST_EARLIER)
        told: list[tuple[int, Finding]] = []  # what counts, with the position of its message
        for at, message in enumerate(messages[first:], first):
            now = self._read(message)
            if at in taken_back:
                now = replace(now, retracted=True)
            if now.retracted or now.undone:
                told = [pair for pair in told if self._stands(pair[1], now)]
            if at < len(earlier):
                told += [(at, finding) for finding in now.counted]
        before = [_moved(finding, (at - len(earlier)) * _APART) for at, finding in told]
        findings = [*before, *now.findings]
        signs, suspected = self._recognise(findings)
        return Screening(
            signs,
            tuple(findings),
            now.retracted,
            now.help_is_there,
            suspected,
            now.perhaps_retracted,
        )

    def findings_in(self, text: str) -> tuple[Finding, ...]:
        """What one message tells, by itself."""
        return self._read(text).findings

    def prepare(self) -> None:
        """Does now what the first message would have to wait for."""
        self.vocabulary.spelling.prepare()

    def forget(self) -> None:
        """Drops what it remembers of messages, so as not to read them twice."""
        self._read.cache_clear()
        self.vocabulary.spelling.forget()

    def _read_message(self, text: str) -> Reading:
        words = normalise(text, self.vocabulary)
        amounts = quantities(words)
        found = self.findings.find(words, amounts)
        reading = self.context.read(words, found, amounts)
        meant = (replace(f, whether="told") if self._is_bare(f) else f for f in reading.findings)
        return replace(reading, findings=tuple(meant))

    def _is_bare(self, finding: Finding) -> bool:
        """Findings that stay told in a question, or that are about relatives by nature."""
        if finding.whether in ("asked", "hypothetical"):
            return finding.id in self.findings.regardless
        return finding.whether == "other" and finding.id in self.findings.of_relatives

    def _stands(self, finding: Finding, after: Reading) -> bool:
        """Whether a finding told before still counts; a retraction drops what was before."""
        if finding.id == "self_harm":
            return True
        lasts = not after.retracted or finding.id in self.findings.traits
        return lasts and finding.id not in after.undone

    def _recognise(self, findings: list[Finding]) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        """Signs that the findings show, and signs that only doubtful ones complete."""
        told, sure = index(findings), index(f for f in findings if not f.doubtful)
        names = frozenset(told)
        signs, suspected = [], []
        for sign in self.signs.values():
            possible = [
                c
                for c in sign.recognised
                if not any(wanted.isdisjoint(names) for wanted in c.all_of)
                and not excepted(c, names)
            ]
            reasons = self._reasons(possible, sure)
            if reasons:
                signs.append(_shown(sign, reasons))
            elif possible and (reasons := self._reasons(possible, told)):
                suspected.append(_shown(sign, reasons))
        return _ranked(signs), _ranked(suspected)

    def _reasons(
        self, combinations: Sequence[Combination], told: dict[str, list[Finding]]
    ) -> tuple[Finding, ...]:
        """What fulfils the first combination that is fulfilled, or nothing."""
        for combination in combinations:
            reasons = evidence(combination, told, self.findings.traits)
            if reasons:
                return reasons
        return ()


def _moved(finding: Finding, by: int) -> Finding:
    return replace(finding, start=finding.start + by, end=finding.end + by)


def _shown(sign: Sign, reasons: tuple[Finding, ...]) -> Shown:
    return Shown(sign.id, sign.level, reasons, any(reason.start >= 0 for reason in reasons))


def _ranked(signs: Sequence[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(signs, key=lambda sign: -LEVELS.index(sign.level)))


def load(folder: Path = DATA) -> Screen:
    """The compiled screen of a folder; compiled on first use and then reused."""
    return _compiled(folder)


_compiled = lru_cache(maxsize=8)(Screen)


def screen(text: str, earlier: Sequence[str] = ()) -> Screening:
    """Screen a message together with what the same person told before (oldest first)."""
    return load()(text, earlier)
