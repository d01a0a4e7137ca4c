"""The screen of the shipped tables, compiled once for all safety tests."""

import pytest

from myoguide.safety import Screen, load


@pytest.fixture(scope="session")
def shipped() -> Screen:
    return load()


@pytest.fixture(scope="session")
def cautious(shipped):
    """The screen as it counts without a second opinion."""
    return lambda *told: shipped(*told).cautious()
