"""Opens a version, from its model file to a predictor, and checks its golden predictions."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from picklejar import inert
from picklejar.errors import BundleDamaged, UnreadablePickle
from picklejar.inert import InertEstimator
from picklejar.manifest import Golden, Manifest
from picklejar.predictor import Estimator, Predictor


def open_version(manifest: Manifest, artifact: bytes) -> Predictor:
    """Return the predictor of a version from its model file, whose hash the caller has checked.

    A live model's file is run; the caller decides whether it may.

    Raises:
        BundleDamaged: the bytes are not a model of the manifest's kind and features.
        PackagesDiffer: a live model was trained with other packages.
    """
    if manifest.kind == "inert":
        return Predictor(manifest, _inert(manifest, artifact))
    # Where every model is inert, nothing that unpickles is ever imported.
    from picklejar import live

    return Predictor(manifest, _with_around(manifest, live.loads(artifact, manifest.packages)))


def read_inert(manifest: Manifest, artifact: bytes) -> Any:
    """Return a version's inert estimator of the signature's features, with what is done before and after it.

    Raises:
        UnreadablePickle: the file is not read as data.
        BundleDamaged: what is done around the estimator does not fit it or the signature.
    """
    return _with_around(manifest, narrowed(inert.loads(artifact), _width(manifest)))


def _width(manifest: Manifest) -> int:
    columns = () if manifest.around is None else manifest.around.columns
    return len(columns or manifest.signature.features)


def _with_around(manifest: Manifest, estimator: Any) -> Any:
    if manifest.around is None:
        return estimator
    from picklejar.around import WithAround  # few models are adopted with it

    return WithAround(estimator, manifest.around, manifest.signature.features)


def narrowed(estimator: InertEstimator, features: int) -> InertEstimator:
    """Return the estimator without the columns that it drops, where it was fitted with more than its signature has."""
    if estimator.n_features_in_ <= features:
        return estimator
    from picklejar.inert.meta.used import used  # few models are adopted with such

    return used(estimator)


def check_golden(predictor: Predictor, golden: bytes) -> None:
    """Raise BundleDamaged unless a version repeats the golden predictions in its file `golden`."""
    try:
        predictor.replay(msgspec.json.decode(golden, type=Golden))
    except (BundleDamaged, MemoryError):
        raise
    # Rows that are refused, a file that is none, an estimator that fails: it is not a version to serve.
    except Exception as error:
        manifest = predictor.manifest
        raise BundleDamaged(f"{manifest.name} {manifest.version} does not answer its golden rows.") from error


def _inert(manifest: Manifest, artifact: bytes) -> Estimator:
    version = f"{manifest.name} {manifest.version}".strip()
    try:
        estimator = read_inert(manifest, artifact)
    except UnreadablePickle as error:
        raise BundleDamaged(
            f"{version} was published to be read as data, and is not read here: {error.reason} Deploy the Picklejar "
            "that published it, or train and publish it again."
        ) from error
    if not hasattr(estimator, "predict") or estimator.n_features_in_ != len(manifest.signature.features):
        raise BundleDamaged(f"The model of {version} does not predict from the features of its manifest.")
    return cast("Estimator", estimator)
