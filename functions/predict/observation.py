"""What one request leaves behind: one log line and its metrics, never a feature's value."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from picklejar.manifest import Manifest

SERVICE = "picklejar"
NAMESPACE = "Picklejar"
LONGEST_PATH_LOGGED = 200

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)


@dataclass
class Observation:
    """One request as it goes; the routes and the error handler fill in what they learn."""

    method: str
    path: str
    request_id: str
    cold: bool
    started: float = field(default_factory=time.perf_counter)
    status: int = 500
    model: str | None = None
    version: str | None = None
    rows: int | None = None
    load_ms: float | None = None
    error: Exception | None = None

    def serves(self, manifest: Manifest) -> None:
        """Note the model that answers; only models that exist become a dimension of the metrics."""
        self.model, self.version = manifest.name, manifest.version

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Measure the loading of a model."""
        started = time.perf_counter()
        yield
        self.load_ms = _milliseconds_since(started)


class Observer:
    """Watches one request after another, as a container of Lambda serves them."""

    def __init__(self) -> None:
        self._cold = True

    @contextmanager
    def request(self, event: Mapping[str, Any], request_id: str) -> Iterator[Observation]:
        """Yield the request's observation, then write its log line and metrics."""
        observation = Observation(event["httpMethod"], event["path"], request_id, self._cold)
        self._cold = False
        yield observation
        milliseconds = _milliseconds_since(observation.started)
        _log(observation, milliseconds)
        _measure(observation, milliseconds)


def _log(observation: Observation, milliseconds: float) -> None:
    line = {
        "request_id": observation.request_id,
        "method": observation.method,
        "path": observation.path[:LONGEST_PATH_LOGGED],
        "status": observation.status,
        "model": observation.model,
        "version": observation.version,
        "rows": observation.rows,
        "milliseconds": milliseconds,
        "load_milliseconds": observation.load_ms,
        "cold": observation.cold,
    }
    error = observation.error
    if observation.status < 500 or error is None:
        logger.info("request", extra=line)
    else:
        logger.error("request", extra=line | _described(error))


def _described(error: Exception) -> dict[str, Any]:
    # A library's message may quote a feature's value, so of an unforeseen error only the place is told.
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "stack": traceback.format_tb(error.__traceback__),
    }


def _measure(observation: Observation, milliseconds: float) -> None:
    metrics.add_dimension("model", observation.model or "none")
    metrics.add_metric("Latency", MetricUnit.Milliseconds, milliseconds)
    metrics.add_metric("ClientErrors", MetricUnit.Count, int(400 <= observation.status < 500))
    metrics.add_metric("ServerErrors", MetricUnit.Count, int(observation.status >= 500))
    if observation.rows is not None:
        metrics.add_metric("Predictions", MetricUnit.Count, 1)
        metrics.add_metric("Rows", MetricUnit.Count, observation.rows)
    if observation.load_ms is not None:
        metrics.add_metric("LoadTime", MetricUnit.Milliseconds, observation.load_ms)
    metrics.flush_metrics()


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
