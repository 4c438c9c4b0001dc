"""Models as notebooks leave them, adopted: texts with their vectorizer, XGBoost behind columns, LightGBM by itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

from tests.messages import EXAMPLE
from tests.unit.inert.boosters.lightgbm_texts import Split, model
from training.adopt.adopt import Adoption, adopt

TOWNS = ["Bath", "Ely", "York"]


def spam(notebook: Path) -> Adoption:
    """Return a vectorizer and a model in a file each, with a sample of texts."""
    frame = pd.read_csv(EXAMPLE)
    label = np.where(frame.team == "billing", "spam", "ham")
    vectorizer = TfidfVectorizer(min_df=2, stop_words="english")
    predictor = MultinomialNB().fit(vectorizer.fit_transform(frame.message), label)
    (notebook / "vectorizer.pkl").write_bytes(pickle.dumps(vectorizer))
    (notebook / "spam.pkl").write_bytes(pickle.dumps(predictor))
    frame[["message"]].assign(label=label).to_csv(notebook / "messages.csv", index=False)
    files = notebook / "vectorizer.pkl", (notebook / "spam.pkl",)
    return Adoption(files[0], "spam", notebook / "messages.csv", "label", trust=True, then=files[1])


def risk(notebook: Path) -> Adoption:
    """Return a pipeline that ends with an XGBClassifier, behind a ColumnTransformer."""
    rows = np.arange(160)
    frame = pd.DataFrame(
        {"town": np.array(TOWNS, dtype=object)[rows % 3], "age": 18 + rows % 50, "income": rows * 31.5 % 400}
    )
    label = ((frame.age > 40) ^ (frame.town == "Ely")).astype(int)
    columns = ColumnTransformer([("town", OneHotEncoder(handle_unknown="ignore"), ["town"])], remainder="passthrough")
    fitted = make_pipeline(columns, XGBClassifier(n_estimators=20, max_depth=3, n_jobs=1)).fit(frame, label)
    (notebook / "risk.pkl").write_bytes(pickle.dumps(fitted))
    frame.assign(late=label).to_csv(notebook / "risk.csv", index=False)
    return Adoption(notebook / "risk.pkl", "risk", notebook / "risk.csv", "late")


def flats(notebook: Path) -> Adoption:
    """Return a text of LightGBM's `save_model`, which knows the towns."""
    rows = np.arange(60)
    tree = Split(
        1,
        10.0,
        Split(0, 30.0, Split(0, 35.0, 40.0, threshold=110.5), threshold=60.0),
        categories=frozenset({0}),
    )
    text = model([tree, tree], feature_names="size town", feature_infos="[0:150] 0:1:2", categorical=[1], features=2)
    (notebook / "flats.txt").write_text(f'{text}\npandas_categorical:[["Bath", "Ely", "York"]]\n')
    frame = pd.DataFrame({"size": rows * 2.5, "town": np.array(TOWNS, dtype=object)[rows % 3]})
    frame.to_csv(notebook / "flats.csv", index=False)
    return Adoption(notebook / "flats.txt", "flats", notebook / "flats.csv")


ADOPTIONS: dict[str, Callable[[Path], Adoption]] = {"spam": spam, "risk": risk, "flats": flats}


def adopt_all(notebook: Path, build: Path) -> None:
    """Write the bundle of each model below `build`."""
    for name, adoption in ADOPTIONS.items():
        adopt(adoption(notebook), build / name, lambda _: None)
