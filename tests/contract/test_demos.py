"""The two models that Picklejar comes with, where a server has them."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.contract.asked import post, predict, problem_of

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


@pytest.fixture(autouse=True)
def _both(api: httpx.Client) -> None:
    if not {"housing", "sales"} <= {model["name"] for model in api.get("/models").json()["models"]}:
        pytest.skip("sales and housing are not served here")


def test_a_sale_is_what_the_tutorial_says(api: httpx.Client) -> None:
    expected = pytest.approx([523.8530977224776, 143.30725879781107, 523.8530977224776], rel=CLOSE)
    assert predict(api, "sales", OTHER_SALE, SALE, OTHER_SALE) == expected


def test_a_missing_rate_counts_as_0(api: httpx.Client) -> None:
    without = {name: value for name, value in SALE.items() if name != "rate"}
    zero, null, absent = predict(api, "sales", SALE | {"rate": 0}, SALE | {"rate": None}, without)
    assert zero == null == absent


def test_a_missing_first_month_counts_as_the_mean(api: httpx.Client) -> None:
    mean = api.get("/models/sales").json()["statistics"]["sales_in_first_month"]["mean"]
    with_mean, without = predict(
        api, "sales", SALE | {"sales_in_first_month": mean}, SALE | {"sales_in_first_month": None}
    )
    assert without == pytest.approx(with_mean, rel=CLOSE)


def test_an_average_house_has_an_average_price(api: httpx.Client) -> None:
    prices = api.get("/models/housing").json()["statistics"]["price"]
    (price,) = predict(api, "housing", HOUSE)
    assert prices["lower_quartile"] < price < prices["upper_quartile"]


def test_more_rooms_cost_more_in_ten_thousand_houses(api: httpx.Client) -> None:
    predictions = predict(api, "housing", *[HOUSE | {"avg_area_rooms": 1 + row / 1_000} for row in range(10_000)])
    assert len(predictions) == 10_000
    assert predictions == sorted(predictions)


def test_they_are_listed_with_what_people_call_them(api: httpx.Client) -> None:
    listed = {model["name"]: model for model in api.get("/models").json()["models"]}
    assert listed["housing"]["title"] == "House price"
    assert all(model["ready"] for model in listed.values())


def test_a_model_describes_its_requests_in_json_schema(api: httpx.Client) -> None:
    schema = api.get("/models/sales").json()["request_schema"]
    instance = schema["properties"]["instances"]["items"]
    assert instance["required"] == ["sales_in_second_month"]
    assert instance["properties"]["rate"]["type"] == ["number", "null"]
    assert instance["properties"]["rate"]["x-unit"] == "%"


def test_a_bad_model_says_so(api: httpx.Client) -> None:
    assert api.get("/models/sales").json()["verdict"].startswith("Worse than guessing the average")


def test_five_pictures_come_with_each(api: httpx.Client) -> None:
    assert [len(api.get(f"/models/{name}").json()["pictures"]) for name in ("sales", "housing")] == [5, 5]


@pytest.mark.parametrize(
    ("value", "rule", "message"),
    [
        ('"4"', "type", "rate must be a number, not text (send it without quotes)."),
        ("true", "type", "rate must be a number, not a boolean."),
        ("[4]", "type", "rate must be a number, not an array."),
        ("{}", "type", "rate must be a number, not an object."),
        ("NaN", "finite", "rate must be finite, not NaN or infinite."),
        ("Infinity", "finite", "rate must be finite, not NaN or infinite."),
        ("-Infinity", "finite", "rate must be finite, not NaN or infinite."),
        ("1e999", "finite", "rate must be finite, not NaN or infinite."),
        ("9" * 5_000, "finite", "rate must be finite, not NaN or infinite."),
        ("-0.001", "minimum", "rate must be at least 0."),
        ("100.001", "maximum", "rate must be at most 100."),
        ("9" * 300, "maximum", "rate must be at most 100."),
    ],
)
def test_a_broken_rule_is_named_with_row_and_field(api: httpx.Client, value: str, rule: str, message: str) -> None:
    body = f'{{"instances": [{{"sales_in_second_month": 1}}, {{"sales_in_second_month": 1, "rate": {value}}}]}}'
    problem = problem_of(post(api, "sales", body), 422)
    assert problem["errors"] == [{"row": 1, "field": "rate", "rule": rule, "message": message}]


def test_every_broken_rule_of_every_row_is_listed(api: httpx.Client) -> None:
    instances = [{"rate": "4"}, SALE, {"rate": 101, "sales_in_second_month": None, "first": 1}, 5]
    problem = problem_of(post(api, "sales", json.dumps({"instances": instances})), 422)
    assert [(rule["row"], rule["field"], rule["rule"]) for rule in problem["errors"]] == [
        (0, "rate", "type"),
        (0, "sales_in_second_month", "required"),
        (2, "rate", "maximum"),
        (2, "sales_in_second_month", "type"),
        (2, "first", "unknown"),
        (3, None, "type"),
    ]
    assert problem["error_count"] == 6


def test_a_number_has_no_probabilities(api: httpx.Client) -> None:
    body = json.dumps({"instances": [SALE], "output": "predict_proba"})
    message = 'output must be "predict", or be left out: this model predicts a number.'
    assert problem_of(post(api, "sales", body), 422)["errors"] == [
        {"row": None, "field": None, "rule": "body", "message": message}
    ]
