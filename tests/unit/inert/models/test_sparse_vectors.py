"""Support vector machines fitted on sparse rows answer as scikit-learn's, to the label of each tie."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import is_regressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from picklejar import inert
from picklejar.errors import DamagedPickle

X = sparse.random(80, 12, 0.3, format="csr", random_state=0)
ASKED = sparse.vstack([sparse.random(60, 12, 0.4, random_state=1), sparse.csr_matrix((2, 12))]).tocsr()
LABELS, NUMBERS = np.arange(80) % 3, np.asarray(X.sum(axis=1)).ravel()
MACHINES = [
    SVC(),
    SVC(C=100, gamma=0.5),
    SVC(kernel="linear"),
    SVC(kernel="sigmoid", gamma=1.0),
    SVC(kernel="poly", degree=2, coef0=1),
    SVC(decision_function_shape="ovo"),
    SVC(kernel="linear", probability=True, random_state=0),
    NuSVC(nu=0.2),
    SVR(),
    SVR(kernel="linear"),
    NuSVR(),
    OneClassSVM(nu=0.2),
]


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_each_machine_answers_as_the_original(machine: Any) -> None:
    fitted = machine.fit(X, NUMBERS if is_regressor(machine) else LABELS)
    read = inert.loads(pickle.dumps(fitted))
    for method in ("predict", "predict_proba", "decision_function"):
        assert hasattr(read, method) == hasattr(fitted, method)
        if hasattr(fitted, method):
            ours, theirs = getattr(read, method)(ASKED.toarray()), getattr(fitted, method)(ASKED)
            if theirs.dtype.kind == "f":
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())
            else:
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kernel", ["rbf", "linear", "sigmoid", "poly"])
def test_texts_that_score_alike_have_the_label_of_the_original(kernel: str) -> None:
    texts = np.array(["a b", "b a", "c d", "d c", "a d", "b c"] * 3, dtype=object)
    fitted = make_pipeline(CountVectorizer(token_pattern=r"\w"), SVC(kernel=kernel)).fit(texts, [0, 1, 0, 1, 2, 2] * 3)
    read: Any = inert.loads(pickle.dumps(fitted))
    asked = np.array(["", "a", "a c", "a b c d", "b d", "x", "a a b", "c c d d"], dtype=object)
    np.testing.assert_array_equal(read.predict(asked[:, None]), fitted.predict(asked))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("indices", np.array([99])),
        ("indices", np.array([-1])),
        ("indptr", np.array([1])),
        ("indptr", np.array([], dtype=np.int32)),
        ("data", np.array([], dtype=float)),
    ],
)
def test_a_matrix_that_is_none_is_damage(attribute: str, value: Any) -> None:
    fitted = SVC().fit(X, LABELS)
    matrix = getattr(fitted.support_vectors_, attribute)
    setattr(fitted.support_vectors_, attribute, np.concatenate([value, matrix[1:]]) if len(value) else value)
    with pytest.raises(DamagedPickle):
        inert.loads(pickle.dumps(fitted))


def test_coefficients_of_other_vectors_are_damage() -> None:
    fitted = SVC().fit(X, LABELS)
    fitted._dual_coef_ = fitted._dual_coef_[:1]
    with pytest.raises(DamagedPickle, match="coefficients of other vectors"):
        inert.loads(pickle.dumps(fitted))


def test_a_number_that_is_stored_twice_is_damage() -> None:
    fitted = SVC().fit(X, LABELS)
    first = fitted.support_vectors_.indices
    first[: fitted.support_vectors_.indptr[1]] = 0
    with pytest.raises(DamagedPickle, match="stores a number twice"):
        inert.loads(pickle.dumps(fitted))
