"""``python -m evaluation.benchmark TRAIN.csv TEST.csv``: this project's model on any intent set.

Both files have the columns ``text`` and ``intent``. The intents ``oos`` and ``NO_NODES_DETECTED``
mean out of scope; in TEST they are what has to be found, in TRAIN (optional) one more class.

The encoder is used as it was published: what fine-tuning on questions about jerks taught it would
stand in the way of another subject. It is prepared at the first run (some seconds).
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.share import Share, share
from myoguide.nlu import build_encoder
from myoguide.nlu.encoder import SentenceEncoder
from myoguide.nlu.question_model import QuestionModel

OUT_OF_SCOPE = ("oos", "NO_NODES_DETECTED")
AS_PUBLISHED = build_encoder.DEFAULT_DIR.with_name("encoder-as-published")
# One name for all of them while training; a slash-less word that no public set uses.
OUT = "out of scope"
THRESHOLDS = tuple(tenth / 10 for tenth in range(1, 10))


class BenchmarkError(ValueError):
    """A file cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Example:
    """``intent`` is `OUT` for whatever is out of scope."""

    text: str
    intent: str


@dataclass(frozen=True)
class Guess:
    """What was right, what was read, and how sure: ``confidence`` of the best intent in scope.

    ``familiarity``: how near the message is to what the model has seen.
    """

    intent: str
    read: str
    confidence: float
    familiarity: float


@dataclass(frozen=True)
class Benchmark:
    """Guesses on TEST; seconds to train (encoding included); median milliseconds a message."""

    guesses: tuple[Guess, ...]
    training_seconds: float
    milliseconds: float

    @property
    def in_scope(self) -> list[Guess]:
        return [guess for guess in self.guesses if guess.intent != OUT]

    @property
    def out_of_scope(self) -> list[Guess]:
        return [guess for guess in self.guesses if guess.intent == OUT]

    @property
    def accuracy(self) -> Share:
        """In scope: the best class is the right one, without a threshold."""
        return share(guess.read == guess.intent for guess in self.in_scope)

    def rejected(self, guesses: Sequence[Guess], threshold: float) -> Share:
        """Held to be out of scope: read as such, or the confidence is below the threshold."""
        return share(guess.read == OUT or guess.confidence < threshold for guess in guesses)

    def auroc(self, score: str) -> float:
        """Chance that a message in scope scores higher than one out of scope; ties count half."""
        inside = np.array([getattr(guess, score) for guess in self.in_scope])
        outside = np.array([getattr(guess, score) for guess in self.out_of_scope])
        gaps = inside[:, None] - outside[None, :]
        return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def read(path: Path) -> list[Example]:
    """Reads a file; raises `BenchmarkError`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"text", "intent"} - set(rows.fieldnames or ())
            if missing:
                raise BenchmarkError(f"{path}: no column {' and '.join(sorted(missing))}")
            examples = [
                Example(row["text"], OUT if row["intent"] in OUT_OF_SCOPE else row["intent"])
                for row in rows
                if row["text"] and row["intent"]
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchmarkError(f"{path}: {error}") from error
    if not examples:
        raise BenchmarkError(f"{path}: no row with text and intent")
    return examples


def benchmark(train: Sequence[Example], test: Sequence[Example]) -> Benchmark:
    """Trains the project's encoder and question model on ``train`` and reads ``test``."""
    if not build_encoder.is_built(AS_PUBLISHED, adapter=None):
        build_encoder.build(AS_PUBLISHED, adapter=None)
    encoder = SentenceEncoder(AS_PUBLISHED)
    started = time.perf_counter()
    texts = [example.text for example in train]
    model = QuestionModel.fit(texts, encoder.encode(texts), [example.intent for example in train])
    seconds = time.perf_counter() - started
    guesses, taken = [], []
    for example in test:
        started = time.perf_counter()
        reading = model.read(example.text, encoder.encode([example.text])[0])
        taken.append(time.perf_counter() - started)
        inside = max(score for name, score in reading.topics.items() if name != OUT)
        guesses.append(Guess(example.intent, reading.topic, inside, reading.familiarity))
    return Benchmark(tuple(guesses), seconds, statistics.median(taken) * 1000)


def as_text(result: Benchmark) -> str:
    """The figures for a terminal."""
    lines = [
        f"in-scope accuracy     {_written(result.accuracy)}",
        f"training              {result.training_seconds:.1f} s",
        f"reading, median       {result.milliseconds:.2f} ms per message",
    ]
    if not result.out_of_scope:
        return "\n".join([*lines, "out of scope          none in TEST"])
    lines += [
        f"AUROC, confidence     {result.auroc('confidence'):.3f}",
        f"AUROC, familiarity    {result.auroc('familiarity'):.3f}",
        "",
        "threshold  out-of-scope recall              in scope, wrongly rejected",
    ]
    for threshold in THRESHOLDS:
        found = _written(result.rejected(result.out_of_scope, threshold))
        lost = _written(result.rejected(result.in_scope, threshold))
        lines.append(f"{threshold:<9.1f}  {found:<32} {lost}")
    return "\n".join(lines)


def _written(part: Share) -> str:
    low, high = part.interval
    return f"{part.value:.3f} ({part.hits}/{part.of}, {low:.3f}-{high:.3f})"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.benchmark", description="Benchmark on any public intent set."
    )
    parser.add_argument("train", type=Path, metavar="TRAIN.csv", help="columns text,intent")
    parser.add_argument(
        "test",
        type=Path,
        metavar="TEST.csv",
        help=f"columns text,intent; {' or '.join(OUT_OF_SCOPE)} is out of scope",
    )
    options = parser.parse_args(arguments)
    try:
        train, test = read(options.train), read(options.test)
        if len({example.intent for example in train} - {OUT}) < 2:
            raise BenchmarkError(f"{options.train}: fewer than two intents in scope")
        if all(example.intent == OUT for example in test):
            raise BenchmarkError(f"{options.test}: nothing in scope")
        result = benchmark(train, test)
    except (BenchmarkError, build_encoder.EncoderBuildError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 1
    sys.stdout.write(as_text(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
