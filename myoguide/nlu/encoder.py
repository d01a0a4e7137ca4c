"""Sentence encoder: text in, a unit vector of 384 numbers out. Usable without Rasa."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from myoguide.nlu.build_encoder import DEFAULT_DIR, HIDDEN, MODEL_FILE, TOKENIZER_FILE

if TYPE_CHECKING:
    from tokenizers import Encoding

# Longer messages add cost and no meaning: 128 word pieces are about 100 words.
MAX_TOKENS = 128
BATCH = 16  # larger ones leave the processor's cache
# Texts begun that nobody has asked for yet; then the oldest is dropped.
MOST_BEGUN = 32
# Seconds after which one thread lets the other have the interpreter: Python's own five milliseconds
# are longer than an encoding.
TURN = 0.0002


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class EncoderMissing(FileNotFoundError):
    """The encoder's files are not there; the message says how to make them."""


class SentenceEncoder:
    """MiniLM in int8."""

    dimension = HIDDEN

    def __init__(self, folder: Path | str = DEFAULT_DIR) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        model, vocabulary = Path(folder) / MODEL_FILE, Path(folder) / TOKENIZER_FILE
        for path in (model, vocabulary):
            if not path.exists():
                raise EncoderMissing(f"{path} is missing: run `make encoder`")
        options = onnxruntime.SessionOptions()
        # One thread for a text: the other core screens the message meanwhile.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(vocabulary))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()  # the file asks for 128 always; padded per batch below
        self._ahead: ThreadPoolExecutor | None = None
        self._begun: dict[str, Future[np.ndarray]] = {}

    def begin(self, text: str) -> None:
        """Starts on a text in the background; the next `encode` of it alone takes what is there."""
        if self._ahead is None:
            self._ahead = ThreadPoolExecutor(1, thread_name_prefix="encoder")
            sys.setswitchinterval(TURN)
        while len(self._begun) >= MOST_BEGUN:
            self._begun.pop(next(iter(self._begun))).cancel()
        if text not in self._begun:
            self._begun[text] = self._ahead.submit(self._few, [text])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Returns a float32 array of shape (len(texts), 384); each row has length 1."""
        if len(texts) == 1 and (begun := self._begun.pop(texts[0], None)):
            return begun.result()
        if 0 < len(texts) <= BATCH:
            return self._few(texts)
        result = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(texts)
        # Batches of like length waste nothing on padding.
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        wanted = ([encoded[i] for i in rows] for rows in batches)
        with ThreadPoolExecutor(cores()) as pool:
            for rows, found in zip(batches, pool.map(self._vectors, wanted), strict=True):
                result[rows] = found
        return result

    def _few(self, texts: Sequence[str]) -> np.ndarray:
        return self._vectors(self._tokenizer.encode_batch(texts))

    def _vectors(self, encoded: Sequence[Encoding]) -> np.ndarray:
        ids = np.zeros((len(encoded), max(map(len, encoded))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(encoded):
            ids[row, : len(one)] = one.ids
            mask[row, : len(one)] = 1
        return self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


@lru_cache(maxsize=2)
def load_encoder(folder: str) -> SentenceEncoder:
    """The encoder of a folder, opened once for all who use it."""
    return SentenceEncoder(folder)
