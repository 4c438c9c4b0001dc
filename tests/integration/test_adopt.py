"""A notebook's model, from its file to the handler's answers, which are those of scikit-learn in the notebook."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import msgspec
import pandas as pd
import pytest
import sklearn
from obstore.store import MemoryStore

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.inert.reading.records import read_leniently
from picklejar.manifest import decode_manifest
from picklejar.opening import open_version
from picklejar.serving.jar import Jar
from tests import notebook
from training.adopt.adopt import Adoption, adopt
from training.registry import aliases
from training.registry.publish import Published, publish

pytestmark = pytest.mark.usefixtures("undrawn")

CLOSE = 1e-12
MAKERS = [notebook.logistic, notebook.forest, notebook.boosting]


def _published(file: Path, bundle: Path, store: Any, **words: Any) -> Published:
    adoption = Adoption(file, "churn", file.with_name("customers.csv"), **words)
    adopt(adoption, bundle, lambda _: None)
    return publish(bundle, store, lambda _: None, "It is to be seen.")


def _instances(sample: Path) -> list[dict[str, Any]]:
    """The rows as a caller sends them, an empty cell as null."""
    rows = pd.read_csv(sample)[notebook.TEXTS + notebook.NUMBERS].astype(object).to_dict("records")
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]


def _asked(store: Any, instances: list[dict[str, Any]], **words: Any) -> Any:
    gateway = Gateway(make_handler(Jar(store), ()))
    body = json.dumps({"instances": instances} | words).encode()
    answer = gateway.invoke(rest_event("POST", "/models/churn/predict", {"content-type": "application/json"}, body))
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
@pytest.mark.parametrize("make", MAKERS)
def test_the_handler_answers_as_the_notebook_did_also_where_texts_are_missing(
    tmp_path: Path, make: Callable[[], Any], trust: bool
) -> None:
    file = notebook.dumped(tmp_path, make, compress=3)
    store = MemoryStore()
    published = _published(file, tmp_path / "churn", store, trust=trust)
    assert published.manifest.kind == "inert"
    sample = tmp_path / "customers.csv"
    model = joblib.load(file)
    labels, probabilities = notebook.answers(model, sample)
    instances = _instances(sample)
    assert sum(instance[name] is None for instance in instances for name in notebook.TEXTS) > 20
    assert _asked(store, instances)["predictions"] == labels
    answered = _asked(store, instances, output="predict_proba")
    order = [model.classes_.tolist().index(label) for label in answered["classes"]]
    for ours, theirs in zip(answered["predictions"], probabilities, strict=True):
        assert ours == pytest.approx([theirs[place] for place in order], rel=0, abs=CLOSE)
    # Left out or null, a text is missing alike.
    without = [{name: value for name, value in row.items() if value is not None} for row in instances]
    assert _asked(store, without)["predictions"] == labels


def test_an_adopted_model_is_published_to_s3_with_what_is_known_of_it(own_s3: LocalS3, tmp_path: Path) -> None:
    file = notebook.dumped(tmp_path)
    store = own_s3.store()
    read = _published(file, tmp_path / "churn", store)
    assert read.proof == (
        "It is served inert, its file read as data and never run. It is not proven against scikit-learn: the file was "
        "never run. It repeats its own answers to 120 sample rows and 100 golden rows; largest relative difference 0."
    )
    run = _published(file, tmp_path / "churn", store, trust=True, target=notebook.TARGET)
    start = (
        "It is served inert, its file read as data and never run. Inert and scikit-learn "
        f"{sklearn.__version__} agree on 120 sample rows and"
    )
    assert run.proof.startswith(start)
    assert math.isclose(float(run.proof.rpartition(" ")[2].rstrip(".")), 0, abs_tol=CLOSE)
    assert Jar(store).manifest("churn") == run.manifest
    card = Jar(store).file("churn", run.manifest.version, "card.md").decode()
    assert "## Sample\n\n120 rows, what it was fitted on is not known here; " in card
    assert "| Sample, maybe seen in training | 120 |" in card
    assert "\nNone: it is not known what is true of the sample's rows." in (
        Jar(store).file("churn", read.manifest.version, "card.md").decode()
    )


UNPROVEN = (
    "It is not proven against scikit-learn: its file was never run. Adopt it again with --trust, if you trust who made "
    "it, or with the notebook's own predictions as --answers."
)
UNKNOWN = (
    "Nothing is known of how good it is on rows that it has not seen. If the sample's rows were held out from its "
    "training, adopt it again with --target and --held-out."
)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"target": notebook.TARGET, "held_out": True}, UNPROVEN),
        ({"trust": True}, UNKNOWN),
        ({"trust": True, "target": notebook.TARGET}, UNKNOWN),
        ({"trust": True, "target": notebook.TARGET, "held_out": True}, None),
    ],
    ids=["not proven", "not scored", "maybe seen", "held out"],
)
def test_only_what_is_proven_and_rows_held_out_promote_by_themselves(
    tmp_path: Path, words: dict[str, Any], refusal: str | None
) -> None:
    file = notebook.dumped(tmp_path)
    adopt(Adoption(file, "churn", tmp_path / "customers.csv", **words), tmp_path / "churn", lambda _: None)
    store = MemoryStore()
    assert publish(tmp_path / "churn", store, lambda _: None).refusal == refusal
    assert (aliases.read(store, "churn", "champion") is None) == (refusal is not None)


def test_nothing_is_compared_with_a_champion_of_which_nothing_is_known(tmp_path: Path) -> None:
    file = notebook.dumped(tmp_path)
    store = MemoryStore()
    _published(file, tmp_path / "churn", store)
    held_out = {"target": notebook.TARGET, "held_out": True, "trust": True}
    adopt(Adoption(file, "churn", tmp_path / "customers.csv", **held_out), tmp_path / "churn", lambda _: None)
    assert publish(tmp_path / "churn", store, lambda _: None).refusal is None


def test_the_bundle_holds_the_file_as_it_was_without_joblibs_own(tmp_path: Path) -> None:
    file = notebook.dumped(tmp_path)
    adopt(Adoption(file, "churn", tmp_path / "customers.csv"), tmp_path / "churn", lambda _: None)
    content = (tmp_path / "churn" / "model.pkl").read_bytes()
    assert not any(module.startswith("joblib") for module, _ in read_leniently(content).names)
    sample = tmp_path / "customers.csv"
    assert notebook.answers(pickle.loads(content), sample) == notebook.answers(joblib.load(file), sample)
    assert decode_manifest((tmp_path / "churn" / "manifest.json").read_bytes()).signature.missing_text == "nan"


def test_a_version_of_early_whose_signature_does_not_say_what_it_learned_for_a_missing_text_answers_as_before(
    tmp_path: Path,
) -> None:
    file = notebook.dumped(tmp_path)
    adopt(Adoption(file, "churn", tmp_path / "customers.csv"), tmp_path / "churn", lambda _: None)
    manifest = decode_manifest((tmp_path / "churn" / "manifest.json").read_bytes())
    early = msgspec.structs.replace(
        manifest, signature=msgspec.structs.replace(manifest.signature, missing_text="none")
    )
    predictor = open_version(early, (tmp_path / "churn" / "model.pkl").read_bytes())
    body = json.dumps({"instances": _instances(tmp_path / "customers.csv")}).encode()
    labels, _ = notebook.answers(joblib.load(file), tmp_path / "customers.csv")
    assert predictor.predict(body).predictions == labels
