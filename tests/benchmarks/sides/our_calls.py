"""Our calls in a warm container."""

import functools
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from predict.app import lambda_handler

from picklejar import inert
from picklejar.errors import UnreadablePickle

WORK = Path(os.environ["WORK"])
X = np.load(WORK / "rows.npy")
CONTEXT = SimpleNamespace(aws_request_id="871518ea-7f40-4157-bd10-45df10e34979")


def handle(event):
    event = json.loads((WORK / event).read_text())
    assert lambda_handler(event, CONTEXT)["statusCode"] == 200
    return functools.partial(lambda_handler, event, CONTEXT)


def predictions():
    """Yield the calls of each estimator that is read, by number of rows."""
    for file in sorted(WORK.glob("*.pkl")):
        try:
            estimator = inert.loads(file.read_bytes())
        except UnreadablePickle as error:
            print(file, error)
            continue
        for rows in json.loads(os.environ["ROWS"]):
            yield f"{file.stem}/{rows}", functools.partial(estimator.predict, X[:rows])


CALLS = {"one": handle("event.json"), "many": handle("events.json")} | dict(predictions())
