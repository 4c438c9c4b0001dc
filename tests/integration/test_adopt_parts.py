"""Parts of a notebook's model, from their files through S3 to the handler's answers, which are the notebook's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.serving.jar import Jar
from tests import parts
from tests.parts import Notebook
from training.adopt.adopt import Adoption, adopt
from training.cli import app
from training.registry.publish import publish
from training.score_file import predictor_of, score

pytestmark = pytest.mark.usefixtures("undrawn")

SERVED = [
    parts.scaled,
    parts.labelled,
    parts.encoded,
    parts.encoded_with_target,
    parts.in_a_dict,
    parts.dummies_but_the_first,
    parts.scaled_dummies,
]


def _published(book: Notebook, store: Any) -> None:
    adoption = Adoption(book.files[0], "fate", book.sample, then=tuple(book.files[1:]), **book.words)
    adopt(adoption, book.folder / "build" / "fate", lambda _: None)
    publish(book.folder / "build" / "fate", store, lambda _: None, "It is to be seen.")


def _rows(book: Notebook, names: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pd.read_csv(book.sample)[names].astype(object).to_dict("records")
    return rows


def _sent(store: Any, body: dict[str, Any]) -> Any:
    gateway = Gateway(make_handler(Jar(store), ()))
    headers = {"content-type": "application/json"}
    return gateway.invoke(rest_event("POST", "/models/fate/predict", headers, json.dumps(body).encode()))


@pytest.mark.parametrize("form", SERVED, ids=lambda form: form.__name__)
def test_the_handler_answers_as_the_notebook_did(
    own_s3: LocalS3, tmp_path: Path, form: Callable[[Path], Notebook]
) -> None:
    book = form(tmp_path)
    store = own_s3.store()
    _published(book, store)
    manifest = Jar(store).manifest("fate")
    rows = _rows(book, [*manifest.signature.names])
    answer = _sent(store, {"instances": rows})
    assert answer["statusCode"] == 200, answer["body"]
    assert json.loads(answer["body"])["predictions"] == book.answers


def test_a_caller_is_asked_for_what_the_sample_has_and_an_unknown_text_is_refused_by_name(
    tmp_path: Path, own_s3: LocalS3
) -> None:
    book = parts.scaled_dummies(tmp_path)
    store = own_s3.store()
    _published(book, store)
    described = json.loads(
        Gateway(make_handler(Jar(store), ())).invoke(rest_event("GET", "/models/fate", {}, b""))["body"]
    )
    features = {feature["name"]: feature for feature in described["signature"]["features"]}
    assert [*features] == ["class", "age", "sex", "siblings"]
    assert features["class"]["enum"] == ["1st class", "2nd class", "3rd class"]
    assert described["signature"]["target"]["classes"] == ["died", "injured", "survived"]
    row = _rows(book, [*features])[0]
    refused = _sent(store, {"instances": [row | {"class": "4th class"}]})
    assert refused["statusCode"] == 422
    assert "class must be one of 1st class, 2nd class, 3rd class" in refused["body"]
    refused = _sent(store, {"instances": [row | {"siblings": 7}]})
    assert refused["statusCode"] == 422
    assert "siblings must be one of 0, 1, 2, 3" in refused["body"]
    (answered,) = json.loads(_sent(store, {"instances": [row], "output": "predict_proba"})["body"])["predictions"]
    assert sum(answered) == pytest.approx(1)


def test_an_encoders_unknown_text_is_refused_by_name(tmp_path: Path, own_s3: LocalS3) -> None:
    book = parts.encoded(tmp_path)
    store = own_s3.store()
    _published(book, store)
    row = _rows(book, book.columns)[0]
    refused = _sent(store, {"instances": [row | {"sex": "unknown"}]})
    assert refused["statusCode"] == 422
    assert "sex must be one of female, male" in refused["body"]


def test_a_whole_file_is_scored_by_the_same_columns(tmp_path: Path) -> None:
    book = parts.scaled_dummies(tmp_path)
    adoption = Adoption(book.files[0], "fate", book.sample, then=tuple(book.files[1:]))
    adopt(adoption, tmp_path / "build" / "fate", lambda _: None)
    score(book.sample, tmp_path / "scored.csv", predictor_of(tmp_path / "build" / "fate"), lambda *_: None)
    assert pd.read_csv(tmp_path / "scored.csv")["prediction"].tolist() == book.answers


def test_the_command_says_what_each_part_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = parts.in_a_dict(tmp_path)
    asked = [
        "adopt",
        str(book.files[0]),
        "--name",
        "fate",
        "--sample",
        str(book.sample),
        "--build",
        str(tmp_path / "b"),
    ]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0, said.output
    text = " ".join(said.output.split())
    assert "bundle.pkl holds model, a LogisticRegression of 3 columns; scaler, a StandardScaler of 3 columns" in text
    assert "Taken as: scaler, a StandardScaler of 3 columns, then model, a LogisticRegression" in text
    alone = CliRunner().invoke(app, [*asked, "--part", "model"])
    assert alone.exit_code == 0, alone.output
    wrong = CliRunner().invoke(app, [*asked, "--part", "scalar"])
    assert wrong.exit_code == 1
    assert "There is no part 'scalar'; there is model, a LogisticRegression" in " ".join(wrong.output.split())
