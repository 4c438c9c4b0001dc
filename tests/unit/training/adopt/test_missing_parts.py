"""A model whose scaler, encoder or vectorizer was not given is recognised, and the part is asked for."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from training.adopt.adopt import Adopted, Adoption, adopt
from training.adopt.joblib_file import NotAdopted

pytestmark = pytest.mark.usefixtures("undrawn")

RNG = np.random.default_rng(0)
RAW = pd.DataFrame({"income": RNG.normal(50_000, 9_000, 80), "age": RNG.normal(400, 50, 80), "share": RNG.random(80)})
Y = np.where(RAW["income"] + 100 * RAW["age"] > 90_000, "yes", "no")
MODELS = [RandomForestClassifier(10, random_state=0), SVC(), KNeighborsClassifier(), DecisionTreeClassifier()]


@pytest.fixture
def adopting(tmp_path: Path) -> Callable[..., Adopted]:
    def run(fitted: Any, sample: pd.DataFrame, **words: Any) -> Adopted:
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(fitted))
        sample.to_csv(tmp_path / "sample.csv", index=False)
        adoption = Adoption(tmp_path / "model.pkl", "churn", tmp_path / "sample.csv", **words)
        return adopt(adoption, tmp_path / "build", lambda _: None)

    return run


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()], ids=lambda scaler: type(scaler).__name__)
@pytest.mark.parametrize("model", MODELS[:3], ids=lambda model: type(model).__name__)
def test_a_model_of_scaled_values_asks_for_its_scaler(
    adopting: Callable[..., Adopted], model: Any, scaler: Any
) -> None:
    fitted = model.fit(scaler.fit_transform(RAW), Y)
    with pytest.raises(NotAdopted, match=r"learned values of income from .* fitted on scaled values\. Give the part"):
        adopting(fitted, RAW)
    # It is said to be all there is.
    assert adopting(fitted, RAW, parts=("model",)).manifest.kind == "inert"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("scale", [1.0, 1e-4])
def test_a_model_of_values_as_the_sample_has_them_is_adopted(
    adopting: Callable[..., Adopted], model: Any, scale: float
) -> None:
    assert adopting(model.fit(RAW.to_numpy() * scale, Y), RAW * scale).manifest.kind == "inert"


def test_a_pipeline_has_its_scaler(adopting: Callable[..., Adopted]) -> None:
    assert adopting(make_pipeline(StandardScaler(), SVC()).fit(RAW.to_numpy(), Y), RAW).manifest.kind == "inert"


def test_a_model_of_far_more_columns_asks_for_what_made_them(adopting: Callable[..., Adopted]) -> None:
    towns = pd.DataFrame({"town": ["Oslo", "Bergen", "Bodø", "Oslo"] * 20, "size": ["S", "M"] * 40})
    coded = OneHotEncoder(sparse_output=False).fit_transform(towns)
    with pytest.raises(NotAdopted, match=r"array of 5 columns, and .* has 2.*get_dummies made 5 columns of them, give"):
        adopting(LogisticRegression().fit(coded, Y), towns)
    words = np.zeros((80, 5_000))
    words[:, 0] = Y == "yes"
    with pytest.raises(
        NotAdopted, match=r"made 5,000 columns of them, give its file, too: picklejar adopt vectorizer.pkl"
    ):
        adopting(LogisticRegression().fit(words, Y), towns)


def test_a_model_of_numbers_that_is_asked_about_texts_asks_for_its_encoder(adopting: Callable[..., Adopted]) -> None:
    towns = pd.DataFrame({"town": ["Oslo", "Bergen"] * 40})
    with pytest.raises(NotAdopted, match=r"refuses row 0 .*Give the part that made numbers of texts, too"):
        adopting(LogisticRegression().fit(np.arange(80.0).reshape(-1, 1), Y), towns)
