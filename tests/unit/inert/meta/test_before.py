"""What earlier releases computed otherwise is computed as they did; tests/versions asks the releases themselves."""

from __future__ import annotations

import math
import pickle
from typing import Any
from unittest import mock

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectFromModel, SelectPercentile
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, MultiTaskElasticNet, RidgeClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

from picklejar import inert
from picklejar.errors import RowsRefused, UnsupportedEstimator

FLOAT32_EPSILON = 2.0**-23
FLOAT64_EPSILON = 2.0**-52


@pytest.mark.parametrize(("release", "least"), [("1.7.2", FLOAT32_EPSILON), ("1.8.0", FLOAT64_EPSILON)])
def test_boosting_begins_with_a_probability_of_at_least_an_epsilon(release: str, least: float, rewritten: Any) -> None:
    boosting = GradientBoostingClassifier(init=DecisionTreeClassifier(), n_estimators=1, learning_rate=1e-300)
    fitted = boosting.fit([[0.0], [1.0]] * 3, [0, 1] * 3)
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    np.testing.assert_allclose(read.decision_function([[0.0]]), [math.log(least / (1 - least))], rtol=1e-12)


@pytest.mark.parametrize(("release", "shares"), [("1.6.1", [np.nan] * 3), ("1.7.2", [0.0] * 3)])
def test_a_row_that_no_class_claims_has_no_probabilities_until_release_1_6(
    release: str, shares: list[float], rewritten: Any
) -> None:
    fitted = OneVsRestClassifier(DecisionTreeClassifier()).fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    for tree in fitted.estimators_:
        tree.tree_.value[:] = [1.0, 0.0]
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    np.testing.assert_array_equal(read.predict_proba([[1.0]]), [shares])


def test_a_regressor_votes_for_a_class_only_by_the_whole_number(rng: np.random.Generator) -> None:
    X = rng.normal(size=(60, 2))
    fitted = OneVsOneClassifier(LinearRegression()).fit(X, rng.integers(3, size=60))
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(read.decision_function(X), fitted.decision_function(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(read.predict(X), fitted.predict(X))


@pytest.mark.parametrize(
    ("estimator", "takers"),
    [
        (DecisionTreeClassifier(), ["1.5", "1.6", "1.8", "1.9"]),
        (DecisionTreeClassifier(splitter="random"), ["1.6", "1.8", "1.9"]),
        (DecisionTreeRegressor(criterion="absolute_error"), ["1.9"]),
        (DecisionTreeRegressor(monotonic_cst=[1]), ["1.9"]),
        (ExtraTreeClassifier(), ["1.6", "1.8", "1.9"]),
        (ExtraTreeClassifier(splitter="best"), ["1.5"]),
        (ExtraTreesClassifier(2), ["1.6", "1.8", "1.9"]),
        (RandomForestRegressor(2), ["1.5", "1.6", "1.8", "1.9"]),
    ],
    ids=repr,
)
def test_trees_take_missing_values_where_their_release_does(estimator: Any, takers: list[str], rewritten: Any) -> None:
    fitted = estimator.fit([[0.0], [1.0], [2.0]] * 3, [0, 1, 1] * 3)
    for release in ("1.5", "1.6", "1.8", "1.9"):
        assert inert.loads(rewritten(fitted, _sklearn_version=f"{release}.0")).takes_missing == (release in takers)


@pytest.mark.parametrize("exponent", [0.7, 1e-9, 0.0, 2.0, 2 + 1e-9, -3.0])
def test_yeo_johnson_is_by_plain_powers_until_release_1_8(exponent: float, rewritten: Any) -> None:
    fitted = PowerTransformer(standardize=False).fit([[1.0], [2.0], [4.0]])
    fitted.lambdas_ = np.array([exponent])
    x = np.array([-5.0, -1e-8, 0.0, 1e-8, 0.3, 7.0])
    answers = inert.loads(rewritten(fitted, _sklearn_version="1.8.0")).transform(x[:, None])[:, 0]
    np.testing.assert_array_equal(answers, _plain_powers(x, exponent))


def _plain_powers(x: NDArray[np.float64], exponent: float) -> list[float]:
    """The formula of `PowerTransformer._yeo_johnson_transform` in 1.8."""
    above, below = x >= 0, x < 0
    result = np.zeros_like(x)
    near_0 = abs(exponent) < np.spacing(1.0)
    result[above] = np.log1p(x[above]) if near_0 else (np.power(x[above] + 1, exponent) - 1) / exponent
    if abs(exponent - 2) > np.spacing(1.0):
        result[below] = -(np.power(-x[below] + 1, 2 - exponent) - 1) / (2 - exponent)
    else:
        result[below] = -np.log1p(-x[below])
    return result.tolist()


def test_components_that_do_not_vary_are_not_whitened_until_release_1_4(rewritten: Any) -> None:
    fitted = PCA(whiten=True).fit([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    fitted.explained_variance_ = np.array([1.0, 0.0])
    inert.loads(rewritten(fitted, _sklearn_version="1.5.2"))
    with pytest.raises(UnsupportedEstimator, match="a variance of 0"):
        inert.loads(rewritten(fitted, _sklearn_version="1.4.2"))


@pytest.mark.parametrize(("release", "label"), [("1.4.2", 0), ("1.5.2", 1)])
def test_the_probability_of_a_half_is_of_the_first_class_until_release_1_4(
    release: str, label: int, rewritten: Any
) -> None:
    fitted = HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1).fit([[0.0], [1.0]] * 20, [0, 1] * 20)
    nodes = fitted._predictors[0][0].nodes
    nodes["value"] = 0.0
    fitted._baseline_prediction = np.array([[1e-16]])
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    assert read.predict([[0.0]]).tolist() == [label]


def test_labels_that_are_equally_probable_but_for_rounding_are_refused_until_release_1_4(rewritten: Any) -> None:
    y = np.repeat([0, 1, 2], 20)
    fitted = HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1).fit(y[:, None].astype(float), y)
    for stage in fitted._predictors[0]:
        stage.nodes["value"] = 0.0
    rows = {1.0: 1, 1 + 2.0**-52: "tie", 1 + 1e-14: 2}
    for highest, answer in rows.items():
        fitted._baseline_prediction = np.array([[0.0, 1.0, highest]])
        read = inert.loads(rewritten(fitted, _sklearn_version="1.4.2"))
        if answer == "tie":
            with pytest.raises(RowsRefused, match="equally probable"):
                read.predict([[0.0]])
        else:
            assert read.predict([[0.0]]).tolist() == [answer]


@pytest.mark.parametrize(
    ("release", "refused"), [("1.1.3", [-1.0, 256.0, 1e9]), ("1.3.2", [256.0, 1e9]), ("1.4.2", [])]
)
def test_codes_that_are_cut_to_a_byte_are_refused_until_release_1_3(
    release: str, refused: list[float], rewritten: Any
) -> None:
    fitted = HistGradientBoostingClassifier(categorical_features=[0], max_iter=2)
    fitted.fit(np.array([[0.0], [1.0]] * 20), [0, 1] * 20)
    if release != "1.4.2":
        fitted._preprocessor = None
        fitted.is_categorical_ = np.array([True])
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    for code in (-1.0, 0.0, 1.0, 7.0, 255.0, 256.0, 1e9, np.nan):
        if code in refused:
            with pytest.raises(RowsRefused, match="must be at"):
                read.predict([[code]])
        else:
            read.predict([[code]])


def test_a_tree_takes_the_class_of_the_largest_weight_until_release_1_3(rewritten: Any) -> None:
    fitted = DecisionTreeClassifier().fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    # Of the shares, both are a half.
    fitted.tree_.value[:] = [1e9, np.nextafter(1e9, 2e9), 0.0]
    read = inert.loads(rewritten(fitted, _sklearn_version="1.3.2"))
    assert read.predict([[0.0]]).tolist() == ["b"]
    np.testing.assert_allclose(read.predict_proba([[0.0]]), [[0.5, 0.5, 0.0]], atol=1e-12)


def test_what_none_stands_for_in_a_union_is_left_out_until_release_0_23(rewritten: Any) -> None:
    fitted = FeatureUnion([("a", StandardScaler()), ("b", "passthrough")]).fit([[0.0], [2.0]])
    fitted.transformer_list[1] = ("b", None)
    assert inert.loads(rewritten(fitted, _sklearn_version="0.23.2")).transform([[1.0]]).tolist() == [[0.0]]


@pytest.mark.parametrize(("release", "labels"), [("1.0.2", [1, 1, 1]), ("1.1.3", [0, 0, 1])])
def test_probabilities_of_a_pair_are_compared_with_0_until_release_1_0(
    release: str, labels: list[int], rewritten: Any
) -> None:
    fitted = OneVsOneClassifier(GaussianNB()).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    assert read.predict([[0.0], [1.49], [2.0]]).tolist() == labels


def test_several_labels_of_which_one_was_predicted_are_refused_until_release_0_24(rewritten: Any) -> None:
    fitted = RidgeClassifierCV().fit([[0.0], [1.0], [2.0]], [[0, 1], [1, 0], [1, 1]])
    inert.loads(rewritten(fitted, _sklearn_version="1.0.2"))
    with pytest.raises(UnsupportedEstimator, match="several labels"):
        inert.loads(rewritten(fitted, _sklearn_version="0.24.2"))


@pytest.mark.parametrize(
    ("estimator", "release", "kept"),
    [
        (ElasticNet(l1_ratio=1.0), "1.0.2", [1]),
        (ElasticNet(l1_ratio=1.0), "1.1.3", [0, 1]),
        (MultiTaskElasticNet(l1_ratio=1.0), "1.6.1", [0, 1]),
        (MultiTaskElasticNet(l1_ratio=1.0), "1.7.2", [1]),
    ],
    ids=repr,
)
def test_an_elastic_net_of_lasso_s_ratio_selects_as_its_release_does(
    estimator: Any, release: str, kept: list[int], rewritten: Any, rng: np.random.Generator
) -> None:
    X = rng.normal(size=(30, 3))
    y = X[:, :2] if isinstance(estimator, MultiTaskElasticNet) else X[:, 0]
    fitted = SelectFromModel(estimator).fit(X, y)
    coef = np.array([0.1, 1.0, 0.0])
    fitted.estimator_.coef_ = np.stack([coef, coef]) if y.ndim == 2 else coef
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    assert np.flatnonzero(np.isin([7.0, 8.0, 9.0], read.transform([[7.0, 8.0, 9.0]]))).tolist() == kept


def test_a_percentile_between_equal_scores_is_refused_where_another_numpy_may_have_selected(rewritten: Any) -> None:
    fitted = SelectPercentile(percentile=40).fit(np.eye(4), [0, 1, 0, 1])
    for scores, release, is_refused in [
        ([1.0, 2.0, 2.0, 3.0], "1.3.2", True),
        ([1.0, 2.0, 2.0, 3.0], "1.4.2", False),
        ([1.0, 2.0, 2.5, 3.0], "1.3.2", False),
    ]:
        data = rewritten(fitted, _sklearn_version=release, scores_=np.array(scores))
        if is_refused:
            with pytest.raises(UnsupportedEstimator, match="equal scores"):
                inert.loads(data)
        else:
            inert.loads(data)


def test_a_machine_whose_sum_only_rounding_decides_is_refused_until_release_1_4(rewritten: Any) -> None:
    X, y = [[-1.0], [1.0]], [0, 1]
    classifier, regressor = SVC(kernel="linear").fit(X, y), SVR(kernel="linear").fit(X, y)
    for estimator, release, is_refused in [(classifier, "1.4.2", True), (classifier, "1.5.2", False)]:
        read = inert.loads(rewritten(estimator, _sklearn_version=release))
        assert read.predict([[0.5]]).tolist() == [1]
        if is_refused:
            with pytest.raises(RowsRefused, match="score alike") as refused:
                read.predict([[0.5], [0.0]])
            assert refused.value.rows == [1]
        else:
            assert len(read.predict([[0.0]])) == 1
    regressor.intercept_[:] = 0
    assert len(inert.loads(rewritten(regressor, _sklearn_version="1.4.2")).predict([[0.0]])) == 1


@pytest.mark.parametrize(
    ("encoder", "since", "before"), [(OneHotEncoder(), "0.24.2", "0.23.2"), (OrdinalEncoder(), "1.0.2", "0.24.2")]
)
def test_encoders_refuse_what_is_missing_as_their_release_does(
    encoder: Any, since: str, before: str, rewritten: Any
) -> None:
    parameters = {"OneHotEncoder": {"handle_unknown": "ignore"}}
    unknown = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    fitted = encoder.set_params(**parameters.get(type(encoder).__name__, unknown)).fit([[1.0], [2.0]])
    inert.loads(rewritten(fitted, _sklearn_version=since)).transform([[np.nan]])
    with pytest.raises(RowsRefused, match="not missing"):
        inert.loads(rewritten(fitted, _sklearn_version=before)).transform([[np.nan]])


def test_splines_of_a_period_of_0_are_refused_until_release_1_7(rewritten: Any) -> None:
    fitted = SplineTransformer(extrapolation="periodic").fit([[1.0, 0.0], [1.0, 1.0]])
    inert.loads(rewritten(fitted, _sklearn_version="1.8.0"))
    with pytest.raises(UnsupportedEstimator, match="a period of 0"):
        inert.loads(rewritten(fitted, _sklearn_version="1.7.2"))


def test_rectified_sums_end_at_the_largest_number_until_release_0_23(rewritten: Any) -> None:
    fitted = MLPRegressor(hidden_layer_sizes=(1,), random_state=0, tol=10).fit([[0.0], [1.0]], [0.0, 1.0])
    fitted.coefs_, fitted.intercepts_ = [np.array([[1e300]]), np.array([[1e-300]])], [np.zeros(1), np.zeros(1)]
    for release, answer in [("0.23.2", np.finfo(float).max * 1e-300), ("0.24.2", np.inf)]:
        with np.errstate(over="ignore"):
            assert inert.loads(rewritten(fitted, _sklearn_version=release)).predict([[1e300]]).tolist() == [answer]


def test_parameters_that_were_not_looked_at_may_be_1_for_true(rewritten: Any) -> None:
    fitted = PCA(whiten=True).fit([[0.0, 1.0], [1.0, 3.0], [2.0, 1.0]])
    read = inert.loads(rewritten(fitted, _sklearn_version="1.1.3", whiten=1))
    np.testing.assert_allclose(read.transform([[0.0, 1.0]]), fitted.transform([[0.0, 1.0]]))


def _old_names(data: bytes) -> bytes:
    """Return a pickle of protocol 0 with the names of 0.21."""
    for module in (b"linear_model._base", b"preprocessing._data", b"svm._classes", b"ensemble._forest"):
        data = data.replace(module, module.replace(b"._", b"."))
    return data.replace(b"tree._classes", b"tree.tree").replace(b"cluster._kmeans", b"cluster.k_means_")


@pytest.mark.parametrize(
    "estimator",
    [LinearRegression(), StandardScaler(), SVC(), KMeans(2, random_state=0), RandomForestRegressor(2, random_state=0)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_modules_had_other_names_until_release_0_21(estimator: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(30, 2))
    fitted = estimator.fit(X, X[:, 0] > 0)
    data = pickle.dumps(fitted, 0)
    renamed = _old_names(data)
    assert renamed != data
    read, today = inert.loads(renamed), inert.loads(data)
    method = "predict" if hasattr(read, "predict") else "transform"
    np.testing.assert_array_equal(getattr(read, method)(X), getattr(today, method)(X))


def test_the_imputer_of_old_fills_and_lets_nan_through(rewritten: Any) -> None:
    fitted = SimpleImputer().fit([[1.0, 0.0], [3.0, 2.0]])
    vars(fitted).update(axis=0, missing_values="NaN")
    read = inert.loads(rewritten(fitted, _sklearn_version="0.21.3"))
    assert read.transform([[np.nan, 5.0]]).tolist() == [[2.0, 5.0]]
    read = inert.loads(rewritten(fitted, _sklearn_version="0.21.3", missing_values=0))
    np.testing.assert_array_equal(read.transform([[0.0, np.nan]]), [[2.0, np.nan]])
    with pytest.raises(UnsupportedEstimator, match="axis=1"):
        inert.loads(rewritten(fitted, _sklearn_version="0.21.3", axis=1))


@pytest.mark.parametrize(("module", "is_read"), [("numpy.core._multiarray_umath", True), ("scipy.special", False)])
def test_numpy_wrote_a_function_by_its_module_and_name(module: str, is_read: bool) -> None:
    fitted = FunctionTransformer(np.log1p).fit([[1.0]])
    today = b"cnumpy\nlog1p\n"
    assert today in pickle.dumps(fitted, 0)
    written = pickle.dumps(fitted, 0).replace(
        today, f"cnumpy.core\n_ufunc_reconstruct\n(V{module}\nVlog1p\ntR".encode()
    )
    if is_read:
        assert inert.loads(written).transform([[np.e - 1]]).tolist() == [[1.0]]
    else:
        with pytest.raises(UnsupportedEstimator, match="not a function of numpy"):
            inert.loads(written)


def test_shares_of_classes_are_each_its_own_until_release_0_20(rewritten: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(60, 2))
    fitted = LinearDiscriminantAnalysis().fit(X, rng.integers(3, size=60))
    each = 1 / (1 + np.exp(-fitted.decision_function(X)))
    read = inert.loads(rewritten(fitted, _sklearn_version="0.20.4"))
    np.testing.assert_allclose(read.predict_proba(X), each / each.sum(axis=1, keepdims=True), atol=1e-12)
    np.testing.assert_allclose(
        inert.loads(rewritten(fitted, _sklearn_version="0.21.3")).predict_proba(X), fitted.predict_proba(X), atol=1e-12
    )


def test_votes_of_boosting_were_means_of_probabilities_until_release_0_21(
    rewritten: Any, rng: np.random.Generator
) -> None:
    X = rng.normal(size=(60, 2))
    fitted = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3).fit(X, rng.integers(3, size=60))
    parts, weights = fitted.estimators_, fitted.estimator_weights_[: len(fitted.estimators_)]
    mean = sum(part.predict_proba(X) * weight for part, weight in zip(parts, weights, strict=True)) / weights.sum()
    expected = np.exp(mean / 2)
    read = inert.loads(rewritten(fitted, _sklearn_version="0.21.3"))
    np.testing.assert_allclose(read.predict_proba(X), expected / expected.sum(axis=1, keepdims=True), atol=1e-12)


def test_ranks_end_a_ten_millionth_before_0_and_1_until_release_0_20(rewritten: Any) -> None:
    fitted = QuantileTransformer(n_quantiles=3).fit([[0.0], [1.0], [2.0]])
    least = 1e-7 - np.spacing(1)
    read = inert.loads(rewritten(fitted, _sklearn_version="0.20.4"))
    assert read.transform([[-1.0], [1e-8], [1.0], [2 - 1e-8]]).ravel().tolist() == [least, least, 0.5, 1 - least]
    assert inert.loads(rewritten(fitted, _sklearn_version="0.21.3")).transform([[-1.0]]).tolist() == [[0.0]]


def test_scores_that_depended_on_the_other_rows_are_none_until_release_0_20(
    rewritten: Any, rng: np.random.Generator
) -> None:
    X, y = rng.normal(size=(60, 2)), rng.integers(3, size=60)
    for classifier in (SVC(), OneVsOneClassifier(SVC(kernel="linear"))):
        fitted = classifier.fit(X, y)
        read = inert.loads(rewritten(fitted, _sklearn_version="0.20.4"))
        assert not hasattr(read, "decision_function")
        assert read.predict(X).tolist() == fitted.predict(X).tolist()
        assert hasattr(inert.loads(rewritten(fitted, _sklearn_version="0.21.3")), "decision_function")


def test_constants_that_boosting_began_with_until_release_0_20(rng: np.random.Generator) -> None:
    X = rng.normal(size=(30, 2))
    fitted = GradientBoostingRegressor(n_estimators=2, init="zero").fit(X, X[:, 0])
    loss = b"csklearn._loss.loss\nHalfSquaredError\n"
    assert loss in pickle.dumps(fitted, 0)
    with mock.patch("sklearn.base.__version__", "0.20.4"):
        old = pickle.dumps(fitted, 0).replace(loss, b"csklearn.ensemble.gradient_boosting\nLeastSquaresError\n")
    mean = b"csklearn.ensemble.gradient_boosting\nMeanEstimator\n)\x81}Vmean\nF7.0\nsb"
    read = inert.loads(old.replace(b"Vinit_\n", b"Vinit_\n" + mean + b"sVunused\n", 1))
    np.testing.assert_allclose(read.predict(X), 7 + fitted.predict(X), atol=1e-12)
