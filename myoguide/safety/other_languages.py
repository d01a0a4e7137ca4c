"""Emergencies told in another language than English: a message in, a sign and its language out.

The screen reads English. So that no one is left alone in an emergency, the few findings that mean
"call now" are also known in the languages of ``data/safety/other_languages.yml``. The reading is
plain: phrases, and a few words that make a clause a question, a memory or a denial. In doubt it is
an emergency.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from myoguide.safety.normalise import cut
from myoguide.safety.screen import DATA
from myoguide.safety.tables import TableError, load_table, text_list

FILE = "other_languages.yml"
BETWEEN = 4  # words that ".." in a phrase may stand for
NEGATED_WITHIN = 1  # words between a negation and the phrase it negates

AND = "\u0648"

_CLAUSE = re.compile(r"[.!?;:,…\n¿¡。？！；：，、؟،؛।()]+")
_IDEOGRAPH = re.compile(r"([\u3400-\u9fff])")
# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans({"ı": "i", "ł": "l", "đ": "d"})


@dataclass(frozen=True)
class Told:
    """An emergency sign, and the ISO 639-1 code of the language it was told in."""

    sign: str
    language: str


@dataclass(frozen=True)
class Language:
    """The phrases of one language, compiled; ``anything`` matches wherever one of them does."""

    code: str
    emergency: str
    signs: dict[str, re.Pattern[str]]
    anything: re.Pattern[str]
    asked: re.Pattern[str]
    now: re.Pattern[str]
    negated: re.Pattern[str]
    negations: frozenset[str]


def other_language_emergency(text: str, folder: Path = DATA) -> Told | None:
    """The first emergency sign that the message tells in one of the languages, or None."""
    languages = load_languages(folder)
    for clause in map(_fold, _CLAUSE.split(cut(text))):
        for language in languages:
            sign = language.anything.search(clause) and _sign(clause, language)
            if sign and not _only_asked(clause, languages):
                return Told(sign, language.code)
    return None


def emergency_sentences(folder: Path = DATA) -> dict[str, str]:
    """By language, the sentence that joins the English emergency reply."""
    return {language.code: language.emergency for language in load_languages(folder)}


def _only_asked(clause: str, languages: tuple[Language, ...]) -> bool:
    """Whether the clause asks about a sign or remembers it; near languages share such words."""
    asked = any(language.asked.search(clause) for language in languages)
    return asked and not any(language.now.search(clause) for language in languages)


def _sign(clause: str, language: Language) -> str | None:
    for sign, phrases in language.signs.items():
        for match in phrases.finditer(clause):
            own_negation = match.group().split()[0] in language.negations
            if own_negation or not language.negated.search(clause[: match.start()]):
                return sign
    return None


def _fold(text: str) -> str:
    """Lower-case words without accents, each between spaces; an ideograph is a word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    kept = (c for c in decomposed if not unicodedata.combining(c))
    letters = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in kept)
    words = _IDEOGRAPH.sub(r" \1 ", letters).split()
    return f" {' '.join(words)} "


@lru_cache(maxsize=8)
def load_languages(folder: Path = DATA) -> tuple[Language, ...]:
    """All languages of a folder, compiled; raises `TableError` if the table is broken."""
    path = folder / FILE
    return tuple(_language(path, str(code), entry) for code, entry in load_table(path).items())


def _language(path: Path, code: str, entry: dict) -> Language:
    missing = [key for key in ("emergency", "signs", "asked", "now", "negated") if key not in entry]
    if missing:
        raise TableError(path, code, f"lacks {', '.join(missing)}")
    if "{emergency_number}" not in entry["emergency"]:
        raise TableError(path, code, "the emergency sentence needs {emergency_number}")
    signs = {s: text_list(path, f"{code}.{s}", phrases) for s, phrases in entry["signs"].items()}
    asked, now, negated = (text_list(path, code, entry[k]) for k in ("asked", "now", "negated"))
    negated = [_fold(word).strip() for word in negated]
    negation = "|".join(map(re.escape, negated))
    return Language(
        code,
        entry["emergency"],
        {sign: _pattern(phrases, negation) for sign, phrases in signs.items()},
        _pattern([phrase for phrases in signs.values() for phrase in phrases], negation),
        _pattern(asked, negation),
        _pattern(now, negation),
        re.compile(f" (?:{negation})(?: [^ ]+){{0,{NEGATED_WITHIN}}}$"),
        frozenset(word.split()[0] for word in negated),
    )


def _pattern(phrases: list[str], negation: str) -> re.Pattern[str]:
    """Any of the phrases as whole words; no negation may stand where ".." does."""
    gap = f"(?: (?!(?:{negation}) )[^ ]+){{0,{BETWEEN}}}"
    expressions = "|".join(_expression(phrase, gap) for phrase in phrases)
    return re.compile(f"(?:{expressions})(?= )")


def _expression(phrase: str, gap: str) -> str:
    """Regular expression for a phrase; it begins with the space before its first word."""
    parts = ["^"] if phrase.startswith("^") else []
    for part in phrase.split():
        if part == "..":
            parts.append(gap)
        else:
            word = re.escape(_fold(part).strip())
            # Arabic writes "and" without a space before the next word.
            joined = AND + "?" if "ARABIC" in unicodedata.name(word[0], "") else ""
            parts.append(f" {joined}{word}" + ("[^ ]*" if part.endswith("*") else ""))
    return "".join(parts)
