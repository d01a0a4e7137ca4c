"""Durations, ages, temperatures, counts and clock times in a normalised message.

Durations, "ago" and ages are in minutes, temperatures in degrees Celsius. Of a range ("5 to 10
minutes") the larger value counts: doubt raises the level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from myoguide.safety.normalise import QUESTION, STOP, Words
from myoguide.safety.tables import word_set

MINUTE = 1.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY
YEAR = 365 * DAY

UNITS = {
    "second": MINUTE / 60, "sec": MINUTE / 60, "s": MINUTE / 60,
    "minute": MINUTE, "min": MINUTE, "m": MINUTE,
    "hour": HOUR, "hr": HOUR, "h": HOUR,
    "day": DAY, "night": DAY, "week": WEEK, "wk": WEEK, "fortnight": 2 * WEEK,
    "month": MONTH, "mth": MONTH, "mo": MONTH, "year": YEAR, "yr": YEAR, "y": YEAR,
    "decade": 10 * YEAR,
}  # fmt: skip
_SPOKEN = {
    "zero": 0, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "couple": 2, "few": 3, "several": 4, "half": 0.5, "dozen": 12,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100,
}  # fmt: skip
_NUMBER_WORDS = frozenset([*_SPOKEN, *_TENS, "quarter", "the"])  # that one can begin with
# "since Monday": at least days. The day of writing is not known, so a middling value.
_SINCE = {
    **dict.fromkeys(
        word_set("monday tuesday wednesday thursday friday saturday sunday weekend"), 3 * DAY
    ),
    **dict.fromkeys(word_set("christmas easter summer winter spring autumn"), MONTH),
    **dict.fromkeys(
        word_set(
            "january february march april june july august september october november december"
        ),
        2 * MONTH,
    ),
    "morning": 5 * HOUR, "lunch": 5 * HOUR, "lunchtime": 5 * HOUR, "breakfast": 5 * HOUR,
    "dinner": 3 * HOUR, "teatime": 3 * HOUR, "afternoon": 3 * HOUR, "yesterday": DAY - HOUR,
    "childhood": 10 * YEAR, "birth": 0.0,
}  # fmt: skip
_VAGUE = {"minute": 10, "hour": 3, "day": 3, "night": 3, "week": 3, "month": 3, "year": 3,
          "decade": 2}  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """A number with its meaning: kind, value (see the module's units) and span of words.

    ``kind``: ``duration``, ``ago``, ``age``, ``temperature``, ``count``, ``gestation``.
    """

    kind: str
    value: float
    start: int
    end: int


def quantities(words: Words) -> list[Quantity]:
    """Find all quantities of a message in reading order."""
    found: list[Quantity] = []
    i = 0
    while i < len(words):
        quantity = None
        if number_at(words, i):
            quantity = _compound_age(words, i) or _measured(words, i)
        quantity = quantity or _vague(words, i) or _since(words, i)
        if quantity:
            found.append(quantity)
            i = max(quantity.end, i + 1)
        else:
            i += 1
    clock = _clock_interval(words)
    return found + ([clock] if clock else [])


def number_at(words: Words, i: int) -> tuple[float, int] | None:
    """The number that starts at word ``i`` and the index after it."""
    if i >= len(words.words):
        return None
    word = words.words[i]
    if word[0].isdigit():
        return None if ":" in word else (float(word), i + 1)
    if word not in _NUMBER_WORDS:
        return None
    if word in _TENS:
        unit = _SPOKEN.get(words.words[i + 1]) if i + 1 < len(words) else None
        if unit and 1 <= unit <= 9 and words.words[i + 1] not in ("a", "an"):
            return _TENS[word] + unit, i + 2
        return float(_TENS[word]), i + 1
    if word == "quarter" and words.words[i + 1 : i + 2] == ("of",):
        return 0.25, i + 2
    if word in ("a", "an", "the") and i + 1 < len(words):
        nested = words.words[i + 1]
        if nested in ("couple", "few", "dozen", "half", "hundred", "quarter"):
            value = {**_SPOKEN, **_TENS, "quarter": 0.25}[nested]
            after = i + 2
            return float(value), after + (after < len(words) and words.words[after] == "of")
    if word in _SPOKEN:
        return float(_SPOKEN[word]), i + 1
    return None


def _unit_at(words: Words, i: int) -> str | None:
    if i >= len(words.words):
        return None
    unit = words.words[i]
    if unit not in UNITS and unit.endswith("s"):
        unit = unit[:-1]
    return unit if unit in UNITS else None


def _measured(words: Words, i: int) -> Quantity | None:
    """A number followed by a unit, or a number that can only be a temperature or a count."""
    number = number_at(words, i)
    if number is None:
        return None
    value, end = number
    if end < len(words) and words.words[end] in ("to", "or", "and") or end in words.commas:
        skip = end + (words.words[end] in ("to", "or", "and")) if end < len(words) else end
        upper = number_at(words, skip)
        if upper and _unit_at(words, upper[1]) and upper[0] >= value and words.words[skip] != "a":
            value, end = upper
    while end < len(words) and words.words[end] in (
        "good",
        "solid",
        "full",
        "whole",
        "more",
        "of",
        "an",
        "long",
    ):
        end += 1  # "half an hour", "ten full minutes"
    unit = _unit_at(words, end)
    if unit is None or (len(unit) == 1 and not words.words[i][0].isdigit()):
        return _bare_number(words, i, number[0], number[1])
    amount = value * UNITS[unit]
    end += 1
    if words.words[end : end + 3] == ("and", "a", "half"):
        amount, end = amount + UNITS[unit] / 2, end + 3
    elif words.words[end : end + 1] == ("and",):  # "two hours and ten minutes"
        more = number_at(words, end + 1)
        more_unit = _unit_at(words, more[1]) if more else None
        if more and more_unit and UNITS[more_unit] < UNITS[unit]:
            amount, end = amount + more[0] * UNITS[more_unit], more[1] + 1
    return Quantity(_kind(words, i, end, unit), amount, i, end)


_LASTING = word_set("for been lasted lasting going over of past last these")
_AGE_AFTER = word_set("old")
_AGE_BEFORE = word_set("aged age turned turns")
_YOUNG = word_set(
    "baby newborn infant son daughter boy girl lad lass child kid toddler grandson granddaughter "
    "nephew niece twin twins he she bub bairn wean"
)


def _kind(words: Words, start: int, end: int, unit: str) -> str:
    after = words.words[end] if end < len(words) else ""
    later = words.words[end : end + 3]
    before = words.words[max(0, start - 3) : start]
    if after in ("ago", "back", "previously", "earlier") or "ago" in later[:2]:
        return "ago"
    if "pregnant" in later or "gone" in later[:1] or "pregnancy" in later:
        return "gestation"
    if unit in ("week", "wk") and _is_gestation(words, start, number_at(words, start)):
        return "gestation"
    if "pregnant" in before or "at" in before[-1:] and UNITS[unit] == WEEK:
        return "gestation"
    if after in _AGE_AFTER or "old" in later[:2] or set(before[-1:]) & _AGE_BEFORE:
        return "age"
    if unit in ("month", "week", "mo", "wk", "mth", "year", "yr") and _is_of_a_child(
        words, start, end
    ):
        return "age"
    return "duration"


def _is_gestation(words: Words, start: int, number: tuple[float, int] | None) -> bool:
    """ "I am 29 weeks and ...", "36 weeks, headache": said in weeks only of a pregnancy."""
    before = words.words[start - 1] if start else STOP
    weeks = number[0] if number else 0
    if before == "am":
        return 4 <= weeks <= 42
    return 20 <= weeks <= 42 and before in (STOP, QUESTION, "twins", "preg", "wife", "is")


def _is_of_a_child(words: Words, start: int, end: int) -> bool:
    """ "my baby is 5 months", "son, 3 weeks," but not "my son has had it for 3 weeks"."""
    before = words.words[max(0, start - 3) : start]
    if not before:
        return False
    after = words.words[end] if end < len(words) else STOP
    if before[-1] == "of" and set(before) & _YOUNG - {"he", "she"}:
        return True
    closes = after in (STOP, QUESTION) or end in words.commas
    if closes and start in words.commas and {"he", "she"} & set(words.words):
        return True  # "she throws her arms out, 7 months"
    if before[-1] in ("is", "only", "just", "nearly", "almost", "at") or start in words.commas:
        return bool(set(before) & _YOUNG) or before[-1] == "at" and after in _YOUNG
    return (
        before[-1] in _YOUNG
        and before[-1] not in ("he", "she")
        or (before[-1] in ("my", "our", "a", "the") and after in _YOUNG)
    )


def _compound_age(words: Words, i: int) -> Quantity | None:
    """ "4mo", "my 3 year old", "9 month old", "8 yo", "aged 70", "he is 14"."""
    word = words.words[i]
    number = number_at(words, i)
    if number is None or word in ("a", "an") and "half" not in words.words[i : i + 2]:
        return None
    value, end = number
    unit = _unit_at(words, end)
    after = words.words[end] if end < len(words) else ""
    before = words.words[i - 1] if i else ""
    if after in ("yo", "y/o", "yrold") or after == "y" and words.words[end + 1 : end + 2] == ("o",):
        return Quantity("age", value * YEAR, i, end + 1)
    if unit and words.words[end + 1 : end + 2] in (("old",), ("olds",)):
        return Quantity("age", value * UNITS[unit], i, end + 2)
    if unit in ("mo", "mth") and before in ("my", "our", "a", "the"):
        return Quantity("age", value * MONTH, i, end + 1)
    years_fit = value == int(value) and 1 <= value <= 110 and unit is None
    if years_fit and before in ("aged", "age", "turned", "im", "am", "m", "f"):
        free = after in ("", STOP, QUESTION, "and", "but", "with", "year") or end in words.commas
        if before in ("aged", "age", "turned") or free:
            return Quantity("age", value * YEAR, i, end)
    is_age = before == "is" and words.words[max(0, i - 3) : i - 1]
    of_someone = bool(is_age) and bool({"he", "she", *_YOUNG} & set(is_age))
    closes = after in ("", STOP, QUESTION, "and", "but", "with") or end in words.commas
    if years_fit and of_someone and closes and word[0] not in "ac":
        return Quantity("age", value * YEAR, i, end)
    return None


def _bare_number(words: Words, start: int, value: float, end: int) -> Quantity | None:
    word = words.words[start]
    if not word[0].isdigit() and value < 2:
        return None
    after = words.words[end] if end < len(words) else ""
    near = words.words[max(0, start - 5) : end + 4]
    if word[0].isdigit() and "." in word and 37.8 <= value <= 42.5:  # nobody says "39.9" of else
        return Quantity("temperature", value, start, end)
    fevered = after in ("c", "f", "degree", "degrees", "deg", "celsius", "fahrenheit") or bool(
        {"fever", "temp", "temperature", "thermometer"} & set(near)
    )
    if fevered and 34 <= value <= 43.5:
        return Quantity("temperature", value, start, end)
    if fevered and 94 <= value <= 110:
        return Quantity("temperature", (value - 32) * 5 / 9, start, end)
    return Quantity("count", value, start, end)


def _vague(words: Words, i: int) -> Quantity | None:
    """ "for weeks", "months now", "all night", "last year", "years ago", "ages"."""
    word = words.words[i]
    unit = _unit_at(words, i)
    if unit is None or len(unit) == 1:
        return None
    before = words.words[i - 1] if i else ""
    after = words.words[i + 1] if i + 1 < len(words) else ""
    if before == "last":
        if unit == "night":
            return Quantity("ago", 10 * HOUR, i - 1, i + 1)
        during = words.words[max(0, i - 3) : i - 1]
        if {"over", "for", "in", "during", "since", "past"} & set(during):
            return Quantity("duration", UNITS[unit], i - 1, i + 1)
        return Quantity("ago", UNITS[unit], i - 1, i + 1)
    if before in ("all", "whole", "every", "past", "entire"):
        if before == "every":
            return None
        return Quantity(
            "duration", UNITS[unit] * (0.5 if unit in ("day", "night") else 1), i - 1, i + 1
        )
    if word == unit:
        return None
    if after in ("ago", "back", "previously") or "ago" in words.words[i + 1 : i + 3]:
        return Quantity("ago", _VAGUE.get(unit, 3) * UNITS[unit], i, i + 2)
    if before in _LASTING or after in ("now", "and"):
        return Quantity("duration", _VAGUE.get(unit, 3) * UNITS[unit], i, i + 1)
    return None


def _since(words: Words, i: int) -> Quantity | None:
    """ "since Monday", "since 2019", "since this morning"."""
    if words.words[i] not in ("since", "from"):
        return None
    for j in range(i + 1, min(i + 5, len(words))):
        word = words.words[j]
        if word == "night" and words.words[j - 1] == "last":
            return Quantity("duration", 10 * HOUR, i, j + 1)
        if word in ("week", "month", "year") and words.words[j - 1] == "last":
            return Quantity("duration", UNITS[word], i, j + 1)
        if word in _SINCE and words.words[i] == "since":
            return Quantity("duration", _SINCE[word], i, j + 1)
        if re.fullmatch(r"(?:19|20)\d\d", word):
            return Quantity("duration", 2 * YEAR, i, j + 1)
    return None


_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)$")
_PAST = {"quarter": 15, "half": 30}


def _clock_times(words: Words) -> list[tuple[int, int, bool]]:
    """(minutes since midnight or since the hour, index, whether the hour is known)."""
    times = []
    for i, word in enumerate(words.words):
        match = _CLOCK.match(word)
        if match and (":" in word or _is_clock_word(words, i)):
            times.append((int(match[1]) * 60 + int(match[2]), i, True))
        elif word in ("past", "to") and i:
            minute = _PAST.get(words.words[i - 1])
            number = _spoken_minutes(words, i)
            minute = minute if minute is not None else number
            hour = number_at(words, i + 1)
            if minute is None or (word == "to" and not (hour and hour[0] <= 12)):
                continue
            if hour and 1 <= hour[0] <= 12 and words.words[i + 1] not in ("a", "an"):
                shift = minute if word == "past" else -minute
                times.append((int(hour[0] * 60 + shift), i, True))
            elif word == "past":
                times.append((int(minute), i, False))
    return times


def _is_clock_word(words: Words, i: int) -> bool:
    return bool(
        set(words.words[max(0, i - 2) : i]) & {"at", "since", "from", "now", "until", "till"}
    )


def _spoken_minutes(words: Words, i: int) -> float | None:
    for start in (i - 2, i - 1):
        if start >= 0:
            number = number_at(words, start)
            if number and number[1] == i and 1 <= number[0] < 60:
                return number[0]
    return None


def _clock_interval(words: Words) -> Quantity | None:
    """The time between the first and the last clock time told: "14:02 ... it is 14:09 now"."""
    times = _clock_times(words)
    if len(times) < 2:
        return None
    (first, start, first_hour), (last, end, last_hour) = times[0], times[-1]
    if first_hour and not last_hour:
        first %= 60
    if last_hour and not first_hour:
        last %= 60
    span = (last - first) % (12 * 60 if first_hour and last_hour else 60)
    return Quantity("duration", float(span), start, end + 1) if span else None
