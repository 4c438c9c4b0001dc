"""The handler over models of every kind, without S3 or training, for tests of what is asked and answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from picklejar.bucket import CHAMPION
from picklejar.errors import ModelNotFound
from picklejar.manifest import Data, File, Manifest
from picklejar.predictor import Predictor
from picklejar.serving.watch import Serving
from picklejar.signature import OUTPUTS, Feature, Signature, Target

NUMBERS = tuple(Feature(name=name, title=name, description="", example=1) for name in ("width", "height"))
MIXED = (
    Feature(name="district", title="", description="", type="string", enum=("Harbour", "Hills"), example="Hills"),
    Feature(name="furnished", title="", description="", type="boolean", nullable=True, example=True),
    Feature(name="new", title="", description="", type="boolean", example=True),
    Feature(name="area", title="", description="", minimum=1, maximum=1_000, nullable=True, example=50),
    Feature(name="floor", title="", description="", type="integer", minimum=-3, default=1, example=3),
    Feature(name="agent", title="", description="", type="string", nullable=True, example="Ümlaut & Sons"),
)
FLAT = {"district": "Harbour", "furnished": True, "new": False, "area": 50.5, "floor": 3, "agent": "Ümlaut"}
# Nothing that may be missing is there.
BARE = {"district": "Hills", "new": True}
TEXTS = (Feature(name="message", title="", description="", type="string", format="text", example="Hello"),)
SWITCHES = tuple(Feature(name=name, title="", description="", type="boolean", example=True) for name in ("on", "hot"))
VERSION = "0123456789ab"


def target(name: str = "price", *classes: Any) -> Target:
    return Target(name=name, title=name, description="", **({"classes": classes} if classes else {}))


def signature(features: tuple[Feature, ...], *targets: Target, **words: Any) -> Signature:
    first, *others = targets or (target(),)
    return Signature(features=features, target=first, further_targets=tuple(others), **words)


SIGNATURES = {
    "numbers": signature(NUMBERS),
    "flats": signature(MIXED),
    "switches": signature(SWITCHES),
    "messages": signature(TEXTS, target("spam", "no", "yes"), outputs=OUTPUTS),
    "counts": signature(NUMBERS, target("count", 3, 1, 2), outputs=OUTPUTS),
    "flags": signature(NUMBERS, target("flag", False, True), outputs=OUTPUTS),
    "outliers": signature(NUMBERS, target("usual", -1, 1), outputs=("predict", "score_samples")),
    "both": signature(NUMBERS, target("price"), target("rent")),
    "labels": signature(NUMBERS, target("warm", "no", "yes"), target("old", "0", "1")),
}


class Sums:
    """Answers by the sum of what is in a row: another row is hardly ever answered the same."""

    def __init__(self, targets: tuple[Target, ...]) -> None:
        self._targets = targets
        if targets[0].labels:
            learned = [np.array(sorted(one.labels)) for one in targets]
            self.classes_ = learned if len(targets) > 1 else learned[0]

    def predict(self, X: Any) -> Any:
        sums = _sums(X)
        columns = [self._column(sums + place, one) for place, one in enumerate(self._targets)]
        return np.column_stack(columns) if len(columns) > 1 else columns[0]

    def predict_proba(self, X: Any) -> Any:
        shares = np.abs(np.sin(np.outer(_sums(X), np.arange(1, 1 + len(self.classes_))))) + 0.1
        return shares / shares.sum(axis=1, keepdims=True)

    def score_samples(self, X: Any) -> Any:
        return -_sums(X)

    def _column(self, sums: Any, one: Target) -> Any:
        labels = np.array(sorted(one.labels))
        return labels[np.abs(sums).astype(int) % len(labels)] if one.labels else sums


def _sums(X: Any) -> Any:
    return np.array([sum((place + 1) * _number(value) for place, value in enumerate(row)) for row in X.tolist()])


def _number(value: Any) -> float:
    if isinstance(value, str):
        return float(sum(value.encode()))
    return -1_000.0 if value is None or value != value else float(value)


def predictor(name: str, of: Signature, version: str = VERSION) -> Predictor:
    nothing = File("", 0)
    manifest = Manifest(
        format=1, name=name, version=version, title=name, description="", verdict="", limits=(), trained_at="",
        estimator="", kind="inert", signature=of, evaluations=(), statistics={}, data=Data("", 0, 0), packages={},
        pictures=(), proof=nothing, files={},
    )  # fmt: skip
    return Predictor(manifest, Sums(of.targets))


class Jar:
    """Models that are always ready; every one serves by the alias champion, and by the alias next."""

    def __init__(self, predictors: dict[str, Predictor]) -> None:
        self.predictors = predictors

    def names(self) -> list[str]:
        return sorted(self.predictors)

    def serving(self, name: str, alias: str = CHAMPION, _: Any = None) -> Serving:
        if name not in self.predictors or alias not in {CHAMPION, "next"}:
            raise ModelNotFound(f"There is no model named {name!r}.")
        return Serving(self.predictors[name].manifest, None)

    def manifest(self, name: str, alias: str = CHAMPION) -> Manifest:
        return self.serving(name, alias).manifest

    def version(self, name: str, version: str) -> Manifest:
        if version != VERSION:
            raise ModelNotFound(f"There is no version {version!r}.")
        return self.manifest(name)

    def ready(self, manifest: Manifest) -> Predictor:
        return self.predictors[manifest.name]


class Answered(NamedTuple):
    """What came back: status, headers and the JSON."""

    status: int
    headers: dict[str, str]
    json: Any


Call = Callable[..., Answered]


def calling(jar: Any) -> Call:
    """Return what asks the handler over a jar: a method, a path, and a body as bytes, or as what JSON is made of."""
    gateway = Gateway(make_handler(jar, ()))

    def call(method: str, path: str, body: Any = b"", media_type: str | None = None, **headers: str) -> Answered:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = gateway.invoke(
            rest_event(method, path, sent | ({"content-type": media_type} if media_type else {}), content)
        )
        found = {name: value for name, (value,) in answer["multiValueHeaders"].items()}
        return Answered(answer["statusCode"], found, json.loads(answer["body"]))

    return call


def every_kind() -> Call:
    """Return what asks models of every kind."""
    return calling(Jar({name: predictor(name, of) for name, of in SIGNATURES.items()}))
