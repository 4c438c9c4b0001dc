"""Runs a model's file in an environment of the release that wrote it: elsewhere.py starts it there.

    python -I run_elsewhere.py FOLDER

FOLDER has asked.json and model.pickle, or a file of XGBoost's save_model, and is given answered.json. It runs on Python
3.6, and on scikit-learn from 0.19 on.
"""

import json
import pickle
import platform
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"xgboost": "xgboost", "lightgbm": "lightgbm", "scikit-learn": "sklearn", "numpy": "numpy", "scipy": "scipy"}
METHODS = ("predict", "predict_proba", "score_samples", "decision_function")
# The modules of boosters without the wrapper of an estimator.
BOOSTERS = ("lightgbm.basic", "xgboost.core")


def main(folder: Path) -> None:
    """Write what the model is and, where rows are asked about, its answers."""
    warnings.simplefilter("ignore")
    asked = json.loads((folder / "asked.json").read_text())
    try:
        model = loaded(folder, asked["saved"])
        answered = answers(model, asked)
    except Exception as error:  # a pickle may raise anything at all
        answered = {"error": f"{type(error).__name__}: {error}"}
    (folder / "answered.json").write_text(json.dumps(answered))


def loaded(folder: Path, saved: Any) -> Any:
    """Return the model of a pickle, or of a file that a class of XGBoost's loads."""
    if saved is None:
        return as_estimator(pickle.loads((folder / "model.pickle").read_bytes()))  # noqa: S301  what --trust is for
    import xgboost

    loader, name = saved
    if loader == "Booster":
        return OfBooster(xgboost.Booster(model_file=str(folder / name)))
    model = getattr(xgboost, loader)()
    model.load_model(str(folder / name))
    if loader == "XGBClassifier" and not hasattr(model, "n_classes_"):  # until 1.7, where no wrapper saved it
        parameters = json.loads(model.get_booster().save_config())["learner"]["learner_model_param"]
        model.n_classes_ = int(parameters["num_class"])
        model.classes_ = np.arange(model.n_classes_)
    return model


def as_estimator(model: Any) -> Any:
    """Return a booster, also one behind the steps of a pipeline, asked as an estimator."""
    kind = type(model).__module__
    if kind == "lightgbm.basic":
        return OfClasses(model) if model.num_model_per_iteration() > 1 else model
    if kind == "xgboost.core":
        return OfBooster(model)
    steps = [step for _, step in model.steps] if kind == "sklearn.pipeline" and hasattr(model, "steps") else []
    if not steps or type(steps[-1]).__module__ not in BOOSTERS:
        return model
    # scikit-learn asks no last step that is not one of its estimators.
    return OfSteps(steps[:-1], as_estimator(steps[-1]))


class OfSteps:
    """The steps of a pipeline whose last is a booster."""

    def __init__(self, transformers: Any, last: Any) -> None:
        self._transformers, self._last = transformers, last
        self.feature_names_in_ = getattr(transformers[0], "feature_names_in_", None) if transformers else None
        for name in (*METHODS, "classes_"):
            if hasattr(last, name):
                setattr(self, name, partial(self.answer, name) if name in METHODS else last.classes_)

    def answer(self, method: str, X: Any) -> Any:
        """Return what the last step answers by a method."""
        for transformer in self._transformers:
            X = transformer.transform(X)
        return getattr(self._last, method)(X)


class OfClasses:
    """A booster of LightGBM's that answers the probabilities of several classes, asked as a classifier of 0, 1, 2."""

    def __init__(self, booster: Any) -> None:
        self.predict_proba = booster.predict
        self.classes_ = np.arange(booster.num_model_per_iteration())

    def predict(self, X: Any) -> Any:
        """Return the number of the likeliest class."""
        return self.predict_proba(X).argmax(axis=1)


class OfBooster:
    """A booster of XGBoost's, asked as an estimator."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster
        if booster.feature_names is not None:
            self.feature_names_in_ = booster.feature_names

    def get_booster(self) -> Any:
        """Return the booster, as wrappers do."""
        return self._booster

    def predict(self, X: Any) -> Any:
        """Return `Booster.predict`."""
        import xgboost

        names = None if hasattr(X, "columns") else self._booster.feature_names
        return self._booster.predict(xgboost.DMatrix(X, feature_names=names, **categorical(X)))


def categorical(X: Any) -> Any:
    """Return what XGBoost is to be told of a frame with categories."""
    has_some = hasattr(X, "columns") and any(str(kind) == "category" for kind in X.dtypes)
    return {"enable_categorical": True} if has_some else {}


def with_categories(model: Any, X: Any) -> Any:
    """Return a frame with the categories that a model of XGBoost asks for by their values, as it does since 3.1."""
    booster: Any = model.get_booster() if hasattr(model, "get_booster") else None
    if hasattr(X, "columns") and hasattr(booster, "get_categories"):
        for name, kind in zip(X.columns, booster.feature_types or []):  # noqa: B905  Python 3.10 has strict
            if kind == "c":
                X[name] = X[name].astype("category")
    return X


def answers(model: Any, asked: Any) -> Any:
    """Return what the model is or, for a method, what it answers, as JSON has it."""
    if not asked["method"]:
        # The model has imported them.
        packages = {name: sys.modules[module].__version__ for name, module in PACKAGES.items() if module in sys.modules}
        return {
            "methods": [method for method in METHODS if hasattr(model, method)],
            "classes": listed(getattr(model, "classes_", None)),
            "names": listed(named(model)),
            "packages": dict(packages, python=platform.python_version()),
        }
    return {"answer": listed(getattr(model, asked["method"])(with_categories(model, rows(asked))))}


def named(model: Any) -> Any:
    """Return the names of the columns that a model was fitted on, or None."""
    try:
        return getattr(model, "feature_names_in_", None)
    except Exception:  # XGBoost says so where a model has none
        return None


def rows(asked: Any) -> Any:
    """Return X as it was sent: a frame of columns, each with its type, an array, or one of texts."""
    if asked["names"] is None:
        array = np.array(asked["rows"], dtype=asked["type"])
        return array if asked["are_texts"] else array.reshape(len(asked["rows"]), -1)
    import pandas as pd

    columns = zip(asked["names"], asked["types"], asked["columns"])  # noqa: B905  Python 3.10 has strict
    return pd.DataFrame({name: pd.Series(values, dtype=kind) for name, kind, values in columns}, columns=asked["names"])


def listed(values: Any) -> Any:
    """Return an array as lists, a list of arrays as one of lists."""
    if isinstance(values, list):
        return [np.asarray(each).tolist() for each in values]
    return None if values is None else np.asarray(values).tolist()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
