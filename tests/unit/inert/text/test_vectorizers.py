"""Models of texts answer as scikit-learn's, whatever counts their words and predicts from the counts."""

from __future__ import annotations

import pickle
import random
import string
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from picklejar.inert.meta import compose

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DRAW = random.Random(0)
COMMON = (
    "free win prize now call the of and you are loan money Dear café naïve élan 123 2nd a I don't it's über".split()
)
WORDS = [*COMMON, *("".join(DRAW.choices(string.ascii_letters + "àéü", k=DRAW.randint(1, 8))) for _ in range(80))]
ENDS = ["", "!", "  ?? ", "\n\n x", "..."]


def _texts(count: int, longest: int) -> NDArray[Any]:
    texts = [" ".join(DRAW.choices(WORDS, k=DRAW.randint(0, longest))) + DRAW.choice(ENDS) for _ in range(count)]
    return np.array(texts, dtype=object)


TEXTS, OTHERS = _texts(80, 15), np.array([*_texts(40, 30), "", "zzz unknown", "FREE win"], dtype=object)
LABELS = np.array([DRAW.choice(["ham", "spam", "other"]) for _ in TEXTS])
NUMBERS = np.array([len(text) + DRAW.random() for text in TEXTS])

VECTORIZERS = [
    CountVectorizer(),
    CountVectorizer(binary=True, stop_words=["the", "of"], token_pattern=r"[a-z]+", lowercase=False),
    CountVectorizer(token_pattern=r"\b([a-z]+)\b", strip_accents="ascii", ngram_range=(1, 3)),
    CountVectorizer(vocabulary=["free", "win", "café"]),
    CountVectorizer(dtype=np.float32),
    TfidfVectorizer(),
    TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2),
    TfidfVectorizer(analyzer="char", ngram_range=(1, 4), max_features=200),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), strip_accents="unicode", norm="l1"),
    TfidfVectorizer(use_idf=False, norm=None, token_pattern=r"(?u)\b\w+\b|[!?]"),
    TfidfVectorizer(dtype=np.float32),
    HashingVectorizer(n_features=2**10),
    HashingVectorizer(n_features=2**12, binary=True, norm=None, alternate_sign=False),
    make_pipeline(CountVectorizer(max_df=0.5), TfidfTransformer(smooth_idf=False)),
    make_union(CountVectorizer(), TfidfVectorizer(analyzer="char", ngram_range=(2, 2))),
]
PREDICTORS = [
    LogisticRegression(),
    LinearSVC(),
    RidgeClassifier(),
    SGDClassifier(random_state=0),
    Perceptron(),
    BernoulliNB(),
    Ridge(),
    OneVsRestClassifier(LogisticRegression()),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    ExtraTreesClassifier(3, random_state=0),
    MLPClassifier((4,), max_iter=5, random_state=0),
    make_pipeline(TruncatedSVD(4, random_state=0), LogisticRegression()),
    make_pipeline(SelectKBest(f_classif, k=4), LogisticRegression()),
    make_pipeline(MaxAbsScaler(), Ridge()),
    make_pipeline(StandardScaler(with_mean=False), LinearSVC()),
    make_pipeline(Normalizer(), SGDClassifier(random_state=0)),
]
OF_COUNTS = [
    MultinomialNB(),
    ComplementNB(),
    GridSearchCV(MultinomialNB(), {"alpha": [0.1, 1]}, cv=2),
    OneVsOneClassifier(MultinomialNB()),
    VotingClassifier([("a", MultinomialNB()), ("b", LogisticRegression())], voting="soft"),
    StackingClassifier([("a", MultinomialNB()), ("b", BernoulliNB())], cv=2),
    BaggingClassifier(MultinomialNB(), 3, random_state=0),
]


def _agree(fitted: Any, asked: NDArray[Any]) -> Any:
    """Check each answer to a list of texts, of which the inert model takes the column."""
    read = inert.loads(pickle.dumps(fitted))
    assert read.is_of_texts
    assert read.texts() == {0}
    for method in ("predict", "predict_proba", "decision_function"):
        if not hasattr(fitted, method):
            assert not hasattr(read, method)
            continue
        ours, theirs = getattr(read, method)(asked[:, None]), getattr(fitted, method)(asked)
        if theirs.dtype.kind == "f":
            largest = max(np.abs(theirs).max(), read.largest_term(asked[:, None]))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=read.tolerance * largest)
        else:
            np.testing.assert_array_equal(ours, theirs)
    return read


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=lambda made: str(made).replace("\n", "")[:60])
def test_each_vectorizer_counts_as_the_original(vectorizer: Any) -> None:
    fitted = clone(vectorizer).fit(TEXTS)
    ours, theirs = inert.loads(pickle.dumps(fitted)).transform(OTHERS[:, None]).dense(), fitted.transform(OTHERS)
    tolerance = 1e-6 if theirs.dtype == np.float32 else 0
    np.testing.assert_allclose(ours, theirs.toarray(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("predictor", [*PREDICTORS, *OF_COUNTS], ids=lambda made: str(made).replace("\n", "")[:60])
def test_each_predictor_answers_texts_as_the_original(predictor: Any) -> None:
    y = NUMBERS if is_regressor(predictor) else LABELS
    _agree(make_pipeline(TfidfVectorizer(min_df=2), clone(predictor)).fit(TEXTS, y), OTHERS)


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=lambda made: str(made).replace("\n", "")[:60])
def test_a_model_on_each_vectorizer_answers_as_the_original(vectorizer: Any) -> None:
    _agree(make_pipeline(clone(vectorizer), LogisticRegression()).fit(TEXTS, LABELS), OTHERS)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_all_protocols_are_read(protocol: int) -> None:
    fitted = make_pipeline(TfidfVectorizer(stop_words=["the", "of"], min_df=2), LinearSVC()).fit(TEXTS, LABELS)
    # As earlier releases let it be.
    fitted[0].stop_words = {"the", "of"}
    read: Any = inert.loads(pickle.dumps(fitted, protocol))
    np.testing.assert_array_equal(read.predict(OTHERS[:, None]), fitted.predict(OTHERS))


def test_a_column_of_texts_stands_beside_numbers() -> None:
    import pandas as pd

    frame = pd.DataFrame({"length": [float(len(text)) for text in TEXTS], "body": TEXTS, "title": TEXTS[::-1]})
    columns = ColumnTransformer(
        [
            ("body", TfidfVectorizer(), "body"),
            ("numbers", StandardScaler(), ["length"]),
            ("title", make_pipeline(CountVectorizer(), TruncatedSVD(3, random_state=0)), "title"),
        ]
    )
    fitted = make_pipeline(columns, LogisticRegression()).fit(frame, LABELS)
    read: Any = inert.loads(pickle.dumps(fitted))
    assert read.texts() == {1, 2}
    X = frame.to_numpy(dtype=object)
    np.testing.assert_allclose(read.predict_proba(X), fitted.predict_proba(frame), rtol=0, atol=1e-12)
    assert read.categories(1) is None
    with pytest.raises(RowsRefused) as refused:
        read.predict(np.array([[1.0, "free", "win"], [2.0, None, "win"]], dtype=object))
    assert (refused.value.rows, refused.value.column, refused.value.rule) == ([1], 1, "type")


def test_a_list_of_columns_is_not_taken_for_texts() -> None:
    columns = ColumnTransformer([("body", CountVectorizer(), "body")])
    import pandas as pd

    fitted = columns.fit(pd.DataFrame({"body": TEXTS}))
    fitted.transformers_ = [("body", fitted.transformers_[0][1], ["body"])]
    with pytest.raises(UnsupportedEstimator, match="a list of columns as texts of 'body'"):
        inert.loads(pickle.dumps(fitted))


def test_many_rows_are_answered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "MOST_CELLS", 500)
    _agree(make_pipeline(TfidfVectorizer(), ExtraTreesClassifier(3, random_state=0)).fit(TEXTS, LABELS), OTHERS)


def test_texts_that_score_alike_have_the_label_of_the_original() -> None:
    texts = np.array(["a b", "b a", "c d", "d c", "a d", "b c"], dtype=object)
    for predictor in (MultinomialNB(), ComplementNB(), LinearSVC()):
        fitted = make_pipeline(CountVectorizer(token_pattern=r"\w"), predictor).fit(texts, [0, 1, 0, 1, 2, 2])
        asked = np.array(["", "a", "a c", "a b c d", "b d", "x"], dtype=object)
        _agree(fitted, asked)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"preprocessor": np.exp}, "a preprocessor of its own"),
        ({"tokenizer": np.exp}, "a tokenizer of its own"),
        ({"analyzer": np.exp}, "an analyzer of its own"),
        ({"strip_accents": np.exp}, "a strip_accents of its own"),
        ({"input": "filename"}, "input='filename'"),
        ({"dtype": np.uint8}, "dtype=numpy.uint8"),
        ({"analyzer": "char", "ngram_range": (1, 100)}, "n-grams of up to 100"),
        ({"token_pattern": r"(a+)+b"}, "the token_pattern '(a+)+b'"),
    ],
)
def test_what_is_not_read_is_refused_by_name(changed: dict[str, Any], says: str) -> None:
    fitted = CountVectorizer().fit(["some words", "more words"])
    for name, value in changed.items():
        setattr(fitted, name, value)
    with pytest.raises(UnsupportedEstimator) as refused:
        inert.loads(pickle.dumps(fitted))
    assert says in refused.value.reason


@pytest.mark.parametrize(
    "vocabulary",
    [
        {},
        {"a": 0, "b": 2},
        {"a": 0, "b": 0},
        {"a": -1, "b": 0},
        {"a": 0, "b": True},
        {"a": 0, "b": 1.0},
        {"a": 0, "b": 2**70},
        {"a": np.int64(0), "b": np.int64(2)},
        {"a": np.int64(0), "b": np.float64(1)},
        {"a": np.int64(0), "b": np.int32(1), "c": 2, "d": "3"},
        {1: 0},
        [("a", 0)],
    ],
)
def test_a_vocabulary_that_is_none_is_damage(vocabulary: Any) -> None:
    fitted = CountVectorizer().fit(["some words"])
    fitted.vocabulary_ = vocabulary
    with pytest.raises(DamagedPickle):
        inert.loads(pickle.dumps(fitted))


def test_numbers_of_numpy_are_columns_as_well() -> None:
    fitted = CountVectorizer().fit(["some words", "more words"])
    for kind in (np.int64, np.int32, np.uint8):
        fitted.vocabulary_ = {term: kind(at) for term, at in sorted(fitted.vocabulary_.items())}
        read: Any = inert.loads(pickle.dumps(fitted))
        assert read.transform([["more more"]]).dense().tolist() == [[2.0, 0.0, 0.0]]
    fitted.vocabulary_ = {"more": 0, "some": np.int64(1), "words": np.int8(2)}
    assert inert.loads(pickle.dumps(fitted)).n_features_in_ == 1


def test_weights_of_other_terms_are_damage() -> None:
    fitted = TfidfVectorizer().fit(["some words", "more words"])
    fitted._tfidf.idf_ = fitted._tfidf.idf_[:2]
    with pytest.raises(DamagedPickle):
        inert.loads(pickle.dumps(fitted))
    fitted._tfidf.n_features_in_ = 2
    with pytest.raises(DamagedPickle, match="weights for other terms"):
        inert.loads(pickle.dumps(fitted))


@pytest.mark.parametrize("value", [None, np.nan, 3.0, b"bytes"])
def test_what_is_no_text_is_refused_by_row(value: Any) -> None:
    read: Any = inert.loads(pickle.dumps(make_pipeline(CountVectorizer(), Ridge()).fit(TEXTS, NUMBERS)))
    with pytest.raises(RowsRefused, match="Column 0 of X must be text, and not missing; it is not in row 1") as refused:
        read.predict(np.array([["some"], [value]], dtype=object))
    assert refused.value.rule == "type"
