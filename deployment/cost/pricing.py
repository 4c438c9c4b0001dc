"""What the stack costs for a million predictions and a million rows, by AWS's prices."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from deployment.cost.measure import Call, Figures
from picklejar.batch.plan import CHUNK_BYTES

FILE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000
GB = 1_000_000_000
# Alias, manifest, golden rows and pickle of the model that is asked.
READS_OF_A_START = 4
# Of a file: planning and joining it, beside its chunks.
STEPS_OF_A_FILE = 2
# Estimates of a step, by that of a chunk: its rows, its errors and what is known of both are written, and read again
# beside the plan, the model and the file; the state machine starts an execution for it, which enters one state.
WRITES_OF_A_STEP, READS_OF_A_STEP, TRANSITIONS_OF_A_STEP = 4, 12, 3
# Estimates, of lines that are not ours: Lambda's two about a request, API Gateway's one, and an answer's headers.
LAMBDA_LINES_BYTES, API_LINE_BYTES, HEADERS_BYTES = 700, 450, 600
# X-Ray records the first request of a second, and of the others one in twenty.
TRACED_FIRST, TRACED_SHARE = 1, 0.05


@dataclass(frozen=True)
class Price:
    """US dollars for `per` of a unit; `seen` says how that was checked."""

    dollars: float
    per: float
    unit: str
    seen: str
    source: str

    def of(self, count: float) -> float:
        return self.dollars * count / self.per


@dataclass(frozen=True)
class Prices:
    """AWS's prices in a region on a day."""

    date: date
    region: str
    by_name: dict[str, Price]

    def of(self, name: str, count: float) -> float:
        return self.by_name[name].of(count)


@dataclass(frozen=True)
class Assumptions:
    """What cannot be measured here: the deployed function and its traffic.

    `cold` is the share of requests that start a container; `per_second` decides how many are traced. `billed_ms`, from
    Lambda's log, replaces what was measured for one row.
    """

    memory_mb: int
    architecture: str
    cold: float
    per_second: float
    billed_ms: float | None = None

    @property
    def traced(self) -> float:
        rate = self.per_second
        return 1.0 if rate <= TRACED_FIRST else (TRACED_FIRST + TRACED_SHARE * (rate - TRACED_FIRST)) / rate


@dataclass(frozen=True)
class Line:
    """A component, in dollars.

    `predictions` is for a million requests of one row, `rows` for a million rows in large requests, `file` for a file
    of a million rows.
    """

    component: str
    predictions: float
    rows: float
    file: float


def read_prices(file: Path = FILE) -> Prices:
    """Return the prices in a file."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    by_name = {name: Price(**value) for name, value in content.items() if isinstance(value, dict)}
    return Prices(content["date"], content["region"], by_name)


def cost(figures: Figures, prices: Prices, assumed: Assumptions) -> list[Line]:
    """Return the cost of each component that is paid by use, without the free tier."""
    item, many = (_by_use(call, figures, prices, assumed) for call in (figures.one, figures.many))
    file = _by_file(figures, prices, assumed)
    return [Line(name, item.get(name, 0), many.get(name, 0), file.get(name, 0)) for name in {**item, **file}]


def _by_use(call: Call, figures: Figures, prices: Prices, assumed: Assumptions) -> dict[str, float]:
    count = math.ceil(MILLION / call.rows)
    gigabyte_seconds = assumed.memory_mb / 1024 * billed_ms(call, figures, assumed) / 1000
    line = figures.log_bytes + LAMBDA_LINES_BYTES + API_LINE_BYTES
    return {
        "CloudFront, requests": prices.of("cloudfront_request", count),
        "CloudFront, bodies to the API": prices.of("cloudfront_origin_gb", count * call.request_bytes / GB),
        "CloudFront, answers": prices.of("cloudfront_gb", count * (call.answer_bytes + HEADERS_BYTES) / GB),
        "API Gateway": prices.of("api_gateway_request", count),
        "Lambda, requests": prices.of("lambda_request", count),
        "Lambda, time": prices.of(f"lambda_gb_second_{assumed.architecture}", count * gigabyte_seconds),
        "CloudWatch, log lines": prices.of("log_gb", count * line / GB),
        "X-Ray, traces": prices.of("trace", count * assumed.traced),
        "S3, requests": prices.of("s3_read", count * assumed.cold * READS_OF_A_START),
    }


def _by_file(figures: Figures, prices: Prices, assumed: Assumptions) -> dict[str, float]:
    size = figures.file.bytes * MILLION / figures.file.rows
    chunks = math.ceil(size / CHUNK_BYTES)
    calls = chunks + STEPS_OF_A_FILE
    milliseconds = figures.file.milliseconds * MILLION / figures.file.rows + calls * figures.cold_ms
    gigabyte_seconds = assumed.memory_mb / 1024 * milliseconds / 1000
    return {
        "Lambda, requests": prices.of("lambda_request", calls),
        "Lambda, time": prices.of(f"lambda_gb_second_{assumed.architecture}", gigabyte_seconds),
        "CloudWatch, log lines": prices.of("log_gb", calls * (figures.log_bytes + LAMBDA_LINES_BYTES) / GB),
        "X-Ray, traces": prices.of("trace", calls),
        "S3, requests": prices.of("s3_write", WRITES_OF_A_STEP * calls) + prices.of("s3_read", READS_OF_A_STEP * calls),
        "Step Functions": prices.of("step", TRANSITIONS_OF_A_STEP * calls),
    }


def billed_ms(call: Call, figures: Figures, assumed: Assumptions) -> float:
    """Return what Lambda bills for an average request: whole milliseconds, with cold starts."""
    report = assumed.billed_ms if call.rows == 1 else None
    warm = math.ceil(call.milliseconds if report is None else report)
    return warm + assumed.cold * math.ceil(figures.cold_ms)


def a_month(figures: Figures, prices: Prices, models: int) -> dict[str, float]:
    """Return a month's fixed dollars, by component."""
    metrics = models * figures.metrics
    return {
        "Secrets Manager, the page's key": prices.of("secret_month", 1),
        f"CloudWatch, {metrics} metrics of {models} models that are asked": prices.of("metric_month", metrics),
    }
