"""What the API predicts."""

from __future__ import annotations

import json

import httpx
import pytest

# Sums of products may round otherwise on another processor.
CLOSE = 1e-12
SALE = {"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}
OTHER_SALE = {"rate": 5, "sales_in_first_month": 200, "sales_in_second_month": 400}
HOUSE = {
    "avg_area_income": 68_583.11,
    "avg_area_house_age": 5.98,
    "avg_area_rooms": 6.99,
    "avg_area_bedrooms": 3.98,
    "area_population": 36_163.52,
}


def _predict(api: httpx.Client, name: str, *instances: dict[str, float | None]) -> list[float]:
    response = api.post(f"/models/{name}/predict", json={"instances": instances})
    assert response.status_code == 200, response.text
    predictions: list[float] = response.json()["predictions"]
    return predictions


def test_a_sale_is_what_the_tutorial_says(api: httpx.Client) -> None:
    assert _predict(api, "sales", SALE) == [pytest.approx(143.30725879781107, rel=CLOSE)]


def test_answers_come_in_the_order_of_the_instances(api: httpx.Client) -> None:
    expected = pytest.approx([523.8530977224776, 143.30725879781107, 523.8530977224776], rel=CLOSE)
    assert _predict(api, "sales", OTHER_SALE, SALE, OTHER_SALE) == expected


def test_the_order_of_keys_does_not_matter(api: httpx.Client) -> None:
    backwards = dict(reversed(SALE.items()))
    assert _predict(api, "sales", backwards) == _predict(api, "sales", SALE)


def test_a_missing_rate_counts_as_0(api: httpx.Client) -> None:
    without = {name: value for name, value in SALE.items() if name != "rate"}
    zero, null, absent = _predict(api, "sales", SALE | {"rate": 0}, SALE | {"rate": None}, without)
    assert zero == null == absent


def test_a_missing_first_month_counts_as_the_mean(api: httpx.Client) -> None:
    mean = api.get("/models/sales").json()["statistics"]["sales_in_first_month"]["mean"]
    with_mean, without = _predict(
        api, "sales", SALE | {"sales_in_first_month": mean}, SALE | {"sales_in_first_month": None}
    )
    assert without == pytest.approx(with_mean, rel=CLOSE)


def test_an_average_house_has_an_average_price(api: httpx.Client) -> None:
    prices = api.get("/models/housing").json()["statistics"]["price"]
    (price,) = _predict(api, "housing", HOUSE)
    assert prices["lower_quartile"] < price < prices["upper_quartile"]


def test_the_answer_names_model_and_version(api: httpx.Client) -> None:
    answer = api.post("/models/sales/predict", json={"instances": [SALE]}).json()
    assert list(answer) == ["model", "version", "predictions"]
    assert answer["model"] == "sales"
    assert answer["version"] == api.get("/models/sales").json()["version"]


def test_ten_thousand_instances_are_answered_at_once(api: httpx.Client) -> None:
    predictions = _predict(api, "housing", *[HOUSE | {"avg_area_rooms": 1 + row / 1_000} for row in range(10_000)])
    assert len(predictions) == 10_000
    assert predictions == sorted(predictions)


def test_a_body_with_a_byte_order_mark_is_read(api: httpx.Client) -> None:
    body = "\ufeff" + json.dumps({"instances": [SALE]})
    response = api.post("/models/sales/predict", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code == 200


def test_a_number_may_be_asked_for_by_its_output_and_has_no_probabilities(api: httpx.Client) -> None:
    body = {"instances": [SALE], "output": "predict"}
    assert api.post("/models/sales/predict", json=body).json()["predictions"] == _predict(api, "sales", SALE)
    refused = api.post("/models/sales/predict", json=body | {"output": "predict_proba"})
    assert refused.status_code == 422
    message = 'output must be "predict", or be left out: this model predicts a number.'
    assert refused.json()["errors"] == [{"row": None, "field": None, "rule": "body", "message": message}]
