"""Counts of words and of pieces of words (TF-IDF), with one linear head for each question asked.

Beside the sentence vectors these catch what hangs on a single word ("1982", "swaddle"). The
counting is scikit-learn's; what was learned is stored as plain arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

# Turns distances from a support vector machine's planes into something like probabilities.
SHARPNESS = 4.0
_KINDS = {
    "pieces": {"analyzer": "char_wb", "ngram_range": (3, 4)},
    "words": {"ngram_range": (1, 2)},
}
_FEWEST = {"pieces": 3, "words": 2}  # examples that a count must occur in
_BREAK = "\x00"  # between the names of counts in the stored text


class WordCounts:
    """Fits and applies the heads; texts in, for each head a probability by class."""

    def __init__(
        self,
        counters: Mapping[str, TfidfVectorizer],
        heads: Mapping[str, tuple[tuple[str, ...], np.ndarray, np.ndarray]],
    ) -> None:
        """``heads``: classes, weights of shape (counts, classes), bias of shape (classes,)."""
        self._counters, self._heads = counters, heads
        self._readers = [
            (counter.build_analyzer(), counter.vocabulary_, counter.idf_)
            for counter in counters.values()
        ]

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Mapping[str, Sequence[str | None]]) -> WordCounts:
        """``labels``: for each head one label, or None, for each text."""
        from sklearn.svm import LinearSVC

        few = len(texts) < 1000  # a small set of examples has few words that occur twice
        counters = {
            name: TfidfVectorizer(**kind, sublinear_tf=True, min_df=1 if few else _FEWEST[name])
            for name, kind in _KINDS.items()
        }
        counts = hstack([c.fit_transform(texts) for c in counters.values()]).tocsr()
        heads = {}
        for head, wanted in labels.items():
            rows = [row for row, label in enumerate(wanted) if label]
            if len({wanted[row] for row in rows}) < 3:
                continue  # nothing to choose from
            model = LinearSVC(C=0.3, tol=0.1).fit(counts[rows], [wanted[row] for row in rows])
            heads[head] = (
                tuple(str(name) for name in model.classes_),
                np.ascontiguousarray(model.coef_.T, dtype=np.float32),
                model.intercept_.astype(np.float32),
            )
        return cls(counters, heads)

    def read(self, text: str) -> dict[str, dict[str, float]]:
        """Probabilities by head and class."""
        columns, counts = self._count(text)
        read = {}
        for head, (classes, weights, bias) in self._heads.items():
            # Not `@`: for so few numbers BLAS would wake all its threads.
            distances = np.einsum("n,nc->c", counts, weights[columns]) + bias
            scores = np.exp(SHARPNESS * (distances - distances.max()))
            scores /= scores.sum()
            read[head] = dict(zip(classes, scores.tolist(), strict=True))
        return read

    def _count(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns and their values, as the counters' own `transform` gives them.

        That one is made for many texts: for a single one it takes ten times as long.
        """
        columns, values, offset = [], [], 0
        for analyze, vocabulary, rarity in self._readers:
            known = map(vocabulary.get, analyze(text))
            found = Counter(column for column in known if column is not None)
            here = np.fromiter(found, dtype=np.intp, count=len(found))
            weighed = (1 + np.log(np.fromiter(found.values(), np.float64))) * rarity[here]
            columns.append(here + offset)
            values.append(weighed / (np.sqrt(weighed @ weighed) or 1.0))
            offset += len(vocabulary)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)

    def stored(self) -> dict[str, np.ndarray]:
        """Everything learned, as arrays for `numpy.savez`."""
        arrays = {}
        for name, counter in self._counters.items():
            names = _BREAK.join(counter.get_feature_names_out())
            arrays[f"count_{name}"] = np.frombuffer(names.encode(), dtype=np.uint8)
            arrays[f"rarity_{name}"] = counter.idf_.astype(np.float32)
        for head, (classes, weights, bias) in self._heads.items():
            arrays[f"head_{head}_classes"] = np.array(classes)
            arrays[f"head_{head}_weights"] = weights.astype(np.float16)
            arrays[f"head_{head}_bias"] = bias
        return arrays

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray]) -> WordCounts:
        """The reverse of `stored`."""
        counters = {}
        for name, kind in _KINDS.items():
            words = arrays[f"count_{name}"].tobytes().decode().split(_BREAK)
            counters[name] = TfidfVectorizer(**kind, sublinear_tf=True, vocabulary=words)
            counters[name]._validate_vocabulary()
            counters[name].idf_ = arrays[f"rarity_{name}"].astype(np.float64)
        heads = {}
        for key in arrays:
            if key.startswith("head_") and key.endswith("_classes"):
                head = key[len("head_") : -len("_classes")]
                heads[head] = (
                    tuple(arrays[key].tolist()),
                    arrays[f"head_{head}_weights"].astype(np.float32),
                    arrays[f"head_{head}_bias"],
                )
        return cls(counters, heads)
