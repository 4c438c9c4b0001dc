"""What an operator sees: a dashboard and queries that ask for what the function really writes, and no other."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore

from functions.predict import observation
from functions.predict.api import make_handler
from functions.predict.metrics import SHADOW_METRICS
from local.gateway import Gateway, rest_event
from picklejar.alias import Alias, Canary, Move
from picklejar.bucket import alias_key
from picklejar.manifest import Statistics
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, made, put, stand, version
from tests.template.rendering import Stack

Document = dict[str, Any]
SEARCH = re.compile(r"SEARCH\('\{(\w+),([\w,]+)\} service=\"picklejar\" MetricName=\"(\w+)\"', '(\w+)'\)")
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
OF_LAMBDA = {"type", "record.metrics.initDurationMs", "record.metrics.restoreDurationMs"}
# What Lambda and API Gateway count, by which dimensions.
OF_AWS = {
    ("AWS/ApiGateway", "ApiName", "Stage"): {"Count", "4XXError", "5XXError", "Latency"},
    ("AWS/Lambda", "FunctionName"): {"Throttles", "ConcurrentExecutions"},
}
WORDS = set(
    "filter stats sort desc asc by as limit display fields unnest into and or like ispresent count sum avg max pct bin "
    "jsonParse h".split()
)


@pytest.fixture
def written(lines: list[Document], monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """The lines of requests, switches and canaries that went well and ill, as the function writes them."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    store, clock = MemoryStore(), iter(range(0, 10_000, 100))
    seen = {"x": Statistics(0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)}
    put(store, made(1, statistics=seen))
    jar = Jar(store, ttl=1, tell=observation.switched, clock=lambda: float(next(clock)))
    gateway = Gateway(make_handler(jar, (), "7"))

    def ask(body: bytes) -> None:
        gateway.invoke(rest_event("POST", f"/models/{NAME}/predict", {"content-type": "application/json"}, body))

    ask(BODY)
    ask(b"{")
    put(store, made(2, golden=[0.5]))
    ask(BODY)
    put(store, made(3, statistics=seen), alias=None)
    stand(store, made(3, statistics=seen).manifest)
    ask(BODY)
    for canary in (Canary(version(2).manifest.version, 100, shadow=True), Canary("0" * 12, 100)):
        put(store, version(2), alias=None)
        standing = Move(version(3).manifest.version, canary=canary)
        put(store, version(3), alias=None)
        store.put(alias_key(NAME), msgspec.json.encode(Alias(standing.version, (standing,))))
        ask(BODY)
    assert {line["message"] for line in lines} == {"request", "switch"}
    return lines


@pytest.fixture
def dashboard(cloudformation: Document) -> Document:
    (one,) = Stack(cloudformation, {}).resources("AWS::CloudWatch::Dashboard").values()
    body: Document = json.loads(one["DashboardBody"])
    return body


@pytest.fixture
def queries(cloudformation: Document) -> dict[str, str]:
    """The saved queries by their names, each on one line."""
    found = Stack(cloudformation, {}).resources("AWS::Logs::QueryDefinition").values()
    return {one["Name"].partition("/")[2]: " ".join(one["QueryString"].split()) for one in found}


def test_stacks_of_one_name_in_two_regions_have_a_dashboard_each(cloudformation: Document) -> None:
    """CloudWatch has dashboards for the whole account, and CloudFormation fails at a name that is taken."""
    names = {
        one["DashboardName"]
        for region in ("eu-central-1", "us-east-1")
        for one in Stack(cloudformation, {"AWS::Region": region}).resources("AWS::CloudWatch::Dashboard").values()
    }
    assert len(names) == 2


def test_the_widgets_lie_beside_one_another_and_fill_the_width(dashboard: Document) -> None:
    places = [(one["x"], one["y"], one["width"], one["height"]) for one in dashboard["widgets"]]
    rows: dict[int, list[tuple[int, int, int, int]]] = {}
    for place in places:
        rows.setdefault(place[1], []).append(place)
    for row in rows.values():
        assert [x + width for x, _, width, _ in sorted(row)] == [*[x for x, *_ in sorted(row)][1:], 24]
        assert len({height for *_, height in row}) == 1
    assert all(above + rows[above][0][3] == below for above, below in pairwise(sorted(rows)))


def test_every_metric_of_ours_on_the_dashboard_is_one_that_the_function_writes(
    dashboard: Document, written: list[Document]
) -> None:
    asked = {(space, tuple(dimensions.split(",")), name) for space, dimensions, name, _ in _searched(dashboard)}
    assert asked
    # What a shadow is compared by depends on what the model predicts.
    of_shadows = {("Picklejar", ("model", "service"), name) for name in SHADOW_METRICS.values()}
    assert of_shadows & _emitted(written)
    assert asked <= _emitted(written) | of_shadows


def test_every_other_metric_is_one_of_aws(dashboard: Document) -> None:
    for widget in dashboard["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if len(metric) > 1:
                space, name, *dimensions, _ = metric
                assert name in OF_AWS[(space, *dimensions[::2])]


def test_every_alarm_is_on_the_dashboard(dashboard: Document, resources: Document) -> None:
    (shown,) = (one["properties"]["alarms"] for one in dashboard["widgets"] if one["type"] == "alarm")
    alarms = {name.lower() for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {arn.rpartition("-")[2].lower() for arn in shown} == alarms
    assert len({arn.rpartition(":")[0] for arn in shown}) == 1


def test_eight_widgets_show_each_metric_once_and_leave_the_log_to_the_saved_queries(dashboard: Document) -> None:
    widgets = dashboard["widgets"]
    assert [one["type"] for one in widgets] == ["alarm", *["metric"] * 7]
    assert len({one["properties"]["title"] for one in widgets}) == len(widgets)
    shown = [
        # What labels say is not what is shown.
        json.dumps(metric[0]["expression"] if len(metric) == 1 else [*metric[:-1], metric[-1]["stat"]])
        for one in widgets
        for metric in one["properties"].get("metrics", [])
    ]
    assert len(shown) > len(widgets)
    assert len(set(shown)) == len(shown)


def test_there_is_a_query_for_each_question_and_none_twice(queries: dict[str, str]) -> None:
    assert len(set(queries.values())) == len(queries)
    assert set(queries) == {
        *["slowest requests", "errors by kind", "cold starts", "predictions by version"],
        "canaries and shadow differences",
        "values outside the training range by feature",
    }


def test_a_query_asks_for_fields_that_a_line_has_and_for_no_other(
    queries: dict[str, str], written: list[Document]
) -> None:
    known = {name for line in written for name in _fields(line)} | OF_LAMBDA | {"@timestamp", "@message"}
    known |= {f"shadow_{name}" for name in SHADOW_METRICS}
    for name, query in queries.items():
        own = set(re.findall(r"(?: as | into )(\w+)", query))
        of_elements = {f"one.{field}" for field in ("feature", "rows")} if "one" in own else set()
        parsed = {"line.outside"} if "line" in own else set()
        asked = set(re.findall(r"(?<![\w\"])[@a-z_][\w.]*", re.sub(r'"[^"]*"', '""', query))) - WORDS
        assert asked - own - of_elements - parsed <= known, name


def test_a_query_finds_the_messages_that_there_are(queries: dict[str, str], written: list[Document]) -> None:
    messages = {found for query in queries.values() for found in re.findall(r'message = "(\w+)"', query)}
    assert messages <= {line["message"] for line in written}


def test_what_is_counted_from_the_log_is_in_its_lines(cloudformation: Document, written: list[Document]) -> None:
    known = {name for line in written for name in _fields(line)}
    of_function = Stack(cloudformation, {}).resources("AWS::Logs::MetricFilter")
    assert of_function.pop("QuotaFilter")["LogGroupName"] == "picklejar-apiloggroup"
    for one in of_function.values():
        assert set(re.findall(r"\$\.(\w+)", one["FilterPattern"])) <= known
    levels = {line["level"] for line in written if line["message"] == "switch"}
    assert levels == {"INFO", "ERROR"}


def _searched(dashboard: Document) -> list[tuple[str, ...]]:
    expressions = [
        metric[0]["expression"]
        for widget in dashboard["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if len(metric) == 1
    ]
    found = [SEARCH.fullmatch(expression) for expression in expressions]
    # Each asks for this stack's alone: another of the account may serve a model of the same name.
    assert None not in found
    return [one.groups() for one in found if one]


def _emitted(written: list[Document]) -> set[tuple[str, tuple[str, ...], str]]:
    return {
        (directive["Namespace"], tuple(dimensions), metric["Name"])
        for line in written
        for directive in line["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def _fields(node: Any, name: str = "") -> set[str]:
    """The names by which a query knows the fields of a line."""
    match node:
        case dict():
            return {one for key, value in node.items() for one in _fields(value, f"{name}.{key}" if name else key)}
        case list():
            return {one for place, value in enumerate(node) for one in _fields(value, f"{name}.{place}")} | {name}
    return {name}
