"""Keeps what people write out of the logs, at every level and whoever logs it.

Rasa, Sanic and the libraries below them put messages, slots, trackers and request bodies into
their log lines and exceptions. `keep_texts_out` therefore lets a line of theirs say only where it
comes from and which kind of exception it tells of: the logger, the line, the type, the code's own
places in the traceback. A short list of fixed lines about starting and stopping passes as it is.
Our own loggers (``myoguide``, ``actions``) are trusted with their words, but not with the message
of an exception, which may quote anything.

``MYOGUIDE_LOG_TEXTS=1`` turns this off, for a developer's own machine.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
import warnings
from types import TracebackType
from typing import Any

VARIABLE = "MYOGUIDE_LOG_TEXTS"
TRUSTED = ("myoguide", "actions")
# Lines without anything a person wrote, from the libraries that write them.
_RASA = re.compile(
    r"Starting Rasa server on \S+|Rasa server is up and running\.|Loading model [\w./\-]+"
    r"|Circuit breaker tripped\. Stopped predicting more actions"
)
HARMLESS = {
    "rasa": _RASA,
    "root": _RASA,  # rasa.core.run logs without a name
    "rasa_sdk": re.compile(
        r"Action endpoint is up and running on \S+|Starting action endpoint server\.*"
        r"|Registered function for '\w+'\.|Starting plugins\.*"
    ),
    "sanic": re.compile(r"(?:Starting|Stopping) worker \[\d+\]|Goin' Fast @ \S+|Server Stopped"),
}
_make = logging.getLogRecordFactory()


def keep_texts_out() -> None:
    """For this process, from now on. Calling it again changes nothing."""
    if os.environ.get(VARIABLE) == "1" or logging.getLogRecordFactory() is _record:
        return
    logging.setLogRecordFactory(_record)
    warnings.showwarning = _show_warning
    sys.excepthook = _tell_uncaught
    threading.excepthook = lambda args: _tell_uncaught(
        args.exc_type, args.exc_value, args.exc_traceback
    )


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = _make(*arguments, **named)
    told = _told(record)
    record.msg, record.args = told, ()
    record.exc_info, record.exc_text, record.stack_info = None, None, None
    return record


def _told(record: logging.LogRecord) -> str:
    """What may be said of a record."""
    root = record.name.partition(".")[0]
    said = record.getMessage() if root in TRUSTED else _harmless(record, root)
    if record.exc_info:
        said += f" [{places(*record.exc_info)}]"
    return said


def _harmless(record: logging.LogRecord, root: str) -> str:
    known = HARMLESS.get(root)
    message = str(record.msg)
    if known is not None and not record.args:
        match = known.match(message)
        if match:
            return match[0]
    return f"{record.name}:{record.lineno} {record.funcName}"


def places(
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> str:
    """Type of an exception and where it was raised, without its message."""
    if kind is None:
        return "no exception"
    frames = traceback.extract_tb(trace)
    where = (f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    told = " < ".join([kind.__name__, *reversed(list(where))])
    cause = error.__cause__ if error is not None else None
    return f"{told}; from {places(type(cause), cause, cause.__traceback__)}" if cause else told


def _short(path: str) -> str:
    return "/".join(path.split("/")[-3:])


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
) -> None:
    """A warning may quote a message that could not be read: its place and kind are enough."""
    sys.stderr.write(f"{_short(filename)}:{lineno}: {category.__name__}\n")


def _tell_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    sys.stderr.write(f"stopped by {places(kind, error, trace)}\n")
