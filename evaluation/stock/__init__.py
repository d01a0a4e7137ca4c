"""The stock `rasa init` pipeline, trained on the project's data in an environment of its own.

It needs TensorFlow and hours, so ``make baseline-stock`` does it and keeps the predictions in
``predictions.json``; the report takes them over while data, sets and pipeline are the same. With
``ARGS="--every 10 --epochs 25"`` it takes minutes, learns less, and the report says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evaluation.baselines.intents import Recorded
from evaluation.run import PARTS, conversations
from evaluation.sets import Sets

HERE = Path(__file__).parent
CONFIG = HERE / "config.yml"
KEPT = HERE / "predictions.json"
# As it is, and what it would have said had it never turned a message away.
NAMES = {"said": "stock rasa init (DIET)", "best": "stock rasa init without its fallback"}
NOT_MEASURED = "not measured on this data (`make baseline-stock` does it; it takes hours)"


def texts_of(sets: Sets) -> list[str]:
    """Every message of the understanding sets, once."""
    wanted = conversations(sets, [part for part in PARTS if part != "safety"])
    return sorted({text for texts in wanted.values() for text in texts})


def fingerprint(examples: Iterable[tuple[str, str]], texts: Iterable[str]) -> str:
    """SHA-256 over training data, messages and pipeline; the order does not matter."""
    digest = hashlib.sha256(CONFIG.read_bytes())
    digest.update(json.dumps([sorted(examples), sorted(texts)]).encode())
    return digest.hexdigest()


def record(kept: Path = KEPT) -> dict[str, Any]:
    """What was kept of the last measurement; nothing before the first."""
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}


def cached(
    examples: Sequence[tuple[str, str]], sets: Sets, kept: Path = KEPT
) -> tuple[dict[str, Recorded | None], str]:
    """By name the predictions made before on the same data, or None; and a note."""
    stored = record(kept)
    if stored.get("fingerprint") != fingerprint(examples, texts_of(sets)):
        return {NAMES["said"]: None}, NOT_MEASURED
    part = "all" if stored["every"] == 1 else f"one in {stored['every']}"
    note = (
        f"taught {part} of the same examples for {stored['epochs']} epochs"
        f" in {stored['training_seconds']:.0f} s, by `make baseline-stock`"
    )
    return {name: Recorded(stored[key]) for key, name in NAMES.items()}, note
