"""Gives Sanic 22.6 the function that Rasa's REST channel and `rasa shell` stream replies with.

Rasa 3.6 calls ``sanic.response.stream``, which Sanic has dropped in favour of `ResponseStream`.
``tests/unit/nlu/test_sanic_stream.py`` says when this is no longer needed.
"""

from __future__ import annotations

from sanic import response


def restore() -> None:
    """Adds ``sanic.response.stream`` where it is missing."""
    if not hasattr(response, "stream"):
        response.stream = response.ResponseStream
