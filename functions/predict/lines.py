"""The log's lines: what each kind has, in which order, and how it is written."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from picklejar.ranges import Outside

from .metrics import NAMESPACE, Embedded, Value

# The stack's name, which Powertools reads from POWERTOOLS_SERVICE_NAME: metrics of two stacks must not become one.
SERVICE = AmazonCloudWatchEMFProvider(namespace=NAMESPACE).service or "picklejar"


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every line has; what is None is left out, and the formatter fills in the first four."""

    level: str = ""
    message: str = ""
    timestamp: datetime | None = None
    xray_trace_id: str | None = None
    service: str
    error: str | None = None
    cause: str | None = None
    stack: list[str] | None = None


class EventLine(Line, kw_only=True):
    """An event that is not a request."""

    request_id: str
    problem: str
    detail: str


class LoadLine(Line, kw_only=True):
    """A model that was loaded before a snapshot, or could not be."""

    model: str | None
    version: str | None
    milliseconds: float


class SwitchLine(Line, kw_only=True):
    """A container's switch to another version, or that it could not."""

    model: str
    alias: str
    before: str
    after: str | None = None
    milliseconds: float
    _aws: Embedded | None = None
    SwitchErrors: Value | None = None
    SwitchTime: Value | None = None


class RequestLine(Line, kw_only=True):
    """A request, its metrics, and what a canary did with it; never a feature's value."""

    request_id: str
    method: str
    path: str
    status: int
    dialect: str | None = None
    model: str | None = None
    version: str | None = None
    rows: int | None = None
    problem: str | None = None
    milliseconds: float
    load_milliseconds: float | None = None
    cold: bool
    function_version: str | None = None
    _aws: Embedded | None = None
    Latency: Value | None = None
    ClientErrors: Value | None = None
    ServerErrors: Value | None = None
    Predictions: Value | None = None
    Rows: Value | None = None
    LoadTime: Value | None = None
    candidate: str | None = None
    canary: bool | None = None
    shadow: bool | None = None
    candidate_error: str | None = None
    candidate_cause: str | None = None
    candidate_stack: list[str] | None = None
    shadow_relative: float | None = None
    shadow_mean_relative: float | None = None
    shadow_absolute: float | None = None
    shadow_mean_absolute: float | None = None
    shadow_probability: float | None = None
    shadow_disagreements: float | None = None
    CanaryErrors: Value | None = None
    ShadowErrors: Value | None = None
    ShadowDifference: Value | None = None
    ShadowMeanDifference: Value | None = None
    ShadowAbsoluteDifference: Value | None = None
    ShadowMeanAbsoluteDifference: Value | None = None
    ShadowProbabilityDifference: Value | None = None
    ShadowDisagreements: Value | None = None
    # Last, because CloudWatch's queries know the first 200 fields of a line, and these are two for each feature.
    outside: Sequence[Outside] | None = None


class LineFormatter(LambdaPowertoolsFormatter):
    """Writes a record's `line`; Powertools' formatter also searches for what ours never have."""

    _encode = msgspec.json.Encoder().encode

    def format(self, record: logging.LogRecord) -> str:
        line: Line = vars(record)["line"]
        line.level = record.levelname
        line.message = record.getMessage()
        line.timestamp = datetime.fromtimestamp(record.created, UTC)
        line.xray_trace_id = self._get_latest_trace_id()
        return self._encode(line).decode()


logger = Logger(service=SERVICE, logger_formatter=LineFormatter())
WRITERS = {logging.INFO: logger.info, logging.WARNING: logger.warning, logging.ERROR: logger.error}


def write(message: str, line: Line, level: int = logging.INFO) -> None:
    """Write a line to the log."""
    WRITERS[level](message, extra={"line": line})


def description(error: Exception) -> dict[str, Any]:
    """Return the fields that tell of an error, without its message: a library's may quote a feature's value."""
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "stack": [_without_carets(frame) for frame in traceback.format_tb(error.__traceback__)],
    }


def _without_carets(frame: str) -> str:
    # In an outage every line has a stack, and is paid by the byte.
    return "\n".join(line for line in frame.splitlines() if line.strip(" ~^"))
