"""KServe's protocol v1: our own `instances` in, `predictions` alone out."""

from __future__ import annotations

from ..models import Models
from ..request import Request
from ..response import Response, json_response
from .native import Native


def predict(models: Models, request: Request, name: str) -> Response:
    """POST /v1/models/{name}:predict: predictions of the champion."""
    (answer,) = models.ask(request, Native(request.body()), name)
    return json_response({"predictions": answer.predictions})


def model_ready(models: Models, request: Request, name: str) -> Response:
    """GET /v1/models/{name}: yes once it is loaded, which this does."""
    models.open(request.observation, models.jar.manifest(name))
    return json_response({"name": name, "ready": True})
