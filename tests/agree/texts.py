"""Draws texts, with accents, ties and unknown words, and vectorizers with what predicts from their counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from sklearn.pipeline import FeatureUnion, make_pipeline

from tests.agree.estimators import CLASSES, KINDS, OF_TEXTS, Draw
from tests.agree.tables import Table

WORDS = """
a I the of free Free FREE win naïve Café élan It's don't 2nd 123 £5.00 me@home.org e-mail x_y ß İ ﬁne 漢字 über ÜBER
""".split()
BETWEEN = [" ", " ", " ", "  ", "\n", "\t ", ", ", "!!! ", "\u2003", "-"]
# Of each, how many classes are predicted from counts.
STEPS = ["MaxAbsScaler", "Normalizer", "SelectKBest", "StandardScaler", "TfidfTransformer", "TruncatedSVD"]


def is_of_texts(name: str) -> bool:
    """Return whether a class is fitted on a list of texts."""
    return name.rpartition(".")[2] in OF_TEXTS


def text_table(rng: np.random.Generator) -> Table:
    """Return 2 to 40 texts with labels or numbers, and a column of texts to ask about."""
    rows = int(rng.choice([2, 5, 20, 40]))
    longest = int(rng.choice([2, 6, 20]))
    known = list(rng.choice(WORDS, size=int(rng.integers(2, len(WORDS)))))
    X = _texts(rng, rows, longest, known)
    kinds = Counter(["texts"])
    if rng.random() < 0.6:
        y = np.array(["ham", "spam", "other"], dtype=object)[rng.integers(int(rng.integers(2, 4)), size=rows)]
        y = y.astype(str)
        kinds["labels of texts"] += 1
    else:
        y = rng.normal(size=rows)
    asked = np.concatenate([X[: int(rng.integers(rows + 1))], _texts(rng, 10, longest, WORDS)])
    return Table(X, y, asked[:, None], kinds)


def text_estimator(draw: Draw, name: str) -> Any:
    """Return a vectorizer of a class, mostly with what predicts from its counts."""
    vectorizer = draw.of(name)
    if draw.flip(0.15):
        other = draw.any_of_named(sorted(OF_TEXTS), 1)
        vectorizer = FeatureUnion(
            [("a", vectorizer), ("b", other)], transformer_weights=draw.choice([None, {"a": 0.5}])
        )
    if draw.flip(0.2):
        return vectorizer
    steps = [draw.any_of_named(STEPS, 1)] if draw.flip(0.4) else []
    last = draw.choice(KINDS[draw.choice(["classifier", "classifier", "regressor"])])
    return make_pipeline(vectorizer, *steps, draw.of(last, 1 if CLASSES[last].__name__ != "Pipeline" else 2))


def _texts(rng: np.random.Generator, rows: int, longest: int, words: list[str]) -> Any:
    texts = np.empty(rows, dtype=object)
    for row in range(rows):
        count = int(rng.integers(longest + 1))
        texts[row] = "".join(str(rng.choice(words)) + str(rng.choice(BETWEEN)) for _ in range(count))
    return texts
