"""The benchmarks' table and picture from measurements that are made up; what takes how long is for `make bench`."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import cold, estimators, picture, report
from tests.benchmarks.measurement import Amount, Comparison, Results

README = Path(__file__).parents[3] / "README.md"
MACHINE = {"processor": "Z80", "cores": "2", "memory": "64 GB", "system": "CP/M", "python": "3.13.0"}


@pytest.fixture
def results() -> Results:
    """One comparison that keeps its limit, one that misses it, an estimator, and an amount."""
    kept = Comparison(
        section=cold.SECTION, title="beside slow", ours=[1, 2, 9], theirs=[10, 20, 30], unit="ms", limit=0.2, bar="slow"
    )
    missed = Comparison(
        section=cold.SECTION, title="beside fast", ours=[3.0], theirs=[2.0], unit="ms", limit=1.25, bar="fast"
    )
    line = estimators.line("linear regression", 1)
    alone = Comparison(section=estimators.SECTION, title=line, ours=[15_000.0], theirs=[30_000.0], unit="µs")
    memory = Amount(title="Memory", ours=50.26, theirs=180.0, unit="MB", limit=80)
    return Results(machine=MACHINE, rounds=3, comparisons=[kept, missed, alone], amounts=[memory], unread=["forest"])


def test_a_ratio_is_the_median_over_the_rounds_and_not_of_the_medians(results: Results) -> None:
    assert results.comparisons[0].ratio == pytest.approx(0.1)


def test_the_table_says_where_and_how_often_and_what_was_kept(results: Results) -> None:
    page = report.render(results)
    assert "2 cores (Z80, 64 GB, CP/M, Python 3.13.0)" in page
    assert "took turns, 3 times" in page
    assert "| Beside slow | 2 ms | 20 ms | 0.100 | 10.0 times less | 0.2 | kept |" in page
    assert "| Beside fast | 3 ms | 2 ms | 1.500 | 1.50 times as much | 1.25 | **missed** |" in page
    assert "| Linear regression, 1 row | 15 ms | 30 ms | 0.500 | 2.0 times less |  |  |" in page
    assert "Not read as data, and so not compared: forest." in page
    assert "| Memory | 50.3 MB | 180 MB | 80 MB | kept |" in page


def test_the_readme_has_a_line_for_each_limit_and_one_for_an_estimator(results: Results) -> None:
    title, section = estimators.line("forest", 10_000), estimators.SECTION
    more = [
        Comparison(
            section=section, title=title.replace("10,000", rows), ours=[ours], theirs=[4.0], unit="µs", limit=1.05
        )
        for rows, ours in (("1", 1.0), ("10,000", 8.0))
    ]
    table = report.summary(msgspec.structs.replace(results, comparisons=[*results.comparisons, *more]))
    assert table.splitlines()[2:] == [
        "| Cold start: beside slow | 10.0 times less | 5.0 times less | kept |",
        "| Cold start: beside fast | 1.50 times as much | 1.25 times as much | **missed** |",
        "| `predict` alone: forest | 2.00 times as much to 4.0 times less | 1.05 times as much | **missed** |",
        "| Memory | 50.3 MB | 80 MB | kept |",
    ]
    page = README.read_text()
    assert report.between(report.between(page, "other"), "one") == report.between(page, "one")
    assert "| one |" in report.between(page, "| one |")


def test_the_picture_is_the_same_for_the_same_results(results: Results, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.svg", "other.svg")]
    for file in files:
        picture.draw(results, file)
    one, other = (file.read_text() for file in files)
    assert one == other
    assert ET.fromstring(one).tag.endswith("svg")
    assert "slow" in one
