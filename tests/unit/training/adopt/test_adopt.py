from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.cluster import DBSCAN
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.cross_decomposition import CCA
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, VotingRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor, LocalOutlierFactor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, OneClassSVM

from picklejar.errors import PicklejarError
from picklejar.manifest import GOLDEN_FILE, MODEL_FILE, Golden, Manifest
from picklejar.opening import open_version
from tests import notebook
from training.adopt.adopt import Adopted, Adoption, adopt
from training.score_file import predictor_of, score

pytestmark = pytest.mark.usefixtures("undrawn")

WAYS = pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
ROWS = pd.DataFrame({"Avg. Income": np.linspace(1, 9, 30), "Rooms": [*range(5)] * 6, "Owner": [True, False, None] * 10})
X = ROWS[["Avg. Income", "Rooms"]]
Y = 3 * X["Avg. Income"] + X["Rooms"] ** 2


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Rows with numbers, truth values, and the price that the models of these tests learn."""
    ROWS.assign(Price=Y, Costly=Y > 20).to_csv(tmp_path / "sample.csv", index=False)
    return tmp_path / "sample.csv"


@pytest.fixture
def adopting(sample: Path, tmp_path: Path) -> Callable[..., Adopted]:
    """Dumps an estimator and adopts it."""

    def run(estimator: Any, **words: Any) -> Adopted:
        file = tmp_path / "model.pkl"
        file.write_bytes(estimator if isinstance(estimator, bytes) else pickle.dumps(estimator))
        adoption = Adoption(**{"file": file, "name": "price", "sample": sample} | words)
        return adopt(adoption, tmp_path / "build" / "price", lambda _: None)

    return run


@WAYS
def test_a_model_keeps_the_names_and_the_order_of_its_columns(adopting: Callable[..., Adopted], trust: bool) -> None:
    adopted = adopting(LinearRegression().fit(X[["Rooms", "Avg. Income"]], Y), trust=trust)
    features = adopted.manifest.signature.features
    assert [(one.name, one.type) for one in features] == [("Rooms", "integer"), ("Avg. Income", "number")]
    assert adopted.left_out == ["Owner", "Price", "Costly"]
    assert adopted.manifest.kind == "inert"


@WAYS
def test_rows_that_the_model_refuses_for_a_tie_prove_nothing_and_the_card_says_so(
    adopting: Callable[..., Adopted], trust: bool
) -> None:
    learned = X.assign(**{"Avg. Income": X["Avg. Income"].round()})
    model = KNeighborsRegressor(2, algorithm="brute").fit(learned, Y)
    manifest = adopting(model, trust=trust).manifest
    assert manifest.kind == "inert"
    (limit,) = [limit for limit in manifest.limits if "equally near" in limit]
    assert re.match(r"It does not answer [1-9]\d* of the rows here", limit)


@WAYS
@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_adopted(adopting: Callable[..., Adopted], protocol: int, trust: bool) -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y)
    manifest = adopting(pickle.dumps(model, protocol), trust=trust).manifest
    assert (manifest.kind, manifest.description) == ("inert", "Pipeline, adopted from model.pkl.")


@WAYS
def test_a_model_of_an_array_takes_the_columns_as_they_stand(
    adopting: Callable[..., Adopted], sample: Path, trust: bool
) -> None:
    pd.read_csv(sample)[["Avg. Income", "Rooms", "Price"]].to_csv(sample, index=False)
    adopted = adopting(LinearRegression().fit(X.to_numpy(), Y), trust=trust, target="Price")
    assert adopted.manifest.signature.names == ("Avg. Income", "Rooms")
    assert adopted.left_out == []


@WAYS
def test_truth_values_that_may_be_missing_are_booleans(adopting: Callable[..., Adopted], trust: bool) -> None:
    frame = ROWS.replace({"Owner": {None: np.nan}})
    columns = make_column_transformer((OneHotEncoder(), ["Owner"]), remainder="passthrough")
    (*_, owner) = adopting(
        make_pipeline(columns, LinearRegression()).fit(frame, Y), trust=trust
    ).manifest.signature.features
    assert (owner.name, owner.type, owner.nullable) == ("Owner", "boolean", True)


def _time_stamps() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(120, 6))
    return pd.DataFrame(1.7e9 + np.rint(Z * 1e4), columns=list("abcdef")), Z @ np.arange(1, 7) + rng.normal(size=120)


@pytest.mark.parametrize(
    "model", [LogisticRegression(), SVC(kernel="linear", probability=True, max_iter=5000)], ids=repr
)
@pytest.mark.filterwarnings("ignore")
def test_probabilities_of_large_numbers_that_cancel_are_tolerated_by_their_terms(
    adopting: Callable[..., Adopted], sample: Path, model: Any
) -> None:
    frame, y = _time_stamps()
    frame.to_csv(sample, index=False)
    manifest = adopting(model.fit(frame, y > 0), trust=True).manifest
    assert manifest.kind == "inert"
    assert 1e-9 < manifest.tolerance <= 1e-6


def test_a_model_that_does_not_repeat_its_own_answers_says_why(adopting: Callable[..., Adopted], sample: Path) -> None:
    frame, y = _time_stamps()
    frame.to_csv(sample, index=False)
    model = TransformedTargetRegressor(LinearRegression(), func=np.arctan, inverse_func=np.tan)
    with pytest.raises(PicklejarError, match=r"large numbers cancel one another\. Put a StandardScaler"):
        adopting(model.fit(frame, y / 50), trust=True)


@pytest.mark.parametrize("function", [np.log1p, np.negative])
def test_a_function_of_truth_values_is_refused_because_numpy_halves_their_precision(
    adopting: Callable[..., Adopted], sample: Path, function: Any
) -> None:
    frame = X.assign(Costly=Y > 20)
    columns = make_column_transformer((FunctionTransformer(function), ["Costly"]), remainder="passthrough")
    model = make_pipeline(columns, LinearRegression()).fit(frame.astype(float), Y)
    if function is np.log1p:
        model.fit(frame, Y)
    with pytest.raises(PicklejarError, match="takes a function of truth values, of Costly"):
        adopting(model)
    frame.assign(Costly=frame["Costly"].astype(int)).to_csv(sample, index=False)
    assert adopting(model).manifest.kind == "inert"


@WAYS
@pytest.mark.parametrize("encoder", [OneHotEncoder(), OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_what_an_encoder_learned_and_no_row_of_the_sample_says_may_be_asked(
    tmp_path: Path, adopting: Callable[..., Adopted], encoder: Any, trust: bool
) -> None:
    towns = pd.DataFrame({"Size": [1.5, 2.5, 4] * 10, "Town": ["Cork", "Łódź", "Aarhus"] * 10})
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="most_frequent"), encoder), ["Town"]), remainder="passthrough"
    )
    model = make_pipeline(columns, LinearRegression()).fit(towns, towns["Size"])
    towns[towns["Town"] != "Aarhus"].to_csv(tmp_path / "towns.csv", index=False)
    manifest = adopting(model, sample=tmp_path / "towns.csv", trust=trust).manifest
    assert manifest.signature.features[1].enum == ("Aarhus", "Cork", "Łódź")


def _encoded() -> Pipeline:
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["Postcode"]), remainder="passthrough")
    return make_pipeline(columns, LinearRegression())


@WAYS
@pytest.mark.parametrize(
    "model",
    [
        _encoded(),
        make_pipeline(FunctionTransformer(), _encoded()),
        VotingRegressor([("one", _encoded()), ("other", _encoded())]),
        TransformedTargetRegressor(_encoded(), func=np.log, inverse_func=np.exp),
    ],
    ids=["pipeline", "in a pipeline", "voting", "transformed"],
)
def test_what_an_encoder_learned_as_texts_is_asked_for_as_texts_whatever_they_look_like(
    tmp_path: Path, adopting: Callable[..., Adopted], model: Any, trust: bool
) -> None:
    homes = pd.DataFrame({"self": [1.5, 2.5, 4] * 10, "Postcode": ["01234", "90210", "00501"] * 10})
    prices = np.array([10.0, 200.0, 3000.0] * 10)
    homes.assign(Price=prices).to_csv(tmp_path / "homes.csv", index=False)
    fitted = model.fit(homes, prices)
    manifest = adopting(fitted, sample=tmp_path / "homes.csv", target="Price", trust=trust).manifest
    assert [one.enum for one in manifest.signature.features] == [None, ("00501", "01234", "90210")]
    assert manifest.evaluations[0].estimator.known["rmse"] < 1e-9


def test_what_boosting_learned_as_texts_is_asked_for_as_texts(tmp_path: Path, adopting: Callable[..., Adopted]) -> None:
    homes = pd.DataFrame({"self": [1.5, 2.5, 4] * 20, "Postcode": ["01234", "90210", "00501"] * 20})
    boosting = HistGradientBoostingClassifier(categorical_features="from_dtype")
    boosting.fit(homes.astype({"Postcode": "category"}), homes["Postcode"] == "01234")
    homes.to_csv(tmp_path / "homes.csv", index=False)
    features = adopting(boosting, sample=tmp_path / "homes.csv").manifest.signature.features
    assert [one.enum for one in features] == [None, ("00501", "01234", "90210")]


def test_a_classifier_has_the_labels_that_it_learned(adopting: Callable[..., Adopted]) -> None:
    manifest = adopting(LogisticRegression().fit(X, Y > 20), target="Costly").manifest
    assert manifest.signature.target.labels == (False, True)
    assert manifest.signature.outputs == ("predict", "predict_proba")
    assert adopting(LogisticRegression().fit(X, np.where(Y > 20, 1.0, 0.0))).manifest.signature.target.labels == (0, 1)


OUTLIER_MODELS = [
    make_pipeline(StandardScaler(), IsolationForest(n_estimators=20, random_state=0)),
    IsolationForest(n_estimators=20, contamination=0.15, random_state=0),
    LocalOutlierFactor(5, novelty=True),
    OneClassSVM(nu=0.2),
]


@WAYS
@pytest.mark.parametrize("model", OUTLIER_MODELS, ids=str)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # LocalOutlierFactor's own, of a frame
def test_what_tells_outliers_has_their_labels_and_a_score(
    adopting: Callable[..., Adopted], tmp_path: Path, model: Any, trust: bool
) -> None:
    manifest = adopting(model.fit(X), trust=trust).manifest
    assert (manifest.kind, manifest.signature.target.labels) == ("inert", (-1, 1))
    assert manifest.signature.outputs == ("predict", "score_samples")
    assert manifest.signature.target.description == (
        "1 for a row like those that the model was fitted on, -1 for an outlier."
    )
    predictor = predictor_of(tmp_path / "build" / "price")
    golden = msgspec.json.decode((tmp_path / "build" / "price" / GOLDEN_FILE).read_bytes(), type=Golden)
    np.testing.assert_allclose(golden.scores, model.score_samples(X)[: len(golden.scores)], rtol=1e-9)
    predictor.replay(golden)
    body = msgspec.json.encode({"instances": golden.instances[:2], "output": "score_samples"})
    answer = msgspec.to_builtins(predictor.predict(body))
    assert answer == {"model": "price", "version": manifest.version, "predictions": pytest.approx(golden.scores[:2])}


def test_outliers_are_scored_in_a_file_of_rows(adopting: Callable[..., Adopted], sample: Path, tmp_path: Path) -> None:
    adopting(OUTLIER_MODELS[0].fit(X))
    result = tmp_path / "result.csv"
    score(sample, result, predictor_of(tmp_path / "build" / "price"), lambda *_: None)
    frame = pd.read_csv(result)
    np.testing.assert_allclose(frame["score"], OUTLIER_MODELS[0].score_samples(X))
    assert set(frame["prediction"]) <= {-1, 1}


def test_a_boosting_of_categories_is_adopted_as_a_frame_of_texts(tmp_path: Path) -> None:
    path = notebook.write_customers(tmp_path / "customers.csv")
    frame = pd.read_csv(path)
    columns = frame[notebook.TEXTS + notebook.NUMBERS].astype(dict.fromkeys(notebook.TEXTS, "category"))
    joblib.dump(HistGradientBoostingClassifier(max_iter=5).fit(columns, frame[notebook.TARGET]), tmp_path / "m.joblib")
    adoption = Adoption(tmp_path / "m.joblib", "churn", path, trust=True)
    assert adopt(adoption, tmp_path / "churn", lambda _: None).manifest.kind == "inert"


NOTHING_SAID = "How good it is was not measured here."


@pytest.mark.drawn
def test_without_a_target_nothing_is_scored(adopting: Callable[..., Adopted]) -> None:
    manifest = adopting(LinearRegression().fit(X, Y)).manifest
    assert (manifest.evaluations, manifest.verdict) == ((), NOTHING_SAID)
    assert manifest.signature.target.name == "prediction"
    assert [picture.file for picture in manifest.pictures] == ["plots/distributions.png", "plots/correlation.png"]


@pytest.mark.parametrize(
    ("held_out", "name", "verdict"),
    [
        (False, "sample", "Typically within 1.6 on rows it may have been fitted on; guessing the average is within "),
        (True, "test", "Typically within 1.6 on rows it had not seen; guessing the average is within "),
    ],
)
def test_a_sample_is_scored_for_what_it_is(
    adopting: Callable[..., Adopted], held_out: bool, name: str, verdict: str
) -> None:
    manifest = adopting(LinearRegression().fit(X, Y), target="Price", held_out=held_out).manifest
    (score,) = manifest.evaluations
    assert (score.name, score.rows) == (name, 30)
    assert score.estimator.known["rmse"] < score.baseline.known["rmse"]
    assert manifest.verdict.startswith(verdict)


def test_a_file_that_was_never_run_says_so(adopting: Callable[..., Adopted]) -> None:
    read, run = (adopting(LinearRegression().fit(X, Y), trust=trust).manifest for trust in (False, True))
    assert (read.adopted, run.adopted) == ("read", "run")
    assert read.limits[0] == "It is not proven against scikit-learn: its file was never run."
    assert run.limits == ("It was fitted elsewhere; on what, is not known here.",)
    assert read.packages.keys() == {"scikit-learn"}
    assert run.packages.keys() == {"python", "scikit-learn", "numpy", "scipy"}


def test_a_file_of_another_release_is_told_by_both_releases(adopting: Callable[..., Adopted]) -> None:
    today = sklearn.__version__.rpartition(".")[0]
    older = pickle.dumps(LinearRegression().fit(X, Y)).replace(sklearn.__version__.encode(), f"{today}.9".encode())
    adopted = adopting(older, trust=True)
    assert adopted.warning
    assert adopted.warning.startswith(
        f"The file was written by scikit-learn {today}.9 and run by {sklearn.__version__}, "
    )
    assert adopted.warning in adopted.manifest.limits
    assert adopting(older).warning is None
    assert adopting(older).manifest.packages == {"scikit-learn": f"{today}.9"}


def test_the_same_file_and_sample_give_the_same_version(adopting: Callable[..., Adopted], tmp_path: Path) -> None:
    one, other = (adopting(LinearRegression().fit(X, Y)).manifest for _ in range(2))
    assert one == other
    folder = tmp_path / "build"
    assert [path.name for path in folder.iterdir()] == ["price"]
    assert (folder / "price" / MODEL_FILE).read_bytes() == (tmp_path / "model.pkl").read_bytes()
    assert b'"Avg. Income"' in (folder / "price" / GOLDEN_FILE).read_bytes()


def test_a_live_model_of_numbers_is_adopted_where_its_file_is_trusted(adopting: Callable[..., Adopted]) -> None:
    manifest = adopting(CCA(1).fit(X, Y), trust=True).manifest
    assert (manifest.kind, manifest.why_live) == ("live", "sklearn.cross_decomposition._pls.CCA is not read as data.")


class Mine:
    """As if of the notebook's own."""

    def predict(self, X: Any) -> Any:
        return X


class Gadget:
    """What runs a command where it is unpickled."""

    def __reduce__(self) -> Any:
        return __import__("os").system, ("touch /nonexistent/ran",)


def double(X: Any) -> Any:
    return 2 * X


def _named(module: bytes, name: bytes) -> bytes:
    return b"c" + module + b"\n" + name + b"\n)\x81."


FITTED = LinearRegression().fit(X, Y)
NO_MODEL = "which is not a model. Dump the fitted estimator or pipeline itself."
HOLDS: list[tuple[Any, str]] = [
    ({"model": None, "scaler": 1}, f"holds a dict, {NO_MODEL} It is that of one of its keys, 'model', 'scaler'."),
    ({1: 2}, f"model.pkl holds a dict, {NO_MODEL}"),
    (CountVectorizer().fit(["a text"]), "ame its model's file after it"),
    (_named(b"catboost.core", b"CatBoostClassifier"), "needs CatBoost, which is not read as data and not there where"),
    (_named(b"xgboost.spark", b"SparkXGBModel"), "needs XGBoost's SparkXGBModel, which is not read as data and not"),
    (_named(b"xgboost.sklearn", b"XGBClassifier"), "holds no fitted model that can be read. xgboost.sklearn.XGBCl"),
    (_named(b"catboost.core", b"CatBoostRegressor"), "place, like a HistGradientBoostingClassifier or HistGradient"),
    (_named(b"lightgbm.dask", b"DaskLGBMRegressor"), "needs LightGBM's DaskLGBMRegressor, which is not read as data"),
    (_named(b"lightgbm.sklearn", b"LGBMClassifier"), "LGBMClassifier lacks _Booster, as one that was not fitted does"),
    (_named(b"imblearn.pipeline", b"Pipeline"), "needs imbalanced-learn, which is not read as data and not there"),
    ([1], f"model.pkl holds a list, {NO_MODEL}"),
    (X, f"model.pkl holds a DataFrame of pandas, {NO_MODEL}"),
    (X.to_numpy(), f"model.pkl holds an array of numpy, {NO_MODEL}"),
    (StandardScaler().fit(X), "holds a StandardScaler, which does not predict. Name its model's file after it"),
    (LinearRegression(), "fitted"),
    (make_pipeline(StandardScaler(), LinearRegression()), "fitted"),
    (_named(b"__main__", b"Mine"), "model.pkl names 'Mine', which was written in the notebook itself"),
    (Mine(), "Mine', which scikit-learn does not need and which is not there where models are served; nothing was run"),
    (make_pipeline(FunctionTransformer(double), FITTED), "double', which scikit-learn does not need"),
    (Gadget(), "model.pkl names 'posix.system', which scikit-learn does not need"),
    (b"\x80\x04\x8c\x07sklearn\x8c\x0autils.os.x\x93.", "model.pkl names 'sklearn.utils.os.x', which"),
    (b"no pickle", "What is adopted is a fitted estimator in a file of pickle.dump or joblib.dump."),
    (b"PK\x03\x04", "What is adopted is a fitted estimator in a file of pickle.dump or joblib.dump."),
    (b"", "model.pkl holds no fitted model that can be read. The file is not a whole pickle: it ends early"),
    (pickle.dumps(FITTED)[:-40], "model.pkl holds no fitted model that can be read. The file is not a whole pickle"),
]


@WAYS
@pytest.mark.parametrize(("estimator", "sentence"), HOLDS, ids=[sentence[:40] for _, sentence in HOLDS])
def test_what_is_no_model_to_serve_is_refused_for_what_it_is(
    adopting: Callable[..., Adopted], tmp_path: Path, estimator: Any, sentence: str, trust: bool
) -> None:
    with pytest.raises(PicklejarError) as refused:
        adopting(estimator, trust=trust)
    assert sentence in str(refused.value)
    assert not list((tmp_path / "build").glob("*"))


def test_nothing_of_a_file_runs_before_its_names_are_known(adopting: Callable[..., Adopted], tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    gadget = pickle.dumps([Path(ran).touch])
    for trust in (False, True):
        with pytest.raises(PicklejarError, match=r"names 'pathlib\..*Path'"):
            adopting(gadget, trust=trust)
    assert not ran.exists()


@pytest.mark.parametrize(
    ("estimator", "trust", "sentence"),
    [
        (
            CCA(1).fit(X, Y),
            False,
            "CCA is not read as data. It can be served live, by scikit-learn, in a stack with "
            "LiveModels=true, where no feature is a text: adopt it with --trust",
        ),
        (DBSCAN().fit(X), True, "model.pkl holds a DBSCAN, which does not predict."),
        (
            make_pipeline(make_column_transformer((StandardScaler(), ["Rooms"])), CCA(1)).fit(X, Y),
            True,
            "cannot be served. sklearn.cross_decomposition._pls.CCA is not read as data. Nor does scikit-learn answer "
            "from",
        ),
    ],
    ids=["read", "no predict", "by name"],
)
def test_what_could_only_be_live_says_what_to_do(
    adopting: Callable[..., Adopted], estimator: Any, trust: bool, sentence: str
) -> None:
    with pytest.raises(PicklejarError) as refused:
        adopting(estimator, trust=trust)
    assert sentence in str(refused.value)


def test_an_older_release_is_told_by_its_number(adopting: Callable[..., Adopted]) -> None:
    older = pickle.dumps(LinearRegression().fit(X, Y), 2).replace(
        f"X\x05\0\0\0{sklearn.__version__}".encode(), b"X\x05\0\0\x000.18.2".replace(b"X\x05", b"X\x06")
    )
    renamed = older.replace(b"sklearn.linear_model._base", b"sklearn.linear_model.base")
    for content in (older, renamed):
        with pytest.raises(PicklejarError, match=r"was written by scikit-learn 0\.18\.2; what is read is of 0\.19 to"):
            adopting(content)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (make_pipeline(TfidfVectorizer(ngram_range=(1, 400)), LogisticRegression()), "of texts are not served"),
        (TfidfVectorizer(), "which does not predict"),
    ],
    ids=["texts", "no model"],
)
def test_trust_is_not_named_where_it_leads_nowhere(adopting: Callable[..., Adopted], model: Any, sentence: str) -> None:
    with pytest.raises(PicklejarError, match=sentence) as refused:
        adopting(model.fit(["a text", "another", "more", "text"], [0, 1, 0, 1]))
    assert "--trust" not in str(refused.value)


@WAYS
def test_a_target_of_one_column_is_a_number(adopting: Callable[..., Adopted], trust: bool, tmp_path: Path) -> None:
    manifest = adopting(LinearRegression().fit(X, Y.to_frame()), target="Price", trust=trust).manifest
    assert manifest.kind == "inert"
    predictor = open_version(manifest, (tmp_path / "model.pkl").read_bytes())
    (answer,) = predictor.predict(b'{"instances": [{"Avg. Income": 1, "Rooms": 2}]}').predictions
    assert isinstance(answer, float)


COLUMNS = make_column_transformer((StandardScaler(), ["Avg. Income", "Rooms"]), ("drop", ["Street"]))
BY_PLACE = make_column_transformer((StandardScaler(), [0, 2]))


@WAYS
@pytest.mark.parametrize("columns", [COLUMNS, BY_PLACE], ids=["by name", "by place"])
def test_columns_that_are_dropped_are_not_asked_for(
    adopting: Callable[..., Adopted], sample: Path, tmp_path: Path, trust: bool, columns: Any
) -> None:
    homes = ROWS[["Avg. Income"]].assign(Street="Main Street", Rooms=ROWS["Rooms"])
    if columns is COLUMNS:  # the sample need not have them
        ROWS.assign(Price=Y).to_csv(sample, index=False)
        model = make_pipeline(columns, LinearRegression()).fit(homes, Y)
    else:
        homes.assign(Price=Y).to_csv(sample, index=False)
        model = make_pipeline(columns, LinearRegression()).fit(homes.to_numpy(), Y)
    adopted = adopting(model, target="Price", trust=trust)
    assert (adopted.manifest.kind, adopted.manifest.signature.names) == ("inert", ("Avg. Income", "Rooms"))
    predictor = open_version(adopted.manifest, (tmp_path / "model.pkl").read_bytes())
    answer = predictor.predict(b'{"instances": [{"Avg. Income": 1, "Rooms": 2}]}')
    expected = model.predict(
        pd.DataFrame({"Avg. Income": [1], "Street": [""], "Rooms": [2]}).pipe(
            lambda frame: frame if columns is COLUMNS else frame.to_numpy()
        )
    )
    np.testing.assert_allclose(answer.predictions, expected, rtol=1e-12)


@WAYS
@pytest.mark.parametrize("labels", [("0", "1"), ("01", "1"), (" no", "yes ")], ids=repr)
def test_labels_are_the_texts_that_were_learned(
    adopting: Callable[..., Adopted], sample: Path, trust: bool, labels: tuple[str, str]
) -> None:
    costly = np.where(Y > 20, *labels)
    ROWS.assign(Costly=costly).to_csv(sample, index=False)
    adopted = adopting(LogisticRegression().fit(X, costly), target="Costly", trust=trust)
    assert sorted(adopted.manifest.signature.target.labels) == sorted(labels)
    assert adopted.manifest.evaluations[0].estimator.known["accuracy"] > 0.8


@WAYS
def test_whole_numbers_of_a_column_of_floats_stay_numbers(
    adopting: Callable[..., Adopted], sample: Path, trust: bool
) -> None:
    ROWS.assign(Rooms=ROWS["Rooms"].astype(float)).to_csv(sample, index=False)
    adopted = adopting(LinearRegression().fit(X, Y), trust=trust)
    assert [feature.type for feature in adopted.manifest.signature.features] == ["number", "number"]


def test_a_live_model_of_texts_is_refused(tmp_path: Path) -> None:
    path = notebook.write_customers(tmp_path / "customers.csv")
    frame = pd.read_csv(path)
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), notebook.TEXTS))
    model: Pipeline = make_pipeline(columns, Nystroem(n_components=2), Ridge()).fit(
        frame[notebook.TEXTS], frame["Calls"]
    )
    joblib.dump(model, tmp_path / "model.joblib")
    with pytest.raises(PicklejarError, match=r"It would be live, and live models of strings are not served\."):
        adopt(Adoption(tmp_path / "model.joblib", "calls", path, trust=True), tmp_path / "calls", lambda _: None)


SAMPLES: list[tuple[str | None, dict[str, Any], str]] = [
    (None, {}, "sample.csv cannot be opened: No such file or directory."),
    ("", {}, "sample.csv is empty."),
    ("Avg. Income,Rooms\n1,2\n1,2,3\n", {}, "sample.csv is not a table: the row that ends in line 3 has 3 cells"),
    ("Avg. Income,Rooms\n", {}, "sample.csv has a header and no rows."),
    (
        "Avg. Income^Rooms\n1^2\n3^4\n5^6\n",
        {},
        "sample.csv needs 2 columns. It has one column, 'Avg. Income^Rooms', as ",
    ),
    ("Avg. Income,Rooms\n1,2\n,\n3,4\n ,\n", {}, "sample.csv has 2 rows; at least 3 are needed."),
    ("Avg. Income,Rooms\n1,2\n,\n3,4\n,\n5,1e101\n", {}, "row 4 (counted from 0): Rooms is 1e+101"),
    ("Avg. Income;Rooms\n1;2\n", {}, "sample.csv has 1 rows; at least 3 are needed."),
    (
        "Avg Income,Rooms\n1,2\n3,4\n5,6\n",
        {},
        "The model was fitted on a column 'Avg. Income', and {folder}/sample.csv has none; it has 'Avg Income'.",
    ),
    (
        "Avg. Income,Rooms\n1,2\n3,4\n5,6\n",
        {"target": "Prices"},
        "sample.csv has no column 'Prices' for the target; it has 'Avg. Income', 'Rooms'.",
    ),
    ("Avg. Income,Rooms\n1,2\n3,4\n5,6\n", {"target": "Rooms"}, "has none, which is said to be the target."),
    ("Avg. Income,Rooms\n1,2\n3,\n5,6\n", {}, "The model "),
    ("Avg. Income,Rooms\n1,2\n3,x\n5,6\n", {}, "The model "),
    ("Avg. Income,Rooms\n1,\n3,\n5,\n", {}, "Rooms has no value at all, which is not a type of a feature."),
    ("Avg. Income,Rooms\n1,2\n3,inf\n5,6\n", {}, "Rooms must be finite"),
    (
        "Avg. Income,Rooms,P\n1,2,3\n3,4,\n5,6,7\n",
        {"target": "P"},
        "row 1 (counted from 0): P must be a finite number.",
    ),
    ("", {"name": "Price!"}, "'Price!' cannot name a model"),
    ("", {"name": "housing"}, "housing is a model of training/models already; choose another name."),
    ("", {"held_out": True}, "name it with --target."),
]


@WAYS
@pytest.mark.parametrize(("rows", "words", "sentence"), SAMPLES, ids=[sentence[:40] for *_, sentence in SAMPLES])
def test_a_sample_that_does_not_fit_is_refused(
    adopting: Callable[..., Adopted],
    tmp_path: Path,
    sample: Path,
    rows: str | None,
    words: dict[str, Any],
    sentence: str,
    trust: bool,
) -> None:
    sample.unlink() if rows is None else sample.write_text(rows)
    with pytest.raises(PicklejarError) as refused:
        adopting(FITTED, trust=trust, **words)
    assert sentence.format(folder=tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("estimator", "rows", "sentence"),
    [
        (
            LinearRegression().fit(X.to_numpy(), Y),
            "a,b,Price\n1,2,3\n3,4,4\n5,6,7\n",
            "The model was fitted on an array of 2 columns, and {folder}/sample.csv has 3: a, b, Price. Give the same",
        ),
        (
            LogisticRegression().fit(X, np.where(Y > 20, 0.5, 1.5).astype(str).astype(object)),
            "Avg. Income,Rooms,Price\n1,2,0.25\n3,4,0.5\n5,6,0.5\n",
            "must be one of 0.5, 1.5, not '0.25'",
        ),
        (
            LogisticRegression().fit(X, Y > 20),
            "Avg. Income,Rooms,Price\n1,2,True\n3,4,True\n5,6,True\n",
            "has fewer than 2 rows of Price no",
        ),
    ],
    ids=["count", "labels of another type", "a label is absent"],
)
def test_a_sample_of_other_columns_or_labels_is_refused(
    adopting: Callable[..., Adopted], tmp_path: Path, sample: Path, estimator: Any, rows: str, sentence: str
) -> None:
    sample.write_text(rows)
    with pytest.raises(PicklejarError) as refused:
        adopting(estimator, target=None if "array" in sentence else "Price")
    assert sentence.format(folder=tmp_path) in str(refused.value)


def test_a_manifest_of_an_adopted_model_is_of_the_sample(adopting: Callable[..., Adopted]) -> None:
    manifest: Manifest = adopting(FITTED).manifest
    assert (manifest.data.rows, manifest.data.fitted_rows) == (30, 0)
    assert manifest.title == "Price"
    assert manifest.description == "LinearRegression, adopted from model.pkl."


@pytest.mark.parametrize("texts", [["NA", "north"], [" north", "north "], ["", "north"], ["nan", "None"]], ids=str)
def test_categories_are_those_of_the_notebook_with_their_spaces_and_words(
    adopting: Callable[..., Adopted], sample: Path, tmp_path: Path, texts: list[str]
) -> None:
    rows = pd.DataFrame({"town": texts * 4, "size": [1.0, 2.0, 3.0, np.nan] * 2})
    estimator = make_pipeline(make_column_transformer((OneHotEncoder(), ["town"])), Ridge(1e-9))
    rows.to_csv(sample, index=False)
    estimator.fit(rows[["town"]] if "" not in texts else pd.read_csv(sample)[["town"]], np.arange(8) % 2)
    adopted = adopting(estimator)
    scored = tmp_path / "scored.csv"
    score(sample, scored, predictor_of(tmp_path / "build" / "price"), lambda *_: None)
    assert (tmp_path / "scored.csv.errors.csv").read_text() == "row,field,rule,message\n"
    answers = pd.read_csv(scored)["prediction"]
    assert answers.tolist() == pytest.approx([0, 1] * 4, abs=1e-6)
    assert adopted.manifest.signature.dialect.names == "pandas"


@WAYS
def test_names_that_pandas_makes_are_found_in_the_sample(
    adopting: Callable[..., Adopted], sample: Path, tmp_path: Path, trust: bool
) -> None:
    sample.write_text(",size,size\n" + "".join(f"{row},{row}.5,{row % 3}\n" for row in range(9)))
    rows = pd.read_csv(sample)
    assert [*rows] == ["Unnamed: 0", "size", "size.1"]
    adopted = adopting(LinearRegression().fit(rows, np.arange(9)), trust=trust)
    assert adopted.manifest.signature.names == ("Unnamed: 0", "size", "size.1")
    score(sample, tmp_path / "scored.csv", predictor_of(tmp_path / "build" / "price"), lambda *_: None)
    assert (tmp_path / "scored.csv.errors.csv").read_text() == "row,field,rule,message\n"


@WAYS
def test_an_index_that_an_array_did_not_have_is_left_out(
    adopting: Callable[..., Adopted], sample: Path, trust: bool
) -> None:
    sample.write_text(",a,b\n" + "".join(f"{row + 1},{row}.5,{row % 3}\n" for row in range(9)))
    adopted = adopting(LinearRegression().fit(np.ones((3, 2)), [1, 2, 3]), trust=trust)
    assert adopted.manifest.signature.names == ("a", "b")


def test_a_sample_of_another_program_is_read_by_what_its_cells_tell(
    adopting: Callable[..., Adopted], sample: Path
) -> None:
    sample.write_bytes("Größe;Preis\n1,5;1.200,50 €\n2,5;7 €\n3,5;8 €\n".encode("cp1252"))
    adopted = adopting(LinearRegression().fit(pd.DataFrame({"Größe": [1, 2], "Preis": [1, 3]}), [1, 2]))
    dialect = adopted.manifest.signature.dialect
    assert (dialect.encoding, dialect.delimiter, dialect.decimal, dialect.thousands) == ("cp1252", ";", ",", ".")
    assert [feature.unit for feature in adopted.manifest.signature.features] == [None, "€"]


def test_a_word_that_an_imputer_fills_in_is_no_category_of_the_file(
    adopting: Callable[..., Adopted], sample: Path, tmp_path: Path
) -> None:
    sample.write_text("alley,fence,y\nNA,r,10\nGravel,NA,20\nPaved,s,30\nNA,s,11\nGravel,r,21\nPaved,r,31\n")
    rows = pd.read_csv(sample)
    filled = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="None"), OneHotEncoder(handle_unknown="ignore"), Ridge(1e-9)
    )
    estimator = filled.fit(rows[["alley", "fence"]], rows["y"])
    adopting(estimator)
    score(sample, tmp_path / "scored.csv", predictor_of(tmp_path / "build" / "price"), lambda *_: None)
    answers = pd.read_csv(tmp_path / "scored.csv")["prediction"].tolist()
    assert answers == pytest.approx(estimator.predict(rows[["alley", "fence"]]).tolist())


def test_a_quote_before_a_text_is_a_part_of_it_as_in_the_notebook(
    adopting: Callable[..., Adopted], sample: Path, tmp_path: Path
) -> None:
    sample.write_text("a,y\n'-5 or so,10\n p,20\n'-5 or so,11\n q,29\n")
    rows = pd.read_csv(sample)
    estimator = make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge(1e-9)).fit(rows[["a"]], rows["y"])
    adopting(estimator)
    score(sample, tmp_path / "scored.csv", predictor_of(tmp_path / "build" / "price"), lambda *_: None)
    answers = pd.read_csv(tmp_path / "scored.csv")["prediction"].tolist()
    assert answers == pytest.approx(estimator.predict(rows[["a"]]).tolist())


def test_points_between_semicolons_are_asked_about(adopting: Callable[..., Adopted], sample: Path) -> None:
    sample.write_text("a;b\n1.100;0\n2.200;1\n3.300;0\n")
    with pytest.raises(PicklejarError, match="can be read in two ways"):
        adopting(LinearRegression().fit(pd.DataFrame({"a": [1100, 2200], "b": [0, 1]}), [1, 2]))
