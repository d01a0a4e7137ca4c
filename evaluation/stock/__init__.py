"""The stock `rasa init` pipeline, trained on the project's data in an environment of its own.

It needs TensorFlow and hours, so ``make baseline-stock`` does it and keeps the predictions in
``results/``; the report takes them over when data, sets and pipeline are still the same. With
``ARGS="--every 10 --epochs 25"`` it takes minutes, learns less, and the report says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluation.baselines.intents import Recorded
from evaluation.run import PARTS, conversations
from evaluation.sets import Sets

HERE = Path(__file__).parent
CONFIG = HERE / "config.yml"
RESULTS = Path("results")
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


def results_file(
    examples: Iterable[tuple[str, str]], texts: Iterable[str], folder: Path = RESULTS
) -> Path:
    """Where the predictions for exactly this data lie, or will."""
    return folder / f"stock-{fingerprint(examples, texts)[:16]}.json"


def cached(
    examples: Sequence[tuple[str, str]], sets: Sets, folder: Path = RESULTS
) -> tuple[Recorded | None, str]:
    """The predictions made before on the same data, or None; and a note."""
    path = results_file(examples, texts_of(sets), folder)
    if not path.exists():
        return None, NOT_MEASURED
    stored = json.loads(path.read_text(encoding="utf-8"))
    predictions = {text: (intent, score) for text, (intent, score) in stored["said"].items()}
    part = "all" if stored["every"] == 1 else f"one in {stored['every']}"
    note = f"taught {part} of the same examples for {stored['epochs']} epochs"
    return Recorded(predictions), f"{note} in {stored['training_seconds']:.0f} s"
