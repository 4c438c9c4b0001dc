"""Our metrics, and how a log line tells CloudWatch of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

NAMESPACE = "Picklejar"
DIMENSIONS = ["model", "service"]
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
UNITS = dict.fromkeys(("Latency", "LoadTime", "SwitchTime"), "Milliseconds") | dict.fromkeys(
    SHADOW_METRICS.values(), "None"
)

# A metric's values of one request, under its name.
Value = tuple[float]


class Embedded(msgspec.Struct, rename="pascal"):
    """A line's `_aws`: which of its fields are metrics."""

    timestamp: int
    cloud_watch_metrics: msgspec.Raw


def embedded(values: Mapping[str, float], *, also_by_version: bool = False) -> dict[str, Any]:
    """Return a line's fields for these metrics by model and service: their values, and what makes metrics of them."""
    directives = _directives(tuple(values), also_by_version)
    fields: dict[str, Any] = {name: (value,) for name, value in values.items()}
    return fields | {"_aws": Embedded(int(time.time() * 1000), directives)}


@cache
def _directives(names: tuple[str, ...], also_by_version: bool) -> msgspec.Raw:
    # Encoded once: there are a handful of them, however many models.
    directives = [_directive(names, DIMENSIONS)]
    if also_by_version:
        directives.append(_directive([name for name in names if name in BY_VERSION], [*DIMENSIONS, "version"]))
    return msgspec.Raw(msgspec.json.encode(directives))


def _directive(names: Sequence[str], dimensions: list[str]) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}
