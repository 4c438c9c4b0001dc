"""One log line a request, which is also its metrics and never holds a feature's value.

Over 250 lines, because the line's fields and its metrics change together.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from picklejar.alias import Canary
from picklejar.manifest import Manifest
from picklejar.ranges import Outside
from picklejar.serving.watch import Switch

NAMESPACE = "Picklejar"
LONGEST_PATH_LOGGED = 200
# What champion and candidate are compared by. Also by version only while there is a canary: CloudWatch is paid by the
# metric, and every version would have each of these for as long as anybody asks it.
BY_VERSION = {"Latency", "ClientErrors", "ServerErrors", "Predictions", "Rows"}
# The metrics of a shadow, by the names of the differences in the log line.
SHADOW_METRICS = {
    "relative": "ShadowDifference",
    "mean_relative": "ShadowMeanDifference",
    "absolute": "ShadowAbsoluteDifference",
    "mean_absolute": "ShadowMeanAbsoluteDifference",
    "probability": "ShadowProbabilityDifference",
    "disagreements": "ShadowDisagreements",
}


class LineFormatter(LambdaPowertoolsFormatter):
    """Writes a record's `line`; Powertools' formatter also searches for what ours never have."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "xray_trace_id": self._get_latest_trace_id(),
        }
        report = {key: value for key, value in (line | vars(record)["line"]).items() if value is not None}
        return msgspec.json.encode(report).decode()


metrics = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
# The stack's name, which Powertools reads from POWERTOOLS_SERVICE_NAME: metrics of two stacks must not become one.
SERVICE = metrics.service or "picklejar"
logger = Logger(service=SERVICE, logger_formatter=LineFormatter())


@dataclass
class Trial:
    """What a canary did with one request.

    `differences` are between the champion's answer and a shadow's; `error` is why the candidate did not answer.
    """

    canary: Canary
    asked: bool
    differences: dict[str, float] = field(default_factory=dict)
    error: Exception | None = None


@dataclass
class Observation:
    """One request; the routes and the error handler fill in what they learn."""

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
    outside: Sequence[Outside] | None = None
    problem: str | None = None
    error: Exception | None = None
    trial: Trial | None = None

    def serves(self, manifest: Manifest) -> None:
        self.model, self.version = manifest.name, manifest.version

    def forget(self) -> None:
        self.error = None
        if self.trial is not None:
            self.trial.error = None

    @contextmanager
    def loading(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms = _milliseconds_since(started)


@dataclass
class Loading:
    """A model loaded before a snapshot, and why it was not; no name if not even the names are known."""

    model: str | None = None
    version: str | None = None
    error: Exception | None = None
    started: float = field(default_factory=time.perf_counter)


class Observer:
    """Watches one request after another.

    `function_version` is the function's published version, by which a deployment's alarms ask.
    """

    def __init__(self, function_version: str | None = None) -> None:
        self._function_version = function_version
        self._cold = True
        self._measures = not is_metrics_disabled()

    def begin(self, event: Mapping[str, Any], request_id: str) -> Observation:
        observation = Observation(event["httpMethod"], event["path"], request_id, self._cold)
        self._cold = False
        return observation

    def end(self, observation: Observation) -> None:
        milliseconds = _milliseconds_since(observation.started)
        report: dict[str, Any] = {"function_version": self._function_version}
        if self._measures:
            report |= _metrics(observation, milliseconds)
        _log(observation, milliseconds, report)


def loaded(loading: Loading) -> None:
    """Write the log line of a load before a snapshot."""
    line: dict[str, Any] = {
        "service": SERVICE,
        "model": loading.model,
        "version": loading.version,
        "milliseconds": _milliseconds_since(loading.started),
    }
    if loading.error is None:
        logger.info("loaded", extra={"line": line})
    else:
        logger.error("loaded", extra={"line": line | _described(loading.error)})


def turned_away(request_id: str, kind: str, detail: str) -> None:
    """Write the log line of an event that is not a request, of which nothing is repeated."""
    line = {"service": SERVICE, "request_id": request_id, "problem": kind, "detail": detail}
    logger.warning("event", extra={"line": line})


def switched(switch: Switch) -> None:
    """Write the log line and metrics of a switch, or of why there was none."""
    error = switch.error
    milliseconds = round(switch.seconds * 1000, 3)
    line: dict[str, Any] = {
        "service": SERVICE,
        "model": switch.before.name,
        "alias": switch.alias,
        "before": switch.before.version,
        "after": switch.after.version if switch.after else None,
        "milliseconds": milliseconds,
    }
    if not is_metrics_disabled():
        values = {"SwitchErrors": _metric(MetricUnit.Count, int(error is not None))}
        if error is None:
            values["SwitchTime"] = _metric(MetricUnit.Milliseconds, milliseconds)
        line |= metrics.serialize_metric_set(values, {"model": switch.before.name, "service": SERVICE}, metadata={})
    if error is None:
        logger.info("switch", extra={"line": line})
    else:
        logger.error("switch", extra={"line": line | _described(error)})


def _log(observation: Observation, milliseconds: float, told: Mapping[str, Any]) -> None:
    line = {
        "service": SERVICE,
        "request_id": observation.request_id,
        "method": observation.method,
        "path": observation.path[:LONGEST_PATH_LOGGED],
        "status": observation.status,
        "model": observation.model,
        "version": observation.version,
        "rows": observation.rows,
        "problem": observation.problem,
        "milliseconds": milliseconds,
        "load_milliseconds": observation.load_ms,
        "cold": observation.cold,
    }
    line |= told
    if observation.trial is not None:
        line |= _tried(observation.trial)
    # Last, because CloudWatch's queries know the first 200 fields of a line, and these are two for each feature.
    line["outside"] = observation.outside
    error = observation.error
    if observation.status >= 500 and error is not None:
        logger.error("request", extra={"line": line | _described(error)})
    elif observation.trial is not None and observation.trial.error is not None:
        logger.warning("request", extra={"line": line})
    else:
        logger.info("request", extra={"line": line})


def _tried(trial: Trial) -> dict[str, Any]:
    kind = "shadow" if trial.canary.shadow else "canary"
    line: dict[str, Any] = {"candidate": trial.canary.candidate, kind: trial.asked}
    line |= {f"shadow_{name}": value for name, value in trial.differences.items()}
    if trial.error is not None:
        line |= {f"candidate_{name}": value for name, value in _described(trial.error).items()}
    return line


def _described(error: Exception) -> dict[str, Any]:
    # A library's message may quote a feature's value, so of an unforeseen error only the place is told.
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "stack": [_without_carets(frame) for frame in traceback.format_tb(error.__traceback__)],
    }


def _without_carets(frame: str) -> str:
    # In an outage every line has a stack, and is paid by the byte.
    return "\n".join(line for line in frame.splitlines() if line.strip(" ~^"))


def _metrics(observation: Observation, milliseconds: float) -> Mapping[str, Any]:
    values = {
        "Latency": _metric(MetricUnit.Milliseconds, milliseconds),
        "ClientErrors": _metric(MetricUnit.Count, int(400 <= observation.status < 500)),
        "ServerErrors": _metric(MetricUnit.Count, int(observation.status >= 500)),
    }
    if observation.rows is not None:
        values |= {"Predictions": _metric(MetricUnit.Count, 1), "Rows": _metric(MetricUnit.Count, observation.rows)}
    if observation.load_ms is not None:
        values["LoadTime"] = _metric(MetricUnit.Milliseconds, observation.load_ms)
    if observation.trial is not None:
        values |= _metrics_of_trial(observation.trial)
    dimensions = {"model": observation.model or "none", "service": SERVICE}
    measured = metrics.serialize_metric_set(values, dimensions, metadata={})
    return measured if observation.trial is None else _also_by_version(measured)


def _metrics_of_trial(trial: Trial) -> dict[str, dict[str, Any]]:
    if not trial.asked:
        return {}
    kind = "Shadow" if trial.canary.shadow else "Canary"
    values = {f"{kind}Errors": _metric(MetricUnit.Count, int(trial.error is not None))}
    return values | {SHADOW_METRICS[name]: _metric(MetricUnit.NoUnit, item) for name, item in trial.differences.items()}


def _also_by_version(measured: Mapping[str, Any]) -> Mapping[str, Any]:
    (directive,) = measured["_aws"]["CloudWatchMetrics"]
    by_version = directive | {
        "Dimensions": [[*directive["Dimensions"][0], "version"]],
        "Metrics": [metric for metric in directive["Metrics"] if metric["Name"] in BY_VERSION],
    }
    return {**measured, "_aws": measured["_aws"] | {"CloudWatchMetrics": [directive, by_version]}}


def _metric(unit: MetricUnit, value: float) -> dict[str, Any]:
    return {"Unit": unit.value, "Value": [value]}


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
