"""The figures at ``/metrics``. Labels are names of ours; nothing comes from what people write."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from myoguide.secret import is_same

OPEN_VARIABLE, TOKEN_VARIABLE = "MYOGUIDE_METRICS", "MYOGUIDE_METRICS_TOKEN"
CONTENT_TYPE = CONTENT_TYPE_LATEST
# In the order in which a message passes them.
STAGES = ("queue", "store", "screen", "encoder", "classifier", "decide", "action", "channel")
# Where a turn can fail.
PLACES = ("turn", "store", "action", "channel")
STATUSES = (
    "answered",
    "clarified",
    "self_check",
    "small_talk",
    "not_covered",
    "not_understood",
    "escalated_emergency",
    "escalated_urgent",
    "escalated_routine",
    "failed_safe",
)
LEVELS = ("routine", "urgent", "emergency")
OTHER = "other"
# Seconds: a stage takes milliseconds, a turn whose database is away a few seconds.
STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

MESSAGES = Counter(
    "myoguide_messages", "Messages of people, by channel", ["channel"], registry=REGISTRY
)
TURNS = Counter(
    "myoguide_turns", "Turns that ended, by how they ended", ["status"], registry=REGISTRY
)
SIGNS = Counter(
    "myoguide_signs",
    "Messages that told of a sign not told before, by its level",
    ["level"],
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "myoguide_turn_seconds",
    "From a message's arrival to the end of its turn",
    ["channel"],
    buckets=STAGE_BUCKETS,
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "myoguide_stage_seconds",
    "What each stage of a turn took",
    ["stage"],
    buckets=STAGE_BUCKETS,
    registry=REGISTRY,
)
IN_PROGRESS = Gauge("myoguide_messages_in_progress", "Messages being answered", registry=REGISTRY)
WAITING = Gauge(
    "myoguide_messages_waiting",
    "Messages that wait for an earlier one of their conversation",
    registry=REGISTRY,
)
ERRORS = Counter("myoguide_errors", "Failures, by where", ["where"], registry=REGISTRY)
LOG_LINES = Counter(
    "myoguide_log_lines",
    "Lines logged as a warning or worse, by level and the first two parts of the logger's name",
    ["level", "logger"],
    registry=REGISTRY,
)
RESPONSES = Counter(
    "myoguide_http_responses", "HTTP responses, by class of status", ["status"], registry=REGISTRY
)
READY = Gauge(
    "myoguide_ready", "1 when the last look found that emergencies are answered", registry=REGISTRY
)

# So that a rate can be told from the first turn on: a series that appears with 1 has none.
for _counter, _values in ((TURNS, STATUSES), (SIGNS, LEVELS), (ERRORS, PLACES)):
    for _value in _values:
        _counter.labels(_value)
for _stage in STAGES:
    STAGE_SECONDS.labels(_stage)


def exposed() -> bytes:
    """All figures in Prometheus's text format."""
    return generate_latest(REGISTRY)


def is_offered(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the site has asked for ``/metrics``."""
    return environment.get(OPEN_VARIABLE) == "1" or bool(environment.get(TOKEN_VARIABLE))


def may_read(authorization: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a request with this Authorization header may read the figures."""
    token = environment.get(TOKEN_VARIABLE)
    if not token:
        return environment.get(OPEN_VARIABLE) == "1"
    return is_same(authorization, f"Bearer {token}")


class CountLines(logging.Handler):
    """Counts what is logged as a warning or worse; the line itself is not looked at."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        name = ".".join(record.name.split(".")[:2])
        LOG_LINES.labels(record.levelname.lower(), name).inc()
