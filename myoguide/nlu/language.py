"""Is a message clearly written in another language than English? And the component that asks.

Other scripts than Latin show it by themselves. For Latin letters py3langid weighs each language
against English, and is believed only by a wide margin: misspelt, slangy or Latin-laced English
taken for another language would cost the person their answer, while a miss costs little.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, Text

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import (
    ESCALATIONS,
    LANGUAGE,
    StatelessComponent,
    intent_of,
    set_slot_carrier,
)
from myoguide.safety.other_languages import emergency_sentences
from myoguide.safety.tables import load_table

WORDS = Path(__file__).resolve().parents[2] / "data" / "language_words.yml"
# In place of a code: English, and any language without a reply of its own.
ENGLISH, OTHER = "en", "other"

# Languages with a reply of their own, apart by script.
LATIN = ("es", "pt", "fr", "de", "it", "pl", "tr", "nl", "ro")
NOT_LATIN = ("ru", "uk", "ar", "zh", "hi", "el")
# Latin languages told apart from them and answered by `scope/language_other`. Those near to one
# above (Catalan, Frisian), creoles of English and Latin itself are left out.
FURTHER = ("sv", "da", "no", "fi", "hu", "cs", "sk", "hr", "lt", "lv", "et", "vi", "id", "sw", "sq")
# The model's names for what is answered as another one.
SAME = {"ary": "ar", "arz": "ar", "yue": "zh", "wuu": "zh", "grc": "el"}

# Margins against English, natural logarithms of likelihood ratios. The largest that an English
# message of three words or more among the examples in data/ reaches is 12.3.
CLEAR = 18.0  # no word of `language_words.yml` needed
HINTED = 6.0  # with one word that shows the language
SHOWN = -1.0  # with two such words
FURTHER_CLEAR = 30.0  # for the languages of FURTHER,
FURTHER_LEAD = 12.0  # which must also lead the answered ones by this much
PER_ENGLISH_WORD = 8.0  # what each word of English in the message adds for English,
PER_WORD = 2.0  # and each word that shows a language adds for that language
READ = 600  # characters; more would only cost time

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, dict[str, frozenset[str]]]:
    """By language, the words that show it ("words") and those that are enough ("alone")."""
    vocabulary: dict[str, dict[str, frozenset[str]]] = {}
    for code, lists in load_table(WORDS).items():
        alone, words = (lists.get(key, "").split() for key in ("alone", "words"))
        lists = {"alone": alone, "words": alone + words}
        vocabulary[code] = {key: _both_spellings(members) for key, members in lists.items()}
    return vocabulary


@lru_cache(maxsize=1)
def _borrowed() -> re.Pattern[str]:
    """Foreign phrases at home in English, and foreign names."""
    phrases = load_table(WORDS)[ENGLISH]["borrowed"]
    return re.compile("|".join(rf"\b{re.escape(phrase)}\b" for phrase in phrases))


def _both_spellings(words: list[str]) -> frozenset[str]:
    return frozenset([*words, *map(_plain, words)])


def _plain(word: str) -> str:
    """The word without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def detect(text: str) -> str | None:
    """ISO 639-1 code of the language, not English, that the text is clearly written in."""
    text = unicodedata.normalize("NFKC", text[:READ]).lower().replace("’", "'")
    text = _borrowed().sub(" ", text)
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 2:
        return None
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    scores: dict[str, float] = dict(_identifier().rank(text))
    if latin * 2 < len(letters):
        return _other_script(scores)
    return _latin(scores, _WORD.findall(text))


def _other_script(scores: dict[str, float]) -> str:
    likeliest = max(scores, key=scores.__getitem__)
    answered = max(NOT_LATIN, key=scores.__getitem__)
    lead = scores[likeliest] - scores[answered]
    return SAME.get(likeliest, likeliest) if lead > FURTHER_LEAD else answered


def _latin(scores: dict[str, float], words: list[str]) -> str | None:
    vocabulary = _vocabulary()
    shown = {code: _count(words, vocabulary[code]["words"]) for code in LATIN}
    for code in LATIN:
        if _count(words, vocabulary[code]["alone"]) and shown[code] == len(words) <= 3:
            # "hola", "danke schön": too short to be weighed.
            return code
    english = scores[ENGLISH] + PER_ENGLISH_WORD * _count(words, vocabulary[ENGLISH]["words"])
    likeliest = max(LATIN, key=lambda code: scores[code] + PER_WORD * shown[code])
    further = max(FURTHER, key=scores.__getitem__)
    if scores[further] - scores[likeliest] > FURTHER_LEAD:
        clear = scores[further] - english > FURTHER_CLEAR and len(words) > 2
        return further if clear else None
    margin = scores[likeliest] - english
    if shown[likeliest]:
        return likeliest if margin > (SHOWN if shown[likeliest] > 1 else HINTED) else None
    return likeliest if margin > CLEAR and len(set(words)) > 2 else None


def _count(words: list[str], known: frozenset[str]) -> int:
    return sum(word in known for word in words)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class LanguageDetector(StatelessComponent):
    """Marks a message in another language, so that the reply says what Myoguide speaks.

    Fills the slot ``language``, by which the emergency reply adds a sentence in that language.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        # Loaded at start, so that the first person does not wait.
        detect("hola")
        self._sentences = emergency_sentences()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            code = detect(message.get(TEXT) or "")
            escalated = intent_of(message) in ESCALATIONS
            if code and not escalated:
                reply = code if code in LATIN + NOT_LATIN else OTHER
                message.set(LANGUAGE, reply, add_to_output=True)
            if code or not escalated:
                # Otherwise what the screen read in the message stays.
                language = code if code in self._sentences else ENGLISH
                set_slot_carrier(message, LANGUAGE, language, type(self).__name__)
        return messages
