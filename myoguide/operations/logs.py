"""Logs as one JSON object a line, for machines that collect them: ``MYOGUIDE_LOGS=json``.

What may be in a line is decided in `myoguide.privacy.logs`, for every form of log.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime, timezone

VARIABLE = "MYOGUIDE_LOGS"
PLAIN, JSON = "plain", "json"


class JsonLines(logging.Formatter):
    """``time`` (UTC), ``level``, ``logger``, ``message``, and ``request_id`` where there is one."""

    def __init__(self, request_id: Callable[[], str | None] = lambda: None) -> None:
        super().__init__()
        self._request_id = request_id

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, timezone.utc)
        line = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = self._request_id()
        if request_id is not None:
            line["request_id"] = request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def from_environment(request_id: Callable[[], str | None] = lambda: None) -> None:
    """Writes this process's logs as the site wants them; ValueError says what to write."""
    form = os.environ.get(VARIABLE, "").strip() or PLAIN
    if form not in (PLAIN, JSON):
        raise ValueError(f"{VARIABLE} is {form!r}: write {PLAIN} or {JSON}")
    if form == JSON:
        write_json(request_id)


def write_json(request_id: Callable[[], str | None]) -> None:
    """Every line from now on, whichever library writes it."""
    lines = JsonLines(request_id)
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stderr))
    for handler in root.handlers:
        handler.setFormatter(lines)
    # Sanic's and the socket's loggers have no handler of their own and hand nothing up.
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(lines)
