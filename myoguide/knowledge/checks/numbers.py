"""No text that a person reads holds a dose or a telephone number.

Doses are for the prescriber. Numbers live in contacts.yml alone, each with its country and date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Pack, Reply

_COUNT = r"(?:\d+(?:[.,]\d+)?|half an?|two|three|four|five|six|seven|eight|nine|ten|a few|several)"
_UNIT = (
    r"(?:milligram(?:me)?s?|microgram(?:me)?s?|gram(?:me)?s?|millilit(?:re|er)s?|mg|mcg|\u00b5g"
    r"|\u03bcg|ug|g|ml|cc|iu|(?:international )?units)"
)
_PORTION = r"(?:tablets?|pills?|capsules?|drops?|puffs?|sachets?|doses?)"
_SPOON = r"(?:tea|table)spoons?"
_DAY = r"(?:a|per|each|every) (?:day|night)|daily|nightly"

DOSE = re.compile(
    rf"\b(?:\d+(?:[.,]\d+)?[\s-]?{_UNIT}|{_COUNT}[\s-]{_PORTION}|{_SPOON}"
    rf"|(?:once|twice|{_COUNT} times) (?:{_DAY})"
    r"|every \d+(?: to \d+)? hours)\b",
    re.IGNORECASE,
)

# Five digits or more, however they are grouped; a year or "48 hours" has fewer.
_LONG = r"\+?\(?\d(?:[\s().-]{0,2}\d){4,}"
_RINGING = r"(?:call|calls|calling|ring|ringing|dial|dialling|phone|text|texting)"
_SHORT = r"(?:999|112|911|988|000|111|101|105|13 11 14)"
PHONE = re.compile(
    rf"(?<![\w,-])(?:{_LONG}|{_RINGING}(?: \w+){{0,2}} \d{{3,}}|{_SHORT})(?!\w)", re.IGNORECASE
)


def no_doses(pack: Pack) -> Iterator[Fault]:
    """A number with a unit of medicine, or how often a day."""
    remedy = "Leave it out; how much and how often is for the prescriber"
    return _found(pack, DOSE, "a dose", remedy)


def no_phone_numbers(pack: Pack) -> Iterator[Fault]:
    """A telephone number outside contacts.yml."""
    remedy = "Leave it out, or use a placeholder; numbers live in data/safety/contacts.yml"
    return _found(pack, PHONE, "a telephone number", remedy)


def _found(pack: Pack, pattern: re.Pattern[str], what: str, remedy: str) -> Iterator[Fault]:
    for reply in (*pack.answers.values(), *pack.replies):
        match = pattern.search(_ranges_apart(reply))
        if match:
            reason = f"{reply.name} holds {what}: '{match.group().strip()}'"
            yield Fault(reply.file, reply.line, reason, remedy)


def _ranges_apart(reply: Reply) -> str:
    """Year ranges and references such as "2014-2019" are not telephone numbers."""
    return re.sub(r"\b((?:19|20)\d\d)[\u2013-]((?:19|20)\d\d)\b", r"\1 to \2", reply.text)
