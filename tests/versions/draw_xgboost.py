"""Fit what a release of XGBoost has, and write each model with its answers: run in an environment apart.

`python draw_xgboost.py FOLDER SEED`. It runs on XGBoost 1.6 and later, with the scikit-learn of its time.
"""

import contextlib
import json
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import compose, ensemble, impute, model_selection, pipeline, preprocessing

FITTED, ASKED, WIDE = 300, 400, 5
RELEASE = tuple(int(number) for number in xgb.__version__.split(".")[:2])
CATEGORICAL = {"tree_method": "hist" if RELEASE >= (1, 7) else "approx", "enable_categorical": True}


def table(rng, rows):
    """Return rows with whole numbers, equal numbers, zeros and missing values among them."""
    X = rng.normal(size=(rows, WIDE))
    X[:, 1] = rng.integers(-3, 4, rows)
    X[:, 2] = np.round(X[:, 2], 1)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def targets(rng, X):
    """Return numbers, counts, truth values and three classes that depend on X."""
    Z = np.nan_to_num(X)
    number = 3 * Z[:, 0] + Z[:, 1] * Z[:, 2] + rng.normal(size=len(X)) / 4
    return {
        "number": number,
        "count": np.floor(np.exp(np.clip(number / 4, -2, 3))) + 1.0,
        "share": 1 / (1 + np.exp(-number)),
        "binary": (number > 0.5).astype(int),
        "three": np.digitize(number, [-1, 1]),
        "pair": np.stack([number * 2 + 30, Z[:, 3]], axis=1),
    }


def fits(rng, X, y):
    """Yield a label, a fitted model and rows to ask it about; what a release does not have fails, and is left out."""
    asked = table(rng, ASKED)
    # Rows at the very thresholds of trees are among them.
    asked[: FITTED // 2] = X[: FITTED // 2]
    small = {"n_estimators": 25, "max_depth": 4, "n_jobs": 1}

    def one(label, make, target, rows=X, ask=asked, **options):
        cases.append((label, lambda: make().fit(rows, y[target], **options), ask))

    cases = []
    R, C = xgb.XGBRegressor, xgb.XGBClassifier
    one("numbers", lambda: R(**small), "number")
    one("numbers from 3.7", lambda: R(base_score=3.7, **small), "number")
    for objective, target in {
        "reg:absoluteerror": "number", "reg:pseudohubererror": "number", "reg:squaredlogerror": "count",
        "count:poisson": "count", "reg:gamma": "count", "reg:tweedie": "count", "survival:cox": "count",
        "reg:logistic": "share",
    }.items():  # fmt: skip
        one(objective, lambda objective=objective: R(objective=objective, **small), target)
    one("quantile", lambda: R(objective="reg:quantileerror", quantile_alpha=0.3, **small), "number")
    one("quantiles", lambda: R(objective="reg:quantileerror", quantile_alpha=[0.1, 0.9], **small), "number")
    one("pair", lambda: R(**small), "pair")
    one("binary", lambda: C(**small), "binary")
    one("binary from 0.2", lambda: C(base_score=0.2, **small), "binary")
    one("hinge", lambda: C(objective="binary:hinge", **small), "binary")
    one("three classes", lambda: C(**small), "three")
    one("three classes by softmax", lambda: C(objective="multi:softmax", **small), "three")
    one("forest of numbers", lambda: xgb.XGBRFRegressor(n_estimators=20, max_depth=4), "number")
    one("forest of classes", lambda: xgb.XGBRFClassifier(n_estimators=20, max_depth=4), "three")
    one("parallel trees", lambda: C(num_parallel_tree=3, subsample=0.5, **small), "three")
    dart = {"booster": "dart", "rate_drop": 0.3, "random_state": 3, **small}
    one("dart", lambda: R(**dart), "number")
    one("dart of counts", lambda: R(objective="count:poisson", **dart), "count")
    one("dart of classes", lambda: C(**dart), "three")
    one("linear", lambda: R(booster="gblinear", n_estimators=20), "number")
    one("linear of classes", lambda: C(booster="gblinear", n_estimators=20), "three")
    one("pruned", lambda: R(gamma=20, **small), "number")
    one("exact", lambda: R(tree_method="exact", gamma=5, **small), "number")
    one("approximate", lambda: R(tree_method="approx", **small), "number")
    one("by leaves", lambda: R(tree_method="hist", grow_policy="lossguide", max_leaves=20, max_depth=0), "number")
    one("one stump", lambda: R(n_estimators=1, max_depth=1), "number")
    one("no split", lambda: R(n_estimators=3, gamma=1e9), "number")
    one("monotonic", lambda: R(monotone_constraints=(1, 0, 0, 0, 0), **small), "number")
    one("large numbers", lambda: R(**small), "number", rows=X * 1e9, ask=asked * 1e9)
    one(
        "minus one is missing", lambda: R(missing=-1, **small), "number", np.nan_to_num(X, nan=-1), np.nan_to_num(asked)
    )
    early = {"early_stopping_rounds": 3, "learning_rate": 0.9, "n_estimators": 60, "max_depth": 5}
    aside = table(rng, 100)
    of_aside = targets(rng, aside)
    for label, make, target in (("numbers", R, "number"), ("classes", C, "three")):
        seen = [(aside, of_aside[target])]
        one(f"early {label}", lambda make=make: make(**early), target, eval_set=seen, verbose=False)
    one("ranker", lambda: xgb.XGBRanker(**small), "binary", group=[100] * (FITTED // 100))
    one("callback", lambda: C(callbacks=[xgb.callback.EarlyStopping(2)]), "binary",
        eval_set=[(aside, of_aside["binary"])], verbose=False)  # fmt: skip
    codes, ask_codes = X.copy(), asked.copy()
    for each in (codes, ask_codes):
        each[:, 1] = rng.integers(0, 12, len(each))
        each[:, 3] = rng.integers(0, 400, len(each))
        each[rng.random(each.shape) < 0.05] = np.nan
    ask_codes[:24, 1] = [*range(12, 30), 500, 7.5, -1, -0.5, 2**24, 3e9]
    kinds = {"feature_types": ["q", "c", "q", "c", "q"]}
    for label, more in {
        "categories": {},
        "each alone": {"max_cat_to_onehot": 1000},
        "parted": {"max_cat_to_onehot": 2},
    }.items():
        options = {**CATEGORICAL, **more, **small}
        one(f"codes, {label}", lambda options=options: R(**options, **kinds), "number", codes, ask_codes)
    one("codes, classes", lambda: C(**CATEGORICAL, **kinds, **small), "three", codes, ask_codes)
    names = ["a", "b", "c", "d", "e"]
    frame, ask_frame = pd.DataFrame(X, columns=names), pd.DataFrame(asked, columns=names)
    one("frame", lambda: C(**small), "three", frame, ask_frame)
    words = np.array(["low", "middle", "high", "größer" if RELEASE >= (3, 4) else "larger"], dtype=object)
    in_words, ask_words = frame.copy(), ask_frame.copy()
    for each in (in_words, ask_words):
        each["b"] = pd.Categorical(words[rng.integers(0, 4, len(each))], categories=sorted(words))
        each["d"] = pd.Categorical(rng.integers(10, 15, len(each)), categories=[10, 11, 12, 13, 14])
    if RELEASE >= (3, 1):
        one("words", lambda: R(**CATEGORICAL, **small), "number", in_words, ask_words)
        one("words, classes", lambda: C(**CATEGORICAL, **small), "three", in_words, ask_words)
    text, ask_text = frame.copy(), ask_frame.copy()
    for each in (text, ask_text):
        each["b"] = words[rng.integers(0, 4, len(each))]
    for sparse in (False, True):
        columns = compose.ColumnTransformer(
            [("words", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["b"]),
             ("numbers", preprocessing.StandardScaler(), ["a", "c", "e"])],
            sparse_threshold=1.0 if sparse else 0.0,
        )  # fmt: skip
        one(f"pipeline, sparse {sparse}", lambda columns=columns: pipeline.make_pipeline(columns, C(**small)), "three",
            text, ask_text)  # fmt: skip
    filled = pipeline.make_pipeline(impute.SimpleImputer(), R(**small))
    one("imputed", lambda: filled, "number")
    search = model_selection.GridSearchCV(C(n_estimators=5), {"max_depth": [2, 3]}, cv=3)
    one("searched", lambda: search, "three")
    one("bagged", lambda: ensemble.BaggingClassifier(C(n_estimators=5), 3, random_state=0), "binary")
    full, ask_full = np.nan_to_num(X), np.nan_to_num(asked)
    parts = [("a", C(n_estimators=5)), ("b", ensemble.RandomForestClassifier(10, random_state=0))]
    one("voting", lambda: ensemble.VotingClassifier(parts, voting="soft"), "three", full, ask_full)
    return cases


def natives(X, y, asked):
    """Yield boosters by themselves, as pickles and as files of `save_model`."""
    parameters = {
        "numbers": ({"objective": "reg:squarederror"}, "number"),
        "binary": ({"objective": "binary:logistic"}, "binary"),
        "raw": ({"objective": "binary:logitraw"}, "binary"),
        "ranks": ({"objective": "rank:pairwise"}, "binary"),
        "counts": ({"objective": "count:poisson"}, "count"),
        "three": ({"objective": "multi:softprob", "num_class": 3}, "three"),
        "three, labels": ({"objective": "multi:softmax", "num_class": 3}, "three"),
        "dart": ({"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.3}, "number"),
        "linear": ({"objective": "reg:squarederror", "booster": "gblinear"}, "number"),
        "stopped": ({"objective": "reg:squarederror", "eta": 1.0}, "number"),
    }
    for label, (given, target) in parameters.items():
        try:
            stop = {"evals": [(xgb.DMatrix(asked, np.zeros(len(asked))), "a")], "verbose_eval": False}
            stop = {**stop, "early_stopping_rounds": 3} if label == "stopped" else {}
            model = xgb.train({"max_depth": 4, "verbosity": 0, **given}, xgb.DMatrix(X, y[target]), 15, **stop)
        except Exception:
            continue  # not in this release
        yield label, model, model.predict(xgb.DMatrix(asked))


def answers_of(model, asked):
    """Return what each method answers; without the probabilities that a release does not have."""
    result = {"predict": model.predict(asked)}
    if hasattr(model, "predict_proba"):
        with contextlib.suppress(ValueError):
            result["predict_proba"] = model.predict_proba(asked)
    return result


def write(folder, name, data, label, asked, answers):
    """Write a file's bytes, with the rows it is asked about and its answers."""
    (folder / name).write_bytes(data)
    rows = asked.to_numpy(dtype=object) if hasattr(asked, "columns") else np.asarray(asked)
    rows = [[None if value != value else value for value in row] for row in rows.tolist()]
    content = {
        "label": label,
        "asked": rows,
        "answers": {at: np.asarray(each).tolist() for at, each in answers.items()},
    }
    (folder / name).with_suffix(".answers").write_text(json.dumps(content))


def main(folder, seed):
    """Fit, ask and write."""
    rng = np.random.default_rng(seed)
    X = table(rng, FITTED)
    y = targets(rng, X)
    for number, (label, fit, asked) in enumerate(fits(rng, X, y)):
        try:
            model = fit()
            answers = answers_of(model, asked)
        except Exception:
            continue  # not in this release
        protocol = number % 4 + 2
        write(folder, f"{number:03}.pickle", pickle.dumps(model, protocol), label, asked, answers)
        if type(model) in (xgb.XGBClassifier, xgb.XGBRegressor):
            kind = "json" if number % 2 else "ubj"
            model.save_model(folder / f"saved {number:03}.{kind}")
            data = (folder / f"saved {number:03}.{kind}").read_bytes()
            again = type(model)()
            again.load_model(folder / f"saved {number:03}.{kind}")
            write(folder, f"saved {number:03}.{kind}", data, f"{label}, saved", asked, answers_of(again, asked))
    asked = table(rng, ASKED)
    for label, model, answers in natives(X, y, asked):
        stem = f"booster {label}"
        write(folder, f"{stem}.pickle", pickle.dumps(model, 4), stem, asked, {"predict": answers})
        # A file of several classes is a classifier's.
        if label.startswith("three"):
            shares = model.predict(xgb.DMatrix(asked), output_margin=True)
            told = {"predict": np.argmax(shares, axis=1)}
        else:
            told = {"predict": answers}
        for kind in ("json", "ubj"):
            write(folder, f"{stem} {kind}.{kind}", bytes(model.save_raw(kind)), f"{stem} {kind}", asked, told)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    xgb.set_config(verbosity=0)
    main(Path(sys.argv[1]), int(sys.argv[2]))
