"""How a finding is meant: of whom, when, and whether it is told at all.

The ConText model (Harkema and others 2009): a trigger gives a category to the findings in its
scope; the scope has a direction and a length and ends early at a terminator; a pseudo-trigger
looks like a trigger and is none. The stock rules are for clinical notes; the table
``context.yml`` is for lay language and leans towards "told", because doubt raises the level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from myoguide.safety.findings import Found
from myoguide.safety.normalise import QUESTION, STOP, Vocabulary, Words
from myoguide.safety.patterns import Match, PatternError, Patterns
from myoguide.safety.quantities import DAY, HOUR, YEAR, Quantity
from myoguide.safety.tables import TableError, load_table, text_list, word_set

CATEGORIES = word_set(
    "pseudo idiom negated asked hypothetical told uncertain unreal other history earlier now "
    "retracted perhaps_retracted self in_care safe"
)
_DIRECTIONS = frozenset(("forward", "backward", "both", "message", "here"))
_UNTOLD = ("unreal", "other", "negated", "asked", "hypothetical")
_RECENT = DAY + 6 * HOUR  # "yesterday" still counts as the last day


@dataclass(frozen=True)
class Finding:
    """A finding as it was read.

    ``who``: ``self``, ``in_care`` or ``other``. ``when``: ``now``, ``unknown``, ``earlier`` (days
    to months ago) or ``history`` (long ago). ``whether``: ``told``, ``uncertain``, or why it does
    not count: ``negated``, ``asked``, ``hypothetical``, ``unreal``, ``other``, ``retracted``.
    ``doubtful``: see `Found`.
    """

    id: str
    start: int
    end: int
    words: str
    who: str = "self"
    when: str = "unknown"
    whether: str = "told"
    doubtful: bool = False

    @property
    def counts(self) -> bool:
        """Tell whether the finding is told of someone in need."""
        return self.whether in ("told", "uncertain")


@dataclass(frozen=True)
class Reading:
    """What one message says, read for itself.

    ``retracted``: it takes back what was told before; ``perhaps_retracted``: it may, and whoever
    has a second opinion asks it. ``help_is_there``: it says that help has come.
    """

    findings: tuple[Finding, ...]
    retracted: bool = False
    perhaps_retracted: bool = False
    help_is_there: bool = False

    @cached_property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.counts)

    @cached_property
    def undone(self) -> frozenset[str]:
        """Ids of findings that no longer count if they were told before: "he did not pass out".

        "Not fitting now" undoes nothing.
        """
        denied = (f for f in self.findings if f.whether == "negated" and f.when == "unknown")
        return frozenset(f.id for f in denied) - {f.id for f in self.counted}


@dataclass(frozen=True)
class _Rule:
    category: str
    direction: str
    scope: int
    ends_at: tuple[str, ...]
    unless: tuple[str, ...]


class Context:
    """The rules of ``context.yml``."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self._path = folder / "context.yml"
        table = load_table(self._path)
        self.patterns = Patterns(vocabulary, over_commas=False)
        self._terminators = dict(table.get("terminators") or {})
        for name, patterns in self._terminators.items():
            self._add(f"end {name}", name, patterns)
        self._rules = [
            self._rule(i, rule) for i, rule in enumerate(table.get("context_rules") or [])
        ]

    def _rule(self, i: int, rule: dict) -> _Rule:
        entry = f"rules[{i}] {rule.get('category')}"
        if rule.get("category") not in CATEGORIES:
            raise TableError(self._path, entry, f"category must be one of {sorted(CATEGORIES)}")
        direction = rule.get("direction", "here")
        if direction not in _DIRECTIONS:
            raise TableError(self._path, entry, f"direction must be one of {sorted(_DIRECTIONS)}")
        ends_at = tuple(str(rule.get("ends_at") or "").split())
        unless = tuple(str(rule.get("unless") or "").split())
        for name in ends_at + unless:
            if name not in self._terminators:
                raise TableError(self._path, entry, f"unknown terminator '{name}'")
        self._add(f"rule {i}", entry, rule.get("patterns"))
        return _Rule(rule["category"], direction, int(rule.get("scope", 100)), ends_at, unless)

    def _add(self, key: str, entry: str, patterns: object) -> None:
        for pattern in text_list(self._path, entry, patterns):
            try:
                self.patterns.add(key, pattern)
            except PatternError as error:
                raise TableError(self._path, entry, str(error)) from error

    def read(self, words: Words, found: Iterable[Found], amounts: list[Quantity]) -> Reading:
        """Return the findings as meant, and what the message does to those told before."""
        matches = self.patterns.find(words)
        ends: dict[str, list[Match]] = {}
        for match in matches:
            if match.key.startswith("end "):
                ends.setdefault(match.key[4:], []).append(match)
        triggers = self._triggers(matches)
        scopes = [self._scope(words, rule, match, ends) for rule, match in triggers]
        scopes += _times(words, amounts, ends.get("time", []))
        found = list(found)
        taken_back = [s for s in scopes if s.category == "retracted" and _of_earlier(s, found)]
        idioms = [s for s in scopes if s.category == "idiom"]
        findings = tuple(
            _meant(finding, scopes)
            for finding in found
            if not any(s.start < finding.end and finding.start < s.end for s in idioms)
        )
        said = {s.category for s in scopes}
        return Reading(
            findings,
            retracted=bool(taken_back) or _reframes(words, scopes, findings),
            perhaps_retracted="perhaps_retracted" in said,
            help_is_there="safe" in said,
        )

    def _triggers(self, matches: list[Match]) -> list[tuple[_Rule, Match]]:
        """Rules that matched, without those that only look like a trigger."""
        pairs = [(self._rules[int(m.key[5:])], m) for m in matches if m.key.startswith("rule ")]
        pseudo = [m for rule, m in pairs if rule.category == "pseudo"]
        return [
            (rule, m)
            for rule, m in pairs
            if rule.category != "pseudo"
            and not any(p.start <= m.start and m.end <= p.end for p in pseudo)
        ]

    def _scope(
        self, words: Words, rule: _Rule, trigger: Match, ends: dict[str, list[Match]]
    ) -> _Scope:
        if rule.direction == "message":
            start, end = -1, len(words)
            if any(ends.get(name) for name in rule.unless):
                end = 0
            return _Scope(rule.category, start, end, trigger)
        first, last = _sentence(words, trigger.start, trigger.end)
        stops = [m for name in rule.ends_at for m in ends.get(name, ())]
        blocked = any(
            first <= m.start < last and not (m.start < trigger.end and trigger.start < m.end)
            for name in rule.unless
            for m in ends.get(name, ())
        )
        if blocked:
            return _Scope(rule.category, 0, 0, trigger)
        start, end = trigger.start, trigger.end
        if rule.direction in ("forward", "both"):
            end = min(last, trigger.end + rule.scope)
            end = min([end, *(m.start for m in stops if m.start >= trigger.end)])
            # "no history of" + "epilepsy": the finding may begin inside the trigger.
            start = trigger.start + (rule.category == "negated")
            if rule.category in ("history", "earlier") and _closes_clause(words, trigger, first):
                end = trigger.end
        if rule.direction in ("backward", "both"):
            start = max(first, trigger.start - rule.scope)
            start = max([start, *(m.end for m in stops if m.end <= trigger.start)])
        return _Scope(rule.category, start, end, trigger)


_POINTS_BACK = word_set("that it this was were happened talking meant mean sorry")
_GOES_ON = word_set(
    "too also before similar again same now still today tonight another ambulance help"
)


def _reframes(words: Words, scopes: list[_Scope], findings: Sequence[Finding]) -> bool:
    """ "That was in 1990." "It's for my novel." "This is about my late uncle.": what was told
    before is put into another light, and nothing is told in its place."""
    said = frozenset(words.words)
    if said.isdisjoint(_POINTS_BACK) or not said.isdisjoint(_GOES_ON):
        return False
    if any(f.counts and f.when != "history" for f in findings):
        return False
    return any(s.category in ("history", "unreal", "other") and s.end > s.start for s in scopes)


def _of_earlier(retraction: _Scope, found: list[Found]) -> bool:
    """Tell whether earlier messages are taken back, and not what this one said just before."""
    anywhere = retraction.start < 0
    return anywhere or not any(f.start < retraction.trigger.start for f in found)


@dataclass(frozen=True)
class _Scope:
    category: str
    start: int
    end: int
    trigger: Match

    def covers(self, found: Found) -> bool:
        if self.category in ("told", "now", "history", "earlier"):
            return self.start < found.end and found.start < self.end
        return self.start <= found.start < self.end


def _sentence(words: Words, start: int, end: int) -> tuple[int, int]:
    first, last = start, end
    while first > 0 and words.words[first - 1] not in (STOP, QUESTION):
        first -= 1
    while last < len(words) and words.words[last] not in (STOP, QUESTION):
        last += 1
    return first, last


def _closes_clause(words: Words, trigger: Match, first: int) -> bool:
    """ "lymphoma two years ago, jerks since last week": the time is of what precedes it."""
    return trigger.end in words.commas and trigger.start > first


_AGO_SCOPE = 14  # words on either side of "three weeks ago"


def _times(words: Words, amounts: list[Quantity], stops: list[Match]) -> list[_Scope]:
    """Scopes of "three weeks ago": earlier; of "ten years ago": history."""
    scopes = []
    for quantity in amounts:
        if quantity.kind != "ago":
            continue
        first, last = _sentence(words, quantity.start, quantity.end)
        start = max(
            [first, quantity.start - _AGO_SCOPE, *(m.end for m in stops if m.end <= quantity.start)]
        )
        end = min(
            [last, quantity.end + _AGO_SCOPE, *(m.start for m in stops if m.start >= quantity.end)]
        )
        ago = quantity.end + (words.words[quantity.end : quantity.end + 1] == ("ago",))
        if _closes_clause(words, Match("", quantity.start, ago), first):
            end = ago
        recent = quantity.value <= _RECENT
        category = "now" if recent else "earlier" if quantity.value < YEAR else "history"
        scopes.append(_Scope(category, start, end, Match("", quantity.start, quantity.end)))
    return scopes


def _meant(found: Found, scopes: list[_Scope]) -> Finding:
    covering = [s for s in scopes if s.covers(found)]
    categories = {s.category for s in covering}
    if found.is_negation or any(
        _inside(s.trigger, found) for s in covering if s.category == "negated"
    ):
        categories.discard("negated")
    if "told" in categories:
        categories -= {"asked", "hypothetical"}
    if any(s.category == "retracted" and s.start < found.start < s.trigger.start for s in scopes):
        whether = "retracted"
    else:
        whether = next((name for name in _UNTOLD if name in categories), "told")
    if whether == "told" and "uncertain" in categories:
        whether = "uncertain"
    when = next((name for name in ("history", "earlier", "now") if name in categories), "unknown")
    return Finding(
        found.id,
        found.start,
        found.end,
        found.words,
        _who(found, scopes, whether),
        when,
        whether,
        found.doubtful,
    )


def _inside(trigger: Match, found: Found) -> bool:
    return found.start <= trigger.start and trigger.end <= found.end


def _who(found: Found, scopes: list[_Scope], whether: str) -> str:
    """The person named last before the finding, or first in the message."""
    if whether == "other":
        return "other"
    people = [s for s in scopes if s.category in ("self", "in_care")]
    before = [s for s in people if s.trigger.start <= found.start]
    nearest = max(before, key=lambda s: s.trigger.start, default=None)
    if nearest is None and people:
        nearest = min(people, key=lambda s: s.trigger.start)
    return nearest.category if nearest else "self"
