from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from picklejar.errors import PicklejarError
from tests import parts
from tests.imblearn_written import pickled
from training.adopt.adopt import Adoption, adopt

pytestmark = pytest.mark.usefixtures("undrawn")
FRAME = parts.passengers()
X, Y = FRAME[parts.NUMBERS], FRAME["fate"]
SCALER = StandardScaler().fit(X)
MODEL = LogisticRegression(max_iter=5000).fit(SCALER.transform(X), Y)
STEPS = [("scale", SCALER), ("smote", "smote"), ("model", MODEL)]


@pytest.fixture
def adopted(tmp_path: Path) -> Callable[[bytes], Any]:
    def run(content: bytes) -> Any:
        (tmp_path / "model.pkl").write_bytes(content)
        FRAME.to_csv(tmp_path / "rows.csv", index=False)
        adoption = Adoption(tmp_path / "model.pkl", "fate", tmp_path / "rows.csv")
        return adopt(adoption, tmp_path / "build" / "fate", lambda _: None)

    return run


def test_a_pipeline_of_imbalanced_learn_is_one_of_scikit_learn_without_its_samplers(
    adopted: Callable[[bytes], Any], tmp_path: Path
) -> None:
    result = adopted(pickled(STEPS))
    assert result.manifest.estimator == "Pipeline(StandardScaler, LogisticRegression)"
    assert result.said[0] == "model.pkl: what resamples does nothing at prediction, and is left out: SMOTE."
    whole = pickle.loads((tmp_path / "build" / "fate" / "model.pkl").read_bytes())
    assert type(whole).__module__ == "sklearn.pipeline"
    assert [name for name, _ in whole.steps] == ["scale", "model"]
    assert whole.predict(X).tolist() == MODEL.predict(SCALER.transform(X)).tolist()


def test_a_pipeline_within_a_search_is_found(adopted: Callable[[bytes], Any]) -> None:
    result = adopted(pickled(STEPS, _search))
    assert result.manifest.estimator == "GridSearchCV"


def _search(pipeline: Any) -> Any:
    search = GridSearchCV(pipeline, {"model__C": [1]})
    search.best_estimator_ = pipeline
    return search


def test_another_class_of_imbalanced_learn_is_refused_by_its_library(adopted: Callable[[bytes], Any]) -> None:
    other = pickled(STEPS).replace(b"over_sampling._smote.base", b"ensemble.as_long_a_module")
    with pytest.raises(PicklejarError, match=r"needs imbalanced-learn, .* resampled before its pipeline"):
        adopted(other)
