"""The description of an API: names that never collide, the words of a signature, every status, and the key."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.predict.problems import PROBLEMS
from functions.predict.request import MOST_BYTES
from local.template import read_template
from picklejar.openapi.document import KEY_HEADER, document_of
from picklejar.openapi.refusals import REFUSALS
from picklejar.signature import LONGEST_OF_ALL
from tests import numbered
from tests.kinds import kinds

Document = dict[str, Any]


def _named(*names: str) -> Document:
    return document_of(numbered.version(1, name).manifest for name in names)


def _schema(name: str) -> Document:
    schema: Document = document_of(one.manifest for one in kinds().values())["components"]["schemas"][name]
    return schema


@pytest.mark.parametrize(
    ("names", "operations", "instances"),
    [
        (["housing"], ["predict_housing"], ["HousingInstance"]),
        (["a-b", "a_b"], ["predict_a_b", "predict_a_b_2"], ["ABInstance", "ABInstance_2"]),
        (
            ["my-model", "my-model-2", "my_model", "my_model_2"],
            ["predict_my_model", "predict_my_model_2", "predict_my_model_3", "predict_my_model_2_2"],
            ["MyModelInstance", "MyModel2Instance", "MyModelInstance_2", "MyModel2Instance_2"],
        ),
        (["a-b", "a--b"], ["predict_a_b", "predict_a__b"], ["ABInstance", "ABInstance_2"]),
        (["problem", "models"], ["predict_problem", "predict_models"], ["ProblemInstance", "ModelsInstance"]),
    ],
)
def test_no_two_models_have_the_same_names_in_code(
    names: list[str], operations: list[str], instances: list[str]
) -> None:
    document = _named(*names)
    posts = [path["post"] for path in document["paths"].values() if "post" in path]
    assert [post["operationId"] for post in posts] == operations
    assert [name for name in document["components"]["schemas"] if "Instance" in name] == instances
    for post, instance in zip(posts, instances, strict=True):
        request = re.sub("Instance", "Request", instance)
        assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(f"/{request}")


def test_an_instance_is_described_in_the_words_of_the_signature() -> None:
    instance = _schema("PriceInstance")
    assert instance["required"] == ["area"]
    assert instance["properties"]["area"] == {
        "title": "Area",
        "description": "Inside.",
        "type": "number",
        "minimum": 1,
        "maximum": 1_000,
        "examples": [50.5],
        "x-unit": "m²",
    }
    assert _schema("SpamInstance")["properties"]["message"]["format"] == "text"
    assert _schema("SpamInstance")["properties"]["town"]["enum"] == ["Bath", "York"]


def test_a_request_has_its_limits_and_its_outputs() -> None:
    request = _schema("YesNoRequest")["properties"]
    assert (request["instances"]["minItems"], request["instances"]["maxItems"]) == (1, 10_000)
    assert request["output"] == {"type": "string", "enum": ["predict", "predict_proba"], "default": "predict"}


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("Price", {"description": "Price: A month.", "type": "number", "x-unit": "EUR", "examples": [3.0]}),
        ("YesNo", {"description": "Large", "type": "string", "enum": ["no", "yes"], "examples": ["no"]}),
        ("Whole", {"description": "Large", "type": "integer", "enum": [1, 2, 3], "examples": [1]}),
        ("True", {"description": "Large", "type": "boolean", "examples": [False]}),
    ],
)
def test_a_prediction_is_a_number_in_its_unit_or_one_of_the_labels(name: str, prediction: Document) -> None:
    assert _schema(f"{name}Prediction") == prediction


def test_a_prediction_of_several_targets_has_each_by_its_name() -> None:
    several = _schema("FlatPrediction")
    assert several["required"] == ["price", "rent"]
    assert several["properties"]["price"]["x-unit"] == "EUR"
    assert _schema("FlatSizePrediction")["examples"] == [{"large": "no", "high": "no"}]


def test_every_status_that_a_request_for_predictions_may_meet_is_described_by_one_schema() -> None:
    document = _named("housing")
    told = document["paths"]["/models/housing/predict"]["post"]["responses"].keys() - {"200"}
    of_gateway = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"].values()
    statuses = {str(int(problem.status)) for problem in PROBLEMS.values()} | {one["StatusCode"] for one in of_gateway}
    # Only another method meets it.
    assert told == statuses - {"405"} == REFUSALS.keys()
    schemas = [one["content"]["application/problem+json"] for one in document["components"]["responses"].values()]
    assert schemas == [{"schema": {"$ref": "#/components/schemas/Problem"}}] * len(REFUSALS)


def test_what_may_be_tried_again_says_when() -> None:
    responses = _named("housing")["components"]["responses"]
    assert {name for name, one in responses.items() if "headers" in one} == {
        "Problem429",
        "Problem502",
        "Problem503",
        "Problem504",
    }


def test_its_limits_and_its_key_are_the_apis() -> None:
    assert MOST_BYTES == LONGEST_OF_ALL
    document = _named("housing")
    assert f"{MOST_BYTES:,} bytes" in document["paths"]["/models/housing/predict"]["post"]["requestBody"]["description"]
    refused = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"]["INVALID_API_KEY"]
    assert KEY_HEADER in str(refused)
    assert document["components"]["securitySchemes"]["key"]["name"] == KEY_HEADER
    assert document["security"] == [{"key": []}, {}]


def test_it_lies_beside_the_models_or_names_their_address() -> None:
    assert _named("housing")["servers"] == [{"url": "."}]
    assert document_of([], "https://models.example/api")["servers"] == [{"url": "https://models.example/api"}]
