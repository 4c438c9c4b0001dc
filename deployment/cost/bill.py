"""The bill as a table with its assumptions, or as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from rich.table import Table

from deployment.cost.measure import Figures
from deployment.cost.pricing import Assumptions, Line, Prices, billed_ms

SMALLEST = 0.0001


def table(figures: Figures, lines: list[Line]) -> Table:
    """Return dollars by component, and their sums."""
    shown = Table(title="US dollars, without tax and the free tier", show_footer=True)
    shown.add_column("component", "together")
    for title, amounts in (
        ("a million predictions", [line.predictions for line in lines]),
        (f"a million rows, {figures.many.rows:,} a request", [line.rows for line in lines]),
        ("a million rows in a file", [line.file for line in lines]),
    ):
        shown.add_column(title, _dollars(sum(amounts)), justify="right")
    for line in lines:
        shown.add_row(line.component, *map(_dollars, (line.predictions, line.rows, line.file)))
    return shown


def assumptions(figures: Figures, prices: Prices, assumed: Assumptions, month: Mapping[str, float]) -> str:
    """Return the monthly costs and the assumptions, in sentences."""
    unseen = sorted({price.source for price in prices.by_name.values() if price.seen == "no"})
    many, file = figures.many, figures.file
    report = "as Lambda's log tells" if assumed.billed_ms else f"{figures.one.milliseconds:.2f} ms here"
    return "\n".join(
        [
            f"A month, besides: {'; '.join(f'{what} {_dollars(amount)}' for what, amount in month.items())}.",
            f"Measured: one row by {figures.model} takes {report}, {many.rows:,} a request {many.milliseconds:.1f} ms, "
            f"{file.rows:,} in a file {file.milliseconds:,.0f} ms, a container {figures.cold_ms:.0f} ms to its first "
            "answer. This machine is not Lambda: give --billed what the REPORT lines of your function say.",
            f"Lambda bills whole milliseconds: {billed_ms(figures.one, figures, assumed):.2f} on average for one row, "
            f"of {assumed.memory_mb:,} MB on {assumed.architecture}.",
            f"Assumed: {assumed.cold:.1%} of the requests start a container, and every step of a file; "
            f"{assumed.per_second:g} requests come in a second, of which X-Ray records {assumed.traced:.0%}; of the "
            f"log lines ours has {figures.log_bytes:,} bytes, and Lambda's and API Gateway's are estimated.",
            f"Prices of {prices.date} in {prices.region}, from deployment/prices.toml. Those from these pages were not "
            f"checked: {', '.join(unseen)}.",
        ]
    )


def as_json(
    figures: Figures, prices: Prices, assumed: Assumptions, lines: list[Line], month: Mapping[str, float]
) -> str:
    """Return everything, amounts in US dollars."""
    return json.dumps(
        {
            "prices": {"date": prices.date.isoformat(), "region": prices.region},
            "assumed": dataclasses.asdict(assumed),
            "measured": dataclasses.asdict(figures),
            "components": [dataclasses.asdict(line) for line in lines],
            "million_predictions": sum(line.predictions for line in lines),
            "million_rows": sum(line.rows for line in lines),
            "million_rows_in_a_file": sum(line.file for line in lines),
            "month": month,
        },
        indent=2,
    )


def _dollars(amount: float) -> str:
    if amount < SMALLEST:
        return f"< {SMALLEST}" if amount else ""
    return f"{amount:,.2f}" if amount >= 0.1 else f"{amount:.4f}"
