"""Others' clients, unchanged, get what the native API answers, from models of every kind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.environment import Clients
from tests.clients.models import FLATS_MIXED, Asked, Rows, as_tensors, asked_of

pytestmark = pytest.mark.slow

Models = dict[str, Asked]
HOUSE = {"avg_area_income": 68583.11, "avg_area_house_age": 5.98, "avg_area_rooms": 6.99, "area_population": 36163.52}
BEDROOMS = "avg_area_bedrooms"
UNKNOWN = [{**HOUSE, BEDROOMS: 3.98, "garden": 1}]


@pytest.fixture(scope="module")
def by_rows(api: httpx.Client, models: Models) -> Models:
    """The same with what only rows can say."""
    return {**models, "rent": asked_of(api, "rent", [*models["rent"].tables, FLATS_MIXED])}


def _tables(models: Models) -> dict[str, list[Rows]]:
    return {name: one.tables for name, one in models.items()}


def _outputs(models: Models) -> dict[str, list[str]]:
    return {name: one.outputs for name, one in models.items()}


def _answers(models: Models) -> dict[str, Any]:
    return {name: one.answers for name, one in models.items()}


def _tensors(models: Models) -> dict[str, Any]:
    return {name: [as_tensors(answer) for answer in one.answers] for name, one in models.items()}


def _predictions(models: Models) -> dict[str, Any]:
    return {name: [{"predict": answer["predict"]} for answer in one.answers] for name, one in models.items()}


def test_tritonclient(url: str, models: Models, clients: Clients) -> None:
    refused = [
        ("housing", UNKNOWN, False),
        ("housing", [HOUSE], False),
        # Which a REST API harms on its way, since tritonclient does not say that they are bytes.
        ("housing", [{**HOUSE, BEDROOMS: 3.98}], True),
    ]
    answers = clients.ask(
        "triton", address=url, models=_tables(models), ways=["json", "binary", "packed"], refused=refused
    )
    assert (answers["live"], answers["ready"], all(answers["loaded"].values())) == (True, True, True)
    assert answers["json"] == answers["binary"] == answers["packed"] == _tensors(models)
    assert answers["usual"] == models["housing"].answers[0]["predict"]
    unknown, missing, harmed = answers["refused"]
    assert unknown.startswith("400 garden is not an input of this model")
    assert missing.startswith(f"400 The input {BEDROOMS} is missing")
    assert "binary_data=False" in harmed
    assert "application/octet-stream" in harmed


def test_kserve(url: str, models: Models, clients: Clients) -> None:
    types = {name: one.types for name, one in models.items()}
    types["housing"] = types["housing"] | {"garden": "number"}
    refused = [("housing", UNKNOWN), ("housing", [HOUSE])]
    question = {"address": url, "models": _tables(models), "refused": refused}
    outputs = {name: [*tensors[0]] for name, tensors in _tensors(models).items()}
    answers = clients.ask("kserve", **question, types=types, outputs=outputs)
    assert (answers["live"], answers["ready"]) == (True, True)
    assert answers["loaded"] == {name: [True, True] for name in models}
    assert answers["v1"] == _predictions(models)
    assert answers["named"] == _tensors(models)
    # Whoever names no outputs is answered the usual one, or every target.
    usual = {
        name: [{key: values for key, values in answer.items() if key not in one.outputs[1:]} for answer in tensors]
        for (name, one), tensors in zip(models.items(), _tensors(models).values(), strict=True)
    }
    assert answers["json"] == answers["binary"] == usual
    unknown, missing = answers["refused"]
    assert unknown.startswith("garden is not an input of this model")
    assert missing.startswith(f"The input {BEDROOMS} is missing")


def test_mlflow(url: str, by_rows: Models, clients: Clients) -> None:
    answers = clients.ask(
        "mlflow",
        address=url,
        models=_tables(by_rows),
        outputs=_outputs(by_rows),
        names={name: [*one.types] for name, one in by_rows.items()},
        refused=[("housing", [HOUSE])],
    )
    assert answers["frame"] == answers["objects"] == answers["matrix"] == _answers(by_rows)
    (missing,) = answers["refused"]
    assert "error code 400" in missing
    assert f"The column {BEDROOMS} is missing" in missing


def test_a_package_that_openapi_python_client_writes(
    url: str,
    by_rows: Models,
    clients: Clients,
    tmp_path: Path,
) -> None:
    # Its formatter, which is not installed beside it, is a matter of taste.
    (tmp_path / "configuration.json").write_text(json.dumps({"post_hooks": []}))
    command = [clients.folder / "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none"]
    command += ["--url", f"{url}/openapi.json", "--output-path", tmp_path / "houses"]
    said = clients.run(*command, "--config", tmp_path / "configuration.json")
    assert "Warning" not in said
    answers = clients.ask(
        "generated",
        folder=str(tmp_path),
        package="houses",
        address=url,
        models=_tables(by_rows),
        outputs=_outputs(by_rows),
        refused=[("housing", [{**HOUSE, BEDROOMS: -1}])],
    )
    assert answers["answers"] == _answers(by_rows)
    assert answers["refused"] == [[422, BEDROOMS]]


def test_curl_with_the_payloads_of_mlflow_and_csv(
    url: str, by_rows: Models, tool: Callable[[str], str], clients: Clients
) -> None:
    for name, one in by_rows.items():
        for rows, answer in zip(one.tables, one.answers, strict=True):
            for media_type, content in _payloads(rows, [*one.types]):
                command = [tool("curl"), "--silent", "--show-error", "--data-binary", "@-"]
                command += ["--header", f"content-type: {media_type}", f"{url}/models/{name}/invocations"]
                said = clients.run(*command, typed=content)
                assert json.loads(said) == {"predictions": answer["predict"]}, (name, content)


def _payloads(rows: Rows, names: list[str]) -> list[tuple[str, str]]:
    columns = [*rows[0]]
    matrix = [[row.get(name) for name in names] for row in rows]
    bodies: list[dict[str, Any]] = [
        {
            "dataframe_split": {
                "columns": columns,
                "index": [*range(len(rows))],
                "data": [[*row.values()] for row in rows],
            }
        },
        {"dataframe_records": rows},
        {"instances": rows},
        {"instances": matrix},
        {"inputs": {name: [row[name] for row in rows] for name in columns}},
        {"inputs": rows},
    ]
    file = io.StringIO()
    written = csv.DictWriter(file, columns)
    written.writeheader()
    written.writerows(rows)
    return [*(("application/json", json.dumps(body)) for body in bodies), ("text/csv; charset=utf-8", file.getvalue())]
