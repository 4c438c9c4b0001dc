"""The models that clients are tried with: those that ship and one of each kind, each with tables of rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from tests.kinds import NUMERIC, TEXTS, X, kinds

SECONDS_TO_LOAD = 60

Rows = list[dict[str, Any]]

FLATS: Rows = [
    {"district": "Harbour", "furnished": True, "area": 50.5, "floor": 3, "agent": "Ümlaut"},
    {"district": "West | End", "furnished": False, "area": 71.25, "floor": 0, "agent": '"Quick", Ltd $1 $2'},
]
# Without what only tensors of floating point numbers cannot say.
FLATS_UNKNOWN: Rows = [
    {"district": "Hills", "area": None, "floor": 3},
    {"district": "Old Town", "area": 30.0, "floor": 1},
]
# What only rows can say: a switch and a text are missing in some of them.
FLATS_MIXED: Rows = [
    {"district": "Hills", "furnished": None, "area": None, "floor": 2, "agent": "Smith & Sons"},
    {"district": "Hills", "furnished": True, "area": 30.0, "floor": 2, "agent": None},
]
TALL_TEXTS: Rows = [*TEXTS.to_dict("records"), {"message": 'free "prize",\nÜmlaut 🎁', "town": "York"}]


class Asked(NamedTuple):
    """What is asked of a model, and its own answers by the native API: a table's, by output."""

    types: dict[str, str]
    outputs: list[str]
    tables: list[Rows]
    answers: list[dict[str, list[Any]]]


def tables_of(api: httpx.Client, described: Mapping[str, Any]) -> list[Rows]:
    """Return the rows that a model is asked; no row of a table lacks a feature that another has."""
    name = described["name"]
    if name == "rent":
        return [FLATS, FLATS_UNKNOWN]
    if name == "spam":
        return [TALL_TEXTS]
    if name in kinds():
        return [[_numeric(*row) for row in (*X.tolist(), (70.0, None, True))]]
    golden = api.get(f"/models/{name}/versions/{described['version']}/files/golden.json").json()
    return [golden["instances"][:8]]


def asked_of(api: httpx.Client, name: str, tables: list[Rows] | None = None) -> Asked:
    """Return what is asked of a model, and what the native API answers."""
    _await(api, name)
    described = api.get(f"/models/{name}").json()
    signature = described["signature"]
    tables = tables_of(api, described) if tables is None else tables
    outputs = signature.get("outputs", ["predict"])
    answers = [{output: _predictions(api, name, rows, output) for output in outputs} for rows in tables]
    types = {feature["name"]: feature.get("type", "number") for feature in signature["features"]}
    return Asked(types, outputs, tables, answers)


def as_tensors(answer: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Return an answer as the Open Inference Protocol has it, whose outputs are targets where there are several."""
    predictions = answer["predict"]
    if not isinstance(predictions[0], dict):
        return dict(answer)
    return {target: [row[target] for row in predictions] for target in predictions[0]}


def _await(api: httpx.Client, name: str) -> None:
    """Wait until a model is loaded; on a busy machine S3 may be too slow for the first request."""
    until = time.monotonic() + SECONDS_TO_LOAD
    while api.get(f"/models/{name}/ping").status_code != httpx.codes.OK:
        assert time.monotonic() < until, f"{name} is not loaded"
        time.sleep(0.2)


def _numeric(area: float, floor: float | None, lift: float) -> dict[str, Any]:
    values = (area, None if floor is None else int(floor), bool(lift))
    return dict(zip((feature.name for feature in NUMERIC), values, strict=True))


def _predictions(api: httpx.Client, name: str, rows: Rows, output: str) -> list[Any]:
    answer = api.post(f"/models/{name}/predict", json={"instances": rows, "output": output})
    assert answer.status_code == 200, answer.text
    predictions: list[Any] = answer.json()["predictions"]
    return predictions
