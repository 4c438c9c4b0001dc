"""The Open Inference Protocol v2, as clients of KServe, Triton, MLServer and Seldon speak it; its tensors are columns.

https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from picklejar import instances
from picklejar.bucket import CHAMPION
from picklejar.errors import NotJson
from picklejar.manifest import VERSION, Manifest
from picklejar.predictor import Answer, Predictor
from picklejar.signature import Feature, Output, Signature, Target
from picklejar.wording import list_of

from ..models import Models
from ..problems import NotJsonMediaType
from ..request import Request
from ..response import Response, json_response
from .rows import Rows, decode_object, of_columns, of_matrix, refuse_missing, refuse_too_large, refused, shown
from .tensors import DAMAGED, NUMBERS, TAKEN, Tail, Tensor, datatype_of, output_tensor, read_tensor

SERVER = {"name": "picklejar", "version": "0.1.0", "extensions": ()}
PLATFORM = "sklearn_pickle"
# The bytes of the JSON in a body behind which tensors come as bytes.
LENGTH = "inference-header-content-length"
BINARY = "application/octet-stream"
# tritonclient sends no media type at all.
MEDIA_TYPES = {"", "application/json", BINARY}
PREDICT: Output = "predict"


class Question(msgspec.Struct, frozen=True):
    """The tensors of a request, and the names of the outputs that it asks for, none for the usual."""

    body: bytes
    id: str | None
    tensors: list[Tensor]
    outputs: tuple[str, ...]

    def requests(self, predictor: Predictor) -> list[instances.Request]:
        signature = predictor.manifest.signature
        known = _outputs(signature)
        for name in self.outputs:
            if name not in known:
                raise refused(f"{shown(name)} is not an output of this model; its outputs are {list_of(known)}.")
        asked = [PREDICT] if signature.further_targets or not self.outputs else self.outputs
        request = predictor.read_rows(_rows(self.tensors, signature), asked[0])
        return [request._replace(output=cast("Output", name)) for name in asked]

    def tensors_of(self, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        predictions = answers[0].predictions
        if isinstance(predictions[0], dict):
            return [
                output_tensor(name, [row[name] for row in predictions], ()) for name in self.outputs or predictions[0]
            ]
        named = zip(self.outputs or [PREDICT], answers, strict=True)
        return [output_tensor(name, answer.predictions, answer.classes) for name, answer in named]


def describe_server(_: Models, __: Request) -> Response:
    """GET /v2: name and version of the server."""
    return json_response(SERVER)


def live(_: Models, __: Request) -> Response:
    """GET /v2/health/live: yes, as long as anything answers."""
    return json_response({"live": True})


def ready(models: Models, _: Request) -> Response:
    """GET /v2/health/ready: whether the models can be reached."""
    models.jar.names()
    return json_response({"ready": True, "live": True})


def describe_model(models: Models, request: Request, name: str, version: str = CHAMPION) -> Response:
    """GET /v2/models/{name} or …/versions/{version}: inputs and outputs; an alias is taken as a version, too."""
    manifest = _manifest(models, name, version)
    request.observation.serves(manifest)
    signature = manifest.signature
    words = {
        "name": manifest.name,
        "versions": [manifest.version],
        "platform": PLATFORM,
        "inputs": [
            {"name": feature.name, "datatype": TAKEN[feature.type][0], "shape": [-1]} for feature in signature.features
        ],
        "outputs": [_described(name, signature) for name in _outputs(signature)],
    }
    labels = signature.target.labels if "predict_proba" in signature.outputs else ()
    more = {"parameters": {"classes": msgspec.json.encode(labels).decode()}} if labels else {}
    return json_response(words | more)


def model_ready(models: Models, request: Request, name: str, version: str = CHAMPION) -> Response:
    """GET /v2/models/{name}/ready or …/versions/{version}/ready: yes once it is loaded, which this does."""
    models.open(request.observation, _manifest(models, name, version))
    return json_response({"name": name, "ready": True})


def infer(models: Models, request: Request, name: str, version: str = CHAMPION) -> Response:
    """POST /v2/models/{name}/infer or …/versions/{version}/infer: an output tensor for each that is asked for."""
    question = _question(request)
    is_version = VERSION.fullmatch(version) is not None
    answers = (models.ask_version if is_version else models.ask)(request, question, name, version)
    return json_response(
        {
            "model_name": name,
            "model_version": answers[0].version,
            "id": request.observation.request_id if question.id is None else question.id,
            "outputs": question.tensors_of(answers),
        }
    )


def _manifest(models: Models, name: str, version: str) -> Manifest:
    return models.jar.version(name, version) if VERSION.fullmatch(version) else models.jar.manifest(name, version)


def _outputs(signature: Signature) -> tuple[str, ...]:
    return tuple(target.name for target in signature.targets) if signature.further_targets else signature.outputs


def _described(name: str, signature: Signature) -> dict[str, Any]:
    labels = _target(name, signature).labels
    # One of several targets may have any name.
    is_further = not signature.further_targets and name in signature.outputs[1:]
    if is_further and name == "predict_proba":
        return {"name": name, "datatype": "FP64", "shape": [-1, len(labels)]}
    is_label = labels and not is_further
    return {"name": name, "datatype": datatype_of(labels[0]) if is_label else "FP64", "shape": [-1]}


def _target(name: str, signature: Signature) -> Target:
    return next((target for target in signature.further_targets if target.name == name), signature.target)


def _question(request: Request) -> Question:
    body, length = _content(request)
    decoded = decode_object(body[:length])
    tail = Tail(body[length:])
    inputs = decoded.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise refused("inputs must be an array of one tensor or more.")
    tensors = _tensors(inputs, tail)
    tail.refuse_rest()
    given_id = decoded.get("id")
    return Question(body, given_id if isinstance(given_id, str) else None, tensors, _asked(decoded.get("outputs")))


def _content(request: Request) -> tuple[bytes, int]:
    """Return the body, and how many of its bytes are JSON."""
    length = request.header(LENGTH).strip()
    if request.media_type not in MEDIA_TYPES:
        raise NotJsonMediaType(
            "Send the body as JSON, with the header Content-Type: application/json, or binary tensors as "
            "application/octet-stream."
        )
    try:
        body = request.content()
    except NotJson as error:
        raise NotJson(f"{error} {DAMAGED}" if length else str(error)) from None
    if not length:
        return body, len(body)
    # Python's own int takes more than ASCII digits.
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= len(body)):
        has = f"the body has {len(body):,} bytes"
        raise refused(f"Inference-Header-Content-Length is {shown(length)}, and {has}. {DAMAGED}")
    return body, int(length)


def _asked(outputs: Any) -> tuple[str, ...]:
    if outputs is None:
        return ()
    given = outputs if isinstance(outputs, list) else [None]
    names = [output.get("name") if isinstance(output, dict) else None for output in given]
    named = tuple(name for name in names if isinstance(name, str))
    if len(named) < len(names):
        raise refused("outputs must be an array of objects with a name each, or be left out.")
    if len(set(named)) < len(named):
        raise refused("outputs must name each output once.")
    return named


def _tensors(inputs: list[Any], tail: Tail) -> list[Tensor]:
    """Return inputs that are columns of one table, or the one that is all of it."""
    first = read_tensor(inputs[0], 0, tail)
    # Before the others are expanded.
    refuse_too_large(first.rows, len(inputs))
    tensors = {first.name: first}
    for place, given in enumerate(inputs[1:], 1):
        tensor = read_tensor(given, place, tail)
        name = shown(tensor.name)
        if tensor.name in tensors:
            raise refused(f"The input {name} is sent twice.", field=tensor.name)
        if tensor.rows != first.rows:
            than = f"and {shown(first.name)} has {first.rows:,}"
            raise refused(f"The input {name} has {tensor.rows:,} rows, {than}.", field=tensor.name)
        tensors[tensor.name] = tensor
    return [*tensors.values()]


def _rows(tensors: Sequence[Tensor], signature: Signature) -> Rows:
    features = {feature.name: feature for feature in signature.features}
    if len(tensors) == 1 and len(tensors[0].shape) == 2 and tensors[0].name not in features:
        return _rows_of_matrix(tensors[0], signature)
    for tensor in tensors:
        if tensor.name not in features:
            raise refused(
                f"{shown(tensor.name)} is not an input of this model; its inputs are {list_of(features)}.",
                field=tensor.name,
            )
        if math.prod(tensor.shape[1:]) != 1:
            raise refused(f"The input {tensor.name} must have a shape of [rows] or [rows, 1].", field=tensor.name)
        _refuse_datatype(tensor, features[tensor.name])
    columns = {tensor.name: tensor.values for tensor in tensors}
    refuse_missing(columns, signature, "The input")
    return of_columns(columns, signature)


def _refuse_datatype(tensor: Tensor, feature: Feature, *, is_matrix: bool = False) -> None:
    usual, taken = TAKEN[feature.type]
    if tensor.datatype in taken or (is_matrix and feature.type == "boolean" and tensor.datatype in NUMBERS):
        return
    instead = f"; {feature.name} is {usual}: send a tensor for each feature" if is_matrix else f"; send {usual}"
    raise refused(f"The input {shown(tensor.name)} is of {tensor.datatype}{instead}.", field=feature.name)


def _rows_of_matrix(tensor: Tensor, signature: Signature) -> Rows:
    for feature in signature.features:
        _refuse_datatype(tensor, feature, is_matrix=True)
    width = tensor.shape[1]
    rows = [tensor.values[begin : begin + width] for begin in range(0, len(tensor.values), width)]
    return of_matrix(rows, signature, f"The input {shown(tensor.name)}")
