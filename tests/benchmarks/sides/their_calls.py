"""The calls of scikit-learn and of ONNX Runtime in a warm container."""

import functools
import json
import os
import pickle
import tempfile
from pathlib import Path

import naive
import numpy as np
import onnx_handler
import pandas as pd
from turns import in_turn

WORK = Path(os.environ["WORK"])
X = np.load(WORK / "rows.npy")
SINGLES = X.astype(np.float32)
TEXTS = json.loads((WORK / "texts.json").read_text())
CALLS = {
    f"{prefix}{name}": functools.partial(handler.lambda_handler, json.loads((WORK / event).read_text()), None)
    for prefix, handler in (("", naive), ("onnx/", onnx_handler))
    for name, event in (("one", "event.json"), ("many", "events.json"))
}


def run_onnx(session, rows):
    return session.run(None, {"X": rows})


def score(file):
    frame = pd.read_csv(file)
    frame["prediction"] = naive.model.predict(frame[naive.model.feature_names_in_])
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        frame.to_csv(Path(folder) / file.name, index=False)


CALLS |= {file.name: functools.partial(score, file) for file in WORK.glob("*.csv")}
for file in sorted(WORK.glob("*.pkl")):
    estimator = pickle.loads(file.read_bytes())
    asked = TEXTS if file.stem == "texts" else X
    for rows in json.loads(os.environ["ROWS"]):
        if rows <= len(asked):
            CALLS[f"{file.stem}/{rows}"] = in_turn(estimator.predict, asked, rows)
for file in sorted(WORK.glob("*.onnx")):
    session = onnx_handler.session(file.read_bytes())
    for rows in json.loads(os.environ["ROWS"]):
        CALLS[f"onnx/{file.stem}/{rows}"] = in_turn(functools.partial(run_onnx, session), SINGLES, rows)
CALLS["open"] = functools.partial(pickle.loads, (WORK / "texts.pkl").read_bytes())
