"""An estimator that is run in an environment of the release of scikit-learn that wrote it."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.signature import SCORES
from training.adopt.boosters import SavedModel
from training.adopt.joblib_file import NotAdopted

SCRIPT = Path(__file__).with_name("run_elsewhere.py")
LONGEST = 600  # seconds
# By the kind of a column's or an array's type; all others are objects.
TYPES = {"i": "int64", "u": "int64", "f": "float64", "b": "bool"}


class Elsewhere:
    """What `ask` wants of a fitted estimator; each call runs the file once in the other environment.

    `packages` are the versions of Python and of the packages there; who read the file as data sets `n_features_in_`.
    """

    n_features_in_: int

    def __init__(self, content: bytes, path: Path, python: Path, saved: SavedModel | None = None) -> None:
        """Take a pickle, or what XGBoost saved; raise NotAdopted if it cannot be run there."""
        self._content, self._path, self._python, self._saved = content, path, python, saved
        found = self._asked({"method": None})
        self._methods: list[str] = found["methods"]
        self.packages: dict[str, str] = found["packages"]
        if found["classes"] is not None:
            of_several = bool(found["classes"]) and isinstance(found["classes"][0], list)
            self.classes_: Any = [*map(np.array, found["classes"])] if of_several else np.array(found["classes"])
        if found["names"] is not None:
            self.feature_names_in_: NDArray[Any] = np.array(found["names"], dtype=object)

    def __getattr__(self, name: str) -> Any:
        if name in ("predict", "predict_proba", *SCORES) and name in self._methods:
            return partial(self._answer, name)
        raise AttributeError(name)

    def _answer(self, method: str, X: Any) -> NDArray[Any]:
        return np.array(self._asked({"method": method, **_sent(X)})["answer"])

    def _asked(self, asked: dict[str, Any]) -> dict[str, Any]:
        with TemporaryDirectory() as directory:
            folder = Path(directory)
            saved = self._saved
            (folder / (saved.name if saved else "model.pickle")).write_bytes(saved.content if saved else self._content)
            asked = {**asked, "saved": [saved.loader, saved.name] if saved else None}
            (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
            command = [str(self._python), "-I", str(SCRIPT), directory]
            try:
                done = subprocess.run(command, capture_output=True, check=False, timeout=LONGEST)  # noqa: S603
            except subprocess.TimeoutExpired as error:
                raise NotAdopted(f"{self._path} does not answer within {LONGEST // 60} minutes.") from error
            if done.returncode:
                complaint = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
                raise NotAdopted(f"{self._path} cannot be run by the release that wrote it: {complaint}")
            answered: dict[str, Any] = json.loads((folder / "answered.json").read_text())
        if "error" in answered:
            raise NotAdopted(f"{self._path} cannot be run by the release that wrote it: {answered['error']}.")
        return answered


def _sent(X: Any) -> dict[str, Any]:
    """Return a frame or an array as JSON has it; what is missing is NaN."""
    if not isinstance(X, pd.DataFrame):
        X = np.asarray(X)
        kind = TYPES.get(X.dtype.kind, "object")
        return {"names": None, "type": kind, "rows": X.tolist(), "are_texts": X.ndim == 1}
    columns = [X[name] for name in X]
    return {
        "names": [str(name) for name in X],
        "types": [_type(column) for column in columns],
        "columns": [column.astype(object).where(column.notna(), np.nan).tolist() for column in columns],
    }


def _type(column: pd.Series[Any]) -> str:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "category"
    return TYPES.get(getattr(column.dtype, "kind", "O"), "object")
