"""Our calls in a warm container."""

import contextlib
import functools
import json
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from obstore.store import LocalStore
from predict.app import lambda_handler
from turns import in_turn

from picklejar import inert
from picklejar.batch.files import Files
from picklejar.batch.job import Job
from picklejar.batch.source import Source
from picklejar.errors import InvalidInstances, UnreadablePickle
from picklejar.instances import InstanceReader, decode_json
from picklejar.manifest import decode_manifest
from picklejar.opening import open_version
from picklejar.signature import Feature, Signature, Target

WORK = Path(os.environ["WORK"])
X = np.load(WORK / "rows.npy")
TEXTS = np.array(json.loads((WORK / "texts.json").read_text()), dtype=object)[:, None]
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
        asked = TEXTS if estimator.is_of_texts else X
        for rows in json.loads(os.environ["ROWS"]):
            if rows <= len(asked):
                yield f"{file.stem}/{rows}", in_turn(estimator.predict, asked, rows)


def refused():
    """Return calls that decode, and that refuse, 5 MB for a model of 1,000 features in which each value is wrong."""
    features = [Feature(name=f"f{n}", title="", description="", example=1.0, maximum=9.0) for n in range(1_000)]
    reader = InstanceReader(Signature(features=tuple(features), target=Target(name="y", title="", description="")))
    body = json.dumps({"instances": [{f"f{n}": 99 for n in range(1_000)}] * 480}).encode()

    def refuse():
        with contextlib.suppress(InvalidInstances):
            reader.read(body)
            raise AssertionError("nothing is refused")

    return {"refuse": refuse, "decode": functools.partial(decode_json, body)}


def file_steps():
    """Yield the calls that score each file, all steps of it."""
    bundle = Path(os.environ["BUNDLES"]) / "housing"
    manifest = decode_manifest((bundle / "manifest.json").read_bytes())
    predictor = open_version(manifest, (bundle / "model.pkl").read_bytes())

    def score(name):
        source = Source.found(Files(LocalStore(prefix=WORK)), name)
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            job = Job(Files(LocalStore(prefix=folder)), "parts")
            plan = job.begin(source, manifest.name, lambda: manifest)
            for number in range(len(plan.chunks)):
                job.score(plan, number, source, predictor)
            assert job.join(plan, source, manifest, name).refused_rows == 0

    for file in WORK.glob("*.csv"):
        yield file.name, functools.partial(score, file.name)


VOCABULARY = (WORK / "texts.pkl").read_bytes()
OPENING = {"open": functools.partial(inert.loads, VOCABULARY)}
CALLS = (
    OPENING
    | {"one": handle("event.json"), "many": handle("events.json")}
    | refused()
    | dict(file_steps())
    | dict(predictions())
)
