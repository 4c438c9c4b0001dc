"""What is whole and not read is refused by its estimator's name, with what would be read instead."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    LabelBinarizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from picklejar import inert
from picklejar.errors import UnsupportedEstimator

X = np.array([[0.0], [1.0], [2.0], [0.0]])
LABELS = np.array([0, 1, 0, 1])
HALF = X.astype(np.float16)

SPARSE: dict[str, Callable[[], Any]] = {
    "KNeighborsClassifier": lambda: make_pipeline(OneHotEncoder(), KNeighborsClassifier(2)).fit(X, LABELS),
    "LogisticRegression": lambda: LogisticRegression().fit(X, LABELS).sparsify(),
    "SGDClassifier": lambda: SGDClassifier(max_iter=5, tol=None).fit(X, LABELS).sparsify(),
}


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize(("name", "make"), SPARSE.items(), ids=SPARSE)
def test_a_sparse_matrix_of_parameters_is_refused_with_a_way_out(name: str, make: Any, protocol: int) -> None:
    with pytest.raises(UnsupportedEstimator, match=rf"\.{name} with a sparse matrix") as refused:
        inert.loads(pickle.dumps(make(), protocol))
    assert "OneHotEncoder(sparse_output=False)" in refused.value.reason
    assert "densify()" in refused.value.reason


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_each_way_out_leads_out() -> None:
    machine = KNeighborsClassifier(2, algorithm="kd_tree")
    fitted = make_pipeline(OneHotEncoder(sparse_output=False), machine).fit(X, LABELS)
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))
    dense = LogisticRegression().fit(X, LABELS).sparsify().densify()
    np.testing.assert_array_equal(inert.loads(pickle.dumps(dense)).predict(X), dense.predict(X))
    scaler = MinMaxScaler().fit(HALF.astype("float64"))
    np.testing.assert_array_equal(inert.loads(pickle.dumps(scaler)).transform(X), scaler.transform(X))


HALVES: dict[str, Callable[[], Any]] = {
    "MinMaxScaler": lambda: MinMaxScaler().fit(HALF),
    "OneHotEncoder": lambda: OneHotEncoder().fit(HALF),
    "OrdinalEncoder": lambda: make_pipeline(OrdinalEncoder()).fit(HALF),
    "LinearRegression": lambda: LinearRegression().fit(HALF, LABELS.astype(np.float16)),
    "LogisticRegression": lambda: LogisticRegression().fit(X, LABELS.astype(np.float16)),
    "Binarizer": lambda: Binarizer(threshold=np.float16(0.5)).fit(X),
    "MLPRegressor": lambda: _of_half(MLPRegressor(max_iter=1).fit(X, LABELS)),
}


def _of_half(network: Any) -> Any:
    network.coefs_ = [matrix.astype(np.float16) for matrix in network.coefs_]
    return network


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize(("name", "make"), HALVES.items(), ids=HALVES)
@pytest.mark.filterwarnings("ignore")
def test_numbers_of_float16_are_refused_with_a_way_out(name: str, make: Any, protocol: int) -> None:
    with pytest.raises(UnsupportedEstimator, match=rf"\.{name} with numbers of float16") as refused:
        inert.loads(pickle.dumps(make(), protocol))
    assert 'X.astype("float64")' in refused.value.reason


def _nested(encoder: Any) -> Any:
    return Pipeline([("a", StandardScaler().fit(X)), ("b", encoder)])


@pytest.mark.parametrize("wrap", [lambda encoder: encoder, _nested], ids=["bare", "nested"])
@pytest.mark.parametrize("encoder", [LabelEncoder(), LabelBinarizer()], ids=lambda encoder: type(encoder).__name__)
def test_an_encoder_of_labels_is_refused_by_name(encoder: Any, wrap: Any) -> None:
    with pytest.raises(UnsupportedEstimator) as refused:
        inert.loads(pickle.dumps(wrap(encoder.fit(LABELS))))
    assert refused.value.name == f"sklearn.preprocessing._label.{type(encoder).__name__}"
