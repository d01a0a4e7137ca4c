"""The country of a person, for emergency numbers: only where what a messenger tells is certain.

A wrong number is worse than the general ones, so a doubt is no country.
"""

from __future__ import annotations

import re

import phonenumbers

_LOCALE = re.compile(r"[A-Za-z]{2,3}[_-]([A-Za-z]{2})")
# Not countries, although they look like it, in Facebook's list of locales: es_LA and ar_AR are
# Spanish in Latin America and Arabic anywhere, the others are invented.
_NO_COUNTRY = {"es_la", "ar_ar", "en_pi", "en_ud", "fb_lt", "la_va", "eo_eo", "fb_aa", "ck_us"}
# What people all over the world have because nobody asked them.
_EVERYWHERE = {"en_us"}
# Languages of (nearly) one country, where a locale names no region, as Telegram's mostly do.
_AT_HOME = {
    "bg": "BG", "cs": "CZ", "da": "DK", "et": "EE", "fi": "FI", "he": "IL", "hu": "HU",
    "is": "IS", "it": "IT", "ja": "JP", "ka": "GE", "ko": "KR", "lt": "LT", "lv": "LV",
    "nb": "NO", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI", "th": "TH", "vi": "VN",
}  # fmt: skip

# Neighbours that a mobile number cannot be told from, and that share the emergency numbers.
_SAME_NUMBERS = {"GG": "GB", "JE": "GB", "IM": "GB", "PR": "US", "GU": "US", "VI": "US"}


def of_locale(locale: object) -> str | None:
    """``en_GB`` or ``pt-br``: the country as ISO 3166-1 alpha-2, or None."""
    if not isinstance(locale, str):
        return None
    name = locale.strip().lower().replace("-", "_")
    if name in _NO_COUNTRY | _EVERYWHERE:
        return None
    match = _LOCALE.fullmatch(name)
    return match[1].upper() if match else _AT_HOME.get(name)


def of_phone(digits: object) -> str | None:
    """The country of an international number without its +, or None."""
    if not isinstance(digits, str) or not digits.isdigit():
        return None
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return None
    if not region or not region.isalpha():  # "001" stands for numbers of no country
        return None
    return _SAME_NUMBERS.get(region, region)
