"""Converts pickles to ONNX in float32, as its documents do, and prints as JSON the deviation of each from scikit-learn.

Arguments: a file of rows, then pairs of a pickle and the file to write. The deviation is the largest relative one over
the rows, None for what skl2onnx cannot convert.
"""

import contextlib
import json
import pickle
import sys
from itertools import batched
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx

rows, *pairs = sys.argv[1:]
X = np.load(rows)
deviations = {}
for source, target in batched(pairs, 2, strict=True):
    estimator = pickle.loads(Path(source).read_bytes())
    deviations[Path(target).stem] = None
    # skl2onnx raises what its parts raise: ValueError, RuntimeError, KeyError.
    with contextlib.suppress(Exception):
        model = to_onnx(estimator, X[:1].astype(np.float32)).SerializeToString()
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        answers = session.run(None, {"X": X.astype(np.float32)})[0].ravel()
        expected = estimator.predict(X)
        deviations[Path(target).stem] = float(np.max(np.abs(answers - expected) / np.abs(expected)))
        Path(target).write_bytes(model)
print(json.dumps(deviations))
