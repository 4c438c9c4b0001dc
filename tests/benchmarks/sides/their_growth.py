"""The usual handler's calls with more and more trees, features and rows."""

import functools
import json
import os
import pickle
from pathlib import Path

import naive
import numpy as np
from turns import in_turn

FOLDER = Path(os.environ["WORK"]) / "growth"
X = np.load(Path(os.environ["WORK"]) / "rows.npy")
CALLS = {}
for file in FOLDER.glob("forest-*.pkl"):
    content = file.read_bytes()
    CALLS[f"open/{file.stem}"] = functools.partial(pickle.loads, content)
    CALLS[f"row/{file.stem}"] = in_turn(pickle.loads(content).predict, X, 1)
for file in FOLDER.glob("features-*.json"):
    CALLS[file.stem] = functools.partial(json.loads, file.read_bytes())
for file in FOLDER.glob("rows-*.json"):
    CALLS[file.stem] = functools.partial(naive.lambda_handler, json.loads(file.read_text()), None)
