"""Runs a model's file in an environment of the release that wrote it: elsewhere.py starts it there.

    python -I run_elsewhere.py FOLDER

FOLDER has model.pickle and asked.json, and is given answered.json. It runs on Python 3.6, and on scikit-learn from 0.19
on.
"""

import json
import pickle
import platform
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"scikit-learn": "sklearn", "numpy": "numpy", "scipy": "scipy"}
METHODS = ("predict", "predict_proba", "score_samples", "decision_function")


def main(folder: Path) -> None:
    """Write what the model is and, where rows are asked about, its answers."""
    warnings.simplefilter("ignore")
    asked = json.loads((folder / "asked.json").read_text())
    try:
        model = pickle.loads((folder / "model.pickle").read_bytes())  # noqa: S301  what --trust is for
        answered = answers(model, asked)
    except Exception as error:  # a pickle may raise anything at all
        answered = {"error": f"{type(error).__name__}: {error}"}
    (folder / "answered.json").write_text(json.dumps(answered))


def answers(model: Any, asked: Any) -> Any:
    """Return what the model is or, for a method, what it answers, as JSON has it."""
    if not asked["method"]:
        # The model has imported them.
        packages = {name: sys.modules[module].__version__ for name, module in PACKAGES.items() if module in sys.modules}
        return {
            "methods": [method for method in METHODS if hasattr(model, method)],
            "classes": listed(getattr(model, "classes_", None)),
            "names": listed(getattr(model, "feature_names_in_", None)),
            "packages": dict(packages, python=platform.python_version()),
        }
    return {"answer": listed(getattr(model, asked["method"])(rows(asked)))}


def rows(asked: Any) -> Any:
    """Return X as it was sent: a frame of columns, each with its type, or an array."""
    if asked["names"] is None:
        return np.array(asked["rows"], dtype=asked["type"]).reshape(len(asked["rows"]), -1)
    import pandas as pd

    columns = zip(asked["names"], asked["types"], asked["columns"])  # noqa: B905  Python 3.10 has strict
    return pd.DataFrame({name: pd.Series(values, dtype=kind) for name, kind, values in columns}, columns=asked["names"])


def listed(values: Any) -> Any:
    """Return an array as lists."""
    return None if values is None else np.asarray(values).tolist()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
