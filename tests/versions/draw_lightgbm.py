"""Fit what a release of LightGBM has, and write each model with its answers: run in an environment apart.

`python draw_lightgbm.py FOLDER SEED`. It runs on Python 3.8, and on LightGBM from 2.3 on. A model is N.pickle, or N.txt
where LightGBM wrote it by itself; N.json has the rows that it was asked about.
"""

import json
import pickle
import re
import sys
import warnings
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
from scipy.sparse import csr_matrix
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingRegressor, StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

METHODS = ("predict", "predict_proba", "decision_function")
ROWS, ASKED = 400, 300
QUIET = {"verbose": -1, "n_jobs": 1}
SMALL = dict(QUIET, n_estimators=12, min_child_samples=5)
# Of lightgbm.train.
PLAIN = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
OBJECTIVES = "regression_l1 huber fair quantile mape poisson gamma tweedie".split()


class Data:
    """Rows with zeros, tiny numbers, whole numbers and categories, and targets that depend on them."""

    def __init__(self, seed):
        self.rng = rng = np.random.default_rng(seed)
        X = rng.normal(size=(ROWS, 6)) * [1, 10, 0.01, 1, 1e5, 1]
        X[:, 1] = np.rint(X[:, 1])
        X[rng.random(ROWS) < 0.5, 3] = 0
        X[rng.random(ROWS) < 0.1, 3] = 5e-36
        X[:, 5] = rng.integers(0, 700, ROWS) ** 2 % 1009
        self.X = X
        self.numbers = X[:, 0] + 0.1 * X[:, 1] + np.sin(X[:, 5]) + (X[:, 3] == 0) + rng.normal(size=ROWS) * 0.1
        self.positive = np.exp(self.numbers / 4)
        self.share = 1 / (1 + np.exp(-self.numbers))
        self.binary = self.numbers > 0.3
        self.classes = np.digitize(self.numbers, [-1, 0.3, 2]) * 3 - 2
        missing = X.copy()
        missing[rng.random(X.shape) < 0.15] = np.nan
        self.missing = missing
        self.frame = pd.DataFrame({
            "size of it": X[:, 0],
            "town": pd.Categorical(np.array(["Bath", "Ely", "1", "nan", ""])[rng.integers(0, 5, ROWS)]),
            "rooms": rng.integers(1, 9, ROWS),
            "floor": pd.Categorical(rng.integers(-1, 40, ROWS)),
            "new": rng.random(ROWS) < 0.5,
        })  # fmt: skip
        self.frame.loc[rng.random(ROWS) < 0.1, "town"] = np.nan
        town = self.frame["town"].astype(object).fillna("?").map(len).to_numpy()
        self.of_frame = X[:, 0] + town + self.frame["floor"].astype(int).to_numpy() % 7 + 2 * self.frame["new"]

    def asked(self, X, text):
        """Return rows around those that were learned, on the thresholds of a model's text, and beyond all."""
        rng = self.rng
        rows = X[rng.integers(len(X), size=(ASKED, X.shape[1])), np.arange(X.shape[1])].copy()
        thresholds = [[] for _ in range(X.shape[1])]
        for features, values in re.findall(r"split_feature=(.*)\n.*\nthreshold=(.*)", text):
            for feature, value in zip(features.split(), values.split()):  # noqa: B905  Python 3.10 has strict
                thresholds[int(feature)].append(float(value))
        for at, known in enumerate(thresholds):
            some = rng.integers(0, 6, ASKED)
            if known:
                drawn = np.array(known)[rng.integers(len(known), size=ASKED)]
                rows[some == 1, at] = drawn[some == 1]
                rows[some == 2, at] = np.nextafter(drawn, np.inf)[some == 2]
                rows[some == 3, at] = np.nextafter(drawn, -np.inf)[some == 3]
            odd = np.array([np.nan, 0, -0.0, 1e-35, -1e-35, 1.1e-35, -1, -0.5, 2.7, 1e9, 3e9, 1e300, -1e300])
            rows[some == 4, at] = odd[rng.integers(len(odd), size=ASKED)][some == 4]
        return np.clip(rows, -1e300, 1e300)

    def asked_frame(self, frame):
        """Return rows of a frame: its own values anew, and some that are missing."""
        asked = pd.DataFrame({name: frame[name].to_numpy()[self.rng.integers(ROWS, size=ASKED)] for name in frame})
        for name in frame:
            if isinstance(frame[name].dtype, pd.CategoricalDtype):
                asked[name] = pd.Categorical(asked[name], categories=frame[name].cat.categories[::-1])
                asked.loc[self.rng.random(ASKED) < 0.1, name] = np.nan
            elif frame[name].dtype == float:
                asked.loc[self.rng.random(ASKED) < 0.1, name] = np.nan
        return asked


def arrays(data):
    """Yield labels, models, X and targets of the classes of lightgbm.sklearn."""
    X, y = data.X, data.numbers
    for rate in (0.1, 0.5):
        yield f"regressor {rate}", LGBMRegressor(learning_rate=rate, **SMALL), X, y
    yield "deep", LGBMRegressor(n_estimators=150, num_leaves=63, min_child_samples=1, **QUIET), X, y
    yield "missing", LGBMRegressor(**SMALL), data.missing, y
    yield "missing without use", LGBMRegressor(use_missing=False, **SMALL), data.missing, y
    yield "zeros are missing", LGBMRegressor(zero_as_missing=True, **SMALL), X, y
    yield "zeros and missing", LGBMClassifier(zero_as_missing=True, **SMALL), data.missing, data.classes
    yield "float32", LGBMRegressor(**SMALL), X.astype(np.float32), y
    yield "sparse", LGBMRegressor(**SMALL), csr_matrix(X), y
    for kind in ("dart", "goss"):
        yield f"{kind} regressor", LGBMRegressor(boosting_type=kind, **SMALL), X, y
        yield f"{kind} binary", LGBMClassifier(boosting_type=kind, **SMALL), X, data.binary
    yield "dart of classes", LGBMClassifier(boosting_type="dart", xgboost_dart_mode=True, **SMALL), X, data.classes
    forest = dict(SMALL, boosting_type="rf", subsample=0.6, subsample_freq=1)
    for target in ("numbers", "binary", "classes"):
        cls = LGBMRegressor if target == "numbers" else LGBMClassifier
        yield f"forest of {target}", cls(**forest), X, getattr(data, target)
    yield "forest poisson", LGBMRegressor(objective="poisson", **forest), X, data.positive
    for name in OBJECTIVES:
        yield name, LGBMRegressor(objective=name, **SMALL), data.missing, data.positive
    yield "sqrt", LGBMRegressor(reg_sqrt=True, **SMALL), X, y
    yield "cross entropy", LGBMRegressor(objective="cross_entropy", **SMALL), X, data.share
    yield "lambda", LGBMRegressor(objective="cross_entropy_lambda", **SMALL), X, data.share
    yield "binary texts", LGBMClassifier(**SMALL), data.missing, np.where(data.binary, "yes", "no")
    yield "binary sigmoid", LGBMClassifier(sigmoid=2.5, **SMALL), X, data.binary
    yield "unbalanced", LGBMClassifier(is_unbalance=True, **SMALL), X, data.numbers > 2
    yield "weighed", LGBMClassifier(class_weight="balanced", **SMALL), X, data.classes
    yield "classes", LGBMClassifier(**SMALL), data.missing, data.classes
    yield "ova", LGBMClassifier(objective="multiclassova", sigmoid=0.7, **SMALL), X, data.classes
    yield "extra", LGBMClassifier(extra_trees=True, colsample_bytree=0.5, **SMALL), X, data.classes
    yield "monotone", LGBMRegressor(monotone_constraints=[1, 0, 0, 0, 0, 0], max_bin=15, **SMALL), X, y
    yield "constant", LGBMRegressor(**SMALL), X, np.full(ROWS, 2.5)
    yield "one tree", LGBMClassifier(n_estimators=1, **QUIET), X, data.binary
    yield "linear trees", LGBMRegressor(linear_tree=True, **SMALL), X, y
    yield "several targets", MultiOutputRegressor(LGBMRegressor(**SMALL)), X, np.c_[y, data.share]
    yield "bagging", BaggingRegressor(LGBMRegressor(**SMALL), n_estimators=3, random_state=0), X, y
    yield "scaled", make_pipeline(StandardScaler(), LGBMRegressor(**SMALL)), X, y
    yield "imputed", make_pipeline(SimpleImputer(), LGBMClassifier(**SMALL)), data.missing, data.classes
    yield "search", GridSearchCV(LGBMClassifier(**SMALL), {"num_leaves": [3, 9]}, cv=2), X, data.binary
    yield "rest", OneVsRestClassifier(LGBMClassifier(**SMALL)), X, data.classes
    yield "calibrated", CalibratedClassifierCV(LGBMClassifier(**SMALL), cv=2), X, data.binary
    both = [("a", LGBMClassifier(**SMALL)), ("b", LogisticRegression())]
    yield "soft vote", VotingClassifier(both, voting="soft"), X / [1, 10, 1, 1, 1e5, 700], data.classes
    yield "stack", StackingClassifier(both, cv=2), X / [1, 10, 1, 1, 1e5, 700], data.binary
    means = [("a", LGBMRegressor(**SMALL)), ("b", LinearRegression())]
    yield "mean", VotingRegressor(means), X, y


def fitted(data):
    """Yield labels, fitted models and their X where the fit is asked for otherwise."""
    X, y = data.X, data.numbers
    for label, model, given, target in arrays(data):
        yield label, lambda model=model, given=given, target=target: model.fit(given, target), given
    codes = np.abs(X)
    codes[:, 1] += 2
    for label, cls, target in (("regressor", LGBMRegressor, y), ("classes", LGBMClassifier, data.classes)):
        for options in ({}, {"max_cat_to_onehot": 50, "min_data_per_group": 1, "cat_smooth": 1}):
            model = cls(**dict(SMALL, **options))
            yield (
                f"codes {label} {len(options)}",
                lambda model=model, target=target: model.fit(codes, target, categorical_feature=[1, 5]),
                codes,
            )
    wide = np.c_[X[:, 0], data.rng.integers(0, 5_000, ROWS) * 400]
    many = dict(SMALL, min_data_per_group=1, cat_smooth=0.1, min_child_samples=1, max_bin=2000)
    yield "many codes", lambda: LGBMRegressor(**many).fit(wide, y + wide[:, 1] % 7, categorical_feature=[1]), wide
    lost = codes.copy()
    lost[data.rng.random(lost.shape) < 0.2] = np.nan
    yield "missing codes", lambda: LGBMRegressor(**SMALL).fit(lost, y, categorical_feature=[1, 5]), lost
    half = ROWS // 2
    stopped = {"callbacks": [lgb.early_stopping(3, verbose=False)]} if hasattr(lgb, "early_stopping") else {}
    for cls, target in ((LGBMRegressor, y), (LGBMClassifier, data.classes)):
        model = cls(**dict(SMALL, n_estimators=200, learning_rate=0.5))
        yield (
            f"stopped {cls.__name__}",
            lambda model=model, target=target: model.fit(
                X[:half], target[:half], eval_set=[(X[half:], target[half:])], **stopped
            ),
            X,
        )
    yield "ranker", lambda: LGBMRanker(**SMALL).fit(X, np.digitize(y, [-1, 0, 1]), group=[ROWS // 4] * 4), X
    first = lgb.train(dict(PLAIN, objective="binary"), lgb.Dataset(X, data.binary), 5)
    yield "continued", lambda: LGBMClassifier(**SMALL).fit(X, data.binary, init_model=first), X


def boosters(data):
    """Yield labels and plain boosters, with their X."""
    X = data.X
    for name, target in (("regression", data.numbers), ("binary", data.binary), ("poisson", data.positive)):
        for kind in ("gbdt", "dart"):
            parameters = dict(PLAIN, objective=name, boosting=kind)
            yield f"booster {name} {kind}", lgb.train(parameters, lgb.Dataset(X, target), 15), X
    half = ROWS // 2
    stopped = [lgb.early_stopping(3, verbose=False)]
    train = lgb.Dataset(X[:half], data.numbers[:half])
    test = lgb.Dataset(X[half:], data.numbers[half:], reference=train)
    parameters = dict(PLAIN, objective="regression", learning_rate=0.5)
    yield "booster stopped", lgb.train(parameters, train, 200, valid_sets=[test], callbacks=stopped), X
    classes = dict(PLAIN, objective="multiclass", num_class=4)
    yield "booster of classes", lgb.train(classes, lgb.Dataset(X, data.classes // 3 + 1), 5), X
    binned = lgb.Dataset(data.missing, data.numbers, params={"zero_as_missing": True})
    yield "booster of zeros", lgb.train(dict(PLAIN, zero_as_missing=True), binned, 15), X


def of_frames(data):
    """Yield labels and models of frames, with the frame."""
    frame, y = data.frame, data.of_frame
    many = dict(SMALL, min_data_per_group=5, cat_smooth=1)
    yield "frame", LGBMRegressor(**many).fit(frame, y), frame
    yield "frame of two", LGBMClassifier(**many).fit(frame, np.where(y > 3, "much", "little")), frame
    yield "frame of classes", LGBMClassifier(boosting_type="dart", **many).fit(frame, np.digitize(y, [2, 4])), frame
    texts = frame[["size of it", "town", "rooms"]]
    yield "frame of texts", LGBMRegressor(**many).fit(texts, y), texts
    numbers = frame[["size of it", "rooms", "new"]]
    yield "frame of numbers", LGBMRegressor(**many).fit(numbers, y), numbers
    flags = pd.DataFrame({"size": frame["size of it"], "new": pd.Categorical(frame["new"])})
    yield "frame of flags", LGBMRegressor(**dict(many, min_child_samples=2)).fit(flags, y), flags
    ordered = frame.assign(floor=frame["floor"].cat.as_ordered())
    yield "ordered frame", LGBMRegressor(**many).fit(ordered, y), ordered
    plain = frame.assign(town=frame["town"].astype(object).fillna("?"), floor=frame["floor"].astype(int))
    encode = ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), ["town"])], remainder="passthrough")
    yield "encoded frame", make_pipeline(encode, LGBMRegressor(**many)).fit(plain, y), plain
    train = lgb.train(dict(PLAIN, objective="regression"), lgb.Dataset(frame, y), 15)
    yield "booster of a frame", train, frame


def answers_of(model, asked):
    """Return what each method answers to the rows, as lists; a booster of classes answers their probabilities."""
    if isinstance(model, lgb.Booster) and model.num_model_per_iteration() > 1:
        shares = np.asarray(model.predict(asked))
        return {"predict": shares.argmax(axis=1).tolist(), "predict_proba": shares.tolist()}
    result = {}
    for method in METHODS:
        if hasattr(model, method):
            result[method] = np.asarray(getattr(model, method)(asked)).tolist()
    return result


class Writer:
    """Writes models and answers, by their numbers."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0

    def write(self, label, model, asked, names=None):
        """Write a model's pickle; of a booster, also its text."""
        values = asked if names is None else asked.astype(object).where(asked.notna(), None).to_numpy()
        content = {"label": label, "asked": values.tolist(), "names": names, "answers": answers_of(model, asked)}
        self._file(".pickle", pickle.dumps(model, 4), content)
        plain = getattr(model, "_Booster", model)
        if hasattr(plain, "save_model"):
            path = self.folder / f"{self.number:04}.txt"
            plain.save_model(str(path))
            # A file that LightGBM reads has its own best iteration, if any, as its last.
            answers = answers_of(lgb.Booster(model_file=str(path)), asked)
            self._file(".txt", path.read_bytes(), dict(content, label=f"{label}, alone", answers=answers))

    def _file(self, ending, data, content):
        (self.folder / f"{self.number:04}{ending}").write_bytes(data)
        (self.folder / f"{self.number:04}.json").write_text(json.dumps(content))
        self.number += 1


def main(folder, seed):
    """Write each model that this release can fit."""
    data = Data(seed)
    writer = Writer(folder)
    for label, fit, X in fitted(data):
        try:
            model = fit()
        except Exception as error:
            print(label, error, file=sys.stderr)  # noqa: T201  not in this release
            continue
        dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X, dtype=float)
        asked = data.asked(dense, pickle.dumps(model, 4).decode("latin-1"))
        if label in ("rest", "calibrated", "soft vote", "stack", "mean", "bagging", "several targets", "scaled"):
            asked = np.nan_to_num(asked, nan=0.25)
        writer.write(label, model, asked)
    for label, model, X in boosters(data):
        writer.write(label, model, data.asked(X, model.model_to_string()))
    for label, model, frame in of_frames(data):
        asked = data.asked_frame(frame)
        writer.write(label, model, asked, [str(name) for name in frame])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    main(Path(sys.argv[1]), int(sys.argv[2]))
