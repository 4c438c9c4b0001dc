"""KServe's protocol v1: our own `instances` in, or a matrix of them, and `predictions` alone out."""

from __future__ import annotations

import msgspec

from picklejar import instances
from picklejar.errors import InvalidInstances
from picklejar.predictor import Predictor

from ..models import Models
from ..request import Request
from ..response import Response, json_response
from .rows import decode_object, of_matrix


class Question(msgspec.Struct, frozen=True):
    """A body as the instance reader takes it, or with rows that are lists in the signature's order."""

    body: bytes

    def requests(self, predictor: Predictor) -> list[instances.Request]:
        try:
            return [predictor.read(self.body)]
        except InvalidInstances:
            decoded = decode_object(self.body)
            rows = decoded.get("instances")
            if not (isinstance(rows, list) and rows and isinstance(rows[0], list)):
                raise
        rows = of_matrix(rows, predictor.manifest.signature, "The instance")
        return [predictor.read_rows(rows, decoded.get("output", "predict"))]


def predict(models: Models, request: Request, name: str) -> Response:
    """POST /v1/models/{name}:predict: predictions of the champion."""
    (answer,) = models.ask(request, Question(request.body()), name)
    return json_response({"predictions": answer.predictions})


def model_ready(models: Models, request: Request, name: str) -> Response:
    """GET /v1/models/{name}: yes once it is loaded, which this does."""
    models.open(request.observation, models.jar.manifest(name))
    return json_response({"name": name, "ready": True})
