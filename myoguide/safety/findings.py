"""Finds what a message tells: convulsion, fever, infant, stopped drinking, lasting five minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myoguide.safety.normalise import Vocabulary, Words
from myoguide.safety.patterns import PatternError, Patterns
from myoguide.safety.quantities import UNITS, Quantity
from myoguide.safety.tables import TableError, load_table, text_list, word_set

# Before a pattern of findings.yml: this wording leaves no doubt.
_SURE = "! "

_NEGATIVE = word_set(
    "cannot not no never without unable none nothing nobody hardly barely unresponsive"
)


@dataclass(frozen=True)
class Found:
    """A finding and the half-open span of words that showed it.

    ``doubtful``: by a wording that may as well mean something harmless.
    """

    id: str
    start: int
    end: int
    words: str
    doubtful: bool = False

    @property
    def is_negation(self) -> bool:
        """Tell whether the words are themselves a negation ("cannot breathe")."""
        return any(word in _NEGATIVE for word in self.words.split())


@dataclass(frozen=True)
class _Measure:
    """A quantity that makes a finding: ``kind`` between ``at_least`` and ``below``."""

    finding: str
    kind: str
    at_least: float
    below: float

    def fits(self, quantity: Quantity) -> bool:
        return quantity.kind == self.kind and self.at_least <= quantity.value < self.below


class Findings:
    """The findings of ``findings.yml``: what is looked for and which are lasting traits."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        path = folder / "findings.yml"
        table = load_table(path)
        self.patterns = Patterns(vocabulary)
        self.ids: set[str] = set()
        self.traits = _names(path, table, "traits")
        self.regardless = _names(path, table, "regardless")
        self.of_relatives = _names(path, table, "of_relatives")
        self.without_doubt = _names(path, table, "without_doubt")
        for name, patterns in (table.get("findings") or {}).items():
            self._add(path, name, text_list(path, name, patterns))
        self._measures = [_measure(path, entry) for entry in table.get("measures") or []]
        self.ids |= {measure.finding for measure in self._measures}
        for name in self.traits | self.regardless | self.of_relatives | self.without_doubt:
            if name not in self.ids:
                raise TableError(path, name, "is listed at the end of the table but is no finding")
        self.groups: dict[str, frozenset[str]] = {}
        for name, members in (table.get("groups") or {}).items():
            self.groups[name] = frozenset(self._group(path, name, str(members)))

    def _add(self, path: Path, name: str, patterns: list[str]) -> None:
        self.ids.add(name)
        for pattern in patterns:
            sure = name in self.without_doubt or pattern.startswith(_SURE)
            try:
                self.patterns.add(name if sure else name + "?", pattern.removeprefix(_SURE))
            except PatternError as error:
                raise TableError(path, name, str(error)) from error

    def _group(self, path: Path, name: str, members: str) -> set[str]:
        found: set[str] = set()
        for member in members.split():
            if member in self.groups:
                found |= self.groups[member]
            elif member in self.ids:
                found.add(member)
            else:
                raise TableError(path, name, f"unknown finding '{member}'")
        return found

    def find(self, words: Words, amounts: list[Quantity]) -> list[Found]:
        """All findings of a message and its quantities, in reading order."""
        found = [
            Found(
                match.key.removesuffix("?"),
                match.start,
                match.end,
                words.text(match.start, match.end),
                match.key.endswith("?"),
            )
            for match in self.patterns.find(words)
        ]
        for quantity in amounts:
            for measure in self._measures:
                if measure.fits(quantity):
                    span = (quantity.start, quantity.end)
                    found.append(Found(measure.finding, *span, words.text(*span)))
        return sorted(found, key=lambda f: (f.start, f.end))


def _names(path: Path, table: dict, entry: str) -> frozenset[str]:
    return frozenset(" ".join(text_list(path, entry, table.get(entry))).split())


def _measure(path: Path, entry: dict) -> _Measure:
    try:
        return _Measure(
            entry["finding"],
            entry["kind"],
            _amount(entry.get("at_least", 0)),
            _amount(entry.get("below", 1e12)),
        )
    except (KeyError, ValueError) as error:
        raise TableError(path, f"measures {entry}", f"cannot be read: {error}") from error


def _amount(value: object) -> float:
    """ "5 minutes" in minutes; a bare number as it is."""
    number, *unit = str(value).split()
    return float(number) * (UNITS[unit[0].removesuffix("s")] if unit else 1)
