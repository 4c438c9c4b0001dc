"""What the stack costs: the sums, the assumptions, and that the handler is really measured."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deployment import __main__ as command
from deployment.cost import measure as measuring
from deployment.cost.measure import Call, Figures, File
from deployment.cost.pricing import Assumptions, a_month, billed_ms, cost, read_prices

ROOT = Path(__file__).parents[2]
FIGURES = Figures(
    model="housing",
    one=Call(1, 200, 80, 0.2),
    many=Call(10_000, 1_000_000, 190_000, 25.1),
    # 100,000 rows of 84 bytes: a million are 84 MB, in eleven chunks of 8 MiB.
    file=File(100_000, 8_400_000, 1_000.0),
    cold_ms=400.5,
    log_bytes=700,
    metrics=5,
)
ASSUMED = Assumptions(memory_mb=1024, architecture="x86_64", cold=0.0, per_second=1)


def _predictions(**changes: object) -> dict[str, float]:
    lines = cost(FIGURES, read_prices(), dataclasses.replace(ASSUMED, **changes))  # type: ignore[arg-type]
    return {line.component: line.predictions for line in lines}


def _rows(**changes: object) -> dict[str, float]:
    lines = cost(FIGURES, read_prices(), dataclasses.replace(ASSUMED, **changes))  # type: ignore[arg-type]
    return {line.component: line.rows for line in lines}


def test_a_million_requests_cost_a_million_times_the_price() -> None:
    dollars = _predictions()
    assert dollars["API Gateway"] == pytest.approx(3.50)
    assert dollars["Lambda, requests"] == pytest.approx(0.20)
    assert dollars["CloudFront, requests"] == pytest.approx(1.00)
    # 1,000,000 times 1 ms of 1 GB: nothing shorter is billed.
    assert dollars["Lambda, time"] == pytest.approx(1_000 * 0.0000166667)
    assert dollars["CloudWatch, log lines"] == pytest.approx(0.5 * (700 + 700 + 450) / 1_000)
    assert dollars["S3, requests"] == 0


def test_a_million_rows_are_a_hundred_requests() -> None:
    dollars = _rows()
    assert dollars["API Gateway"] == pytest.approx(100 * 3.50 / 1_000_000)
    assert dollars["Lambda, time"] == pytest.approx(100 * 0.026 * 0.0000166667)
    assert dollars["CloudFront, bodies to the API"] == pytest.approx(0.1 * 0.020)


def test_a_file_of_a_million_rows_is_paid_by_its_chunks_and_its_time() -> None:
    dollars = {line.component: line.file for line in cost(FIGURES, read_prices(), ASSUMED)}
    calls = 11 + 2
    assert dollars["Lambda, requests"] == pytest.approx(calls * 0.20 / 1_000_000)
    assert dollars["Lambda, time"] == pytest.approx((10 * 1.0 + calls * 0.4005) * 0.0000166667)
    assert dollars["Step Functions"] == pytest.approx(3 * calls * 0.025 / 1_000)
    assert dollars["API Gateway"] == 0


@pytest.mark.parametrize(
    ("cold", "told", "expected"),
    [(0.0, None, 1), (1.0, None, 402), (0.01, None, 5.01), (0.0, 2.3, 3), (0.5, 2.0, 202.5)],
)
def test_lambda_bills_whole_milliseconds_and_the_start_of_a_container(
    cold: float, told: float | None, expected: float
) -> None:
    assumed = dataclasses.replace(ASSUMED, cold=cold, billed_ms=told)
    assert billed_ms(FIGURES.one, FIGURES, assumed) == pytest.approx(expected)


def test_what_lambda_tells_of_one_row_says_nothing_of_many() -> None:
    assert _rows(billed_ms=50.0) == _rows()


def test_graviton_costs_a_fifth_less_time() -> None:
    assert _predictions(architecture="arm64")["Lambda, time"] / _predictions()["Lambda, time"] == pytest.approx(
        0.8, 1e-4
    )


@pytest.mark.parametrize(("per_second", "share"), [(0.1, 1), (1, 1), (2, 0.525), (10, 0.145), (1_000_000, 0.05)])
def test_x_ray_records_the_first_of_a_second_and_a_twentieth_of_the_others(per_second: float, share: float) -> None:
    assert dataclasses.replace(ASSUMED, per_second=per_second).traced == pytest.approx(share, abs=1e-5)


def test_a_month_costs_the_key_and_each_models_metrics() -> None:
    assert list(a_month(FIGURES, read_prices(), 2).values()) == pytest.approx([0.40, 10 * 0.30])


def test_every_price_says_where_it_is_from_and_whether_it_was_checked() -> None:
    prices = read_prices()
    assert prices.date.year >= 2026
    for price in prices.by_name.values():
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.seen in {"aws", "others", "no"}
        assert price.dollars > 0
        assert price.per > 0
    used = (ROOT / "deployment" / "cost" / "pricing.py").read_text()
    assert [name for name in prices.by_name if name.partition("second_")[0] not in used] == []


def test_the_defaults_are_the_templates() -> None:
    template = (ROOT / "template.yaml").read_text()
    memory = re.search(r"\n  MemorySize:.*?Default: (\d+)", template, re.DOTALL)
    architecture = re.search(r"\n  Architecture:.*?Default: (\w+)", template, re.DOTALL)
    assert memory
    assert architecture
    assert int(memory[1]) == command.DEFAULT_MEMORY
    assert architecture[1] == command.DEFAULT_ARCHITECTURE


@pytest.fixture
def measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler is measured in one process, not in the several that a bill needs to be right."""
    monkeypatch.setattr(measuring, "PROCESSES", 1)


@pytest.mark.usefixtures("measured_once")
def test_the_handler_is_measured_and_the_bill_says_what_it_stands_on(run: Callable[..., str], bundles: Path) -> None:
    said = run(command.app, "cost", "--build", str(bundles), "--cold", "0.02")
    for expected in ("API Gateway", "3.50", "Measured: one row by housing takes", "2.0% of the requests", "not Lambda"):
        assert expected in said


@pytest.mark.usefixtures("measured_once")
def test_as_json_everything_is_there(run: Callable[..., str], bundles: Path) -> None:
    told = json.loads(run(command.app, "cost", "--build", str(bundles), "--json", "--billed", "3"))
    assert told["million_predictions"] == pytest.approx(sum(one["predictions"] for one in told["components"]))
    assert told["assumed"]["billed_ms"] == 3
    assert 0 < told["measured"]["one"]["milliseconds"] < told["measured"]["many"]["milliseconds"]
    assert told["measured"]["cold_ms"] > told["measured"]["one"]["milliseconds"]
    assert told["measured"]["log_bytes"] > 100
    assert told["measured"]["file"]["milliseconds"] > told["measured"]["many"]["milliseconds"]


def test_a_model_that_is_not_trained_is_named(run: Callable[..., str], tmp_path: Path) -> None:
    assert "train housing first." in run(command.app, "cost", "--build", str(tmp_path), status=1)
