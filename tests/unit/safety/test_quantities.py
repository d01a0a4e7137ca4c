"""Durations, ages, temperatures and clock times become numbers."""

import pytest

from myoguide.safety.normalise import normalise
from myoguide.safety.quantities import DAY, HOUR, MINUTE, MONTH, WEEK, YEAR, quantities


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("for ten minutes", "duration", 10 * MINUTE),
        ("5 to 10 minutes", "duration", 10 * MINUTE),
        ("a quarter of an hour", "duration", 15 * MINUTE),
        ("half an hour", "duration", 30 * MINUTE),
        ("twenty five mins", "duration", 25 * MINUTE),
        ("two hours and ten minutes", "duration", 2 * HOUR + 10 * MINUTE),
        ("since Monday", "duration", 3 * DAY),
        ("a couple of weeks", "duration", 2 * WEEK),
        ("for weeks", "duration", 3 * WEEK),
        ("14:02 and now 14:09", "duration", 7 * MINUTE),
        ("started at ten past three and it is nearly twenty past", "duration", 10 * MINUTE),
        ("three weeks ago", "ago", 3 * WEEK),
        ("last night", "ago", 10 * HOUR),
        ("my 3 year old", "age", 3 * YEAR),
        ("my baby is 5 months", "age", 5 * MONTH),
        ("she is 14", "age", 14 * YEAR),
        ("temp of 39.4", "temperature", 39.4),
        ("fever 103 f", "temperature", (103 - 32) * 5 / 9),
        ("32 weeks pregnant", "gestation", 32 * WEEK),
    ],
)
def test_a_quantity_is_read(shipped, text, kind, value):
    found = quantities(normalise(text, shipped.vocabulary))
    assert (kind, pytest.approx(value)) in [(q.kind, q.value) for q in found]
