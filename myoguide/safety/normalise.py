"""Turns a message as people type it into plain lower-case words with their base forms.

Unicode, capitals, emoji, apostrophes, slang, dictation and spelling are settled here, so that the
tables of findings and context need only one form of each word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from myoguide.safety.spelling import Spelling
from myoguide.safety.tables import TableError, load_table, text_list

HEAD, TAIL = 1300, 700  # characters kept of an overlong message
STOP, QUESTION = ".", "?"

_PIECES = re.compile(r"\d+(?:[.:]\d+)?|[a-z]+(?:'[a-z]+)*|\.\.+|[.!?\n,;:()&+%=]")
_PLAIN = str.maketrans(
    {**dict.fromkeys("’‘´ʼ＇", "'"), **dict.fromkeys("—–−", ","), "…": "..", "°": " "}
)
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_VOWELS = "aeiou"


@dataclass(frozen=True)
class Words:
    """A normalised message.

    ``words`` holds words, numbers and sentence ends ("." or "?"); ``lemmas`` their base forms;
    ``commas`` the indexes of words that follow a comma, bracket or dash.
    """

    words: tuple[str, ...]
    lemmas: tuple[str, ...]
    commas: frozenset[int]

    def __len__(self) -> int:
        return len(self.words)

    def text(self, start: int, end: int) -> str:
        """The words from ``start`` up to, not including, ``end``."""
        return " ".join(self.words[start:end])


class Vocabulary:
    """Word forms, classes, rewrites and known words from ``words.yml``."""

    def __init__(self, folder: Path) -> None:
        path = folder / "words.yml"
        table = load_table(path)
        self.lemmas: dict[str, str] = {}
        for lemma, forms in (table.get("forms") or {}).items():
            self._add_forms(lemma, [lemma, *str(forms).split()])
        for verb in " ".join(text_list(path, "verbs", table.get("verbs"))).split():
            self._add_forms(verb, [verb, *_regular_forms(verb)])
        self.classes: dict[str, frozenset[str]] = {}
        for name, members in (table.get("classes") or {}).items():
            self.classes[name] = frozenset(self._members(path, name, members))
        self.rewrites = {str(old): str(new) for old, new in (table.get("rewrites") or {}).items()}
        alternatives = sorted(map(re.escape, self.rewrites), key=len, reverse=True)
        self._rewrite = re.compile(
            r"(?<![a-z0-9'])(?:" + "|".join(alternatives) + r")(?![a-z0-9'])"
        )
        self._harmless = set((folder / "harmless_words.txt").read_text("utf-8").split())
        self.spelling = Spelling(Counter(), ())

    def _members(self, path: Path, name: str, members: object) -> set[str]:
        found: set[str] = set()
        for word in " ".join(text_list(path, name, members)).split():
            if not word.startswith("@"):
                found.add(self.lemma(word))
            elif word[1:] in self.classes:
                found |= self.classes[word[1:]]
            else:
                raise TableError(path, name, f"unknown class {word} (classes are read in order)")
        return found

    def _add_forms(self, lemma: str, forms: list[str]) -> None:
        for form in forms:
            self.lemmas.setdefault(form, lemma)

    def lemma(self, word: str) -> str:
        """The base form: from the table, else a plural's singular, else the word itself."""
        known = self.lemmas.get(word)
        if known is None and len(word) > 3 and word[-1] == "s" and word[-2] not in "sui":
            return word[:-1]
        return known or word

    def learn_spelling(self, words: Counter[str]) -> None:
        """Make the corrector aim at the words of the patterns (with their use) and their forms."""
        forms = Counter(
            {form: words[lemma] for form, lemma in self.lemmas.items() if lemma in words}
        )
        ordinary = self._harmless | set(self.lemmas) | set.union(set(), *self.classes.values())
        self.spelling = Spelling(words + forms, ordinary)

    def rewrite(self, text: str) -> str:
        """Replace slang, contractions and two-word spellings by the form the tables use."""
        return self._rewrite.sub(lambda match: self.rewrites[match.group()], text)


def _regular_forms(verb: str) -> list[str]:
    """English -s, -ed, -ing and dropped-g forms of a regular verb or noun."""
    if verb.endswith("e"):
        return [verb + "s", verb + "d", verb[:-1] + "ing", verb[:-1] + "in"]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return [verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing", verb + "in"]
    plural = "es" if verb.endswith(("s", "x", "ch", "sh")) else "s"
    forms = [verb + plural, verb + "ed", verb + "ing", verb + "in"]
    closed = len(verb) >= 3 and verb[-1] not in _VOWELS + "wxy" and verb[-2] in _VOWELS
    if closed and verb[-3] not in _VOWELS:
        doubled = [verb + verb[-1] + ending for ending in ("ed", "ing", "in")]
        # "fit" doubles its last letter, "vomit" does not: by length, both ways if in doubt.
        forms = forms[:1] + doubled if len(verb) <= 4 else forms + doubled
    return forms


def cut(text: str) -> str:
    """Keep head and tail of an overlong message: people put the emergency first or last."""
    if len(text) <= HEAD + TAIL:
        return text
    return text[:HEAD] + " . " + text[-TAIL:]


def clean(text: str) -> str:
    """Lower case, plain apostrophes and letters without accents or invisible characters."""
    text = cut(text).lower()
    if not text.isascii():
        text = _PICTURES.sub(",", text.translate(_PLAIN))
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _STRETCHED.sub(r"\1\1", text)


def normalise(text: str, vocabulary: Vocabulary) -> Words:
    """Return the words of a message in the form that the tables use."""
    pieces = _PIECES.findall(vocabulary.rewrite(clean(text)))
    vocabulary.spelling.start_message()
    corrected = " ".join(_correct(piece, vocabulary.spelling) for piece in pieces)
    # Corrected words can complete a rewrite ("cnt" + "breath"), hence the second pass.
    pieces = vocabulary.rewrite(corrected).split()
    words: list[str] = []
    commas: set[int] = set()
    for piece in pieces:
        if piece in ".!\n;":
            if words and words[-1] not in (STOP, QUESTION):
                words.append(STOP)
        elif piece == "?":
            if words and words[-1] == STOP:
                words[-1] = QUESTION
            elif words and words[-1] != QUESTION:
                words.append(QUESTION)
        elif piece in ",:()=" or piece[0] == ".":
            commas.add(len(words))
        elif piece in "&+":
            words.append("and")
        elif piece != "%":
            words.append(piece)
    lemmas = tuple(vocabulary.lemma(word) for word in words)
    return Words(tuple(words), lemmas, frozenset(commas))


def _correct(piece: str, spelling: Spelling) -> str:
    if piece == "\n":
        return "."
    if not piece[0].isalpha():
        return piece
    if piece.endswith("'s"):
        piece = piece[:-2]
    piece = piece.replace("'", "")
    if spelling.is_word(piece):
        return piece
    corrected = spelling.correct(piece)
    single = re.sub(r"(.)\1", r"\1", piece)
    # "fiiitting" has become "fiitting": one letter of each pair may be too many.
    if corrected != piece or single == piece:
        return corrected
    again = spelling.correct(single)
    return again if again != single or spelling.aims_at(single) else piece
