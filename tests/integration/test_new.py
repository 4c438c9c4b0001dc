"""From a CSV file to a model that answers, in three commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.serving.jar import Jar


def test_three_commands_lead_from_a_csv_file_to_scikit_learns_answers(
    typed_in: Callable[..., str], customers_bundle: Path, own_s3: LocalS3
) -> None:
    where = ("--bucket", own_s3.bucket, "--endpoint-url", own_s3.endpoint, "--build", str(customers_bundle.parent))
    assert "is published, and serves. It is served inert" in typed_in("publish", "customers", *where)
    golden = json.loads((customers_bundle / "golden.json").read_bytes())
    body = json.dumps({"instances": golden["instances"], "output": "predict_proba"}).encode()
    gateway = Gateway(make_handler(Jar(own_s3.store()), ()))
    answer = gateway.invoke(rest_event("POST", "/models/customers/predict", {"content-type": "application/json"}, body))
    assert answer["statusCode"] == 200
    answered = json.loads(answer["body"])
    assert answered["classes"] == ["no", "yes"]
    for found, expected in zip(answered["predictions"], golden["probabilities"], strict=True):
        assert found == pytest.approx(expected, rel=0, abs=1e-12)


def test_new_says_what_it_made_of_the_columns_and_what_is_left_out(typed_in: Callable[..., str], project: Path) -> None:
    said = typed_in("new", "fees", "--csv", "docs/example/customers.csv", "--target", "monthly_fee")
    assert "monthly_fee is predicted from 6 columns of 500 rows." in said
    assert "monthly_fee is predicted as a number; --as classes makes classes of whole numbers." in said
    assert "Left out: customer_id has 500 different texts in 500 rows, as names and identifiers have." in said
    assert "Left out: since holds dates" in said
    for words in ("ridge regression", "gradient boosting", "guessing the average"):
        assert words in said
    assert "training/models/fees.py is written" in said
    assert (project / "training" / "models" / "fees.py").exists()
    assert not (project / "training" / "data" / "fees.csv").exists()
