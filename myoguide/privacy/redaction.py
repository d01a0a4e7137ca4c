"""Names, e-mails, telephone numbers, addresses, identity and card numbers and dates of birth.

``redact`` takes a message and gives it back with a placeholder for each. What counts is in
``data/privacy/redaction.yml`` and ``first_names.txt``; telephone numbers are recognised by
``phonenumbers``, numbers with a check digit by ``python-stdnum``. Pure functions: no network, no
learned model. Ages, doses, durations and times are no personal data and stay, and so do the names
of diseases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[2] / "data" / "privacy"
# Digits (without blanks and dashes) that are too many for anything but a telephone or identity.
MANY_DIGITS = 9
FEWEST_TELEPHONE_DIGITS = 7
MOST_TELEPHONES = 8  # groups of digits of a message that are looked up; long ones go anyway
# From the surest recogniser to the least sure.
KINDS = ("email", "birth", "telephone", "number", "address", "name")

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_DIGITS = re.compile(r"(?<![\w.,/:])(?:\+|00)?\(?\d[\d\s()./\-–]{5,30}\d(?![\w/:]|[.,]\d)")
_CODE = re.compile(r"(?<![\w@])(?=[A-Za-z]*\d)[A-Za-z0-9](?:[ \-]?[A-Za-z0-9]){8,33}(?![\w@])")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?\w{1,3})?\b")
# Social security (USA), national insurance (United Kingdom).
_INSURANCE = re.compile(r"\b\d{3}-\d{2}-\d{4}\b|\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = (
    r"(?:\d{1,4}\s?[./\-]\s?\d{1,2}\s?[./\-]\s?\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s*(?:of\s+)?{_MONTH}\.?,?(?:\s*\d{{4}}|\s+\d{{2}}\b)?"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s*\d{{4}})?"
    r"|\d{1,2}[./]\d{1,2}\b|\d{8}\b)"
)
_POSTCODES = re.compile(
    r"\b(?:(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d[\dA-HJKMNPR-Y]?|\d[A-HJKSTUW])"
    r" ?\d[ABD-HJLNP-UW-Z]{2})"  # United Kingdom
    r"|(?:[A-Z][a-z]+,? )?(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]"
    r"|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]),? \d{5}(?:-\d{4})?)\b"  # USA
)


@dataclass(frozen=True, order=True)
class Span:
    """Characters ``start`` to ``end`` of a text are of a ``kind`` (a key of the placeholders)."""

    start: int
    end: int
    kind: str


def redact(text: str) -> str:
    """``text`` with a placeholder in the place of each piece of personal data."""
    placeholders = _table().placeholders
    for span in reversed(find(text)):
        text = text[: span.start] + placeholders[span.kind] + text[span.end :]
    return text


def find(text: str) -> list[Span]:
    """The personal data in ``text``, in its order and without overlaps."""
    table = _table()
    found: list[Span] = []
    if "@" in text or " at " in text.lower() or "(at)" in text or "[at]" in text:
        found += table.emails(text)
    if any(character.isdigit() for character in text):
        found += table.births(text)
        announced = list(table.announced_numbers(text))
        found += announced
        found += (span for span in table.telephones(text) if not _touches(span, announced))
        found += table.checked_numbers(text)
    found += table.addresses(text)
    found += table.names(text)
    return _merged(found)


def _merged(found: Iterable[Span]) -> list[Span]:
    """Overlapping spans become one, of the kind that stands first in `KINDS`."""
    merged: list[Span] = []
    for span in sorted(found):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            kind = min(last.kind, span.kind, key=KINDS.index)
            merged.append(Span(last.start, max(last.end, span.end), kind))
        else:
            merged.append(span)
    return merged


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _any_of(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, the longest first, however apostrophes are written."""
    ordered = sorted(phrases, key=len, reverse=True)
    written = (re.escape(p).replace(r"\ ", r"\s+").replace("'", "['’]?") for p in ordered)
    return "(?:" + "|".join(written) + ")"


class _Table:
    """The tables, compiled once."""

    def __init__(self, folder: Path = DATA) -> None:
        given: dict[str, Any] = yaml.safe_load((folder / "redaction.yml").read_text("utf-8"))
        self.placeholders: dict[str, str] = given["placeholders"]
        self._compile_names(given["names"], folder)
        self._compile_emails(given["emails"])
        self._compile_addresses(given["addresses"])
        self._regions: Sequence[str] = given["telephones"]["regions"]
        self._telephone_announced = re.compile(
            rf"\b{_any_of(given['telephones']['announced_by'])}\b[^\d+\n]{{0,20}}$", re.I
        )
        born = _any_of(given["births"]["announced_by"])
        self._birth = re.compile(rf"\b{born}(?!\w)[^\d\n]{{0,30}}?(?P<date>\b{_DATE})", re.I)
        announced = _any_of(given["numbers"]["announced_by"])
        self._announced = re.compile(
            rf"\b{announced}\b[\s:#.]*(?:number|no|is|was|ends|with|ending|in|id|code|[:=#.\-–])*"
            r"[\s:#.]*(?P<number>(?:[A-Z] )?(?=[A-Za-z\-]*\d)[A-Za-z0-9]"
            r"(?:[ \-]?(?=[A-Za-z]{0,2}\d)[A-Za-z0-9]+"
            r"|[A-Za-z0-9]|-[A-Za-z]\b)*)",
            re.I,
        )
        self._checks = [import_module(f"stdnum.{name}") for name in given["numbers"]["checked"]]

    # --- e-mails

    def _compile_emails(self, given: dict[str, Any]) -> None:
        spoken_at = "|".join(map(re.escape, given["at"]))
        dot = "|".join([r"\.", *map(re.escape, given["dot"])])
        providers = "|".join(given["providers"])
        self._emails = (
            re.compile(r"[\w.+%\-]+\s?@\s?[\w\-]+(?:\.[\w\-]+)+"),
            re.compile(
                rf"[\w.+%\-]+(?:(?:{dot})[\w+%\-]+)*\s?(?:{spoken_at})\s?(?:(?:{providers})\b(?:(?:{dot})\w+)*"
                rf"|[\w\-]+(?:(?:{'|'.join(map(re.escape, given['dot']))})\w+)+)",
                re.I,
            ),
            re.compile(r"(?<![\w@])@(?=\w*[a-z])\w{3,30}\b", re.I),
        )

    def emails(self, text: str) -> Iterator[Span]:
        for pattern in self._emails:
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), "email")

    # --- numbers

    def births(self, text: str) -> Iterator[Span]:
        for match in self._birth.finditer(text):
            yield Span(*match.span("date"), "birth")

    def announced_numbers(self, text: str) -> Iterator[Span]:
        for match in self._announced.finditer(text):
            if sum(character.isalnum() for character in match["number"]) >= 4:
                yield Span(*match.span("number"), "number")

    def telephones(self, text: str) -> Iterator[Span]:
        import phonenumbers  # 30 ms, and only where a message holds so many digits

        for match in islice(_DIGITS.finditer(text), MOST_TELEPHONES):
            digits = re.sub(r"\D", "", match[0])
            if len(digits) < FEWEST_TELEPHONE_DIGITS or _is_date(match[0]):
                continue
            if self._telephone_announced.search(text, 0, match.start()):
                yield Span(match.start(), match.end(), "telephone")
                continue
            for region in self._regions:
                leniency = phonenumbers.Leniency.VALID
                hits = phonenumbers.PhoneNumberMatcher(match[0], region, leniency=leniency)
                spans = [
                    Span(match.start() + hit.start, match.start() + hit.end, "telephone")
                    for hit in hits
                ]
                if spans:
                    yield from spans
                    break

    def checked_numbers(self, text: str) -> Iterator[Span]:
        for match in _CODE.finditer(text):
            code = match[0]
            digits = sum(character.isdigit() for character in code)
            if digits >= 5 and " " not in code.strip() and self._is_identity(code):
                yield Span(match.start(), match.end(), "number")
        for match in _DIGITS.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if len(digits) >= MANY_DIGITS and not _is_date(match[0]):
                yield Span(match.start(), match.end(), "number")
        for match in _IBAN.finditer(text):
            if self._is_identity(match[0]):
                yield Span(match.start(), match.end(), "number")
        for match in _INSURANCE.finditer(text):
            yield Span(match.start(), match.end(), "number")

    def _is_identity(self, code: str) -> bool:
        return any(check.is_valid(code) for check in self._checks)

    # --- addresses

    def _compile_addresses(self, given: dict[str, Any]) -> None:
        word = r"(?:[^\W\d_][\w'’.\-]*|\d{1,3}(?:st|nd|rd|th))"
        unit = rf"(?:{_any_of(given['units'])}\s+\w{{1,4}},?\s+)?"
        streets, with_capital = _any_of(given["streets"]), given["streets_with_capital"]
        capital = r"[A-Z][\w'’.\-]*"
        endings = "|".join(map(re.escape, given["street_endings"]))
        beginnings = _any_of(given["street_beginnings"])
        number = r"\d{1,5}[A-Za-z]?"
        self._addresses = (
            re.compile(rf"\b{unit}{number},?\s+(?:{word}\s+){{1,3}}?{streets}\b\.?", re.I),
            re.compile(rf"\b{number},?\s+(?:{capital}\s+){{1,3}}?{_any_of(with_capital)}\b"),
            re.compile(
                rf"\b[^\W\d_]*(?:{endings})\.?\s+{number}\b(?!\s*(?:times|min|hour|day|week|mg))",
                re.I,
            ),
            re.compile(rf"\b{number},?\s+{beginnings}\s+{word}(?:\s+{word}){{0,3}}", re.I),
            re.compile(rf"\b{beginnings}\s+{word}(?:\s+{word}){{0,3}}?,?\s+{number}\b", re.I),
            re.compile(r"\bP\.?\s?O\.?\s?Box\s+\d+\b", re.I),
            _POSTCODES,
        )
        self._address_announced = re.compile(
            rf"\b{_any_of(given['announced_by'])}\s+(?P<address>[^\n.;!?]*?\d[^\n.;!?]*?|[A-Z][^\n.;!?]*?)"
            r"(?=\s+(?:and|but|because|with|where|so|my|i|he|she)\b|[.;!?\n]|$)",
            re.I,
        )

    def addresses(self, text: str) -> Iterator[Span]:
        for pattern in self._addresses:
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), "address")
        for match in self._address_announced.finditer(text):
            yield Span(*match.span("address"), "address")

    # --- names

    _HERE = re.compile(r"\s+here\b(?=\s*(?:[,.!:]|$))")

    def _compile_names(self, given: dict[str, Any], folder: Path) -> None:
        parts = (folder / "first_names.txt").read_text("utf-8").split("\n# ")[-3:]
        lists = [frozenset(part.split("\n")[1:]) - {""} for part in parts]
        self._common, self._others, self._also_words = lists
        self._first_names = self._common | self._others | self._also_words
        self._medical = frozenset(given["medical"])
        self._medical_before = frozenset(given["medical_before"])
        self._never = frozenset(map(str, given["never"])) | {"no", "yes", "on", "off"}
        words = (folder / "english_words.txt").read_text("utf-8").splitlines()
        self._other_words = frozenset(words)
        self._introduced = re.compile(rf"(?<!\w){_any_of(given['introduced_by'])}[\s,:]+$", re.I)
        self._greeted = re.compile(rf"(?<!\w){_any_of(given['greeted_by'])}[\s,:\-–]+$", re.I)
        self._people = frozenset(given["people"])
        self._titles = frozenset(given["titles"])
        self._perhaps_titles = frozenset(given["perhaps_titles"])
        self._civil_titles = frozenset(given["civil_titles"])
        self._after_people = self._common | frozenset(given["words_after_people"])
        perhaps = _any_of(given["perhaps_introduced_by"])
        self._perhaps_introduced = re.compile(rf"(?<!\w){perhaps}[\s,:]+$", re.I)

    def names(self, text: str) -> list[Span]:
        words = list(_WORD.finditer(text))
        found: list[Span] = []
        at = 0
        while at < len(words):
            length = self._name_at(text, words, at)
            if length:
                start, end = words[at].start(), words[at + length - 1].end()
                found.append(Span(start, end - _possessive(words[at + length - 1][0]), "name"))
            at += max(1, length)
        return found

    def _name_at(self, text: str, words: Sequence[re.Match[str]], at: int) -> int:
        """How many words from ``at`` on are a name; 0 if none is."""
        word, first = words[at][0], _bare(words[at][0])
        before = text[max(0, words[at].start() - 40) : words[at].start()]
        introduced = self._introduced.search(before) or self._perhaps_introduced.search(before)
        if introduced and re.match(r"[A-Z]\.?\s[A-Z]", text[words[at].start() :]):
            return self._further(text, words, at, 3)  # "R. Whitfield"
        if first in self._never or len(first) < 2:
            return 0
        capital = _has_capital(word, text)
        previous = words[at - 1][0].lower() if at else ""
        beside = at > 0 and _is_beside(text, words[at - 1], words[at])
        if beside and previous in self._civil_titles and capital:
            return self._further(text, words, at, 2)
        if self._is_medical(text, words, at):
            return 0
        if self._introduced.search(before):
            return self._further(text, words, at, 3, unlike=frozenset())
        if first in self._medical and not (beside and self._is_relative(previous, first)):
            return 0
        listed = first in self._common or first in self._others
        unknown = capital and not word.isupper() and first not in self._other_words
        if introduced and (unknown or listed or capital and first in self._also_words):
            return self._further(text, words, at, 3, unlike=self._other_words)
        if (unknown or listed) and self._HERE.match(text, words[at].end()):
            return 1  # "Myfanwy here"
        if beside and self._is_titled(previous, first, capital):
            return self._further(text, words, at, 2)
        if beside and previous in self._people and self._follows_people(first, capital):
            return self._further(text, words, at, 2)
        if self._greeted.search(before) and (listed or capital and first in self._also_words):
            return self._further(text, words, at, 3, unlike=self._other_words)
        if first in self._common or (capital and first in self._others):
            return self._further(text, words, at, 2)
        if capital and first in self._also_words and self._second_is_name(text, words, at):
            return self._further(text, words, at, 2)
        if unknown and self._second_is_listed(text, words, at):
            return self._further(text, words, at, 3)
        return 0

    def _is_relative(self, previous: str, word: str) -> bool:
        """Tell whether a relative stands before a name that is a disease's too: "my son Wilson"."""
        return previous in self._people and word in self._first_names

    def _is_titled(self, previous: str, word: str, capital: bool) -> bool:
        """Tell whether a title stands before a name."""
        if word in self._people:
            return False
        if previous in self._perhaps_titles:
            return capital
        return previous in self._titles and (capital or word not in self._other_words)

    def _is_medical(self, text: str, words: Sequence[re.Match[str]], at: int) -> bool:
        """Tell whether it names a disease or a sign."""
        first = _bare(words[at][0])
        parts = re.split(r"[-–]", first)
        if len(parts) > 1 and any(part in self._medical for part in parts):
            return True
        following = words[at + 1][0].lower() if at + 1 < len(words) else ""
        if following in self._medical_before:
            return True
        return first in self._medical and bool(re.search(r"['’]s?$", words[at][0]))

    def _follows_people(self, word: str, capital: bool) -> bool:
        """Tell whether a word after "my son" is his name."""
        if word in self._people or word in self._medical and word not in self._first_names:
            return False
        if word in self._after_people or word in self._others and len(word) > 3:
            return True
        return capital and (word in self._first_names or word not in self._other_words)

    def _second_is_name(self, text: str, words: Sequence[re.Match[str]], at: int) -> bool:
        if at + 1 >= len(words) or not _is_beside(text, words[at], words[at + 1]):
            return False
        second = words[at + 1][0]
        return (
            second[0].isupper()
            and not second.isupper()
            and _bare(second) not in self._other_words | self._never | self._medical
        )

    def _second_is_listed(self, text: str, words: Sequence[re.Match[str]], at: int) -> bool:
        """Tell whether a known name follows one that is not: "Delroy Campbell"."""
        if at + 1 >= len(words) or not _is_beside(text, words[at], words[at + 1], " "):
            return False
        second = words[at + 1][0]
        known = _bare(second) in self._common | self._others
        return known and second[0].isupper() and not self._is_medical(text, words, at + 1)

    def _further(
        self,
        text: str,
        words: Sequence[re.Match[str]],
        at: int,
        most: int,
        unlike: frozenset[str] | None = None,
    ) -> int:
        """How many words the name has that begins at ``at``.

        Further ones have a capital or, where ``unlike`` is given, are none of these and end the
        clause: "john smith, 34".
        """
        count = 1
        while count < most and at + count < len(words):
            word = words[at + count][0]
            bare = _bare(word)
            initial = len(words[at + count - 1][0]) == 1
            between = r"\.?\s" if initial else r"\s{1,2}(?:\w\.\s)?"
            if not _is_beside(text, words[at + count - 1], words[at + count], between):
                break
            if bare in self._never | self._titles | self._medical_before | self._people:
                break
            may_be_lower = unlike is not None and bare not in unlike
            if not (word[0].isupper() or may_be_lower and self._ends_name(text, words, at + count)):
                break
            count += 1
        return count

    def _ends_name(self, text: str, words: Sequence[re.Match[str]], at: int) -> bool:
        known = _bare(words[at][0]) in self._common | self._others
        return known or self._ends_clause(text, words, at)

    def _ends_clause(self, text: str, words: Sequence[re.Match[str]], at: int) -> bool:
        """Tell whether a mark, the end or a word like "and" follows."""
        if at + 1 == len(words) or not _is_beside(text, words[at], words[at + 1]):
            return True
        return words[at + 1][0].lower() in self._never


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word.lower())


def _has_capital(word: str, text: str) -> bool:
    """Tell whether a word is written as a name: "Tom"; "TOM" only where other words are not so."""
    if not word[0].isupper():
        return False
    return not word.isupper() or (len(word) > 2 and not text.isupper())


def _possessive(word: str) -> int:
    """Characters of a possessive ending."""
    match = re.search(r"['’]s?$", word)
    return len(match[0]) if match else 0


def _is_beside(
    text: str,
    one: re.Match[str],
    other: re.Match[str],
    between: str = r"[.,]?\s{1,2}(?:\w\.\s)?|\s?\(",
) -> bool:
    """Tell whether nothing but a blank, a comma or an initial stands between two words."""
    return bool(re.fullmatch(between, text[one.end() : other.start()]))


def _is_date(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,4}\s?[./\-]\s?\d{1,2}\s?[./\-]\s?\d{2,4}", text.strip()))


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table()
