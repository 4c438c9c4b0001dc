"""Generates housing.csv: 5,000 made-up rows with the columns, spread and fit of the published data set.

Run `python -m training.data.generate_housing FILE`; the same seed gives the same bytes. Income, age, rooms and
population are independent normals; bedrooms follow rooms; the price is linear in all five plus normal noise.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 5_000
SEED = 0
COEFFICIENTS = {
    "Avg. Area Income": 21.57805,
    "Avg. Area House Age": 165_637.03,
    "Avg. Area Number of Rooms": 120_659.95,
    "Avg. Area Number of Bedrooms": 1_651.14,
    "Area Population": 15.20074,
}
INTERCEPT = -2_637_299.03
NOISE = 101_153.0
TREES = "Alder Ash Aspen Beech Birch Cedar Cherry Elm Hazel Juniper Larch Linden Maple Oak Pine Rowan Willow".split()
KINDS = "Avenue Court Drive Lane Parkway Road Square Street Terrace Way".split()
TOWNS = "bridge burgh bury dale field ford haven mouth port side ton ville".split()
STATES = "AL AZ CA CO CT FL GA IA ID IL IN KS KY LA MA MD ME MI MN MO NC NJ NY OH OK OR PA TX VA WA WI".split()


def generate(seed: int = SEED) -> pd.DataFrame:
    """Return 5,000 rows of six numbers and an address of two lines."""
    random = np.random.default_rng(seed)
    rooms = random.normal(6.98779, 1.00583, ROWS)
    frame = pd.DataFrame(
        {
            "Avg. Area Income": random.normal(68_583.11, 10_657.99, ROWS),
            "Avg. Area House Age": random.normal(5.97722, 0.99146, ROWS),
            "Avg. Area Number of Rooms": rooms,
            "Avg. Area Number of Bedrooms": _bedrooms(random, rooms),
            "Area Population": random.normal(36_163.52, 9_925.65, ROWS).clip(0),
        }
    )
    price = INTERCEPT + sum(frame[column] * slope for column, slope in COEFFICIENTS.items())
    frame["Price"] = (price + random.normal(0, NOISE, ROWS)).clip(0)
    frame["Address"] = [_address(random) for _ in range(ROWS)]
    return frame


def _bedrooms(random: np.random.Generator, rooms: np.ndarray) -> np.ndarray:
    whole = np.where(rooms < 7, random.integers(2, 5, ROWS), random.integers(3, 7, ROWS))
    return whole + random.integers(0, 51, ROWS) / 100


def _address(random: np.random.Generator) -> str:
    number, code = random.integers(1, 1_000), random.integers(10_000, 100_000)
    tree, town, kind, ending = (random.choice(words) for words in (TREES, TREES, KINDS, TOWNS))
    return f"{number} {tree} {kind}\n{town}{ending}, {random.choice(STATES)} {code}"


def write(path: Path, seed: int = SEED) -> None:
    """Write the data set as CSV with line feeds."""
    generate(seed).to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
