"""A model with every type of feature, for the suites alone: rent by district, furnishing, floor and area."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
from obstore.store import MemoryStore
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from picklejar.alias import Alias
from picklejar.bucket import alias_key, version_key
from picklejar.manifest import MANIFEST_FILE, decode_manifest
from picklejar.serving.jar import Jar
from picklejar.signature import Feature, Signature, Target
from training.definition import Definition

DISTRICTS = ("Old Town", "Harbour", "West | End", "Hills")
FEATURES = (
    Feature(
        name="district", title="District", description="Where it is.", type="string", enum=DISTRICTS, example="Harbour"
    ),
    Feature(name="furnished", title="Furnished", description="", type="boolean", nullable=True, example=True),
    Feature(
        name="area",
        title="Area",
        description="",
        unit="m²",
        minimum=1,
        maximum=1_000,
        nullable=True,
        when_missing="counts as the average, {mean:.0f}",
        example=50,
    ),
    Feature(name="floor", title="Floor", description="", type="integer", minimum=0, default=1, example=3),
    Feature(name="agent", title="Agent", description="", type="string", nullable=True, example="Smith & Sons"),
)


def write_rows(path: Path, count: int = 120) -> Path:
    """Write a data set whose rents follow from its columns, but for some noise."""
    numbers = random.Random(3)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*(feature.name for feature in FEATURES), "rent"])
        for row in range(count):
            district, furnished, area = row % len(DISTRICTS), row % 3, numbers.uniform(20, 120)
            agent = ["Smith & Sons", "", "Ümlaut", '"Quick", Ltd $1 $2'][row % 5 % 4]
            rent = 200 * district + 150 * (furnished == 1) + 12 * area + numbers.gauss(0, 20)
            known_area = "" if row % 10 == 7 else round(area, 1)
            rows.writerow([DISTRICTS[district], ["no", "yes", ""][furnished], known_area, row % 7, agent, rent])
    return path


def read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path)
    return frame.assign(furnished=frame["furnished"].map({"yes": True, "no": False}))


def estimator() -> Pipeline:
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["district", "agent"]),
        (SimpleImputer(strategy="most_frequent"), ["furnished"]),
        (SimpleImputer(), ["area"]),
        remainder="passthrough",
    )
    return make_pipeline(columns, Ridge(alpha=0.1))


def rent(folder: Path, **words: Any) -> Definition:
    """Return the definition, its data set written to the folder."""
    said: dict[str, Any] = {
        "name": "rent",
        "title": "Rent",
        "description": "Rent of a flat.",
        "signature": Signature(
            features=FEATURES, target=Target(name="rent", title="Rent", description="A month.", unit="EUR")
        ),
        "data": write_rows(folder / "rent.csv"),
        "read": read,
        "estimator": estimator,
        "limits": ("No flat is real.",),
    }
    return Definition(**said | words)


def jar_of(bundle: Path) -> Jar:
    """Return a jar in memory that holds one bundle, as its model's champion."""
    store = MemoryStore()
    manifest = decode_manifest((bundle / MANIFEST_FILE).read_bytes())
    for file in (*manifest.files, MANIFEST_FILE):
        store.put(version_key(manifest.name, manifest.version, file), (bundle / file).read_bytes())
    store.put(alias_key(manifest.name), msgspec.json.encode(Alias(manifest.version)))
    return Jar(store)
