"""Kernels of Gaussian processes: sklearn/gaussian_process/kernels.py.

Each is read from a record of its hyperparameters. `between` has the shape (rows, points); `diagonal` is a row's
covariance with itself, (rows,).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState, Floats, State

MODULE = "sklearn.gaussian_process.kernels."
# A sum of three products is three deep; parts that are shared would be computed again each time.
MOST_NESTED, MOST_PARTS = 30, 100
BYTES_OF_A_KERNEL = 1_000
NUS = (0.5, 1.5, 2.5, math.inf)


class Kernel(Protocol):
    """The covariance of rows and points."""

    def between(self, X: Floats, points: Floats) -> Floats:
        """Return the covariance of each row with each point."""

    def diagonal(self, X: Floats) -> Floats:
        """Return the covariance of each row with itself."""


def kernel_of(state: EstimatorState, name: str, features: int) -> Kernel:
    """Return the kernel of features that an attribute is; raises UnsupportedEstimator for one that is not read."""
    return _Reader(state, features).kernel(state.value(name), 0)


class _Reader:
    def __init__(self, state: EstimatorState, features: int) -> None:
        self._state = state
        self._width = features
        self._left = MOST_PARTS

    def kernel(self, record: Any, depth: int) -> Kernel:
        self._left -= 1
        if depth > MOST_NESTED or self._left < 0:
            raise self._state.unsupported(f"a kernel of more than {MOST_PARTS} parts")
        self._state.charge(BYTES_OF_A_KERNEL)
        name = record.name.removeprefix(MODULE) if isinstance(record, Record) else ""
        read = READERS.get(name)
        if read is None:
            if not isinstance(record, Record) or not record.name.startswith(MODULE):
                raise self._state.damaged("has no kernel where one is expected")
            raise self._state.unsupported(f"the kernel {name}")
        return read(self, self._state.part_of(record, record.name), depth)

    def both(self, part: State, depth: int) -> tuple[Kernel, Kernel]:
        return self.kernel(part.value("k1"), depth + 1), self.kernel(part.value("k2"), depth + 1)

    def scale(self, part: State) -> Floats:
        """Return a length scale for all features, (1,), or one for each, (features,)."""
        value = part.value("length_scale")
        if isinstance(value, list | tuple):
            return part.numbers("length_scale", self._width if len(value) > 1 else 1)
        if isinstance(value, Record):
            return part.floats("length_scale", (self._width,), (1,), ()).reshape(-1)
        return np.array([part.number("length_scale")])


@dataclass(frozen=True)
class _Sum:
    first: Kernel
    second: Kernel

    def between(self, X: Floats, points: Floats) -> Floats:
        return self.first.between(X, points) + self.second.between(X, points)

    def diagonal(self, X: Floats) -> Floats:
        return self.first.diagonal(X) + self.second.diagonal(X)


@dataclass(frozen=True)
class _Product:
    first: Kernel
    second: Kernel

    def between(self, X: Floats, points: Floats) -> Floats:
        return self.first.between(X, points) * self.second.between(X, points)

    def diagonal(self, X: Floats) -> Floats:
        return self.first.diagonal(X) * self.second.diagonal(X)


@dataclass(frozen=True)
class _Power:
    kernel: Kernel
    exponent: float

    def between(self, X: Floats, points: Floats) -> Floats:
        y: Floats = self.kernel.between(X, points) ** self.exponent
        return y

    def diagonal(self, X: Floats) -> Floats:
        y: Floats = self.kernel.diagonal(X) ** self.exponent
        return y


@dataclass(frozen=True)
class _Constant:
    value: float

    def between(self, X: Floats, points: Floats) -> Floats:
        return np.full((len(X), len(points)), self.value)

    def diagonal(self, X: Floats) -> Floats:
        return np.full(len(X), self.value)


@dataclass(frozen=True)
class _Noise:
    """Noise that rows asked about do not share with fitted ones, even where they are equal."""

    level: float

    def between(self, X: Floats, points: Floats) -> Floats:
        return np.zeros((len(X), len(points)))

    def diagonal(self, X: Floats) -> Floats:
        return np.full(len(X), self.level)


@dataclass(frozen=True)
class _OfDistances:
    """What a function makes of distances of features over their scales, squared or not; 1 of no distance."""

    scale: Floats
    squared: bool
    function: Callable[[Floats], Floats]

    def between(self, X: Floats, points: Floats) -> Floats:
        d = np.zeros((len(X), len(points)))
        for column, known in zip((X / self.scale).T, (points / self.scale).T, strict=True):
            difference = column[:, None] - known
            d += difference * difference
        return self.function(d if self.squared else np.sqrt(d))

    def diagonal(self, X: Floats) -> Floats:
        return np.ones(len(X))


@dataclass(frozen=True)
class _Products:
    constant: float

    def between(self, X: Floats, points: Floats) -> Floats:
        y: Floats = X @ points.T + self.constant
        return y

    def diagonal(self, X: Floats) -> Floats:
        y: Floats = np.einsum("ij,ij->i", X, X) + self.constant
        return y


def _matern(reader: _Reader, part: State, _: int) -> Kernel:
    nu = part.number("nu")
    if nu not in NUS:
        raise part.unsupported(f"nu={nu!r}, for which Bessel functions would be needed,")
    functions: dict[float, Callable[[Floats], Floats]] = {
        0.5: lambda d: np.exp(-d),
        1.5: lambda d: (1.0 + d * math.sqrt(3)) * np.exp(-(d * math.sqrt(3))),
        2.5: lambda d: (1.0 + d * math.sqrt(5) + (d * math.sqrt(5)) ** 2 / 3.0) * np.exp(-(d * math.sqrt(5))),
        math.inf: lambda d: np.exp(-(d**2) / 2.0),
    }
    if nu == math.inf and part.before("0.24"):
        raise part.unsupported("nu=inf, of which releases before 0.24 made no numbers,")
    return _OfDistances(reader.scale(part), squared=False, function=functions[nu])


def _rational(_: _Reader, part: State, __: int) -> Kernel:
    alpha, scale = part.number("alpha"), part.number("length_scale")
    return _OfDistances(
        np.ones(1), squared=True, function=lambda d: (1 + d / (2 * alpha * scale * scale)) ** np.float64(-alpha)
    )


def _periodic(_: _Reader, part: State, __: int) -> Kernel:
    period, scale = part.number("periodicity"), part.number("length_scale")
    return _OfDistances(
        np.ones(1),
        squared=False,
        function=lambda d: np.exp(-2 * (np.sin(np.float64(np.pi) / period * d) / scale) ** 2),
    )


READERS: dict[str, Callable[[_Reader, State, int], Kernel]] = {
    "Sum": lambda reader, part, depth: _Sum(*reader.both(part, depth)),
    "Product": lambda reader, part, depth: _Product(*reader.both(part, depth)),
    "Exponentiation": lambda reader, part, depth: _Power(
        reader.kernel(part.value("kernel"), depth + 1), part.number("exponent")
    ),
    "ConstantKernel": lambda _, part, __: _Constant(part.number("constant_value")),
    "WhiteKernel": lambda _, part, __: _Noise(part.number("noise_level")),
    "RBF": lambda reader, part, _: _OfDistances(reader.scale(part), squared=True, function=lambda d: np.exp(-0.5 * d)),
    "Matern": _matern,
    "RationalQuadratic": _rational,
    "ExpSineSquared": _periodic,
    "DotProduct": lambda _, part, __: _Products(part.number("sigma_0") ** 2),
}
