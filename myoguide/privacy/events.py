"""Rasa's events without personal data, as they are kept and streamed."""

from __future__ import annotations

from typing import Any

from myoguide.privacy.redaction import redact

# Of what a channel says about a message; anybody can send anything there over REST.
KEPT_METADATA = ("country", "model_id", "assistant_id")
LONGEST_METADATA = 80  # characters
SESSION_METADATA = "session_started_metadata"


def redacted(event: dict[str, Any]) -> dict[str, Any]:
    """A copy of an event (as a dictionary) that may be kept."""
    kind = event.get("event")
    if kind == "user":
        return _of_person(event)
    if kind == "slot":
        return {**event, "value": slot_value(event.get("name"), event.get("value"))}
    if kind == "bot" and (event.get("metadata") or {}).get("summary"):
        # The one reply that repeats what the person wrote.
        return {**event, "text": redact(event.get("text") or "")}
    return event


def slot_value(name: str | None, value: Any) -> Any:
    """The value of a slot as it may be kept; Rasa puts a channel's metadata into one.

    The others hold ids and the numbers to call, which must stay as they are.
    """
    return _metadata(value) if name == SESSION_METADATA else value


def _of_person(event: dict[str, Any]) -> dict[str, Any]:
    parsed = dict(event.get("parse_data") or {})
    text, read = event.get("text"), parsed.get("text")
    said = f"{text or ''}\n{read or ''}"
    kept = redact(text) if text else text
    if read:
        parsed["text"] = kept if read == text else redact(read)
    if parsed.get("feedback"):
        parsed["feedback"] = {name: _value(given) for name, given in parsed["feedback"].items()}
    if parsed.get("entities"):
        parsed["entities"] = [
            # Carriers of slots hold ids; what was taken from the message is a person's words.
            {**entity, "value": _value(entity["value"])}
            if isinstance(entity.get("value"), str) and entity["value"] in said
            else entity
            for entity in parsed["entities"]
        ]
    parsed["metadata"] = _metadata(parsed.get("metadata"))
    return {
        **event,
        "text": kept,
        "parse_data": parsed,
        "metadata": _metadata(event.get("metadata")),
    }


def _value(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value


def _metadata(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {}
    return {
        name: value
        for name, value in given.items()
        if name in KEPT_METADATA and isinstance(value, str) and len(value) <= LONGEST_METADATA
    }
