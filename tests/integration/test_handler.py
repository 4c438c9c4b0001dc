"""The handler over a jar in trouble, and what each request leaves behind."""

from __future__ import annotations

import base64
import importlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.bucket import alias_key
from picklejar.serving.jar import Jar
from training.registry.publish import publish

SALE = {"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}
JSON = {"content-type": "application/json"}

Call = Callable[..., dict[str, Any]]


def _calling(s3: LocalS3, origins: tuple[str, ...] = ()) -> Call:
    gateway = Gateway(make_handler(Jar(s3.store()), origins))

    def call(method: str, path: str, body: bytes = b"", headers: dict[str, str] = JSON) -> dict[str, Any]:
        answer = gateway.invoke(rest_event(method, path, headers, body))
        return answer | {"json": json.loads(answer["body"] or "null")}

    return call


@pytest.fixture
def call(s3: LocalS3) -> Call:
    """Calls a handler that has seen no request yet."""
    return _calling(s3)


def _sale(*instances: dict[str, Any]) -> bytes:
    return json.dumps({"instances": instances or (SALE,)}).encode()


def test_no_s3_is_a_503_with_retry_after(no_s3: LocalS3, lines: list[dict[str, Any]]) -> None:
    answer = _calling(no_s3)("POST", "/models/sales/predict", _sale())
    assert answer["statusCode"] == 503
    assert answer["multiValueHeaders"]["Retry-After"] == ["5"]
    assert answer["json"]["type"].endswith(":jar-unreachable")
    (line,) = lines
    assert (line["level"], line["error"]) == ("ERROR", "JarUnreachable")


def test_a_model_published_later_is_found(own_s3: LocalS3, bundles: Path) -> None:
    call = _calling(own_s3)
    assert call("POST", "/models/sales/predict", _sale())["statusCode"] == 404
    own_s3.publish_all(bundles)
    assert call("POST", "/models/sales/predict", _sale())["statusCode"] == 200


def test_a_damaged_bundle_is_a_503_and_the_other_models_are_listed(own_s3: LocalS3, bundles: Path) -> None:
    own_s3.publish_all(bundles)
    store = own_s3.store()
    store.put(alias_key("sales"), b"{}")
    call = _calling(own_s3)
    problem = call("POST", "/models/sales/predict", _sale())
    assert (problem["statusCode"], problem["json"]["title"]) == (503, "The model is damaged")
    housing, sales = call("GET", "/models")["json"]["models"]
    assert housing["ready"]
    assert sales == {"name": "sales", "ready": False, "detail": problem["json"]["detail"]}


def test_a_version_that_was_never_made_champion_is_not_listed(own_s3: LocalS3, bundles: Path) -> None:
    publish(bundles / "sales", own_s3.store(), lambda _: None, "It is for this test.")
    own_s3.store().delete(alias_key("sales"))
    call = _calling(own_s3)
    assert call("GET", "/models")["json"] == {"models": []}
    assert call("GET", "/models/sales")["statusCode"] == 404


def test_a_fault_of_ours_is_a_500_that_tells_the_caller_nothing_and_the_log_the_place(
    own_s3: LocalS3, bundles: Path, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "secret 500"

    def fail(*_: Any) -> None:
        raise ValueError(value)

    own_s3.publish_all(bundles)
    call = _calling(own_s3)
    # Once it is loaded: a model that fails at its golden rows would not serve at all.
    assert call("POST", "/models/sales/predict", _sale())["statusCode"] == 200
    monkeypatch.setattr("picklejar.predictor.Predictor.answer", fail)
    answer = call("POST", "/models/sales/predict", _sale())
    assert answer["statusCode"] == 500
    assert "secret" not in answer["body"]
    _, line = lines
    assert (line["error"], line.get("cause")) == ("ValueError", None)
    assert any("in fail" in frame for frame in line["stack"])
    assert not any("^^^" in frame or "~~~" in frame for frame in line["stack"])
    assert "secret" not in str(line)


def test_a_body_in_base64_is_read(s3: LocalS3) -> None:
    event = rest_event("POST", "/models/sales/predict", JSON, b"")
    event |= {"body": base64.b64encode(_sale()).decode(), "isBase64Encoded": True}
    assert Gateway(make_handler(Jar(s3.store()), ())).invoke(event)["statusCode"] == 200


def test_a_body_that_is_no_text_or_no_base64_is_refused(call: Call, s3: LocalS3) -> None:
    assert call("POST", "/models/sales/predict", b"\xff\xfe")["statusCode"] == 400
    event = rest_event("POST", "/models/sales/predict", JSON, b"") | {"body": "?", "isBase64Encoded": True}
    assert Gateway(make_handler(Jar(s3.store()), ())).invoke(event)["statusCode"] == 400
    event |= {"body": '"\ud800"', "isBase64Encoded": False}
    assert Gateway(make_handler(Jar(s3.store()), ())).invoke(event)["statusCode"] == 400


def test_without_allowed_origins_no_page_may_read_and_a_preflight_is_refused(call: Call) -> None:
    asked = {"origin": "https://page.example", "access-control-request-method": "POST"}
    assert call("OPTIONS", "/models", headers=asked)["statusCode"] == 405
    assert not any("Access-Control" in name for name in call("GET", "/models", headers=asked)["multiValueHeaders"])


def test_a_preflight_is_told_all_methods_and_has_no_body(s3: LocalS3) -> None:
    answer = _calling(s3, ("https://a.example",))("OPTIONS", "/anywhere", headers={"origin": "https://a.example"})
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["multiValueHeaders"]["Access-Control-Allow-Methods"] == ["GET,OPTIONS,POST"]


def test_any_origin_may_be_allowed(s3: LocalS3) -> None:
    answer = _calling(s3, ("*",))("GET", "/models", headers={"origin": "https://any.example"})
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["*"]


def test_a_request_leaves_one_line_that_says_all_but_values(call: Call, lines: list[dict[str, Any]]) -> None:
    answer = call("POST", "/models/sales/predict", _sale(SALE | {"rate": 98.7654321}, SALE))
    call("POST", "/models/sales/predict", _sale())
    cold, warm = lines
    said = {"method": "POST", "path": "/models/sales/predict", "status": 200, "model": "sales", "rows": 2}
    assert cold.items() >= said.items()
    assert (cold["level"], cold["message"], cold["service"]) == ("INFO", "request", "picklejar")
    assert datetime.fromisoformat(cold["timestamp"]).tzinfo == UTC
    assert cold["version"] == answer["json"]["version"]
    assert (cold["cold"], warm["cold"]) == (True, False)
    assert cold["milliseconds"] >= cold["load_milliseconds"] > 0
    assert "load_milliseconds" not in warm
    assert len(cold["request_id"]) == 36
    assert "98.76" not in str(cold)


def test_a_line_names_the_trace_that_lambda_follows(
    call: Call, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    call("GET", "/models/sales")
    (line,) = lines
    assert line["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_what_was_refused_is_told_without_its_values(call: Call, lines: list[dict[str, Any]]) -> None:
    call("POST", "/models/sales/predict", _sale(SALE | {"rate": "secret"}))
    (line,) = lines
    assert (line["level"], line["status"], "rows" in line) == ("INFO", 422, False)
    assert "secret" not in str(line)


def test_a_line_holds_metrics_of_predictions_rows_latency_loading_and_errors_by_model(
    call: Call, lines: list[dict[str, Any]]
) -> None:
    call("POST", "/models/sales/predict", _sale(SALE, SALE, SALE))
    call("POST", "/models/sales/predict", b"{")
    call("GET", "/models/unheard-of")
    good, bad, unknown = lines
    (directive,) = good["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Picklejar", [["model", "service"]])
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == dict.fromkeys(("Latency", "LoadTime"), "Milliseconds") | dict.fromkeys(
        ("ClientErrors", "ServerErrors", "Predictions", "Rows"), "Count"
    )
    assert (good["model"], good["Predictions"], good["Rows"]) == ("sales", [1], [3])
    assert (good["ClientErrors"], good["ServerErrors"]) == ([0], [0])
    assert good["Latency"][0] >= good["LoadTime"][0] > 0
    assert (bad["model"], bad["ClientErrors"]) == ("sales", [1])
    assert not {"Rows", "Predictions", "LoadTime"} & bad.keys()
    # A name that somebody made up must not become a dimension of its own.
    assert (unknown["model"], unknown["ClientErrors"]) == ("none", [1])


def test_metrics_may_be_left_out(s3: LocalS3, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    _calling(s3)("GET", "/models/sales")
    (line,) = lines
    assert not {"_aws", "Latency"} & line.keys()


def test_the_lambda_function_serves_what_its_environment_says(s3: LocalS3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODELS_BUCKET": s3.bucket, "AWS_REGION": "us-east-1", "S3_ENDPOINT": s3.endpoint}.items():
        monkeypatch.setenv(name, value)
    app = importlib.import_module("functions.predict.app")
    answer = Gateway(app.lambda_handler).invoke(rest_event("POST", "/models/sales/predict", JSON, _sale()))
    assert answer["statusCode"] == 200


def test_the_line_says_which_values_lay_outside_and_what_the_problem_was(
    call: Call, lines: list[dict[str, Any]]
) -> None:
    far = SALE | {"rate": 99, "sales_in_first_month": 10**6}
    assert call("POST", "/models/sales/predict", _sale(SALE, far))["statusCode"] == 200
    assert {one["feature"]: one["rows"] for one in lines[-1]["outside"]} == {
        "rate": 1, "sales_in_first_month": 1, "sales_in_second_month": 0,
    }  # fmt: skip
    assert "problem" not in lines[-1]
    assert call("POST", "/models/sales/predict", _sale({"rate": "four"}))["statusCode"] == 422
    assert lines[-1]["problem"] == "invalid-instances"
    assert "outside" not in lines[-1]


@pytest.mark.parametrize(
    "event",
    [None, {}, [], {"detail-type": "Scheduled Event", "id": "secret"}, {"version": "2.0", "rawPath": "/secret"}],
)
def test_an_event_that_is_no_request_is_told_what_the_function_takes_and_leaves_one_line(
    no_s3: LocalS3, lines: list[dict[str, Any]], event: Any
) -> None:
    answer = Gateway(make_handler(Jar(no_s3.store()), ())).invoke(event)
    assert answer["statusCode"] == 400
    document = json.loads(answer["body"])
    assert document["type"].endswith(":unsupported-event")
    assert "REST API" in document["detail"]
    (line,) = lines
    assert (line["level"], line["message"], line["detail"]) == ("WARNING", "event", document["detail"])
    assert line["request_id"] == document["request_id"]
    assert "secret" not in str(line)


def test_without_an_endpoint_the_models_are_in_awss_own_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing is sent: a handler that no request has reached has asked S3 for nothing.
    app = importlib.import_module("functions.predict.app")
    for name, value in {"MODELS_BUCKET": "models", "AWS_REGION": "eu-central-1", "S3_ENDPOINT": ""}.items():
        monkeypatch.setenv(name, value)
    store = importlib.reload(app).store
    assert "endpoint" not in store.config
    assert (store.config["bucket"], store.config["region"]) == ("models", "eu-central-1")
    assert "allow_http" not in store.client_options


def test_a_bucket_that_refuses_is_a_503_and_not_a_missing_model(lines: list[dict[str, Any]]) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.end_headers()
            self.wfile.write(b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        answer = _calling(LocalS3(server.server_port))("GET", "/models/sales")
        server.shutdown()
    assert answer["statusCode"] == 503
    assert "refused access" in answer["json"]["detail"]
