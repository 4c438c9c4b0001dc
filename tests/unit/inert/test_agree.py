"""A fixed part of `make agree`: inert answers are scikit-learn's on cases drawn at random."""

from __future__ import annotations

import pytest

from tests.agree.run import run_case

# Every class is drawn once or twice.
FIRST, PARTS, CASES = 300_229, 6, 38


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.filterwarnings("ignore")
def test_no_case_of_a_fixed_part_differs(part: int) -> None:
    compared = 0
    for seed in range(FIRST + part * CASES, FIRST + (part + 1) * CASES):
        case = run_case(seed)
        assert case.differences == [], f"seed {seed}: {case.shown}"
        compared += case.outcome.compared if case.outcome else 0
    assert compared > 1_000
