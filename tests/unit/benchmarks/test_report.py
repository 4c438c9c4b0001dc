"""The benchmarks' tables and picture, from invented measurements."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import cold, estimators, picture, report, shares
from tests.benchmarks.measurement import Amount, Comparison, Results, Shares
from tests.benchmarks.workers import Worker

ROOT = Path(__file__).parents[3]
MACHINE = {"processor": "Z80", "cores": "2", "memory": "64 GB", "system": "CP/M", "python": "3.13.0"}


@pytest.fixture
def results() -> Results:
    """Return a comparison that meets its goal, one that misses it, an estimator and an amount."""
    kept = Comparison(
        section=cold.SECTION,
        title="beside slow",
        ours=[1, 2, 9],
        theirs=[10, 20, 30],
        unit="ms",
        limit=0.2,
        bar="cold start / the slow one's",
    )
    missed = Comparison(
        section=cold.SECTION,
        title="beside fast",
        ours=[3.0],
        theirs=[2.0],
        unit="ms",
        limit=1.25,
        bar="cold start / the fast one's",
    )
    line = estimators.line("linear regression", 1)
    alone = Comparison(section=estimators.SECTION, title=line, ours=[15_000.0], theirs=[30_000.0], unit="µs")
    memory = Amount(title="Memory", ours=50.26, theirs=180.0, unit="MB", limit=80)
    return Results(machine=MACHINE, rounds=3, comparisons=[kept, missed, alone], amounts=[memory], unread=["forest"])


def test_a_ratio_is_the_median_over_the_rounds_and_not_of_the_medians(results: Results) -> None:
    assert results.comparisons[0].ratio == pytest.approx(0.1)


def test_the_page_names_the_machine_the_rounds_and_the_goals_that_are_kept(results: Results) -> None:
    page = report.render(results)
    assert "2 cores (Z80, 64 GB, CP/M, Python 3.13.0)" in page
    assert "took turns, 3 times" in page
    assert "| Beside slow | 2 ms | 20 ms | 0.100 | 10.0 times less | 0.2 | kept |" in page
    assert "| Beside fast | 3 ms | 2 ms | 1.500 | 1.50 times as much | 1.25 | **missed** |" in page
    assert "| Linear regression, 1 row | 15 ms | 30 ms | 0.500 | 2.0 times less |  |  |" in page
    assert "Not read as data, and so not compared: forest." in page
    assert "| Memory | 50.3 MB | 180 MB | 80 MB | kept |" in page


def test_the_page_says_how_far_onnx_deviates_and_what_has_none(results: Results) -> None:
    compared = msgspec.structs.replace(results.comparisons[-1], section=estimators.ONNX)
    onnx = {"linear": 1.23e-6, "forest": None, "housing": 1e-7}
    page = report.render(msgspec.structs.replace(results, comparisons=[compared], onnx=onnx))
    assert "scikit-learn's by at most, relatively: linear regression 1e-06." in page
    assert "Not converted by skl2onnx, and so not compared: random forest, 100 trees." in page


def test_estimators_are_compared_with_onnx_where_both_have_them() -> None:
    class Known(Worker):
        def __init__(self, *calls: str) -> None:
            self.calls = [*calls]

        def seconds(self, call: str, _count: int) -> float:
            return 1.0 if call.startswith("onnx/") else 2.0

    ours, theirs = Known("linear/1", "tree/1", "forest/1"), Known("onnx/linear/1", "onnx/forest/1", "onnx/boosting/1")
    compared = estimators.measure_onnx(ours, theirs, 2)
    assert [(each.title, each.ratio) for each in compared] == [
        ("linear regression, 1 row", 2.0),
        ("random forest, 100 trees, 1 row", 2.0),
    ]


def test_the_first_call_does_not_say_how_many_are_enough() -> None:
    class Loading(Worker):
        def __init__(self) -> None:
            self.slow = True

        def seconds(self, _call: str, _count: int) -> float:
            slow, self.slow = self.slow, False
            return 1.0 if slow else 0.001

    assert Loading().enough("one", 0.05) == 50


def test_the_page_lists_the_goals_that_were_missed(results: Results) -> None:
    assert "misses these goals:\n\n- Cold start: Beside fast: 1.500, at most 1.25\n\n##" in report.render(results)
    kept = msgspec.structs.replace(results, comparisons=results.comparisons[:1])
    assert "misses" not in report.render(kept)


def test_the_readme_has_a_ratio_for_each_goal_and_a_line_for_each_estimator(results: Results) -> None:
    title, section = estimators.line("forest", 10_000), estimators.SECTION
    more = [
        Comparison(
            section=section, title=title.replace("10,000", rows), ours=[ours], theirs=[4.0], unit="µs", limit=1.05
        )
        for rows, ours in (("1", 1.0), ("10,000", 8.0))
    ]
    inner = msgspec.structs.replace(results.comparisons[0], title="without a bar", bar=None)
    table = report.summary(msgspec.structs.replace(results, comparisons=[*results.comparisons, inner, *more]))
    assert table.splitlines()[2:] == [
        "| Cold start | the slow one's | 10.0 times less |",
        "| Cold start | the fast one's | 1.50 times as much |",
        "| `predict` alone | scikit-learn's forest | 2.00 times as much to 4.0 times less |",
        "| Memory | the usual handler's | 3.6 times less |",
    ]
    assert "missed" not in table


@pytest.mark.parametrize("file", ["README.md", "docs/performance.md"])
def test_the_pages_have_the_place_of_their_tables(file: str) -> None:
    page = (ROOT / file).read_text()
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


def test_one_part_alone_is_printed_and_leaves_the_documents(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[bench.Part]] = []
    monkeypatch.setattr(bench, "measure", lambda _rounds, parts, _before: asked.append(parts) or results)
    monkeypatch.setattr(bench, "WORK", tmp_path)
    docs = tmp_path / "docs"
    bench.main(only=bench.Part.COLD, docs=docs)
    assert asked == [[bench.Part.COLD]]
    assert capsys.readouterr().out.startswith("# Benchmarks")
    assert not docs.exists()


def test_the_page_of_performance_has_the_share_of_each_part_and_how_calls_grow(results: Results) -> None:
    cold = Shares(title="A cold start", parts={"numpy": 30.0, "the answer": 10.0}, unit="ms")
    warm = Shares(title="A warm call", parts={"log line": 1.0, "routes": 3.0}, unit="samples")
    grown = msgspec.structs.replace(results.comparisons[0], section="A larger model", title="100 trees")
    page = report.performance(msgspec.structs.replace(results, shares=[cold, warm], growth=[grown]))
    assert "2 cores (Z80, 64 GB, CP/M, Python 3.13.0). Times are medians of 3 rounds." in page
    assert "### A cold start\n\n|  | processor time | of the whole |" in page
    assert "| numpy | 30 ms | 75 % |" in page
    assert "### A warm call\n\n|  | of the whole |\n| --- | --- |\n| log line | 25 % |" in page
    assert "### A larger model\n\n|  | ours | theirs | ours takes |" in page
    assert "| 100 trees | 2 ms | 20 ms | 10.0 times less |" in page


@pytest.mark.parametrize(
    ("module", "part"),
    [
        ("predict/lines.py", "log line and metrics"),
        ("predict/router.py", "event, routes, answer"),
        ("picklejar/instances.py", "decoding and checking the request"),
        ("picklejar/serving/jar.py", "which version serves"),
        ("picklejar/inert/models/linear.py", "predicting"),
        ("the loop", "the loop that calls it"),
    ],
)
def test_each_module_is_of_a_part_of_a_warm_call(module: str, part: str) -> None:
    assert shares.part_of(module) == part


def test_quick_measures_everything_and_leaves_the_documents(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_: results)
    pages = {name: tmp_path / name for name in ("README", "PERFORMANCE")}
    for name, file in pages.items():
        file.write_text("<!-- measured by make bench -->\n\n<!-- until here -->")
        monkeypatch.setattr(bench, name, file)
    monkeypatch.setattr(bench, "WORK", tmp_path / "work")
    docs = tmp_path / "docs"
    for folder in (bench.WORK, docs):
        folder.mkdir()
    bench.main(quick=True, docs=docs)
    assert not any(docs.iterdir())
    assert not any("|" in file.read_text() for file in pages.values())
    bench.main(docs=docs)
    assert {file.name for file in docs.iterdir()} == {"benchmarks.md", "benchmarks.svg"}
    assert "10.0 times less" in pages["README"].read_text()
    assert "Z80" in pages["PERFORMANCE"].read_text()
