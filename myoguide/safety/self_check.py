"""The self-check as pure functions: texts to answers, answers to exactly one outcome.

The steps and the decision table are content: ``data/safety/self_check.yml``.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from myoguide.safety.normalise import Vocabulary, Words, normalise
from myoguide.safety.patterns import PatternError, Patterns
from myoguide.safety.quantities import DAY, MONTH, WEEK, YEAR, Quantity, quantities
from myoguide.safety.screen import DATA, load
from myoguide.safety.signs import LEVELS
from myoguide.safety.tables import TableError, load_table, text_list

# Answers that every step knows: skipped or not known; told in words that fit no option.
UNKNOWN, TOLD = "unknown", "told"
_DENIALS = frozenset(["no", "not", "never", "without"])
# Words before a match that a denial may stand in.
_DENIAL_REACH = 3
_NO = frozenset(["no", "nope", "nah", "n", "naw", "none", "nothing", "negative"])
# Ages, in minutes, below which a person is a baby, a child, a teenager.
_AGES = (("baby", YEAR), ("child", 13 * YEAR), ("teenager", 18 * YEAR))
_MONTHS = tuple(name.lower() for name in calendar.month_name)
# Words that stand before a month or year when it is a beginning.
_SINCE = frozenset(["since", "from", "in", "around", "last"])
# Times, in minutes, below which jerks began today, days ago, weeks ago.
_BEGINNINGS = (("today", 20 * 60.0), ("days", 2 * WEEK), ("weeks", 3 * MONTH))


@dataclass(frozen=True)
class Option:
    """One answer to a step. ``says``: what its button sends. ``sign``: the sign that it is."""

    id: str
    title: str
    says: str
    told: str
    sign: str | None


@dataclass(frozen=True)
class Step:
    """One question. ``if_no``: what a plain "no" means; ``free``: any text is an answer."""

    id: str
    ask: str
    why: str
    options: tuple[Option, ...]
    outranks: tuple[str, ...]
    if_no: str | None
    free: bool
    told_before: bool

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that an answer to this step can have."""
        return (*(option.id for option in self.options), *((TOLD,) if self.free else ()), UNKNOWN)

    @property
    def must(self) -> bool:
        """Tell whether the step asks for signs: it is left out only when that is said."""
        return any(option.sign for option in self.options)

    def option(self, value: str | None) -> Option | None:
        """The option of that id, or None."""
        return next((option for option in self.options if option.id == value), None)


@dataclass(frozen=True)
class Outcome:
    """A row of the decision table; ``when`` maps steps to the values that fit."""

    id: str
    when: Mapping[str, frozenset[str]]
    level: str
    sign: str | None
    because: str
    reference: str
    fits: str = ""
    do: str = ""
    by: str = ""
    worse: str = ""
    ask: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Tell whether all conditions fit; a step not answered yet fits none."""
        return all(answers.get(step) in values for step, values in self.when.items())


class SelfCheck:
    """The table of one folder. Raises `TableError` if it is broken."""

    def __init__(self, folder: Path = DATA) -> None:
        self._path = folder / "self_check.yml"
        self._screen = load(folder)
        self.signs = self._screen.signs
        # Its own: the screen corrects spelling towards its words, this check towards both.
        self._vocabulary = Vocabulary(folder)
        # A message is read for several steps.
        self._words = lru_cache(maxsize=16)(self._normalised)
        self._amounts = lru_cache(maxsize=16)(lambda text: quantities(self._words(text)))
        table = load_table(self._path)
        self.told_before = str(table.get("told_before", ""))
        self.noted = str(table.get("noted", ""))
        self._headings: dict[str, str] = dict(table.get("headings") or {})
        self.closing = str(table.get("closing", ""))
        self._controls = self._named(table.get("controls") or {})
        self._requests = self._named(table.get("requests") or {})
        self._patterns: dict[str, Patterns] = {}
        self.steps: dict[str, Step] = {
            name: self._step(name, entry) for name, entry in (table.get("steps") or {}).items()
        }
        self.outcomes: dict[str, Outcome] = {
            name: self._outcome(name, entry)
            for name, entry in (table.get("outcomes") or {}).items()
        }
        mine = [self._controls, self._requests, *self._patterns.values()]
        theirs = [self._screen.findings.patterns, self._screen.context.patterns]
        self._vocabulary.learn_spelling(Counter(w for p in (*mine, *theirs) for w in p.words))
        if not self.outcomes or list(self.outcomes.values())[-1].when:
            raise TableError(self._path, "outcomes", "the last row must fit always (when: {})")

    # --- reading what a person says

    def control(self, step_id: str, text: str) -> str | None:
        """What is said instead of an answer: ``unknown``, ``back``, ``stop`` or ``why``."""
        found = self._controls.find(self._words(text))
        if not found:
            return None
        value = self.read(step_id, text)
        answered = value not in (None, self.steps[step_id].if_no)
        if answered and found[0].key == UNKNOWN:  # "not sure, maybe the arm"
            return None
        if answered and len(text.split()) == 1:  # "back", where the question is where
            return None
        return found[0].key

    def request(self, text: str) -> str | None:
        """What is wished for in so many words: ``self_check`` or ``summary``."""
        found = self._requests.find(self._words(text))
        return found[0].key if found else None

    def read(self, step_id: str, text: str) -> str | None:
        """The value of an answer to a step, or None if the text does not answer it."""
        step = self.steps[step_id]
        exact = _exact(step, text)
        if exact:
            return exact
        words = self._words(text)
        denies = len(words) > 0 and words.words[0] in _NO
        if denies and len(words) <= 2 and step.if_no:
            return step.if_no
        amounts = self._amounts(text)
        value = _measured(step_id, words, amounts) or self._matched(step, words, amounts)
        return step.if_no if value is None and denies and len(words) <= 4 else value

    def told(self, text: str) -> dict[str, str]:
        """What a message outside the check answers already, by step."""
        if not self._tells_of_jerks(text):
            return {}
        found = {s.id: self.read(s.id, text) for s in self.steps.values() if s.told_before}
        seen = self._words(text), self._amounts(text)
        if found.get("person") == "me" and not _measured("person", *seen):
            del found["person"]  # "it drives me mad" tells no age
        return {step: value for step, value in found.items() if value is not None}

    def _tells_of_jerks(self, text: str) -> bool:
        jerking = self._screen.findings.groups["any_jerk"] | {"hiccup", "ear_noise"}
        findings = self._screen.findings_in(text)
        return any(finding.counts and finding.id in jerking for finding in findings)

    def _matched(self, step: Step, words: Words, amounts: Sequence[Quantity]) -> str | None:
        ages = [q for q in amounts if q.kind == "age" and step.id != "person"]
        matches = [
            match
            for match in self._patterns[step.id].find(words)
            if not any(age.start < match.end and match.start < age.end for age in ages)
        ]
        told = {m.key for m in matches if not _denied(words, m.start, m.end)}
        if matches and not told:
            return step.if_no
        return next((name for name in step.outranks if name in told), None)

    def prepare(self) -> None:
        """Does now what the first message would have to wait for."""
        self._vocabulary.spelling.prepare()

    def forget(self) -> None:
        """Drops what it, and its screen, remember of messages."""
        self._words.cache_clear()
        self._amounts.cache_clear()
        self._vocabulary.spelling.forget()
        self._screen.forget()

    def _normalised(self, text: str) -> Words:
        return normalise(text, self._vocabulary)

    # --- deciding

    def outcome(self, answers: Mapping[str, str]) -> Outcome:
        """The first row that fits; a step without an answer counts as unknown."""
        complete = {step: answers.get(step) or UNKNOWN for step in self.steps}
        return next(row for row in self.outcomes.values() if row.holds(complete))

    def counts_alone(self, step_id: str, value: str) -> bool:
        """Tell whether a row with a sign asks for this answer."""
        rows = (row for row in self.outcomes.values() if row.sign)
        return any(value in row.when.get(step_id, ()) for row in rows)

    def decided(self, answers: Mapping[str, str]) -> Outcome | None:
        """The outcome that ends the check early: a row with a sign that already fits."""
        rows = (row for row in self.outcomes.values() if row.sign)
        return next((row for row in rows if row.holds(answers)), None)

    def text_of(self, outcome: Outcome) -> str:
        """What is said of an outcome without a sign."""
        heading = self._headings[outcome.level]
        todo = f"{outcome.do} {outcome.by}"
        parts = [heading, f"{outcome.because} {outcome.fits}", todo, outcome.worse, self.closing]
        return "\n\n".join(part for part in parts if part)

    # --- loading

    def _step(self, name: str, entry: dict[str, Any]) -> Step:
        options, patterns = [], Patterns(self._vocabulary)
        for option_id, option in entry["options"].items():
            sign = option.get("sign")
            if sign is not None and sign not in self._screen.signs:
                raise TableError(self._path, f"{name}.{option_id}", f"unknown sign '{sign}'")
            title = option["title"]
            says = option.get("says", title)
            options.append(Option(option_id, title, says, option.get("told", says), sign))
            words = text_list(self._path, f"{name}.{option_id}", option.get("words"))
            self._add(patterns, option_id, words)
        self._patterns[name] = patterns
        known = {option.id for option in options}
        outranks = tuple(entry.get("outranks") or (option.id for option in options))
        if set(outranks) != known:
            raise TableError(self._path, name, "'outranks' must name every option once")
        if entry.get("if_no") and entry["if_no"] not in known:
            raise TableError(self._path, name, f"'if_no': no option '{entry['if_no']}'")
        return Step(
            name,
            entry["ask"],
            entry["why"],
            tuple(options),
            outranks,
            entry.get("if_no"),
            bool(entry.get("free")),
            bool(entry.get("told_before")),
        )

    def _named(self, table: Mapping[str, Any]) -> Patterns:
        patterns = Patterns(self._vocabulary)
        for name, lines in table.items():
            self._add(patterns, name, text_list(self._path, name, lines))
        return patterns

    def _add(self, patterns: Patterns, key: str, lines: Sequence[str]) -> None:
        for line in lines:
            try:
                patterns.add(key, line)
            except PatternError as error:
                raise TableError(self._path, key, str(error)) from error

    def _outcome(self, name: str, entry: dict[str, Any]) -> Outcome:
        when = {}
        for step, values in entry["when"].items():
            values = [values] if isinstance(values, str) else values
            if step not in self.steps or not set(values) <= set(self.steps[step].values):
                raise TableError(self._path, name, f"'{step}: {values}' is no step and answer")
            when[step] = frozenset(values)
        level, sign = entry.get("level"), entry.get("sign")
        if level not in LEVELS:
            raise TableError(self._path, name, f"level must be one of {', '.join(LEVELS)}")
        if sign is not None and self._screen.signs[sign].level != level:
            raise TableError(self._path, name, f"level is not that of the sign '{sign}'")
        if (sign is None) == (level in ("urgent", "emergency")):
            raise TableError(self._path, name, "urgent and emergency rows, no others, name a sign")
        text = {part: str(entry.get(part) or "").strip() for part in ("fits", "do", "by", "worse")}
        missing = [part for part, value in text.items() if not value and sign is None]
        missing += [part for part in ("because", "reference") if not entry.get(part)]
        if missing:
            raise TableError(self._path, name, f"lacks {', '.join(missing)}")
        return Outcome(
            name,
            when,
            level,
            sign,
            entry["because"],
            entry["reference"],
            ask=tuple(entry.get("ask") or ()),
            more=tuple(entry.get("more") or ()),
            **text,
        )


def _measured(step_id: str, words: Words, found: Sequence[Quantity]) -> str | None:
    """Answers that are a quantity: an age, or the time since the beginning."""
    if step_id == "person":
        ages = [q.value for q in found if q.kind == "age"]
        alone = [q for q in found if q.start <= 2 and len(words) <= q.end + 1]
        for quantity in alone:
            if quantity.kind == "duration":
                ages.append(quantity.value)
            elif quantity.kind == "count" and 0 < quantity.value < 120:
                ages.append(quantity.value * YEAR)
        return _age_group(min(ages), words) if ages else None
    if step_id == "since":
        months = _months_since(words.words, dt.date.today())
        if months is not None:
            return "weeks" if months <= 3 else "months"
        times = [q.value for q in found if q.kind in ("duration", "ago")]
        long_enough = [value for value in times if value >= DAY] or times[:1] * (len(words) < 8)
        return _below(max(long_enough), _BEGINNINGS, "months") if long_enough else None
    return None


def _exact(step: Step, text: str) -> str | None:
    """The option whose button it is."""
    plain = text.strip().rstrip(".").casefold()
    for option in step.options:
        if plain in (option.title.casefold(), option.says.casefold()):
            return option.id
    return None


def _months_since(words: Sequence[str], today: dt.date) -> int | None:
    """How many months ago "since May" or "since 2019" is, counted back from ``today``."""
    for i, word in enumerate(words):
        if not _SINCE & set(words[max(0, i - 2) : i]):
            continue
        if word in _MONTHS:
            return (today.month - _MONTHS.index(word)) % 12
        if word.isdigit() and 1900 < int(word) < today.year:
            return 12 * (today.year - int(word))
    return None


def _denied(words: Words, start: int, end: int) -> bool:
    """Tell whether a "no" or "not" before the match takes it back ("no weakness")."""
    before = range(max(0, start - _DENIAL_REACH), start)
    clause = [i for i in before if not any(i < comma <= start for comma in words.commas)]
    return any(words.words[i] in _DENIALS for i in clause if "but" not in words.words[i:start])


def _age_group(age: float, words: Words) -> str:
    group = _below(age, _AGES, "adult")
    own = {"i", "me", "im", "myself", "am"} & set(words.words)
    return "me" if group == "adult" and own else group


def _below(value: float, limits: Sequence[tuple[str, float]], beyond: str) -> str:
    return next((name for name, limit in limits if value < limit), beyond)


@lru_cache(maxsize=4)
def load_self_check(folder: Path = DATA) -> SelfCheck:
    """The table of a folder, read on first use and then reused."""
    return SelfCheck(folder)
