from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from functions.predict.lines import RequestLine, SwitchLine
from functions.predict.metrics import BY_VERSION, SHADOW_METRICS, UNITS, embedded


def _written(**values: float) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(msgspec.json.encode(embedded(values)))
    return written


def test_a_metric_is_a_field_of_its_name_and_is_told_of_with_its_unit() -> None:
    written = _written(Latency=1.5, Rows=3, ShadowDifference=0.5)
    assert (written["Latency"], written["Rows"], written["ShadowDifference"]) == ([1.5], [3], [0.5])
    assert written["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Picklejar",
            "Dimensions": [["model", "service"]],
            "Metrics": [
                {"Name": "Latency", "Unit": "Milliseconds"},
                {"Name": "Rows", "Unit": "Count"},
                {"Name": "ShadowDifference", "Unit": "None"},
            ],
        }
    ]


def test_what_tells_of_the_metrics_is_made_once_but_the_time() -> None:
    first, second = embedded({"Latency": 1}), embedded({"Latency": 2})
    assert first["_aws"].cloud_watch_metrics is second["_aws"].cloud_watch_metrics
    assert abs(_written(Latency=1)["_aws"]["Timestamp"] / 1000 - time.time()) < 5


def test_beside_a_canary_only_what_versions_are_compared_by_is_by_version_too() -> None:
    values = dict.fromkeys([*sorted(BY_VERSION), "LoadTime", "CanaryErrors"], 1.0)
    by_model, by_version = json.loads(msgspec.json.encode(embedded(values, also_by_version=True)["_aws"]))[
        "CloudWatchMetrics"
    ]
    assert by_version["Dimensions"] == [["model", "service", "version"]]
    assert {metric["Name"] for metric in by_version["Metrics"]} == BY_VERSION
    assert {metric["Name"] for metric in by_model["Metrics"]} == {*values}


def test_a_line_has_a_field_for_every_metric_and_every_difference() -> None:
    fields = {*RequestLine.__struct_fields__}
    assert BY_VERSION | {*SHADOW_METRICS.values(), "CanaryErrors", "ShadowErrors", "LoadTime", "_aws"} <= fields
    assert {f"shadow_{name}" for name in SHADOW_METRICS} <= fields
    assert {*UNITS} <= fields | {*SwitchLine.__struct_fields__}


def test_what_grows_with_the_features_is_last_because_queries_know_two_hundred_fields() -> None:
    assert RequestLine.__struct_fields__[-1] == "outside"
