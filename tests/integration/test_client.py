"""The client against the real handler: every kind of model, and the code that the documents show."""

from __future__ import annotations

import contextlib
import io
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from obstore.store import MemoryStore
from sklearn.linear_model import LinearRegression

from picklejar.alias import Canary
from picklejar.serving.jar import Jar
from picklejar_client import Client, Refused
from tests.numbered import NAME, put, version
from tests.rent import jar_of
from tests.served import api_of
from training.adopt.adopt import Adoption, adopt
from training.registry.canary import begin
from training.score_file import predictor_of

ROOT = Path(__file__).parents[2]
WHERE = "http://127.0.0.1:8000/api"


@pytest.fixture(scope="module")
def url(bundles: Path) -> Iterator[str]:
    """The address of an API with the housing model."""
    with api_of(jar_of(bundles / "housing")) as address:
        yield address


@pytest.fixture(scope="module")
def rent_url(rent_bundle: Path) -> Iterator[str]:
    """The address of an API of a model with every type of feature."""
    with api_of(jar_of(rent_bundle)) as address:
        yield address


@pytest.mark.parametrize("document", ["client/README.md", "docs/serving.md"])
def test_the_code_that_is_shown_runs_as_it_is(url: str, document: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        assert WHERE in block
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile(block.replace(WHERE, url), document, "exec"), {})
        assert "avg_area_rooms must be a number, not text (send it without quotes)." in said.getvalue()
        assert "1231331.17" in said.getvalue()


def test_a_frame_an_array_and_dicts_of_many_rows_get_the_predictors_numbers(url: str, bundles: Path) -> None:
    names = predictor_of(bundles / "housing").manifest.signature.names
    values = np.random.default_rng(7).uniform(1, 900, size=(10_500, len(names)))
    model = Client(url).model("housing")
    by_array = model.predict(values)
    assert len(by_array) == 10_500
    assert model.predict(pd.DataFrame(values, columns=names)) == by_array
    assert model.predict(pd.DataFrame(values, columns=names)[[*reversed(names)]]) == by_array
    assert model.predict(dict(zip(names, row, strict=True)) for row in values) == by_array
    assert model.predict(values[-1:])[0] == pytest.approx(by_array[-1])
    values[10_321, 2] = np.nan
    with pytest.raises(Refused) as raised:
        model.predict(values)
    assert [(rule.row, rule.field) for rule in raised.value.errors] == [(10_321, names[2])]


def test_missing_values_texts_and_booleans_are_the_endpoints(rent_url: str) -> None:
    frame = pd.DataFrame(
        {
            "district": pd.Categorical(["Harbour", "Hills"]),
            "furnished": pd.array([None, True], "boolean"),
            "area": [np.nan, 50],
            "floor": np.array([2, 3], np.int8),
            "agent": ["\ufffd", None],
        }
    )
    plain = [
        {"district": "Harbour", "furnished": None, "area": None, "floor": 2, "agent": "\ufffd"},
        {"district": "Hills", "furnished": True, "area": 50, "floor": 3, "agent": None},
    ]
    model = Client(rent_url).model("rent")
    assert model.predict(frame) == model.predict(plain)


def test_a_classifier_answers_labels_and_probabilities(churn_bundle: Path) -> None:
    rows = [{"months": 2, "calls": 9, "contract": False, "plan": "basic"}] * 2
    with api_of(jar_of(churn_bundle)) as address:
        model = Client(address).model("churn")
        labels, probabilities = model.predict(rows), model.predict_proba(rows)
        with pytest.raises(Refused, match='output must be "predict" or "predict_proba"'):
            model.score_samples(rows)
    assert labels.predictions == ["yes", "yes"]
    assert probabilities.classes == ("no", "yes")
    assert sum(probabilities[0]) == pytest.approx(1)


def test_several_targets_are_a_dict_a_row(tmp_path: Path) -> None:
    X = pd.DataFrame({"area": np.arange(40) + 10.0, "floor": np.arange(40) % 5})
    Y = pd.DataFrame({"price": 1_000 * X["area"] + 100 * X["floor"], "fee": 2 * X["area"] - 20})
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LinearRegression().fit(X, Y)))
    X.join(Y).to_csv(tmp_path / "rows.csv", index=False)
    adoption = Adoption(tmp_path / "model.pkl", "flats", tmp_path / "rows.csv", "price", further_targets=("fee",))
    adopt(adoption, tmp_path / "flats", lambda _: None)
    with api_of(jar_of(tmp_path / "flats")) as address:
        (first, second) = Client(address).model("flats").predict(X[:2])
    assert first == pytest.approx({"price": 10_000, "fee": 0})
    assert second == pytest.approx({"price": 11_100, "fee": 2})


def test_a_canarys_key_a_version_and_an_alias_choose_who_answers() -> None:
    store = MemoryStore()
    put(store, version(2), alias="next")
    put(store, version(1))
    one, two = (version(number).manifest.version for number in (1, 2))
    begin(store, NAME, Canary(two, 50, key="customer-id"))
    with api_of(Jar(store, ttl=0)) as address:
        client = Client(address)
        rows = [{"x": 1.0}] * 10_001
        assert client.model(NAME, version=two).predict(rows).version == two
        assert client.model(NAME, alias="next").predict(rows).version == two
        sides = [client.model(NAME, headers={"customer-id": str(key)}).predict(rows[:1]).version for key in range(20)]
        assert {*sides} == {one, two}
        # All parts are of one side.
        answer = client.model(NAME, headers={"customer-id": str(sides.index(two))}).predict(rows)
    assert (answer.version, len(answer)) == (two, 10_001)


def test_a_key_is_sent_where_one_is_wanted(rent_bundle: Path) -> None:
    with api_of(jar_of(rent_bundle), "a key") as address:
        with pytest.raises(Refused, match="The key is missing or unknown") as raised:
            Client(address).models()
        assert (raised.value.status, raised.value.kind) == (403, "invalid-key")
        assert [model.name for model in Client(address, "a key").models()] == ["rent"]


def test_a_model_that_does_not_exist_is_named(url: str) -> None:
    for name in ("castles", "../sales", "a/b"):
        with pytest.raises(Refused) as raised:
            Client(url).model(name).predict([{"a": 1}])
        assert raised.value.status == 404
