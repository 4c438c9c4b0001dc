"""The table of what was measured, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from statistics import median

from tests.benchmarks import cold, estimators, traffic, warm
from tests.benchmarks.measurement import Amount, Comparison, Results

# Between these the README has the table.
BEGINS, ENDS = "<!-- measured by make bench -->", "<!-- until here -->"
NOTES = {
    cold.SECTION: "Processor time from the start of the interpreter to the first answer, with the model fetched from "
    "an S3 on the same machine. Ours imports from what `sam build` made, and from nothing else. Of a Python function "
    "SAM unpacks the wheels, which hold no bytecode: every start compiles every module but boto3's, which is Lambda's.",
    warm.SECTION: "Processor time of a call. Ours checks the request against the signature, and writes its log line "
    "with the metrics in it; scikit-learn's `predict` is given the array at once.",
    estimators.SECTION: "The same pickle, read as data and unpickled; one thread each.",
    traffic.CPU: "The same model, one connection that is kept. On Lambda no server is ours: API Gateway and Lambda "
    "speak HTTP, and what is left to us is the call of the handler. The first two lines therefore compare that call, "
    "which reads no HTTP, with servers that do. Lambda's own runtime, which fetches each event and hands back each "
    "answer over HTTP, is the same for every handler; our local server is for a laptop.",
}


def render(results: Results) -> str:
    """Return the whole page."""
    machine = results.machine
    parts = [
        "# Benchmarks",
        f"Measured by `make bench` on {machine['cores']} cores ({machine['processor']}, {machine['memory']}, "
        f"{machine['system']}, Python {machine['python']}). Both sides of a line took turns, {results.rounds} times, "
        "in the same run; beside the medians stands the median of the ratios of ours to theirs. Where a line has a "
        "limit, it is what we set out to keep.",
        "![How many times less ours takes](benchmarks.svg)",
    ]
    for section, comparisons in groupby(results.comparisons, key=lambda comparison: comparison.section):
        parts += [f"## {section}", *filter(None, [NOTES.get(section)]), table(comparisons)]
        if section == estimators.SECTION and results.unread:
            parts.append(f"Not read as data, and so not compared: {', '.join(results.unread)}.")
    return "\n\n".join([*parts, "## Memory and size", _amounts(results.amounts)]) + "\n"


def summary(results: Results) -> str:
    """Return the table of the README: what has a limit, an estimator's numbers of rows in one line."""
    limited = [one for one in results.comparisons if one.limit is not None]
    alone, others = ([one for one in limited if (one.section == estimators.SECTION) == sort] for sort in (True, False))
    rows = [
        [f"{one.section.partition(',')[0]}: {one.title}", times(one.ratio), times(one.limit), _kept(one.kept)]
        for one in others
        if one.limit is not None
    ]
    for title, group in groupby(alone, key=lambda one: one.title.rpartition(", ")[0]):
        same = sorted(group, key=lambda one: one.ratio)
        said = f"{times(same[-1].ratio)} to {times(same[0].ratio)}"
        rows.append([f"`predict` alone: {title}", said, times(1.05), _kept(same[-1].kept)])
    rows += [
        [one.title, _number(one.ours, one.unit), _number(one.limit, one.unit), _kept(one.kept)]
        for one in results.amounts
        if one.limit is not None
    ]
    return _markdown(["", "measured", "at most", ""], rows)


def between(page: str, table: str) -> str:
    """Return the page with the table where the last one was; raises ValueError where the page has no place for it."""
    before, rest = page.split(BEGINS)
    return f"{before}{BEGINS}\n\n{table}\n\n{ENDS}{rest.split(ENDS)[1]}"


def table(comparisons: Iterable[Comparison]) -> str:
    """Return comparisons as a table: medians, the ratio, and whether it is within its limit."""
    rows = [
        [_title(one), _number(median(one.ours), one.unit), _number(median(one.theirs), one.unit), *_verdict(one)]
        for one in comparisons
    ]
    return _markdown(["", "ours", "theirs", "ratio", "", "at most", ""], rows)


def _title(comparison: Comparison) -> str:
    return comparison.title[0].upper() + comparison.title[1:]


def _verdict(one: Comparison) -> list[str]:
    limit = "" if one.limit is None else f"{one.limit:.3g}"
    return [f"{one.ratio:.3f}", times(one.ratio), limit, _kept(one.kept)]


def times(ratio: float) -> str:
    """Say a ratio of ours to theirs in words."""
    return f"{1 / ratio:.1f} times less" if ratio < 1 else f"{ratio:.2f} times as much"


def _amounts(amounts: list[Amount]) -> str:
    rows = [
        [
            one.title,
            _number(one.ours, one.unit),
            "" if one.theirs is None else _number(one.theirs, one.unit),
            "" if one.limit is None else _number(one.limit, one.unit),
            _kept(one.kept),
        ]
        for one in amounts
    ]
    return _markdown(["", "ours", "the handler everyone writes", "at most", ""], rows)


def _kept(kept: bool | None) -> str:
    return "" if kept is None else "kept" if kept else "**missed**"


def _number(value: float, unit: str) -> str:
    """Return three digits that count, and the unit."""
    if unit == "µs" and value >= 10_000:
        value, unit = value / 1000, "ms"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 2), "---"], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
