"""Others' clients, unchanged, against the function that is built, behind SAM's emulator of API Gateway."""

from __future__ import annotations

import httpx
import pytest

from tests.clients.environment import Clients
from tests.clients.models import SECONDS_TO_LOAD, asked_of

pytestmark = pytest.mark.slow

NAME = "housing"


def test_they_get_what_the_native_api_answers(sam_local: str, clients: Clients) -> None:
    with httpx.Client(base_url=sam_local, timeout=SECONDS_TO_LOAD) as api:
        asked = asked_of(api, NAME)
    question = {"address": sam_local, "models": {NAME: asked.tables}, "refused": []}
    native = {NAME: asked.answers}
    by_triton = clients.ask("triton", **question, ways=["json"])
    by_kserve = clients.ask("kserve", **question, types={NAME: asked.types}, outputs={NAME: asked.outputs})
    by_mlflow = clients.ask("mlflow", **question, outputs={NAME: asked.outputs}, names={NAME: [*asked.types]})
    # Bytes come whole by their media type, which kserve sends and tritonclient does not.
    assert (
        by_triton["json"] == by_kserve["named"] == by_kserve["json"] == by_kserve["binary"] == by_kserve["v1"] == native
    )
    assert by_mlflow["frame"] == by_mlflow["objects"] == by_mlflow["matrix"] == native
