"""The estimator in a model file, read as data or, if the file is trusted, run."""

from __future__ import annotations

import importlib
import pickle
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from picklejar import inert
from picklejar.errors import UnreadablePickle, UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.inspection import check_trees_of
from picklejar.inert.meta.used import used
from picklejar.inert.reading.allowlist import READ, RECORDED
from picklejar.inert.reading.records import CALLED, Contents, Lenient, Record, read_leniently
from picklejar.inert.reading.state import OF_OTHERS, VERSIONS
from picklejar.inert.reading.unsupported import UNSUPPORTED
from picklejar.manifest import Around
from picklejar.wording import list_of, shorten
from training.adopt import lightgbm_file
from training.adopt.boosters import releases, saved_model
from training.adopt.elsewhere import Elsewhere
from training.adopt.joblib_file import NotAdopted, plain
from training.evaluation.predictions import description_of
from training.proof.libraries import with_releases
from training.proof.releases import NoEnvironment, interpreter, minor

Say = Callable[[str], None]

# What a file that is run may name, beside what is read: that is all that there is where live models are served.
PACKAGES = {"sklearn", "numpy", "scipy"}
FRAMES = {"DataFrame", "Series"}
LONGEST_RELEASE = 20
KNOWN = READ.keys() | RECORDED | UNSUPPORTED | CALLED.keys()
LONGEST_KEY = 50
TEXTS = "sklearn.feature_extraction.text"
# What models are made with beside scikit-learn, by the top module and by name.
LIBRARIES = {
    "catboost": "CatBoost", "category_encoders": "Category Encoders", "cuml": "cuML", "gensim": "gensim",
    "imblearn": "imbalanced-learn", "keras": "Keras", "lightgbm": "LightGBM", "nltk": "NLTK", "prophet": "Prophet",
    "sklearn_pandas": "sklearn-pandas", "spacy": "spaCy", "statsmodels": "statsmodels", "tensorflow": "TensorFlow",
    "torch": "PyTorch", "xgboost": "XGBoost",
}  # fmt: skip
PARTLY_READ = {"lightgbm", "xgboost"}
BOOSTING = ", like a HistGradientBoostingClassifier or HistGradientBoostingRegressor"
INSTEAD = {
    "xgboost": ", or one of XGBoost that is read", "lightgbm": ", or one of LightGBM that is read",
    "catboost": BOOSTING, "imblearn": ", resampled before its pipeline",
}  # fmt: skip
DUMP_WITH_MODEL = (
    "name its model's file after it, as picklejar adopt scaler.pkl model.pkl does, or dump the pipeline that ends with "
    "its model."
)
DUMP_IT_ALONE = "Dump the fitted estimator or pipeline itself."
WHAT_IS_READ = "What is adopted is a fitted estimator in a file of pickle.dump or joblib.dump."
FIT_AGAIN = "fit the model again with scikit-learn's own classes, and dump it again"


@dataclass(frozen=True)
class Fitted:
    """scikit-learn's estimator if the file was run, else an inert one.

    `description` is one line, `pickle` what it comes from, `release` the scikit-learn that wrote it; `names_pandas`
    says whether running it needs pandas. `inert` is the file read as data, if it can be, without the columns `ignored`:
    those that it was fitted with and drops. `names` are those of the columns, which it is asked about in a frame if it
    `takes_frames`; `around` is what both estimators do beside what the file does. `packages` are those of the
    environment that ran the file, where that is another than this. `xgboost` is the release that wrote a booster in it;
    `lightgbm` is that of the text of one, as far as it is known, and `categories` are the columns that it wants of
    pandas' type category.
    """

    estimator: Any
    inert: InertEstimator | None
    ignored: frozenset[int]
    names: list[str] | None
    count: int | None
    description: str
    pickle: bytes
    release: str
    was_run: bool
    names_pandas: bool
    takes_frames: bool = True
    around: Around | None = None
    packages: dict[str, str] | None = None
    xgboost: str = ""
    lightgbm: str = ""
    categories: frozenset[int] = frozenset()

    @property
    def releases(self) -> dict[str, str]:
        """The releases of the libraries that wrote the file; that of scikit-learn may be unknown."""
        others = {"xgboost": self.xgboost, "lightgbm": self.lightgbm}
        found = {name: release for name, release in others.items() if release}
        return found | ({"scikit-learn": self.release} if self.release != "unknown" or not found else {})


def open_file(
    path: Path, *, trust: bool, say: Say, content: bytes | None = None, lenient: Lenient | None = None
) -> Fitted:
    """Return the estimator in a file of pickle or joblib, which is run only with `trust`, by the release that wrote it.

    `content` is the plain pickle that is adopted, and `lenient` what it holds, where they are known already. A file
    that names more than scikit-learn needs is refused before it runs. `say` is told what is fetched to run it.

    Raises:
        NotAdopted: it holds no fitted estimator with `predict`, or one that cannot be served; says what to do.
    """
    try:
        content = plain(path) if content is None else content
        value, _, names = lenient = read_leniently(content) if lenient is None else lenient
        check_names(names, path)
        record = _estimator(value, path)
        if trust:
            check_trees_of(lenient)
        else:
            _check_release(record, path)
        # Live models are run by today's release alone, and none of another library's is.
        others = _others(value, path)
        as_data = _read(lenient, required=not trust or bool(others) or not _is_of_today(record))
        whole = _run(content, path, record, say, others) if trust else as_data
        if isinstance(whole, Elsewhere) and as_data is not None:
            whole.n_features_in_ = as_data.n_features_in_
    except UnsupportedEstimator as error:
        raise NotAdopted(f"{path} is not adopted. {error.reason} {_way_out(record, error, names)}") from error
    except UnreadablePickle as error:
        raise NotAdopted(f"{path} holds no fitted model that can be read. {error.reason} {WHAT_IS_READ}") from error
    is_here = trust and not isinstance(whole, Elsewhere)
    kind = type(whole).__name__ if is_here else _described(record)
    _check_predicts(whole, kind, path)
    inert_ = None if as_data is None else used(as_data)
    known = whole if is_here else as_data
    fitted_names = getattr(known, "feature_names_in_", None)
    return Fitted(
        estimator=whole if trust else inert_,
        inert=inert_,
        ignored=frozenset() if as_data is None else as_data.ignored(),
        names=None if fitted_names is None else [str(name) for name in fitted_names],
        count=getattr(known, "n_features_in_", None),
        description=description_of(whole) if is_here else kind,
        pickle=content,
        release=_release(record),
        was_run=trust,
        names_pandas=any(_top(name) == "pandas" for name in names),
        packages=whole.packages if isinstance(whole, Elsewhere) else None,
        categories=lightgbm_file.category_columns(value, names, as_data),
        xgboost=others.get("xgboost", ""),
        lightgbm=others.get("lightgbm", ""),
    )


def check_names(names: Iterable[tuple[str, str]], path: Path) -> None:
    """Refuse a file that names what is not there where models are served; raises NotAdopted."""
    unread = sorted(name for name in names if _top(name) in LIBRARIES and ".".join(name) not in KNOWN)
    if unread:
        library = _top(unread[0])
        # Of some, other classes are read.
        of_it = f"'s {unread[0][1][:50]}" if library in PARTLY_READ else ""
        raise NotAdopted(
            f"{path} needs {LIBRARIES[library]}{of_it}, which is not read as data and not there where models are "
            f"served. Fit a model of scikit-learn's own in its place{INSTEAD.get(library, '')}, and dump it."
        )
    for module, name in sorted(names):
        full_name = f"{module}.{name}"
        if _top((module, name)) == "pandas" and name in FRAMES:
            raise NotAdopted(f"{path} holds a {name} of pandas, which is not a model. {DUMP_IT_ALONE}")
        if module == "__main__":
            raise NotAdopted(
                f"{path} names {name[:100]!r}, which was written in the notebook itself and is not there where models "
                f"are served: {FIT_AGAIN}. A FunctionTransformer may have one of numpy's functions."
            )
        # A name with a point in it would lead to what another module only imported.
        if full_name not in KNOWN and (_top((module, name)) not in PACKAGES or "." in name):
            raise NotAdopted(
                f"{path} names {full_name[:200]!r}, which scikit-learn does not need and which is not there where "
                f"models are served; nothing was run. If it is a class or function of yours, {FIT_AGAIN}."
            )


def _top(name: tuple[str, str]) -> str:
    return name[0].partition(".")[0]


def _estimator(value: Any, path: Path) -> Record:
    if isinstance(value, Record) and value.name not in RECORDED:
        return value
    name = value.name if isinstance(value, Record) else type(value).__name__
    shown = "an array of numpy" if name.startswith("numpy.") else f"a {name.rpartition('.')[2]}"
    keys = [repr(shorten(key, LONGEST_KEY)) for key in value if isinstance(key, str)] if isinstance(value, dict) else []
    has = f" It is that of one of its keys, {list_of(keys)}." if keys else ""
    raise NotAdopted(f"{path} holds {shown}, which is not a model. {DUMP_IT_ALONE}{has}")


def _check_release(record: Record, path: Path) -> None:
    release = _release(record)
    parts = release.split(".")
    if release == "unknown" or len(parts) < 2 or ".".join(parts[:2]) in VERSIONS:
        return
    raise NotAdopted(
        f"{path} was written by scikit-learn {release}; what is read is of {VERSIONS[0]} to {VERSIONS[-1]}. Fit the "
        "model again with one of these, and dump it."
    )


def _way_out(record: Record, error: UnsupportedEstimator, names: Iterable[tuple[str, str]]) -> str:
    """Return what to do with a model that is not read; --trust is named only where it leads to one that is served."""
    if error.name.startswith(OF_OTHERS):
        return f"A model of {LIBRARIES[error.name.partition('.')[0]]} is served as data alone."
    if not hasattr(_class_of(record.name if record.name in READ else error.name), "predict"):
        return f"Nor does it predict: {DUMP_WITH_MODEL}"
    if any(module == TEXTS for module, _ in names):
        return "Live models of texts are not served either."
    if any(_top(name) == "pandas" for name in names):
        return "Nor is it served live, as its file names pandas: fit it with classes that `picklejar supported` lists."
    if not _is_of_today(record):
        return (
            f"Nor is it served live, as scikit-learn {_release(record)} wrote it, and {sklearn.__version__} runs live "
            "models: fit it again with that, and adopt it with --trust."
        )
    return (
        "It can be served live, by scikit-learn, in a stack with LiveModels=true, where no feature is a text: adopt it "
        "with --trust, which runs the file."
    )


def _class_of(name: str) -> Any:
    # Known names of scikit-learn alone are imported.
    if not name.startswith("sklearn.") or (name not in READ and name not in UNSUPPORTED):
        return None
    module, _, cls = name.rpartition(".")
    return getattr(importlib.import_module(module), cls, None)


def _read(lenient: Lenient, *, required: bool) -> InertEstimator | None:
    try:
        lenient.check_names()
        return inert.restore(lambda: Contents(lenient.value, lenient.budget))
    except UnreadablePickle:
        if required:
            raise
        return None


def _is_of_today(record: Record) -> bool:
    return minor(_release(record)) == minor(sklearn.__version__)


def _xgboost(value: Any, path: Path) -> str:
    """Return the release of XGBoost that wrote what is in a file, or an empty text."""
    found = releases(value)
    if len(found) > 1:
        raise NotAdopted(f"{path} holds models of several releases of XGBoost: {list_of(sorted(found))}. {FIT_AGAIN}.")
    return min(found, default="")


def _others(value: Any, path: Path) -> dict[str, str]:
    """Return the releases of the libraries other than scikit-learn that wrote parts of a file, by their names."""
    found = {"xgboost": _xgboost(value, path), "lightgbm": lightgbm_file.release(value)}
    return {name: release for name, release in found.items() if release}


def _run(content: bytes, path: Path, record: Record, say: Say, others: dict[str, str]) -> Any:
    if others or not _is_of_today(record):
        return _elsewhere(content, path, record, say, others)
    try:
        with warnings.catch_warnings():
            # The two releases are told by whoever adopts it.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return pickle.loads(content)  # noqa: S301  what --trust is for
    except Exception as error:  # a pickle may raise anything at all
        raise NotAdopted(f"{path} cannot be unpickled here: {type(error).__name__}: {error}.") from error


def _elsewhere(content: bytes, path: Path, record: Record, say: Say, others: dict[str, str]) -> Elsewhere:
    release = _release(record)
    if release == "unknown" and others:
        release = lightgbm_file.release_of_labels(record) or release
    try:
        return Elsewhere(
            content,
            path,
            interpreter(release, say, None, others.get("xgboost", ""), others.get("lightgbm", "")),
            saved_model(record),
        )
    except NoEnvironment as error:
        by = with_releases(others or {"scikit-learn": release})
        raise NotAdopted(
            f"{path} was written by {by}, and cannot be run by it here. {error} Name the notebook's "
            "own predictions with --answers, in place of --trust; without either it is not proven."
        ) from error


def _check_predicts(estimator: Any, kind: str, path: Path) -> None:
    if not hasattr(estimator, "predict"):
        raise NotAdopted(
            f"{path} holds a {kind}, which does not predict. {DUMP_WITH_MODEL[0].upper()}{DUMP_WITH_MODEL[1:]}"
        )
    try:
        if not isinstance(estimator, InertEstimator | Elsewhere):
            check_is_fitted(estimator)
    except NotFittedError as error:
        raise NotAdopted(f"{path} holds a {kind} that was not fitted. Fit it, and dump it again.") from error


def _release(record: Record) -> str:
    written = record.state.get("_sklearn_version") if isinstance(record.state, dict) else None
    return shorten(written, LONGEST_RELEASE) if isinstance(written, str) and written.isprintable() else "unknown"


def _described(record: Any) -> str:
    name: str = record.name.rpartition(".")[2]
    if name != "Pipeline":
        return name
    steps = [step for _, step in record.state["steps"]]
    return f"{name}({', '.join(_described(step) if isinstance(step, Record) else str(step) for step in steps)})"
