"""Lines that a machine can read."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from myoguide.operations import logs
from myoguide.operations.channel import GIVEN_ID, stop_seconds


def line(**more) -> dict:
    record = logging.LogRecord(
        "myoguide.x", logging.WARNING, __file__, 1, "away %s", ("now",), None
    )
    record.__dict__.update(more)
    return json.loads(logs.JsonLines(lambda: "abc").format(record))


def test_a_line_says_when_how_bad_where_and_what():
    found = line(created=0.25)
    assert found == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "myoguide.x",
        "message": "away now",
        "request_id": "abc",
    }


def test_fields_stand_beside_the_message():
    assert line(fields={"ms": 3.5})["ms"] == 3.5


def test_every_library_writes_the_same_form():
    """Also those, as Sanic, whose loggers have no handler and hand nothing up."""
    program = (
        "import logging\n"
        "from myoguide.operations import logs\n"
        "logs.write_json(lambda: None)\n"
        "logging.getLogger('rasa.core').warning('one')\n"
        "alone = logging.getLogger('sanic.error')\n"
        "alone.propagate = False\n"
        "alone.error('two')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    found = [json.loads(written) for written in done.stderr.splitlines()]
    assert [one["message"] for one in found] == ["one", "two"]


def test_a_form_that_there_is_not_is_refused_with_what_to_write(monkeypatch):
    monkeypatch.setenv("MYOGUIDE_LOGS", "xml")
    with pytest.raises(ValueError, match="MYOGUIDE_LOGS is 'xml': write plain or json"):
        logs.from_environment()


@pytest.mark.parametrize("written", ["soon", "-1", "nan", "1e9"])
def test_a_time_to_stop_in_that_is_none_is_refused(written, monkeypatch):
    monkeypatch.setenv("MYOGUIDE_STOP_SECONDS", written)
    with pytest.raises(ValueError, match="MYOGUIDE_STOP_SECONDS"):
        stop_seconds()


def test_only_what_a_proxy_makes_up_is_taken_over_as_a_request_id():
    assert GIVEN_ID.fullmatch("0f8fad5b-d9cb-469f-a165-70867728950e")
    for given in ("tom.smith@example.org", "Tom", "a" * 65, "", "abcdef01\n"):
        assert not GIVEN_ID.fullmatch(given)
