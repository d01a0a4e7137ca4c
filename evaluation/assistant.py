"""Talks to the real assistant over REST and reads what it decided from the tracker."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests

from myoguide import launch
from myoguide.nlu.build_encoder import DEFAULT_DIR

TIMEOUT = 60  # seconds for one reply


@dataclass(frozen=True)
class Turn:
    """What became of one message.

    ``reply_keys``: names of the responses sent ("utter_scope/off_topic"). ``answers``: curated
    answers sent ("sleep.cause"). ``topics``: the classifier's topics with their confidence.
    """

    topic: str | None = None
    aspect: str | None = None
    status: str | None = None
    level: str = "none"
    sign: str | None = None
    replies: tuple[str, ...] = ()
    reply_keys: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    topics: tuple[tuple[str, float], ...] = ()

    @property
    def confidence(self) -> float | None:
        """Confidence of the topic that was chosen; of the best one if that is not listed."""
        if not self.topics:
            return None
        return dict(self.topics).get(self.topic or "", self.topics[0][1])


class Respondent(Protocol):
    """Whatever can be evaluated: the assistant, or a baseline."""

    def converse(self, texts: Sequence[str]) -> list[Turn]:
        """Sends ``texts`` as one fresh conversation; one turn for each."""


class Assistant:
    """The server at ``port``; every `converse` is a conversation nobody had before."""

    def __init__(self, port: int, token: str) -> None:
        self._address = f"http://127.0.0.1:{port}"
        self._token = token
        self._session = requests.Session()

    def converse(self, texts: Sequence[str]) -> list[Turn]:
        sender = uuid.uuid4().hex
        return [self._say(sender, text) for text in texts]

    def _say(self, sender: str, text: str) -> Turn:
        sent = self._session.post(
            f"{self._address}/webhooks/rest/webhook",
            json={"sender": sender, "message": text},
            timeout=TIMEOUT,
        )
        sent.raise_for_status()
        tracker = self._session.get(
            f"{self._address}/conversations/{sender}/tracker",
            params={"token": self._token},
            timeout=TIMEOUT,
        )
        tracker.raise_for_status()
        return turn_of(tracker.json())


def turn_of(tracker: Mapping[str, Any]) -> Turn:
    """The last turn of a tracker in Rasa's JSON."""
    events: list[Mapping[str, Any]] = tracker.get("events") or []
    last = max((i for i, e in enumerate(events) if e.get("event") == "user"), default=0)
    parsed = (events[last].get("parse_data") if events else None) or {}
    bot = [event for event in events[last:] if event.get("event") == "bot"]
    about = [event.get("metadata") or {} for event in bot]
    slots = tracker.get("slots") or {}
    ranking = (parsed.get("question") or {}).get("topics") or ()
    return Turn(
        topic=slots.get("topic"),
        aspect=slots.get("aspect"),
        status=slots.get("status"),
        level=slots.get("escalation") or "none",
        sign=slots.get("sign"),
        replies=tuple(event["text"] for event in bot if event.get("text")),
        reply_keys=tuple(data["utter_action"] for data in about if data.get("utter_action")),
        answers=tuple(answer for data in about for answer in _answers(data)),
        topics=tuple((entry["name"], float(entry["confidence"])) for entry in ranking),
    )


def _answers(metadata: Mapping[str, Any]) -> Sequence[str]:
    return metadata.get("answers") or (metadata.get("custom") or {}).get("answers") or ()


def state() -> str:
    """SHA-256 over what the assistant is made from: data, code, encoder and trained model."""
    digest = hashlib.sha256(launch.fingerprint().encode())
    for path in (*sorted(DEFAULT_DIR.glob("*")), launch.MODEL):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def running() -> Iterator[Assistant]:
    """The trained assistant on free ports, with an API token and a store of its own."""
    launch.train_if_changed()
    port, token = launch.free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "MYOGUIDE_API_TOKEN": token,
            "MYOGUIDE_DATABASE_URL": f"sqlite:///{Path(folder) / 'evaluation.db'}",
        }
        with _environment(settings), launch.services(port):
            yield Assistant(port, token)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
