"""What XGBoost writes of a booster, as a checked model: its parameters and, of its trees, a forest.

Sources: src/learner.cc (the whole), src/gbm/gbtree_model.cc (trees), src/gbm/gblinear_model.cc, doc/model.schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.boosters.categories import Categories, categories_of
from picklejar.inert.boosters.document import Document, parse
from picklejar.inert.boosters.links import MARGINS
from picklejar.inert.reading.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The releases whose answers were compared.
FIRST, LAST = (1, 6), (3, 4)
MOST_FEATURES, MOST_OUTPUTS = 1_000_000, 100_000
BOOSTER = "xgboost.core.Booster"
type Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """A booster.

    Attributes:
        release: as (1, 7).
        names: of the features; empty where none were given.
        categories: by the features' numbers, what the file says of those that are categories.
        objective: the name of the loss, whose link makes answers of sums.
        outputs: how many sums a row has: one for each class or target.
        classes: as the file has them; 0 where the objective has none.
        base: shape (outputs,), what the sums begin with.
        attributes: texts that were set in training, as best_iteration.
        booster: what holds the trees or weights.
        is_linear: whether these are weights.
    """

    release: tuple[int, int]
    n_features: int
    names: list[str]
    categories: dict[int, Categories]
    objective: str
    outputs: int
    classes: int
    base: Singles
    attributes: dict[str, Any]
    booster: Document
    is_linear: bool


def unsupported(what: str, instead: str = "") -> UnsupportedEstimator:
    """Return the refusal of a booster, `what` it is with, and a sentence on what would be read."""
    return UnsupportedEstimator(BOOSTER, f"with {what}", instead)


def model_of(data: bytes, charge: Callable[[int], None]) -> Model:
    """Return the model that a booster's bytes hold, those of a pickle or of a file of `save_model`.

    Raises:
        DamagedPickle: they are not a whole model.
        UnsupportedEstimator: their format, release or objective is not read.
    """
    if data[:1] != b"{":
        raise unsupported(
            "the binary format of older releases", "Save it again with XGBoost 1.6 to 3.0, as JSON or UBJSON."
        )
    whole = Document(parse(data, charge), "the whole file", charge)
    # A pickle holds, beside the model, the configuration that it was trained with.
    whole = whole.part("Model") if whole.has("Model") else whole
    release = _release(whole)
    learner = whole.part("learner")
    parameters = learner.part("learner_model_param")
    n_features = parameters.whole("num_feature", at_most=MOST_FEATURES)
    if not n_features:
        raise unsupported("no features")
    classes = parameters.whole("num_class", at_most=MOST_OUTPUTS)
    targets = parameters.whole("num_target", at_most=MOST_OUTPUTS) if parameters.has("num_target") else 1
    outputs = max(classes, 1) * max(targets, 1)
    if outputs > MOST_OUTPUTS:
        raise learner.damaged("has far more outputs than there are")
    objective = learner.part("objective").text("name")
    if objective not in MARGINS:
        raise unsupported(f"the objective {objective[:50]!r}")
    booster = learner.part("gradient_booster")
    names = learner.texts("feature_names") if learner.has("feature_names") else []
    if len(names) not in (0, n_features):
        raise learner.damaged("has not a name for each feature")
    charge(100 * len(names) + 4 * outputs)
    return Model(
        release=release,
        n_features=n_features,
        names=names,
        categories=categories_of(learner, booster, n_features, release),
        objective=objective,
        outputs=outputs,
        classes=classes,
        base=_base(parameters, objective, outputs),
        attributes=_attributes(learner),
        booster=booster,
        is_linear=booster.text("name") == "gblinear",
    )


def version_of(data: bytes) -> tuple[str, bool]:
    """Return the release that wrote a booster's bytes, and whether they are those of a file of `save_model`."""
    whole = Document(parse(data, _free), "the whole file", _free)
    is_file = not whole.has("Model")
    numbers = (whole if is_file else whole.part("Model")).integers("version", 3).tolist()
    return ".".join(map(str, numbers)), is_file


def _free(_: int) -> None:
    """Charge nothing, where nothing is served."""


def bytes_of(handle: Any) -> bytes | None:
    """Return a booster's bytes as a pickle has them, or None."""
    if isinstance(handle, Record) and handle.name == "builtins.bytearray":
        handle = handle.args[0] if handle.args else b""
    if isinstance(handle, Record) and handle.name == "_codecs.encode" and handle.args:
        handle = handle.args[0]
    if type(handle) is str:  # until protocol 2
        handle = handle.encode("latin-1")
    return bytes(handle) if isinstance(handle, bytes | bytearray) else None


def _release(whole: Document) -> tuple[int, int]:
    numbers = whole.integers("version", 3).tolist()
    if not all(0 <= number < 1_000 for number in numbers):
        raise whole.damaged("has no version")
    release = numbers[0], numbers[1]
    if not FIRST <= release <= LAST:
        raise unsupported(
            f"the state of XGBoost {numbers[0]}.{numbers[1]} (read are {FIRST[0]}.{FIRST[1]} to {LAST[0]}.{LAST[1]})"
        )
    return release


def _base(parameters: Document, objective: str, outputs: int) -> Singles:
    """Return what sums begin with: `base_score`, through the objective's `ProbToMargin`.

    One number until 3.0, a list since.
    """
    text = parameters.text("base_score")
    try:
        given: Any = json.loads(text) if len(text) < 20 * outputs + 40 else None
        scores = np.array(given, dtype=np.float64).astype(np.float32).ravel()
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise parameters.damaged("has no number in base_score") from error
    if len(scores) not in (1, outputs):
        raise parameters.damaged("has not a base_score for each output")
    base = np.broadcast_to(MARGINS[objective](scores), (outputs,))
    if not np.isfinite(base).all():
        raise unsupported("a base_score whose margin is not finite")
    return np.array(base, dtype=np.float32)


def _attributes(learner: Document) -> dict[str, Any]:
    return learner.part("attributes").names() if learner.has("attributes") else {}


def last_round(model: Model) -> int | None:
    """Return how many rounds a wrapper of scikit-learn's predicts by: up to the best; None for all."""
    best = model.attributes.get("best_iteration")
    if best is None:
        return None
    if not (type(best) is str and best.isascii() and best.isdecimal() and len(best) < 10):
        raise DamagedPickle("The booster of the file has no number in best_iteration.")
    return int(best) + 1
