"""The normal distribution is that of scipy."""

from __future__ import annotations

import numpy as np
import scipy.special

from picklejar.inert.base import normal


def test_probabilities_are_those_of_scipy(rng: np.random.Generator) -> None:
    x = np.vstack([rng.normal(scale=5, size=(10_000, 2)), [[np.nan, np.inf], [-np.inf, 0], [-37, 1e300], [-1e300, 6]]])
    np.testing.assert_allclose(normal.cdf(x), scipy.special.ndtr(x), rtol=1e-12, atol=1e-300)
    assert normal.cdf(np.array([0.1])).tolist() == scipy.special.ndtr([0.1]).tolist()


def test_places_are_those_of_scipy(rng: np.random.Generator) -> None:
    near_0 = 10 ** -rng.uniform(0, 300, 10_000)
    p = np.concatenate([rng.random(10_000), near_0, 1 - near_0, [0, 1, 0.5, np.nan, -1, 2]])
    np.testing.assert_array_equal(normal.inverse_cdf(p), scipy.special.ndtri(p))
    assert normal.inverse_cdf(np.array([0.5])).tolist() == [0]
