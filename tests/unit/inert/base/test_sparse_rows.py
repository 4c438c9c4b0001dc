"""Sparse rows compute what the same numbers in an array do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from picklejar.errors import RowsRefused
from picklejar.inert.base.sparse_rows import SparseRows, side_by_side


@pytest.fixture(name="X")
def matrix() -> Any:
    """Return rows with zeros, one of them empty."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random((6, 9)) < 0.4, rng.normal(size=(6, 9)), 0.0)
    X[2] = 0
    return X


def test_an_array_comes_back(X: Any) -> None:
    rows = SparseRows.of_dense(X)
    assert (len(rows), rows.shape) == (6, (6, 9))
    np.testing.assert_array_equal(rows.dense(), X)
    np.testing.assert_array_equal(rows.in_order(turned=True).dense(), X)


def test_counts_stand_in_the_order_of_columns() -> None:
    rows = SparseRows.of_counts([{3: 1, 1: 2}, {}, {0: -1}], 4)
    assert rows.columns.tolist() == [1, 3, 0]
    assert rows.in_order(turned=True).columns.tolist() == [3, 1, 0]
    np.testing.assert_array_equal(rows.dense(), [[0, 2, 0, 1], [0] * 4, [-1, 0, 0, 0]])


def test_products_are_those_of_the_array(X: Any) -> None:
    rows, weights = SparseRows.of_dense(X), np.random.default_rng(1).normal(size=(9, 3))
    np.testing.assert_allclose(rows @ weights, X @ weights, rtol=1e-12)
    np.testing.assert_allclose(rows @ weights[:, 0], X @ weights[:, 0], rtol=1e-12)
    np.testing.assert_array_equal((rows * weights[:, 0]).dense(), X * weights[:, 0])
    np.testing.assert_array_equal(abs(rows).dense(), np.abs(X))
    np.testing.assert_array_equal((rows > 0.5).dense(), (X > 0.5) * 1.0)
    assert rows.largest(np.abs(weights[:, 0])) == np.abs(X * weights[:, 0]).max()


def test_columns_are_taken_in_their_order(X: Any) -> None:
    rows = SparseRows.of_dense(X)
    for columns in ([0, 3, 8], [5], [], [*range(9)]):
        np.testing.assert_array_equal(rows[:, np.array(columns, dtype=np.int64)].dense(), X[:, columns])


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_rows_are_divided_by_their_norms(norm: str, X: Any) -> None:
    norms = {"l1": np.abs(X).sum(axis=1), "l2": np.sqrt((X * X).sum(axis=1)), "max": np.abs(X).max(axis=1)}[norm]
    expected = X / np.where(norms == 0, 1, norms)[:, None]
    np.testing.assert_allclose(SparseRows.of_dense(X).normalized(norm).dense(), expected, rtol=1e-15)


def test_matrices_stand_beside_one_another(X: Any) -> None:
    joined = side_by_side([SparseRows.of_dense(X), X[:, :2], SparseRows.of_dense(X[:, 4:])])
    np.testing.assert_array_equal(joined.dense(), np.concatenate([X, X[:, :2], X[:, 4:]], axis=1))
    assert (np.diff(joined.columns)[np.diff(joined.rows()) == 0] > 0).all()


def test_rows_that_are_not_finite_are_refused(X: Any) -> None:
    rows = SparseRows.of_dense(X)
    rows.check_finite()
    changed = rows.data.copy()
    changed[rows.rows() == 3] = np.inf
    with pytest.raises(RowsRefused) as refused:
        rows.with_data(changed).check_finite()
    assert (refused.value.rows, refused.value.rule) == ([3], "finite")
