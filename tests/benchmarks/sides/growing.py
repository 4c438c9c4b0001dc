"""The calls with more and more trees, features and rows, of either side."""

import functools
import json
import os
from pathlib import Path

import numpy as np
from turns import in_turn

WORK = Path(os.environ["WORK"])
FOLDER = WORK / "growth"


def calls(loads, reader, handler, context=None):
    """Return the calls by name.

    `loads` opens a pickle, `reader` takes the features' names and returns what reads a body, `handler` is Lambda's.
    """
    X = np.load(WORK / "rows.npy")
    named = {}
    for file in FOLDER.glob("forest-*.pkl"):
        content = file.read_bytes()
        named[f"open/{file.stem}"] = functools.partial(loads, content)
        named[f"row/{file.stem}"] = in_turn(loads(content).predict, X, 1)
    for file in FOLDER.glob("features-*.json"):
        body = file.read_bytes()
        named[file.stem] = functools.partial(reader(json.loads(body)["instances"][0]), body)
    for file in FOLDER.glob("rows-*.json"):
        named[file.stem] = functools.partial(handler, json.loads(file.read_text()), context)
    return named
