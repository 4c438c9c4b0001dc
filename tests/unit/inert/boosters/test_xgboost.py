"""XGBoost's models answer as XGBoost does: sums bit by bit, links within a unit in the last place."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from tests.xgboost_written import model, pickled, stump, ubjson

# Of what it will do otherwise in a later release.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning", "ignore::FutureWarning")
SMALL = {"n_estimators": 12, "max_depth": 4, "n_jobs": 1, "verbosity": 0}
Regressor, Classifier = xgb.XGBRegressor, xgb.XGBClassifier


@pytest.fixture(name="X")
def holed(rng: np.random.Generator) -> Any:
    X = rng.normal(size=(300, 4)) * [1, 10, 0.1, 1]
    X[:, 3] = rng.integers(-2, 3, 300)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


@pytest.fixture(name="asked")
def at_thresholds(X: Any, rng: np.random.Generator) -> Any:
    """Return rows of X whose values are moved by a unit of float32, and some that are far off."""
    rows = X[rng.integers(len(X), size=2_000)].astype(np.float32)
    rows = np.nextafter(rows, np.float32(np.inf), where=rng.random(rows.shape) < 0.5, out=rows)
    rows[:100] *= 100
    return rows.astype(np.float64)


@pytest.fixture
def number(X: Any) -> Any:
    return np.nan_to_num(X) @ [1, -0.2, 3, 0.5] + 20


@pytest.fixture
def three(number: Any) -> Any:
    return np.digitize(number, [19, 21])


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"base_score": 3.7},
        {"objective": "reg:absoluteerror"},
        {"objective": "reg:quantileerror", "quantile_alpha": 0.3},
        {"booster": "dart", "rate_drop": 0.4},
        {"booster": "gblinear"},
        {"gamma": 20, "tree_method": "exact"},
        {"grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0},
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"missing": -2},
    ],
)
def test_sums_are_the_same_bit_by_bit(
    parameters: dict[str, Any], X: Any, asked: Any, number: Any, agree: Callable[..., Any]
) -> None:
    X, asked = (np.nan_to_num(each, nan=-2) if "missing" in parameters else each for each in (X, asked))
    agree(Regressor(**SMALL | parameters).fit(X, number), asked, tolerance=0)


@pytest.mark.parametrize("objective", ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox"])
def test_exponentials_are_within_a_unit(
    objective: str, X: Any, asked: Any, number: Any, agree: Callable[..., Any]
) -> None:
    agree(Regressor(objective=objective, **SMALL).fit(X, number + 10), asked, tolerance=3e-7)


@pytest.mark.parametrize("parameters", [{}, {"booster": "dart", "rate_drop": 0.4}, {"booster": "gblinear"}])
def test_classes_are_the_same(
    parameters: dict[str, Any], X: Any, asked: Any, three: Any, agree: Callable[..., Any]
) -> None:
    for y in (three, three == 1):
        agree(Classifier(**SMALL | parameters).fit(X, y), asked, tolerance=3e-7, protocol=2)


def test_forests_are_the_same(X: Any, asked: Any, number: Any, three: Any, agree: Callable[..., Any]) -> None:
    agree(xgb.XGBRFRegressor(n_estimators=10).fit(X, number), asked, tolerance=0)
    agree(xgb.XGBRFClassifier(n_estimators=10).fit(X, three), asked, tolerance=3e-7)


@pytest.mark.parametrize(("objective", "y"), [("binary:hinge", [0, 1] * 150), ("multi:softmax", [0, 1, 2] * 100)])
def test_classes_of_other_objectives_are_the_same(
    objective: str, y: Any, X: Any, asked: Any, agree: Callable[..., Any]
) -> None:
    agree(Classifier(objective=objective, **SMALL).fit(X, y), asked, tolerance=3e-7)


def test_several_targets_are_answered(X: Any, asked: Any, number: Any, agree: Callable[..., Any]) -> None:
    agree(Regressor(**SMALL).fit(X, np.stack([number, -2 * number], axis=1)), asked, tolerance=0)


def test_a_model_that_stopped_early_answers_by_its_best_round(X: Any, asked: Any, number: Any, agree: Any) -> None:
    for stop in ({"early_stopping_rounds": 2}, {"callbacks": [xgb.callback.EarlyStopping(2)]}):
        regressor = Regressor(n_estimators=80, learning_rate=1.0, max_depth=8, **stop)
        regressor.fit(X[:100], number[:100], eval_set=[(X[100:], number[100:])], verbose=False)
        assert regressor.best_iteration + 1 < regressor.get_booster().num_boosted_rounds()
        agree(regressor, asked, tolerance=0)


@pytest.mark.parametrize("most_alone", [2, 1_000])
def test_codes_of_categories_are_the_same(
    most_alone: int, X: Any, number: Any, rng: np.random.Generator, agree: Callable[..., Any]
) -> None:
    X[:, 1] = rng.integers(0, 400, 300)
    regressor = Regressor(
        feature_types=["q", "c", "q", "c"], enable_categorical=True, max_cat_to_onehot=most_alone, **SMALL
    )
    X[:, 3] = rng.integers(0, 9, 300)
    regressor.fit(X, number + 3 * (X[:, 3] % 3))
    asked = np.repeat(X, 3, axis=0)
    asked[:300, 3] = rng.integers(0, 30, 300)
    asked[:50, 1] = np.nan
    asked[50:60, 1] = 3.7
    agree(regressor, asked, tolerance=0)


@pytest.fixture
def words(X: Any, rng: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["b"] = pd.Categorical(np.array(["low", "größer", "high"], dtype=object)[rng.integers(0, 3, 300)])
    frame["d"] = pd.Categorical(rng.integers(10, 14, 300))
    frame.loc[:20, "b"] = np.nan
    return frame


def test_categories_are_asked_for_by_their_values(words: pd.DataFrame, number: Any) -> None:
    regressor = Regressor(enable_categorical=True, **SMALL).fit(words, number + words["b"].cat.codes)
    read = inert.loads(pickle.dumps(regressor))
    asked = words.astype(object).where(words.notna(), None)
    np.testing.assert_array_equal(read.predict(asked), regressor.predict(words))
    assert read.categories(1) == ["größer", "high", "low"]
    assert read.categories(3) == [10, 11, 12, 13]
    assert read.categories(0) is None
    asked.iloc[5, 1] = "medium"
    with pytest.raises(RowsRefused, match="categories") as refused:
        read.predict(asked)
    assert (refused.value.rows, refused.value.column, refused.value.rule) == ([5], 1, "enum")


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_what_a_sparse_matrix_does_not_store_is_missing(
    threshold: float, X: Any, three: Any, rng: np.random.Generator
) -> None:
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    frame["word"] = np.array(["x", "y", "z"], dtype=object)[rng.integers(0, 3, 300)]
    parts = [("words", OneHotEncoder(), ["word"]), ("numbers", StandardScaler(), ["a", "b", "c"])]
    columns = ColumnTransformer(parts, sparse_threshold=threshold)
    pipeline = make_pipeline(columns, Classifier(**SMALL)).fit(frame, three)
    read = inert.loads(pickle.dumps(pipeline))
    asked = frame.astype(object).where(frame.notna(), None)
    np.testing.assert_array_equal(read.predict(asked), pipeline.predict(frame))
    np.testing.assert_allclose(read.predict_proba(asked), pipeline.predict_proba(frame), rtol=0, atol=3e-7)


def test_searches_and_ensembles_hold_them(X: Any, three: Any, agree: Callable[..., Any]) -> None:
    agree(GridSearchCV(Classifier(**SMALL), {"max_depth": [2]}, cv=2).fit(X, three), X, tolerance=3e-7)
    parts = [("a", Classifier(**SMALL)), ("b", Classifier(n_estimators=3))]
    agree(VotingClassifier(parts, voting="soft").fit(X, three), X, tolerance=3e-7)


@pytest.mark.parametrize(
    "parameters",
    [
        {"objective": "binary:logistic"},
        {"objective": "binary:logitraw"},
        {"objective": "multi:softprob", "num_class": 3},
        {"objective": "multi:softmax", "num_class": 3},
        {"objective": "reg:squarederror", "booster": "gblinear"},
    ],
)
def test_a_booster_answers_numbers(parameters: dict[str, Any], X: Any, asked: Any, three: Any) -> None:
    y = three if "num_class" in parameters else three > 0
    booster = xgb.train({"verbosity": 0, **parameters}, xgb.DMatrix(X, y), 8)
    theirs = booster.predict(xgb.DMatrix(asked))
    for kind in ("json", "ubj"):
        read = inert.loads(pickled(bytes(booster.save_raw(kind)), "Booster"))
        np.testing.assert_allclose(read.predict(asked), theirs, rtol=0, atol=3e-7)
    assert not hasattr(read, "predict_proba")


def test_a_half_by_a_logarithm_is_refused_as_a_tie() -> None:
    document = model([stump(left=0.0, right=2.0)], learner__learner_model_param__base_score="5.000001E-1")
    document["learner"]["objective"]["name"] = "binary:logistic"
    read = inert.loads(pickled(document, "XGBClassifier", n_classes_=2))
    assert read.predict([[1.0, 0.0]]).tolist() == [1]
    with pytest.raises(RowsRefused) as refused:
        read.predict([[0.0, 0.0], [1.0, 0.0]])
    assert (refused.value.rows, refused.value.rule) == ([0], "tie")


def test_a_vote_that_only_the_rounding_of_float32_decides_is_refused() -> None:
    def voting(booster: Any) -> Any:
        voting = VotingClassifier([("a", LogisticRegression())], voting="soft").fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
        voting.estimators_ = [booster]
        return voting

    document = model([stump(left=1e-6, right=2.0)], learner__learner_model_param__base_score="5E-1")
    document["learner"]["objective"]["name"] = "binary:logistic"
    read = inert.loads(pickled(document, "XGBClassifier", voting, n_classes_=2))
    assert read.predict([[1.0, 0.0]]).tolist() == [1]
    with pytest.raises(RowsRefused, match="equally probable but for rounding") as refused:
        read.predict([[0.0, 0.0], [1.0, 0.0]])
    assert (refused.value.rows, refused.value.rule) == ([0], "tie")


def test_labels_of_an_encoder_are_its_texts() -> None:
    document = model([stump()], learner__objective__name="binary:logistic")
    data = pickled(document, "XGBClassifier", n_classes_=2, _le=LabelEncoder().fit(["no", "yes"]))
    assert inert.loads(data).predict([[0.0, 0.0], [1.0, 0.0]]).tolist() == ["no", "yes"]


def test_until_3_2_a_wrapper_adds_the_base_to_each_tree_of_a_dart_and_takes_it_away() -> None:
    trees = [stump(left=0.1234, right=0.3), stump(left=-0.7, right=0.05)]
    document = model(trees, learner__learner_model_param__base_score="1.00001E4")
    booster = document["learner"]["gradient_booster"]
    document["learner"]["gradient_booster"] = {"gbtree": booster, "name": "dart", "weight_drop": [3.0, 1.5]}
    base, one = np.float32(10000.1), np.float32
    plain = base + one(0.1234) * one(3) + one(-0.7) * one(1.5)
    turned = base + ((one(0.1234) + base) - base) * one(3) + ((one(-0.7) + base) - base) * one(1.5)
    assert plain != turned
    assert inert.loads(pickled(document, "Booster")).predict([[0.0, 0.0]]) == [plain]
    assert inert.loads(pickled(document)).predict([[0.0, 0.0]]) == [turned]
    assert inert.loads(pickled(document, predictor="cpu_predictor")).predict([[0.0, 0.0]]) == [plain]


def test_json_and_ubjson_are_the_same_to_the_reader() -> None:
    document = model([stump(), stump(feature=1)])
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, np.nan]])
    answers = [inert.loads(pickled(each)).predict(rows).tolist() for each in (document, ubjson(document))]
    assert answers[0] == answers[1] == [-1.5, 1.5, 1.5]


def test_leaves_that_were_pruned_stay_in_the_file_and_are_passed_over() -> None:
    tree = stump()
    for name, value in {"left_children": -1, "right_children": -1, "parents": 0, "split_indices": LEAST}.items():
        tree[name].insert(1, value)
    for name in ("split_conditions", "split_type", "default_left"):
        tree[name].insert(1, 0)
    tree["left_children"][0], tree["right_children"][0] = 2, 3
    tree["tree_param"] |= {"num_deleted": "1", "num_nodes": "4"}
    read = inert.loads(pickled(model([tree, stump()])))
    assert read.predict([[0.0, 0.0], [1.0, 0.0]]).tolist() == [-1.5, 4.5]


LEAST = 2**31 - 1
HOLDER = "learner__gradient_booster__model"
PARAMETERS = "learner__learner_model_param"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": [1, 5, 2]}, "with the state of XGBoost 1.5 \\(read are 1.6 to 3.4\\)"),
        ({"version": [3, 5, 0]}, "with the state of XGBoost 3.5"),
        ({"learner__objective__name": "multi:other"}, "with the objective 'multi:other'"),
        ({f"{HOLDER}__trees__0__tree_param__size_leaf_vector": "2"}, "with trees of several targets each"),
        ({f"{HOLDER}__trees__0__split_conditions": [0.5, 1e39, 1.0]}, "with values of leaves that are not finite"),
        ({f"{PARAMETERS}__num_feature": "0"}, "with no features"),
    ],
)
def test_what_is_not_read_is_refused_by_name(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UnsupportedEstimator, match=f"^xgboost.core.Booster {sentence}"):
        inert.loads(pickled(model([stump()], **changes)))


def test_trees_of_several_targets_are_refused_with_the_way_out(X: Any, number: Any) -> None:
    several = Regressor(multi_strategy="multi_output_tree", **SMALL).fit(X, np.stack([number, -number], axis=1))
    with pytest.raises(UnsupportedEstimator, match=r"several targets each is not read as data\. Fit it with multi_st"):
        inert.loads(pickle.dumps(several))


def test_what_answers_several_truth_values_is_refused(X: Any) -> None:
    y = np.arange(len(X)) % 2
    for classifier, labels in (
        (Classifier(objective="multi:softprob", num_class=2, **SMALL), y),
        (Classifier(**SMALL), np.stack([y, 1 - y], axis=1)),
    ):
        with pytest.raises(UnsupportedEstimator, match="with several labels for each row"):
            inert.loads(pickle.dumps(classifier.fit(X, labels)))


def test_a_refusal_names_no_live_kind() -> None:
    with pytest.raises(UnsupportedEstimator) as refused:
        inert.loads(pickled(b"binf\0\0\0\0"))
    assert "the binary format of older releases is not read as data. Save it again" in str(refused.value)
    assert "live" not in str(refused.value)


@pytest.mark.parametrize(
    "attributes",
    [{"n_classes_": 3}, {"n_classes_": 1}, {"n_classes_": "2"}, {}],
)
def test_a_classifier_with_other_classes_is_refused(attributes: dict[str, Any]) -> None:
    document = model([stump()], learner__objective__name="binary:logistic")
    with pytest.raises((UnsupportedEstimator, DamagedPickle)):
        inert.loads(pickled(document, "XGBClassifier", **attributes))


def test_a_raw_classifier_is_refused_by_its_objective() -> None:
    document = model([stump()], learner__objective__name="binary:logitraw")
    with pytest.raises(UnsupportedEstimator, match="binary:logitraw"):
        inert.loads(pickled(document, "XGBClassifier", n_classes_=2))


def test_categories_that_a_release_cut_are_refused() -> None:
    document = model([stump()], version=[3, 1, 0])
    encoded = [{"offsets": [0, 3], "values": list("gr\xc3".encode("latin-1"))}, {"offsets": [], "values": []}]
    document["learner"]["gradient_booster"]["model"]["cats"] = {"enc": encoded}
    with pytest.raises(UnsupportedEstimator, match="beyond ASCII"):
        inert.loads(pickled(json.dumps(document).encode()))
