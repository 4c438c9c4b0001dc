"""Draws files that name much with few bytes, and measures what each takes to open: `make bounds FILES=10000`.

Fitted estimators are changed where they lie in memory, and then pickled. Most are whole in themselves, and name one
array or part thousands of times, are wide or deep; others are changed anywhere: arrays become long ones of small types,
numbers large, lists one part repeated, parts other estimators.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import pickle
import pkgutil
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    SplineTransformer,
)
from sklearn.svm import SVR

import picklejar.inert
from picklejar import inert
from picklejar.errors import RowsRefused, UnreadablePickle
from picklejar.inert.base.estimator import ALL_METHODS
from tests.agree.estimators import CLASSES, OF_TEXTS, Draw
from tests.agree.run import fit, table_for

# What inert.loads may take, beside a constant, for each byte of the file; docs/security.md states both.
MOST_PER_BYTE, MOST_BESIDE = 80, 2 * 2**20
TYPES = ["?", "u1", "i1", "u2", "i4", "f4", "f8", "U1", "U3"]
LARGEST_ARRAY, LARGEST_FILE = 20_000, 20_000_000


class Opened(NamedTuple):
    """What opening one file took: bytes in the file and of memory at the peak, and seconds; and what one row took."""

    size: int
    peak: int
    seconds: float
    was_read: bool
    row_peak: int
    row_seconds: float

    @property
    def per_byte(self) -> float:
        """Bytes of memory for each byte of the file, beyond the constant."""
        return max(0, self.peak - MOST_BESIDE) / self.size


def files(seed: int) -> Iterator[bytes]:
    """Yield files without end, the same for the same seed."""
    rng = np.random.default_rng(seed)
    known = _fitted(rng)
    while True:
        if rng.random() < 0.7:
            estimator = SHAPES[int(rng.integers(len(SHAPES)))](rng)
        else:
            estimator = copy.deepcopy(known[int(rng.integers(len(known)))])
        for _ in range(int(rng.choice([0, 0, 1, 3]))):
            _change(rng, estimator, known)
        if rng.random() < 0.2:
            _lie(rng, estimator)
        data = pickle.dumps(estimator, int(rng.integers(2, 6)))
        if len(data) < LARGEST_FILE:
            yield data


def _fitted(rng: np.random.Generator) -> list[Any]:
    known = []
    for name in [name for name in sorted(CLASSES) if CLASSES[name].__name__ not in OF_TEXTS for _ in range(2)]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = fit(Draw(rng, text=False).of(name), table_for(rng, name))
        if fitted is not None:
            known.append(fitted)
    return known


def _many(rng: np.random.Generator, most: float = 4.0) -> int:
    return int(10 ** rng.uniform(0, most))


def _sorted(rng: np.random.Generator) -> NDArray[Any]:
    """Return categories, edges or knots: different values in their order, of few bytes each."""
    kind = str(rng.choice(["u1", "u2", "i4", "f4", "f8", "O", "U4"]))
    count = min(_many(rng), 256) if kind == "u1" else _many(rng)
    if kind in ("O", "U4"):
        return np.array([f"{number:x}" for number in range(min(count, 60_000))]).astype(kind)
    return np.arange(min(count, 60_000)).astype(kind)


def _encoder(rng: np.random.Generator) -> Any:
    columns, values = _many(rng, 3.5), _sorted(rng)
    encoder = [OrdinalEncoder(), OneHotEncoder(handle_unknown="ignore")][int(rng.integers(2))]
    encoder.fit(np.zeros((2, 1)))
    encoder.categories_, encoder.n_features_in_ = [values] * columns, columns
    encoder._drop_idx_after_grouping = None
    return encoder


def _splines(rng: np.random.Generator) -> Any:
    splines = SplineTransformer(degree=int(rng.integers(1, 5))).fit(rng.normal(size=(20, 1)))
    columns, count = _many(rng, 3.5), int(rng.integers(8, 400))
    coefficients = np.eye(count, dtype=str(rng.choice(["u1", "f8"]))) if rng.random() < 0.8 else np.zeros((3, 3))
    knots = np.arange(count + splines.degree + 1).astype(str(rng.choice(["u2", "f8"])))
    spline = BSpline.construct_fast(knots, coefficients, splines.degree, extrapolate=False)
    splines.bsplines_, splines.n_features_in_ = [spline] * columns, columns
    splines.n_features_out_ = columns * count
    return splines


def _bins(rng: np.random.Generator) -> Any:
    bins = KBinsDiscretizer(2, encode=str(rng.choice(["ordinal", "onehot-dense"]))).fit(rng.normal(size=(20, 1)))
    columns = _many(rng, 3.5)
    bins.bin_edges_, bins.n_features_in_ = _repeated(_sorted(rng), columns), columns
    return bins


def _forest(rng: np.random.Generator) -> Any:
    X, y = rng.normal(size=(_many(rng, 3) + 5, 3)), None
    y = X[:, 0] + rng.normal(size=len(X))
    kinds: list[Any] = [
        RandomForestRegressor(2), GradientBoostingRegressor(n_estimators=2), HistGradientBoostingRegressor(max_iter=2),
        HistGradientBoostingRegressor(max_iter=2, categorical_features=[0]), BaggingRegressor(n_estimators=2),
        AdaBoostRegressor(n_estimators=2),
    ]  # fmt: skip
    kind = kinds[int(rng.integers(len(kinds)))]
    X[:, 0] = rng.integers(20, size=len(X))
    forest, many = kind.fit(X, y), _many(rng)
    if hasattr(forest, "_predictors"):
        forest._predictors = forest._predictors[:1] * many
    elif isinstance(forest.estimators_, np.ndarray):
        forest.estimators_ = _repeated(forest.estimators_[0, 0], many).reshape(-1, 1)
    else:
        forest.estimators_ = forest.estimators_[:1] * many
    for name, each in (("estimators_features_", None), ("estimator_weights_", 1.0)):
        if hasattr(forest, name):
            setattr(forest, name, np.full(many, each) if each else forest.estimators_features_[:1] * many)
    forest.n_estimators = many
    return forest


def _part(rng: np.random.Generator, depth: int) -> Any:
    """Return a regressor of one feature: wide, of many numbers, or made of others."""
    X, y = np.arange(4.0).reshape(4, 1), np.arange(4.0)
    if depth and rng.random() < 0.7:
        return _whole(rng, depth - 1)
    wide = DummyRegressor().fit(X, np.zeros((4, _many(rng, 3.5))))
    kernel = SVR().fit(X, y)
    return [wide, Ridge().fit(X, y), kernel, KNeighborsRegressor(2).fit(X, y)][int(rng.integers(4))]


def _whole(rng: np.random.Generator, depth: int = 3) -> Any:
    X, y = np.arange(4.0).reshape(4, 1), np.arange(4.0)
    part, many = _part(rng, depth), _many(rng, 3.0 if depth == 3 else 1.5)
    if rng.random() < 0.5:
        voting = VotingRegressor([("a", Ridge())]).fit(X, y)
        voting.estimators_ = [part] * many
        return voting
    stacking = StackingRegressor([("a", Ridge())], cv=2).fit(X, y)
    stacking.estimators_, stacking.stack_method_ = [part] * many, ["predict"] * many
    return stacking


def _columns(rng: np.random.Generator) -> Any:
    transformer = ColumnTransformer([("a", PolynomialFeatures(3), [0, 1])]).fit(rng.normal(size=(5, 2)))
    taken, many = [0] * _many(rng), _many(rng, 3)
    names = [f"p{number}" for number in range(many)]
    transformer.transformers_ = [(name, "passthrough", [0]) for name in names]
    transformer._transformer_to_input_indices = dict.fromkeys(names, taken)
    return transformer


def _union(rng: np.random.Generator) -> Any:
    products = PolynomialFeatures(int(rng.integers(1, 60))).fit(np.zeros((2, int(rng.integers(1, 4)))))
    union = FeatureUnion([("a", products)])
    union.transformer_list = [(f"u{number}", products) for number in range(_many(rng, 3))]
    return union


def _matrices(rng: np.random.Generator) -> Any:
    X, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    width = _many(rng, 2)
    network = MLPClassifier((width,), max_iter=1).fit(X, y)
    network.coefs_ = [network.coefs_[0], *[np.zeros((width, width), "u1")] * _many(rng, 2.5), network.coefs_[-1]]
    network.intercepts_ = [np.zeros(width, "u1")] * (len(network.coefs_) - 1) + [network.intercepts_[-1]]
    network.n_layers_ = len(network.coefs_) + 1
    return network


SHAPES: list[Callable[[np.random.Generator], Any]] = [
    _encoder, _splines, _bins, _forest, _whole, _columns, _union, _matrices,
]  # fmt: skip


def opened(data: bytes) -> Opened:
    """Open a file, ask it about a row of zeros, and measure both; whatever is no refusal escapes."""
    read: list[Any] = []

    def load() -> None:
        with contextlib.suppress(UnreadablePickle):
            read.append(inert.loads(data))

    peak, seconds = _measured(load)
    row_peak, row_seconds = _measured(lambda: _ask(read[0])) if read else (0, 0.0)
    return Opened(len(data), peak, seconds, bool(read), row_peak, row_seconds)


def _ask(estimator: Any) -> None:
    X = np.zeros((1, estimator.n_features_in_))
    for name in ALL_METHODS:
        with np.errstate(all="ignore"), contextlib.suppress(RowsRefused, ValueError, AttributeError):
            getattr(estimator, name)(X)


def _measured(act: Callable[[], None]) -> tuple[int, float]:
    """Return the peak of memory, in bytes, and the seconds."""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        act()
        return tracemalloc.get_traced_memory()[1], time.perf_counter() - began
    finally:
        tracemalloc.stop()


def import_readers() -> None:
    """Import every module of the reader, whose memory is not a file's."""
    for module in pkgutil.walk_packages(picklejar.inert.__path__, "picklejar.inert."):
        importlib.import_module(module.name)


def _change(rng: np.random.Generator, estimator: Any, known: list[Any]) -> None:
    """Change one attribute of an estimator, or of one of its parts."""
    holders = [estimator, *_parts(estimator)]
    holder = holders[int(rng.integers(len(holders)))]
    attributes = getattr(holder, "__dict__", None)
    if not attributes:
        return
    name = sorted(attributes)[int(rng.integers(len(attributes)))]
    value = attributes[name]
    if name == "_sklearn_version" or isinstance(value, str):
        return
    attributes[name] = _other(rng, value, known)


def _lie(rng: np.random.Generator, estimator: Any) -> None:
    """Let an estimator, and of its parts those that have as many, have other features than it was fitted on."""
    count = getattr(estimator, "n_features_in_", None)
    lie = int(10 ** rng.uniform(3, 6))
    for holder in [estimator, *_parts(estimator)]:
        if "n_features_in_" in getattr(holder, "__dict__", {}) and holder.n_features_in_ == count:
            holder.n_features_in_ = lie


def _other(rng: np.random.Generator, value: Any, known: list[Any]) -> Any:
    many = int(10 ** rng.uniform(0, 3.5))
    if isinstance(value, np.ndarray):
        if value.dtype == object and value.size and not isinstance(value.flat[0], str):
            return _repeated(value.flat[0], many)
        return _array(rng, value)
    if isinstance(value, list | tuple) and value:
        part = value[int(rng.integers(len(value)))]
        if isinstance(part, np.ndarray) and rng.random() < 0.7:
            part = _array(rng, part)
        elif hasattr(part, "fit") and rng.random() < 0.3:
            part = known[int(rng.integers(len(known)))]
        return type(value)([part] * many) if type(value) in (list, tuple) else value
    if isinstance(value, bool) or value is None:
        return value if rng.random() < 0.5 else not value
    if isinstance(value, int | np.integer):
        return int(value) * many + 1
    if isinstance(value, dict) and value:
        return dict.fromkeys(value, next(iter(value.values())))
    if hasattr(value, "fit"):
        return known[int(rng.integers(len(known)))]
    return value


def _array(rng: np.random.Generator, value: NDArray[Any]) -> NDArray[Any]:
    """Return an array with the dimensions of another, one of them long, of a type of few bytes."""
    shape = list(value.shape or (1,))
    most = max(1, LARGEST_ARRAY // max(1, value.size // max(1, *shape)))
    shape[int(rng.integers(len(shape)))] = int(rng.integers(1, most + 1))
    kind = TYPES[int(rng.integers(len(TYPES)))]
    if value.dtype.names:
        return np.resize(value, shape[0])
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return (numbers % 2).astype(kind) if rng.random() < 0.5 else numbers.astype(kind)


def _repeated(part: Any, many: int) -> NDArray[Any]:
    array = np.empty(many, dtype=object)
    array[:] = [part] * many
    return array


def _parts(estimator: Any) -> list[Any]:
    found: list[Any] = []
    for value in vars(estimator).values():
        items = value if isinstance(value, list | tuple) else [value]
        for item in items[:20]:
            whole = item[1] if isinstance(item, tuple) and len(item) > 1 else item
            if hasattr(whole, "__dict__") and not isinstance(whole, type):
                found.append(whole)
    return found


def main(count: int = 10_000, seed: int = 0) -> None:
    """Open so many files, and print the worst of them."""
    import_readers()
    warnings.simplefilter("ignore")  # of fits that end early, and of classes on their way out
    all_opened = []
    for number, data in zip(range(count), files(seed), strict=False):
        all_opened.append(opened(data))
        if number % 1_000 == 999:
            sys.stderr.write(f"{number + 1:,} files\n")
    worst = max(found.per_byte for found in all_opened)
    sys.stdout.write(
        f"{count:,} files of up to {max(found.size for found in all_opened):,} bytes, "
        f"{sum(found.was_read for found in all_opened):,} read; opening one took at most {worst:.1f} bytes of memory "
        f"for each of its own, beside 2 MiB, and {max(found.seconds for found in all_opened):.2f} s; a row took at "
        f"most {max(found.row_peak for found in all_opened) / 1e6:.1f} MB and "
        f"{max(found.row_seconds for found in all_opened):.2f} s\n"
    )
    sys.exit(worst > MOST_PER_BYTE)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
