"""Our calls with more and more trees, features and rows."""

import functools
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from predict.app import lambda_handler
from turns import in_turn

from picklejar import inert
from picklejar.instances import InstanceReader
from picklejar.signature import Feature, Signature, Target

FOLDER = Path(os.environ["WORK"]) / "growth"
X = np.load(Path(os.environ["WORK"]) / "rows.npy")
CONTEXT = SimpleNamespace(aws_request_id="871518ea-7f40-4157-bd10-45df10e34979")


def reader(names):
    features = tuple(Feature(name=name, title="", description="", example=1.0) for name in names)
    return InstanceReader(Signature(features=features, target=Target(name="y", title="", description="")))


CALLS = {}
for file in FOLDER.glob("forest-*.pkl"):
    content = file.read_bytes()
    CALLS[f"open/{file.stem}"] = functools.partial(inert.loads, content)
    CALLS[f"row/{file.stem}"] = in_turn(inert.loads(content).predict, X, 1)
for file in FOLDER.glob("features-*.json"):
    body = file.read_bytes()
    CALLS[file.stem] = functools.partial(reader(json.loads(body)["instances"][0]).read, body)
for file in FOLDER.glob("rows-*.json"):
    CALLS[file.stem] = functools.partial(lambda_handler, json.loads(file.read_text()), CONTEXT)
