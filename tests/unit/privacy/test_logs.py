"""Each in a process of its own: what is logged there is read from its output."""

import os
import subprocess
import sys

import pytest

CANARY = "quetzal"
BEGINNING = f"""
import logging, sys, warnings, structlog
from myoguide.privacy.logs import keep_texts_out
logging.basicConfig(level=1, stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
keep_texts_out()
text = "{CANARY}"
"""


def printed(code, **environment):
    """What a program prints, on both ways."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "logging.getLogger('rasa.core').debug(f'Received {text}')",
        "logging.getLogger('rasa.core').error('Received %s', text)",
        "logging.getLogger('sanic.root').critical(text, stack_info=True)",
        "logging.getLogger().warning(text)",
        "logging.getLogger('sqlalchemy.engine').info(text)",
        "try:\n    raise ValueError(text)\nexcept ValueError:\n"
        "    logging.getLogger('rasa').exception(text)",
        "try:\n    raise ValueError(text)\nexcept ValueError:\n"
        "    logging.getLogger('myoguide.x').exception('it failed')",
        "try:\n    raise ValueError(text) from KeyError(text)\nexcept ValueError as e:\n"
        "    logging.getLogger('asyncio').error('', exc_info=e)",
        "warnings.warn(text)",
        "raise ValueError(text)",
        "import threading\ndef fail(): raise ValueError(text)\n"
        "t = threading.Thread(target=fail); t.start(); t.join()",
        "from rasa.utils.log_utils import configure_structlog\nconfigure_structlog(10)\n"
        "structlog.get_logger().debug('rest.failure', text=text)",
        "from rasa.utils.log_utils import configure_structlog\nconfigure_structlog(10)\n"
        "try:\n    raise ValueError(text)\nexcept ValueError:\n"
        "    structlog.get_logger().exception('rest.failure', text=text)",
    ],
)
def test_nobody_logs_what_a_person_wrote(code):
    assert CANARY not in printed(code)


def test_a_line_still_says_where_it_comes_from_and_what_kind_of_error_it_was():
    code = (
        "def lookup(): raise KeyError(text)\n"
        "try:\n    lookup()\nexcept KeyError:\n    logging.getLogger('rasa.core').exception(text)"
    )
    line = printed(code)
    assert "rasa.core ERROR rasa.core:" in line
    assert "KeyError" in line and "lookup" in line


def test_our_own_words_and_the_lines_about_starting_pass():
    lines = printed(
        "logging.getLogger('myoguide.store').info('schema version %d', 1)\n"
        "logging.getLogger('rasa.core.run').info('Rasa server is up and running.')"
    )
    assert "schema version 1" in lines
    assert "Rasa server is up and running." in lines


def test_a_harmless_beginning_lets_nothing_pass_that_follows_it():
    line = printed("logging.getLogger('rasa').info('Rasa server is up and running. ' + text)")
    assert "up and running" in line and CANARY not in line


def test_a_developer_can_see_everything_on_request():
    code = "logging.getLogger('rasa.core').debug(text)"
    assert CANARY in printed(code, MYOGUIDE_LOG_TEXTS="1")
