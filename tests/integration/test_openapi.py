"""The API's description is true: its examples are accepted, and what is answered is as it says, for every kind."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.predict import openapi
from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.errors import JarUnreachable
from picklejar.manifest import MANIFEST_FILE
from picklejar.serving.jar import Jar
from tests import numbered
from tests.kinds import kinds, store_of
from training.cli import app

Document = dict[str, Any]
Answer = dict[str, Any]
KINDS = ["price", "yes-no", "whole", "true", "sure", "odd", "flat", "flat_size", "spam"]
# Breaks the schema of an instance, one way each.
BREACHES: list[Document] = [{"area": None}, {"area": 0}, {"area": "large"}, {"floor": 1.5}, {"no feature": 1}]


class Api:
    """Asks a handler by HTTP's words."""

    def __init__(self, jar: Jar) -> None:
        self._gateway = Gateway(make_handler(jar, ()))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body).encode()
        return self._gateway.invoke(rest_event(method, path, sent, content))

    def document(self) -> Document:
        answer = self.ask("GET", "/openapi.json")
        assert answer["statusCode"] == 200
        document: Document = json.loads(answer["body"])
        return document


@cache
def api() -> Api:
    """An API that serves a model of each kind."""
    return Api(Jar(store_of(*kinds().values())))


@cache
def document() -> Document:
    return api().document()


def _operation(name: str) -> Document:
    operation: Document = document()["paths"][f"/models/{name}/predict"]["post"]
    return operation


def _resolved(reference: Document) -> Document:
    found = document()
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _validator(schema: Document) -> Draft202012Validator:
    # References lead to where the document has its parts.
    return Draft202012Validator(schema | {"components": document()["components"]})


def _of_request(name: str) -> Document:
    schema: Document = _operation(name)["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _of_answer(name: str, status: int) -> Document:
    told = _operation(name)["responses"][str(status)]
    ((media_type, content),) = (told if "content" in told else _resolved(told))["content"].items()
    assert media_type == ("application/json" if status == 200 else "application/problem+json")
    schema: Document = content["schema"]
    return schema


def test_the_validator_of_the_specification_finds_nothing() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document()).iter_errors()] == []


def test_every_reference_leads_somewhere_and_nothing_is_described_for_nobody() -> None:
    used = set(re.findall(r'"#/components/(\w+/\w+)"', json.dumps(document())))
    parts = document()["components"]
    described = {f"{part}/{name}" for part in ("schemas", "responses") for name in parts[part]}
    assert used == described


def test_every_model_has_an_address_and_an_operation_of_its_own() -> None:
    assert {f"/models/{name}/predict" for name in KINDS} < document()["paths"].keys()
    operations = [one["operationId"] for path in document()["paths"].values() for one in path.values()]
    assert len(set(operations)) == len(operations)
    assert {"predict_yes_no", "predict_flat_size", "list_models", "describe_model"} <= {*operations}


@pytest.mark.parametrize("name", KINDS)
def test_every_example_of_a_request_is_accepted_and_its_answer_is_as_described(name: str) -> None:
    examples = _resolved(_of_request(name))["examples"]
    assert [one.get("output", "predict") for one in examples] == [*kinds()[name].manifest.signature.outputs]
    for example in examples:
        _validator(_of_request(name)).validate(example)
        answer = api().ask("POST", f"/models/{name}/predict", example)
        assert answer["statusCode"] == 200, answer["body"]
        _validator(_of_answer(name, 200)).validate(json.loads(answer["body"]))


def test_every_example_of_a_schema_is_valid_by_it() -> None:
    schemas = {name: one for name, one in document()["components"]["schemas"].items() if "examples" in one}
    assert len([name for name in schemas if name.endswith(("Instance", "Request", "Prediction"))]) == 3 * len(KINDS)
    for schema in schemas.values():
        for example in schema["examples"]:
            _validator(schema).validate(example)


@pytest.mark.parametrize("name", ["yes-no", "whole", "true", "spam"])
def test_an_answer_is_of_labels_or_of_probabilities(name: str) -> None:
    answers = [
        json.loads(api().ask("POST", f"/models/{name}/predict", example)["body"])
        for example in _resolved(_of_request(name))["examples"]
    ]
    alternatives = [_resolved(one) for one in reversed(_resolved(_of_answer(name, 200))["oneOf"])]
    for one, another in itertools.product(range(2), repeat=2):
        assert _validator(alternatives[one]).is_valid(answers[another]) == (one == another)
    assert alternatives[1]["properties"]["classes"]["examples"] == [answers[1]["classes"]]


@pytest.mark.parametrize(
    ("name", "predictions"),
    [
        ("price", ["dear"]),
        ("yes-no", ["maybe"]),
        ("whole", [4]),
        ("whole", [True]),
        ("true", [1]),
        ("odd", ["no"]),
        ("flat", [{"price": 1}]),
        ("flat", [1]),
        ("flat_size", [{"large": "yes", "high": 1}]),
        ("spam", [[0.5]]),
        ("price", []),
    ],
)
def test_another_answer_is_not_as_described(name: str, predictions: list[Any]) -> None:
    answer = {"model": name, "version": "0123456789ab", "predictions": predictions}
    assert not _validator(_of_answer(name, 200)).is_valid(answer)


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_what_the_schema_refuses_the_api_refuses_with_a_problem_as_described(breach: Document) -> None:
    ((example,),) = [one["instances"] for one in _resolved(_of_request("price"))["examples"]]
    body = {"instances": [example | breach]}
    assert not _validator(_of_request("price")).is_valid(body)
    answer = api().ask("POST", "/models/price/predict", body)
    assert answer["statusCode"] == 422
    _validator(_of_answer("price", 422)).validate(json.loads(answer["body"]))


def test_the_lists_are_as_described() -> None:
    for path, asked in (("/models", "/models"), ("/models/{name}", "/models/spam")):
        schema = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        _validator(schema).validate(json.loads(api().ask("GET", asked)["body"]))


def _e_tag(answer: Answer) -> str:
    (e_tag,) = answer["multiValueHeaders"]["ETag"]
    return str(e_tag)


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_is_told_that_it_is_the_same(known: str) -> None:
    e_tag = _e_tag(api().ask("GET", "/openapi.json"))
    answer = api().ask("GET", "/openapi.json", if_none_match=known.format(e_tag))
    assert (answer["statusCode"], answer["body"], _e_tag(answer)) == (304, "", e_tag)
    assert answer["multiValueHeaders"]["Cache-Control"] == ["no-cache"]
    assert api().ask("GET", "/openapi.json", if_none_match='"other"')["statusCode"] == 200


def test_it_is_made_once_for_the_versions_that_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[str]] = []
    document_of: Callable[..., Document] = openapi.document_of

    def counted(manifests: list[Any]) -> Document:
        made.append([manifest.title for manifest in manifests])
        return document_of(manifests)

    monkeypatch.setattr(openapi, "document_of", counted)
    store = store_of(numbered.version(1))
    asked = Api(Jar(store, ttl=0))
    e_tags = [_e_tag(asked.ask("GET", "/openapi.json")) for _ in range(3)]
    numbered.put(store, numbered.version(2))
    e_tags += [_e_tag(asked.ask("GET", "/openapi.json")) for _ in range(3)]
    assert made == [["Number 1"], ["Number 2"]]
    assert len(set(e_tags[:3])) == len(set(e_tags[3:])) == 1
    assert e_tags[0] != e_tags[-1]


def test_a_model_that_is_not_ready_is_left_out() -> None:
    live = numbered.made(1, "live", kind="live", why_live="It is run.")
    document = Api(Jar(store_of(live, numbered.version(1)))).document()
    assert [path for path in document["paths"] if path.endswith("/predict")] == ["/models/numbered/predict"]
    assert Api(Jar(store_of())).document()["paths"].keys() == {"/models", "/models/{name}"}


def test_a_model_that_cannot_be_reached_is_not_left_out_of_a_whole_description(monkeypatch: pytest.MonkeyPatch) -> None:
    jar = Jar(store_of(numbered.version(1)))

    def unreachable(name: str) -> None:
        raise JarUnreachable("S3 does not answer.")

    monkeypatch.setattr(jar, "manifest", unreachable)
    assert Api(jar).ask("GET", "/openapi.json")["statusCode"] == 503


def test_the_command_writes_the_same_of_a_bucket(own_s3: LocalS3, run: Callable[..., str]) -> None:
    for model in kinds().values():
        numbered.put(own_s3.store(), model)
    numbered.put(own_s3.store(), numbered.version(1, "candidate"), "next")
    words = ("openapi", "--bucket", own_s3.bucket, "--endpoint-url", own_s3.endpoint)
    assert json.loads(run(app, *words)) == document()
    assert [*json.loads(run(app, *words, "spam", "price"))["paths"]][:2] == [
        "/models/price/predict",
        "/models/spam/predict",
    ]
    assert "no model named 'castles' that serves" in run(app, *words, "castles", status=1)


def test_the_command_writes_the_same_of_what_was_trained_here(tmp_path: Path, run: Callable[..., str]) -> None:
    for name, model in kinds().items():
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST_FILE).write_bytes(model.files[MANIFEST_FILE])
    words = ("openapi", "--build", str(tmp_path))
    assert json.loads(run(app, *words)) == document()
    of_one = json.loads(run(app, *words, "spam", "--url", "https://models.example/api"))
    assert of_one["servers"] == [{"url": "https://models.example/api"}]
    assert "PriceInstance" not in of_one["components"]["schemas"]
    assert "train the model first" in run(app, *words, "castles", status=1)
