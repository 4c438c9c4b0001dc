"""Our own JSON: `instances` in, an answer with model, version and predictions out."""

from __future__ import annotations

import msgspec

from picklejar import instances
from picklejar.bucket import CHAMPION
from picklejar.predictor import Predictor

from ..models import Models
from ..request import Request
from ..response import Response, json_response

NAME = "native"


class Native(msgspec.Struct, frozen=True):
    """A body as the instance reader takes it."""

    body: bytes

    def requests(self, predictor: Predictor) -> list[instances.Request]:
        return [predictor.read(self.body)]


def predict(models: Models, request: Request, name: str, alias: str = CHAMPION) -> Response:
    """POST /models/{name}/predict or …/aliases/{alias}/predict: predictions in the order of the instances."""
    request.observation.dialect = NAME
    (answer,) = models.ask(request, Native(request.body()), name, alias)
    return json_response(answer)


def predict_by_version(models: Models, request: Request, name: str, version: str) -> Response:
    """POST /models/{name}/versions/{version}/predict: the same by a version that need not serve."""
    request.observation.dialect = NAME
    (answer,) = models.ask_version(request, Native(request.body()), name, version)
    return json_response(answer)
