"""Terms are hashed as scikit-learn's own code in C does."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.utils import murmurhash3_32

from picklejar import inert
from picklejar.errors import UnsupportedEstimator
from picklejar.inert.text.hashing import murmurhash3


def test_each_length_and_kind_of_text_has_the_hash_of_the_original() -> None:
    draw = random.Random(0)
    for length in range(40):
        for alphabet in ("abc XYZ09", "éüß漢字🙂"):
            text = "".join(draw.choices(alphabet, k=length)).encode()
            assert murmurhash3(text) == murmurhash3_32(text, seed=0)


def test_a_model_that_takes_rows_whole_is_refused_by_name_where_hashes_are_many() -> None:
    texts = ["free money now", "hello my friend"] * 10
    wide = make_pipeline(HashingVectorizer(), RandomForestClassifier(2)).fit(texts, [1, 0] * 10)
    with pytest.raises(UnsupportedEstimator, match=r"RandomForestClassifier with 1,048,576 columns of texts.*2\*\*14"):
        inert.loads(pickle.dumps(wide))
    narrow = make_pipeline(HashingVectorizer(n_features=2**10), RandomForestClassifier(2)).fit(texts, [1, 0] * 10)
    asked = np.array(texts[:2], dtype=object)
    assert inert.loads(pickle.dumps(narrow)).predict(asked[:, None]).tolist() == narrow.predict(asked).tolist()
