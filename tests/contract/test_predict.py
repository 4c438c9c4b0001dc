"""What the API predicts, whatever its models are."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.contract.asked import Asked

# Sums of products may round otherwise on another processor.
CLOSE = 1e-9


def _like(predictions: list[Any]) -> Any:
    return pytest.approx(predictions, rel=CLOSE) if isinstance(predictions[0], float) else predictions


def test_a_row_that_was_published_is_answered_as_by_its_estimator(api: httpx.Client, asked: Asked) -> None:
    assert asked.predict(api, *asked.instances) == _like(asked.predictions)


def test_answers_come_in_the_order_of_the_instances(api: httpx.Client, asked: Asked) -> None:
    backwards = asked.predict(api, *reversed(asked.instances))
    assert backwards == _like(asked.predictions[::-1])


def test_the_order_of_keys_does_not_matter(api: httpx.Client, asked: Asked) -> None:
    backwards = dict(reversed(asked.instance.items()))
    assert asked.predict(api, backwards) == asked.predict(api, asked.instance)


def test_the_answer_names_model_and_version(api: httpx.Client, asked: Asked) -> None:
    answer = api.post(f"/models/{asked.name}/predict", json={"instances": [asked.instance]}).json()
    assert list(answer) == ["model", "version", "predictions"]
    assert answer["model"] == asked.name
    assert answer["version"] == api.get(f"/models/{asked.name}").json()["version"]


def test_ten_thousand_instances_are_answered_at_once(api: httpx.Client, asked: Asked) -> None:
    predictions = asked.predict(api, *[asked.instance] * 10_000)
    assert len(predictions) == 10_000
    assert predictions[::9_999] == _like([asked.predictions[0]] * 2)


def test_a_body_with_a_byte_order_mark_is_read(api: httpx.Client, asked: Asked) -> None:
    body = "\ufeff" + json.dumps({"instances": [asked.instance]})
    path, media_type = f"/models/{asked.name}/predict", {"content-type": "application/json"}
    assert api.post(path, content=body.encode(), headers=media_type).status_code == 200


def test_probabilities_are_asked_for_by_the_output_where_there_are_any(api: httpx.Client, asked: Asked) -> None:
    path, body = f"/models/{asked.name}/predict", {"instances": [asked.instance], "output": "predict"}
    assert api.post(path, json=body).json()["predictions"] == asked.predict(api, asked.instance)
    answer = api.post(path, json=body | {"output": "predict_proba"})
    if "predict_proba" in asked.described["signature"].get("outputs", []):
        assert sum(answer.json()["predictions"][0]) == pytest.approx(1)
    else:
        assert answer.status_code == 422
        (rule,) = answer.json()["errors"]
        assert (rule["field"], rule["rule"]) == (None, "body")
        assert rule["message"].startswith('output must be "predict", or be left out: this model ')


# SAM's emulator hands it on as it is.
@pytest.mark.unlike_sam
@pytest.mark.parametrize("blank", [0, 100_000])
def test_a_body_that_is_packed_by_gzip_is_read(api: httpx.Client, asked: Asked, blank: int) -> None:
    body = gzip.compress(json.dumps({"instances": [asked.instance]}).encode() + b" " * blank)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    response = api.post(f"/models/{asked.name}/predict", content=body, headers=headers)
    assert response.status_code == 200, response.text
    assert response.json()["predictions"] == _like(asked.predictions[:1])
