"""MLflow's scoring server, `/invocations` and `/ping`, which is SageMaker's contract for containers, too.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from picklejar import instances
from picklejar.errors import ModelNotFound
from picklejar.predictor import Predictor
from picklejar.signature import Signature
from picklejar.wording import list_of

from ..models import Models
from ..problems import NotJsonMediaType
from ..request import Request
from ..response import Response, json_response
from .rows import (
    Rows,
    columns_of,
    decode_object,
    of_columns,
    of_matrix,
    refuse_missing,
    refuse_too_large,
    refused,
    shown,
)

JSON = "application/json"
CSV = {"text/csv", "application/csv"}
# By which SageMaker names one of the models of an endpoint.
TARGET_MODEL = "x-amzn-sagemaker-target-model"


class Question(msgspec.Struct, frozen=True):
    """A body, what makes rows of it by a model's signature, and the output that it asks for."""

    body: bytes
    rows: Callable[[Signature], list[Any]]
    output: Any = "predict"

    def requests(self, predictor: Predictor) -> list[instances.Request]:
        return [predictor.read_rows(self.rows(predictor.manifest.signature), self.output)]


def invocations(models: Models, request: Request, name: str | None = None) -> Response:
    """POST /models/{name}/invocations or /invocations: predictions of the champion."""
    question = _question(request)
    (answer,) = models.ask(request, question, name or _target(models, request))
    return json_response({"predictions": answer.predictions})


def ping(models: Models, request: Request, name: str | None = None) -> Response:
    """GET /models/{name}/ping, /models/{name}/health or /ping: 200 once it is loaded, which this does."""
    predictor = models.open(request.observation, models.jar.manifest(name or _target(models, request)))
    return json_response({"name": predictor.manifest.name, "ready": True})


def _target(models: Models, request: Request) -> str:
    name = request.header(TARGET_MODEL).strip()
    if name:
        return name
    names = models.jar.names()
    if len(names) != 1:
        has = f"There are several models: {list_of(names)}" if names else "There is no model"
        raise ModelNotFound(f"{has}; name one in the header X-Amzn-SageMaker-Target-Model.")
    return names[0]


def _question(request: Request) -> Question:
    if request.media_type in CSV:
        # Only here: nothing else of this dialect reads cells.
        from .csv_rows import rows_of_csv

        body = request.content()
        return Question(body, lambda signature: rows_of_csv(body, signature))
    if request.media_type != JSON:
        raise NotJsonMediaType(f"Send the body as {JSON}, or as text/csv; the header Content-Type says which.")
    body = request.content()
    decoded = decode_object(body)
    keys = READERS.keys() & decoded.keys()
    if len(keys) != 1:
        has = ", ".join(sorted(keys)) or "none of them"
        raise refused(f"The body must have exactly one of {', '.join(READERS)}; it has {has}.")
    key = keys.pop()
    return Question(body, lambda signature: READERS[key](decoded[key], signature), _output(decoded.get("params")))


def _output(params: Any) -> Any:
    if not isinstance(params, dict | None):
        raise refused('params must be an object like {"output": "predict_proba"}, or be left out.')
    return (params or {}).get("output", "predict")


def _split(split: Any, signature: Signature) -> Rows:
    names = split.get("columns") if isinstance(split, dict) else None
    lists = split.get("data") if isinstance(split, dict) else None
    if not isinstance(names, list) or not isinstance(lists, list) or not all(isinstance(name, str) for name in names):
        raise refused("dataframe_split must be an object with columns, an array of names, and data, an array of rows.")
    if len(set(names)) < len(names):
        doubled = Counter(names).most_common(1)[0][0]
        raise refused(f"dataframe_split has two columns called {shown(doubled)}; keep one of them.", field=doubled)
    refuse_missing(names, signature, "The column")
    return of_columns(columns_of(names, lists, "The row"), signature)


def _records(records: Any, signature: Signature) -> list[Any]:
    if not isinstance(records, list):
        raise refused("dataframe_records must be an array of objects.")
    refuse_too_large(len(records), 1)
    names = signature.names
    return [
        {name: record[name] for name in names if name in record} if isinstance(record, dict) else record
        for record in records
    ]


def _instances(rows: Any, signature: Signature) -> list[Any]:
    if not isinstance(rows, list):
        raise refused("instances and inputs are an array of objects, or of arrays with a value for each feature.")
    if rows and isinstance(rows[0], list):
        return of_matrix(rows, signature, "The row")
    return _records(rows, signature)


def _inputs(inputs: Any, signature: Signature) -> list[Any]:
    return _columns(inputs, signature) if isinstance(inputs, dict) else _instances(inputs, signature)


def _columns(columns: dict[str, Any], signature: Signature) -> Rows:
    known = {name: columns[name] for name in signature.names if name in columns}
    refuse_missing(known, signature, "The column")
    rows = None
    for name, values in known.items():
        if not isinstance(values, list):
            raise refused(f"The column {name} must be an array of values.", field=name)
        rows = len(values) if rows is None else rows
        if len(values) != rows:
            raise refused(f"The column {name} has {len(values):,} values, and another has {rows:,}.", field=name)
        # As a tensor of one column has them.
        if all(isinstance(value, list) and len(value) == 1 for value in values):
            known[name] = [value for (value,) in values]
    refuse_too_large(rows or 0, len(known))
    return of_columns(known, signature)


READERS: dict[str, Callable[[Any, Signature], list[Any]]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _instances,
    "inputs": _inputs,
}
