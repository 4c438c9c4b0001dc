"""What notebooks dump beside a model, or in one file with it, and what they answer by these parts."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

NUMBERS = ["age", "fare", "siblings"]
TEXTS = ["class", "sex"]


def passengers(count: int = 120, *, missing: bool = False) -> pd.DataFrame:
    """Return passengers of whom some survived."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": rng.uniform(1, 80, count).round(1),
            "class": np.array(["1st class", "2nd class", "3rd class"], dtype=object)[rng.integers(0, 3, count)],
            "fare": rng.uniform(5, 300, count).round(2),
            "sex": np.array(["female", "male"], dtype=object)[rng.integers(0, 2, count)],
            "siblings": rng.integers(0, 4, count),
        }
    )
    score = 60 - frame["age"] + frame["fare"] / 10 + 40 * (frame["sex"] == "female") + rng.normal(size=count)
    frame["fate"] = np.where(score > 40, "survived", np.where(score > 10, "injured", "died"))
    if missing:
        frame.loc[::7, "age"] = np.nan
    return frame


@dataclass
class Notebook:
    """The files of a notebook in the order of `picklejar adopt`, and its answers to the rows of its sample."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    words: dict[str, Any] = field(default_factory=dict)
    frame: pd.DataFrame = field(default_factory=passengers)
    columns: list[str] = field(default_factory=lambda: [*NUMBERS])
    answers: list[Any] = field(default_factory=list)

    def dump(self, name: str, value: Any, *, with_joblib: bool = False) -> Path:
        path = self.folder / name
        if with_joblib:
            joblib.dump(value, path)
        else:
            path.write_bytes(pickle.dumps(value))
        self.files.append(path)
        return path

    @property
    def sample(self) -> Path:
        self.frame[self.columns].to_csv(self.folder / "rows.csv", index=False)
        return self.folder / "rows.csv"


def scaled(folder: Path) -> Notebook:
    book = Notebook(folder)
    X, y = book.frame[NUMBERS], book.frame["fate"]
    scaler = StandardScaler().fit(X)
    model = SVC().fit(scaler.transform(X), y)
    book.dump("scaler.pkl", scaler)
    book.dump("model.joblib", model, with_joblib=True)
    book.answers = model.predict(scaler.transform(X)).tolist()
    return book


def scaled_array(folder: Path) -> Notebook:
    book = Notebook(folder)
    X, y = book.frame[NUMBERS].to_numpy(), book.frame["fare"]
    scaler = StandardScaler().fit(X)
    model = LinearRegression().fit(scaler.transform(X), y)
    book.dump("scaler.pkl", scaler)
    book.dump("model.pkl", model)
    book.answers = model.predict(scaler.transform(X)).tolist()
    return book


def scaled_in_part(folder: Path) -> Notebook:
    book = Notebook(folder)
    X = book.frame[NUMBERS].copy()
    scaler = StandardScaler().fit(X[["siblings", "age"]])
    X[["siblings", "age"]] = scaler.transform(X[["siblings", "age"]])
    model = LogisticRegression(max_iter=5000).fit(X, book.frame["fate"])
    book.dump("scaler.pkl", scaler)
    book.dump("model.pkl", model)
    book.answers = model.predict(X).tolist()
    return book


def imputed(folder: Path) -> Notebook:
    book = Notebook(folder, frame=passengers(missing=True))
    X, y = book.frame[NUMBERS], book.frame["fate"]
    imputer = SimpleImputer(strategy="median").fit(X)
    scaler = StandardScaler().fit(imputer.transform(X))
    model = LogisticRegression(max_iter=5000).fit(scaler.transform(imputer.transform(X)), y)
    book.dump("imputer.pkl", imputer)
    book.dump("scaler.joblib", scaler, with_joblib=True)
    book.dump("model.pkl", model)
    book.answers = model.predict(scaler.transform(imputer.transform(X))).tolist()
    return book


def labelled(folder: Path) -> Notebook:
    book = Notebook(folder)
    X = book.frame[NUMBERS]
    encoder = LabelEncoder()
    model = RandomForestClassifier(10, random_state=0).fit(X, encoder.fit_transform(book.frame["fate"]))
    book.words = {"labels": book.dump("le.pkl", encoder)}
    book.files.clear()
    book.dump("model.pkl", model)
    book.answers = encoder.inverse_transform(model.predict(X)).tolist()
    return book


def encoded(folder: Path) -> Notebook:
    book = Notebook(folder, columns=["age", "class", "fare", "sex"])
    X = book.frame[book.columns].copy()
    encoders = {}
    for name in TEXTS:
        encoders[name] = LabelEncoder()
        X[name] = encoders[name].fit_transform(X[name])
    model = DecisionTreeClassifier(max_depth=5, random_state=0).fit(X, book.frame["fate"])
    book.dump("encoders.pkl", encoders)
    book.dump("model.pkl", model)
    book.answers = model.predict(X).tolist()
    return book


def encoded_with_target(folder: Path) -> Notebook:
    book = Notebook(folder, columns=["age", "class", "fare", "sex"])
    frame = book.frame[[*book.columns, "fate"]].copy()
    encoders = {}
    for name in [*TEXTS, "fate"]:
        encoders[name] = LabelEncoder()
        frame[name] = encoders[name].fit_transform(frame[name])
    model = DecisionTreeClassifier(max_depth=5, random_state=0).fit(frame[book.columns].to_numpy(), frame["fate"])
    book.dump("model.pkl", {"encoders": encoders, "model": model, "columns": book.columns})
    book.answers = encoders["fate"].inverse_transform(model.predict(frame[book.columns].to_numpy())).tolist()
    return book


def by_columns(folder: Path) -> Notebook:
    book = Notebook(folder, columns=[*NUMBERS, *TEXTS])
    X = book.frame[book.columns]
    columns = ColumnTransformer([("n", StandardScaler(), NUMBERS), ("t", OneHotEncoder(), TEXTS)]).fit(X)
    model = LogisticRegression(max_iter=5000).fit(columns.transform(X), book.frame["fate"])
    book.dump("columns.pkl", columns)
    book.dump("model.pkl", model)
    book.answers = model.predict(columns.transform(X)).tolist()
    return book


def named(folder: Path) -> Notebook:
    book = Notebook(folder, columns=["siblings", "sex", "age", "fare"])
    X = book.frame[NUMBERS]
    model = LogisticRegression(max_iter=5000).fit(X.to_numpy(), book.frame["fate"])
    book.dump("columns.pkl", X.columns.tolist())
    book.dump("model.pkl", model)
    book.answers = model.predict(X.to_numpy()).tolist()
    return book


def named_by_an_index(folder: Path) -> Notebook:
    book = named(folder)
    (folder / "columns.pkl").write_bytes(pickle.dumps(pd.Index(NUMBERS, dtype=object)))
    return book


def in_a_dict(folder: Path) -> Notebook:
    book = Notebook(folder)
    X, y = book.frame[NUMBERS].to_numpy(), book.frame["fate"]
    scaler = StandardScaler().fit(X)
    model = LogisticRegression(max_iter=5000).fit(scaler.transform(X), y)
    book.dump("bundle.pkl", {"model": model, "scaler": scaler, "features": NUMBERS, "accuracy": 0.9})
    book.answers = model.predict(scaler.transform(X)).tolist()
    return book


def in_a_tuple(folder: Path) -> Notebook:
    book = Notebook(folder)
    X, y = book.frame[NUMBERS], book.frame["fate"]
    scaler = StandardScaler().fit(X)
    model = LogisticRegression(max_iter=5000).fit(scaler.transform(X), y)
    book.dump("bundle.joblib", (model, scaler), with_joblib=True)
    book.answers = model.predict(scaler.transform(X)).tolist()
    return book


def in_a_list(folder: Path) -> Notebook:
    book = in_a_tuple(folder)
    model, scaler = joblib.load(book.files.pop())
    book.dump("bundle.pkl", [scaler, model])
    return book


def dummies(folder: Path, *, drop_first: bool = False, frame: pd.DataFrame | None = None) -> Notebook:
    book = Notebook(folder, columns=["class", "age", "sex", "siblings"])
    book.frame = book.frame if frame is None else frame
    X = pd.get_dummies(book.frame[book.columns], drop_first=drop_first)
    model = LogisticRegression(max_iter=5000).fit(X, book.frame["fate"])
    book.dump("model.pkl", model)
    book.answers = model.predict(X).tolist()
    return book


def dummies_but_the_first(folder: Path) -> Notebook:
    return dummies(folder, drop_first=True)


def scaled_dummies(folder: Path) -> Notebook:
    book = Notebook(folder, columns=["class", "age", "sex", "siblings"])
    X = pd.get_dummies(book.frame[book.columns], columns=["class", "sex", "siblings"])
    scaler = StandardScaler().fit(X)
    encoder = LabelEncoder().fit(book.frame["fate"])
    model = LogisticRegression(max_iter=5000).fit(scaler.transform(X), encoder.transform(book.frame["fate"]))
    book.dump("columns.pkl", [*X.columns])
    book.dump("scaler.pkl", scaler)
    book.dump("model.pkl", model)
    book.dump("le.pkl", encoder)
    book.answers = encoder.inverse_transform(model.predict(scaler.transform(X))).tolist()
    return book


FORMS: list[Callable[[Path], Notebook]] = [
    *[scaled, scaled_array, scaled_in_part, imputed, labelled, encoded, encoded_with_target, by_columns],
    *[named, named_by_an_index, in_a_dict, in_a_tuple, in_a_list, dummies, dummies_but_the_first, scaled_dummies],
]
