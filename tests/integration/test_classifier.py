"""A classifier, from its data set to the answer of the handler."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.serving.jar import Jar
from tests.churn import LEAVES, SIGNATURE, STAYS
from training.dataset.inputs import frame
from training.registry.publish import publish

Ask = Any


@pytest.fixture
def ask(own_s3: LocalS3, churn_bundle: Path) -> Ask:
    """Publishes the classifier, and asks the handler about customers."""
    publish(churn_bundle, own_s3.store(), lambda _: None)
    gateway = Gateway(make_handler(Jar(own_s3.store()), ()))

    def asked(**body: Any) -> tuple[int, Any]:
        event = rest_event(
            "POST", "/models/churn/predict", {"content-type": "application/json"}, json.dumps(body).encode()
        )
        answer = gateway.invoke(event)
        return answer["statusCode"], json.loads(answer["body"])

    return asked


def test_labels_and_probabilities_are_scikit_learns(ask: Ask, churn_bundle: Path) -> None:
    fitted = pickle.loads((churn_bundle / "model.pkl").read_bytes())
    instances = [STAYS, LEAVES, LEAVES | {"calls": None, "plan": None}]
    X = frame(SIGNATURE, np.array([list(instance.values()) for instance in instances], dtype=object))
    status, labels = ask(instances=instances)
    assert (status, labels["predictions"]) == (200, fitted.predict(X).tolist())
    assert labels["predictions"][:2] == ["no", "yes"]
    status, probabilities = ask(instances=instances, output="predict_proba")
    assert (status, probabilities["classes"]) == (200, ["no", "yes"])
    for found, expected in zip(probabilities["predictions"], fitted.predict_proba(X).tolist(), strict=True):
        assert found == pytest.approx(expected, rel=1e-12)


def test_an_unknown_output_is_a_broken_rule_of_the_body(ask: Ask) -> None:
    status, problem = ask(instances=[STAYS], output="decision_function")
    assert status == 422
    assert problem["errors"] == [
        {
            "row": None,
            "field": None,
            "rule": "body",
            "message": 'output must be "predict" or "predict_proba".',
        }
    ]
