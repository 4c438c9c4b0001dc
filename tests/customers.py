"""Makes docs/example/customers.csv: 500 made-up customers, of whom some left within a year."""

from __future__ import annotations

import csv
import random
from pathlib import Path

HEADER = ["customer_id", "since", "plan", "monthly_fee", "months", "support_calls", "paperless", "region", "left"]
FEES = {"basic": 9.9, "plus": 19.9, "family": 29.9}
REGIONS = ("North", "South", "East", "West")


def write_rows(path: Path, count: int = 500) -> Path:
    """Write rows whose last column follows from the others, but for some chance, and some of whose cells are empty."""
    numbers = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        for row in range(count):
            rows.writerow(_row(numbers, row))
    return path


def _row(numbers: random.Random, row: int) -> list[object]:
    plan, months = numbers.choice(list(FEES)), numbers.randint(1, 72)
    calls = numbers.choices(range(6), weights=(40, 25, 15, 10, 6, 4))[0]
    fee = round(FEES[plan] * numbers.uniform(0.8, 1.3), 2)
    paperless = numbers.random() < 0.6
    odds = 0.8 * calls - 0.05 * months + 0.04 * fee - 1.2 * (plan == "family") - 0.5 * paperless + numbers.gauss(0, 1)
    left = "yes" if odds > 0 else "no"
    since = f"{2024 - months // 12}-{12 - months % 12:02}-{numbers.randint(1, 28):02}"
    return [
        f"C-{10_000 + 7 * row}",
        since,
        "" if numbers.random() < 0.04 else plan,
        fee,
        months,
        "" if numbers.random() < 0.08 else calls,
        "TRUE" if paperless else "FALSE",
        numbers.choice(REGIONS),
        "" if row % 83 == 40 else left,
    ]
