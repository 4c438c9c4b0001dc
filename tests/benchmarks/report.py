"""The benchmark report as Markdown: docs/benchmarks.md, and the tables of docs/performance.md and the README."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from statistics import median

from tests.benchmarks import cold, estimators, files, traffic, warm
from tests.benchmarks.measurement import Amount, Comparison, Results, Shares

# The tables of a page that is written by hand stand between these two marks.
BEGINS, ENDS = "<!-- measured by make bench -->", "<!-- until here -->"
NOTES = {
    cold.SECTION: "Processor time from the start of the interpreter to the first answer; the model comes from an S3 on "
    "the same machine. Ours imports only what `sam build` made. SAM packages a Python function from wheels, which hold "
    "no bytecode: every start compiles every module except boto3's, which is Lambda's.",
    warm.SECTION: "Processor time of a call. Ours checks the request against the signature and writes its log line "
    "with the metrics in it. The plain handlers check nothing and write none; scikit-learn's `predict` gets an array.",
    estimators.SECTION: "The same pickle, read as data and unpickled; one thread each, and other rows each time.",
    estimators.ONNX: "The same estimators, converted by skl2onnx, one thread each, and other rows each time. ONNX "
    "Runtime computes in float32, ours in the digits of scikit-learn.",
    files.SECTION: "Processor time of all steps. Ours also finds chunks, checks each value against the signature, "
    "lists the errors, and keeps what lets it go on after a kill; theirs is `read_csv`, `predict` and `to_csv`. Our "
    "goal of 150,000 rows a second is 667 ms.",
    traffic.CPU: "The same model, over one connection that stays open. On Lambda we have no server: API Gateway and "
    "Lambda speak HTTP, and our part is the call of the handler. The first three lines compare that call, which reads "
    "no HTTP, with servers that do. Lambda's own runtime fetches each event and returns each answer over HTTP, and it "
    "costs every handler the same. Our local server is for a laptop.",
}


def render(results: Results) -> str:
    parts = [
        "# Benchmarks",
        f"{_measured(results)} Both sides of a line took turns, {results.rounds} times, "
        "in the same run. Times are medians; the ratio is the median of the rounds' ratios of ours to theirs. The "
        "column *at most* has our goal, where we set one. Where the time goes, how it grows and what was tried is in "
        "[performance.md](performance.md).",
        "![How many times less ours takes](benchmarks.svg)",
        *_missed(results),
    ]
    for section, comparisons in groupby(results.comparisons, key=lambda comparison: comparison.section):
        parts += [f"## {section}", *filter(None, [NOTES.get(section)]), _table(comparisons)]
        if section == estimators.SECTION and results.unread:
            parts.append(f"Not read as data, and so not compared: {', '.join(results.unread)}.")
        if section == estimators.ONNX:
            parts += _conversions(results.onnx)
    if results.amounts:
        parts += ["## Memory and size", _amounts(results.amounts)]
    return "\n\n".join(parts) + "\n"


def performance(results: Results) -> str:
    """Return the tables of docs/performance.md: the shares of the parts, and the growth."""
    parts = [f"{_measured(results)} Times are medians of {results.rounds} rounds."]
    for shares in results.shares:
        parts += [f"### {shares.title}", _shares(shares)]
    for section, comparisons in groupby(results.growth, key=lambda comparison: comparison.section):
        parts += [f"### {section}", _growth(comparisons)]
    return "\n\n".join(parts)


def summary(results: Results) -> str:
    """Return the README's table: the ratio of each line that has a goal and a bar, and one line for each estimator."""
    goals = [comparison for comparison in results.comparisons if comparison.limit is not None]
    rows = [[*_sides(comparison), times(comparison.ratio)] for comparison in goals if comparison.bar]
    alone = [comparison for comparison in goals if comparison.section == estimators.SECTION]
    for title, group in groupby(alone, key=lambda comparison: comparison.title.rpartition(", ")[0]):
        ratios = [comparison.ratio for comparison in group]
        rows.append(["`predict` alone", f"scikit-learn's {title}", _span(ratios)])
    rows += [
        [amount.title, "the usual handler's", times(amount.ours / amount.theirs)]
        for amount in results.amounts
        if amount.limit is not None and amount.theirs
    ]
    return _markdown(["measured", "compared with", "ours takes"], rows)


def between(page: str, table: str) -> str:
    """Return the page with its tables replaced; raises ValueError if the page does not have the two marks."""
    before, rest = page.split(BEGINS)
    return f"{before}{BEGINS}\n\n{table}\n\n{ENDS}{rest.split(ENDS)[1]}"


def times(ratio: float) -> str:
    """Return a ratio of ours to theirs in words."""
    return f"{1 / ratio:.1f} times less" if ratio < 1 else f"{ratio:.2f} times as much"


def _span(ratios: list[float]) -> str:
    worst, best = max(ratios), min(ratios)
    return f"{1 / worst:.1f} to {times(best)}" if worst < 1 else f"{times(worst)} to {times(best)}"


def _sides(comparison: Comparison) -> list[str]:
    ours, _, theirs = (comparison.bar or f"{comparison.section} / {comparison.title}").partition(" / ")
    return [ours[0].upper() + ours[1:], theirs]


def _missed(results: Results) -> Iterator[str]:
    """Yield the list of the goals that this run misses, if there are any."""
    lines = [
        f"- {comparison.section}: {_title(comparison)}: {comparison.ratio:.3f}, at most {comparison.limit:.3g}"
        for comparison in results.comparisons
        if comparison.limit is not None and not comparison.kept
    ]
    lines += [
        f"- {amount.title}: {_number(amount.ours, amount.unit)}, at most {_number(amount.limit, amount.unit)}"
        for amount in results.amounts
        if amount.limit is not None and not amount.kept
    ]
    if lines:
        yield "\n".join(["This run misses these goals:", "", *lines])


def _conversions(deviations: dict[str, float | None]) -> Iterator[str]:
    """Yield how far ONNX's answers deviate, and what has none."""
    compared = {title: deviations[name] for name, title in estimators.TITLES.items() if name in deviations}
    known = [f"{title} {deviation:.1g}" for title, deviation in compared.items() if deviation is not None]
    if known:
        yield f"ONNX Runtime's answers deviate from scikit-learn's by at most, relatively: {'; '.join(known)}."
    missing = [title for title, deviation in compared.items() if deviation is None]
    if missing:
        yield f"Not converted by skl2onnx, and so not compared: {'; '.join(missing)}."


def _measured(results: Results) -> str:
    machine = results.machine
    return (
        f"Measured by `make bench` on {machine['cores']} cores ({machine['processor']}, {machine['memory']}, "
        f"{machine['system']}, Python {machine['python']})."
    )


def _shares(shares: Shares) -> str:
    whole = sum(shares.parts.values())
    timed = shares.unit == "ms"
    rows = [
        [name, *([_number(value, shares.unit)] if timed else []), f"{100 * value / whole:.0f} %"]
        for name, value in shares.parts.items()
    ]
    return _markdown(["", *(["processor time"] if timed else []), "of the whole"], rows)


def _growth(comparisons: Iterable[Comparison]) -> str:
    rows = [
        [
            comparison.title,
            *(_number(median(side), comparison.unit) for side in (comparison.ours, comparison.theirs)),
            times(comparison.ratio),
        ]
        for comparison in comparisons
    ]
    return _markdown(["", "ours", "theirs", "ours takes"], rows)


def _table(comparisons: Iterable[Comparison]) -> str:
    rows = [
        [
            _title(comparison),
            _number(median(comparison.ours), comparison.unit),
            _number(median(comparison.theirs), comparison.unit),
            f"{comparison.ratio:.3f}",
            times(comparison.ratio),
            "" if comparison.limit is None else f"{comparison.limit:.3g}",
            _verdict(comparison.kept),
        ]
        for comparison in comparisons
    ]
    return _markdown(["", "ours", "theirs", "ratio", "", "at most", ""], rows)


def _title(comparison: Comparison) -> str:
    return comparison.title[0].upper() + comparison.title[1:]


def _amounts(amounts: list[Amount]) -> str:
    rows = [
        [
            amount.title,
            _number(amount.ours, amount.unit),
            "" if amount.theirs is None else _number(amount.theirs, amount.unit),
            "" if amount.limit is None else _number(amount.limit, amount.unit),
            _verdict(amount.kept),
        ]
        for amount in amounts
    ]
    return _markdown(["", "ours", "the handler everyone writes", "at most", ""], rows)


def _verdict(kept: bool | None) -> str:
    return "" if kept is None else "kept" if kept else "**missed**"


def _number(value: float, unit: str) -> str:
    """Return three significant digits and the unit."""
    if unit == "µs" and value >= 10_000:
        value, unit = value / 1000, "ms"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 2), "---"], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
