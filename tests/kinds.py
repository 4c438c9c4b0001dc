"""A small model of each kind that there is: numbers, labels of every type, scores, texts, several targets."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from obstore.store import MemoryStore, ObjectStore
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, File, Golden, Statistics
from picklejar.opening import open_version
from picklejar.signature import OUTLIER_LABELS, OUTPUTS, Feature, Output, Signature, Target
from picklejar.wording import Label
from tests import numbered
from training.proof.prove import Proven

AREA = Feature(name="area", title="Area", description="Inside.", unit="m²", minimum=1, maximum=1_000, example=50.5)
FLOOR = Feature(name="floor", title="Floor", description="", type="integer", minimum=0, nullable=True, example=3)
LIFT = Feature(name="has lift", title="Lift", description="", type="boolean", default=False, example=True)
MESSAGE = Feature(name="message", title="Message", description="", type="string", format="text", example="two\nlines")
TOWN = Feature(name="town", title="Town", description="", type="string", enum=("Bath", "York"), example="York")
NUMERIC = (AREA, FLOOR, LIFT)
TEXTUAL = (MESSAGE, TOWN)

X = np.array([[area, floor, lift] for area in (20.0, 60.0, 100.0) for floor in (0.0, 2.0) for lift in (0.0, 1.0)])
TEXTS = pd.DataFrame({"message": ["free prize", "lunch at noon"] * 4, "town": ["Bath", "Bath", "York", "York"] * 2})
LARGE = X[:, 0] > 50
HIGH = X[:, 1] > 1


@cache
def kinds() -> dict[str, Proven]:
    """Return a model of each kind by its name."""
    price = Target(name="price", title="Price", description="A month.", unit="EUR")
    rent = Target(name="rent", title="", description="")
    text, whole, truth = ("no", "yes"), (1, 2, 3), (False, True)
    messages = make_pipeline(make_column_transformer((CountVectorizer(), "message")), MultinomialNB())
    unusual = _labels(*OUTLIER_LABELS, outputs=("predict", "score_samples"))
    several = Signature(features=NUMERIC, target=price, further_targets=(rent,))
    sizes = _labels(*text, further=_target("high", *text))
    labels = np.where(LARGE, "yes", "no")
    models = {
        "price": (LinearRegression().fit(X, X[:, 0] * 3), Signature(features=NUMERIC, target=price)),
        "yes-no": (GaussianNB().fit(X, labels), _labels(*text, outputs=OUTPUTS)),
        "whole": (GaussianNB().fit(X, X[:, 0] // 40 + 1), _labels(*whole, outputs=OUTPUTS)),
        "true": (GaussianNB().fit(X, LARGE), _labels(*truth, outputs=OUTPUTS)),
        "sure": (DecisionTreeClassifier(random_state=0).fit(X, labels), _labels(*text)),
        "odd": (IsolationForest(n_estimators=5, random_state=0).fit(X), unusual),
        "flat": (LinearRegression().fit(X, np.array([X[:, 0] * 3, X[:, 1]]).T), several),
        "flat_size": (
            DecisionTreeClassifier(random_state=0).fit(X, np.array([labels, np.where(HIGH, "yes", "no")]).T),
            sizes,
        ),
        "spam": (messages.fit(TEXTS, ["spam", "ham"] * 4), _labels("ham", "spam", features=TEXTUAL, outputs=OUTPUTS)),
    }
    return {name: _proven(name, *model) for name, model in models.items()}


def store_of(*models: Proven) -> ObjectStore:
    """Return a bucket in memory in which these serve."""
    store = MemoryStore()
    for model in models:
        numbered.put(store, model)
    return store


def _target(name: str, *classes: Label) -> Target:
    return Target(name=name, title=name.title(), description="", classes=classes)


def _labels(
    *classes: Label,
    features: tuple[Feature, ...] = NUMERIC,
    outputs: tuple[Output, ...] = ("predict",),
    further: Target | None = None,
) -> Signature:
    return Signature(
        features=features,
        target=_target("large", *classes),
        further_targets=(further,) if further else (),
        outputs=outputs,
    )


def _proven(name: str, estimator: Any, signature: Signature) -> Proven:
    artifact = pickle.dumps(estimator, 5)
    statistics = {"price": Statistics(0, 3.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0)}
    manifest = msgspec.structs.replace(
        numbered.version(1).manifest, name=name, title=f"Of {name}", signature=signature, statistics=statistics
    )
    golden = open_version(manifest, artifact).rerun(Golden([signature.example], []))
    files = {MODEL_FILE: artifact, GOLDEN_FILE: msgspec.json.encode(golden)}
    told = {file: File.of(content) for file, content in files.items()}
    manifest = msgspec.structs.replace(manifest, files=told).sealed()
    return Proven(manifest, files | {MANIFEST_FILE: manifest.encode()}, "")
