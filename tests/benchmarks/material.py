"""Input files of every side: events, rows, and estimators fitted to the housing data."""

from __future__ import annotations

import io
import json
import pickle
import random
import string
import subprocess
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from tests.benchmarks import files, growth
from tests.benchmarks.places import BUNDLES, PYTHON, SIDES, WORK, naive
from training.dataset.load import load
from training.models import find
from training.train import split

MOST_ROWS, MOST_TEXTS, WORDS = 10_000, 100, 100_000
# Headers of a browser and of API Gateway.
HEADERS = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate, br",
    "accept-language": "en",
    "content-type": "application/json",
    "Host": "abcdefghij.execute-api.us-east-1.amazonaws.com",
    "origin": "https://page.example",
    "referer": "https://page.example/",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "cross-site",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def write() -> None:
    definition = find("housing")
    dataset = load(definition, definition.data)
    train, test = split(definition, dataset)
    rows = np.resize(test.X, (MOST_ROWS, test.X.shape[1]))
    np.save(WORK / "rows.npy", rows)
    names = definition.signature.names
    instances = [dict(zip(names, row, strict=True)) for row in rows.tolist()]
    for file, sent in (("event.json", instances[:1]), ("events.json", instances)):
        (WORK / file).write_text(json.dumps(event(json.dumps({"instances": sent}))))
    (WORK / "body.json").write_text(json.dumps({"instances": instances[:1]}))
    (WORK / "house.json").write_text(json.dumps(instances[0]))
    growth.write(train.X, train.y, event(""), instances)
    for name, estimator in estimators().items():
        (WORK / f"{name}.pkl").write_bytes(pickle.dumps(estimator.fit(train.X, train.y), protocol=5))
    files.write(WORK, names, rows)
    texts, labels = messages()
    (WORK / "texts.json").write_text(json.dumps(texts[:MOST_TEXTS]))
    (WORK / "texts.pkl").write_bytes(pickle.dumps(text_model().fit(texts, labels), protocol=5))


def convert() -> dict[str, float | None]:
    """Write the estimators and the housing model as ONNX files; return by how much each deviates from scikit-learn.

    The deviation is the largest relative one over all rows, None for an estimator that skl2onnx cannot convert.
    """
    pickles = {name: WORK / f"{name}.pkl" for name in estimators()} | {"housing": BUNDLES / "housing" / "model.pkl"}
    pairs = [str(path) for name, source in pickles.items() for path in (source, WORK / f"{name}.onnx")]
    for target in pairs[1::2]:
        Path(target).unlink(missing_ok=True)
    command = [*PYTHON, str(SIDES / "to_onnx.py"), str(WORK / "rows.npy"), *pairs]
    converted = subprocess.run(command, env=naive().environment(), stdout=subprocess.PIPE, check=True)
    deviations: dict[str, float | None] = json.loads(converted.stdout.splitlines()[-1])
    return deviations


def estimators() -> dict[str, Any]:
    return {
        "linear": LinearRegression(),
        "pipeline": make_pipeline(StandardScaler(), LinearRegression()),
        "tree": DecisionTreeRegressor(random_state=0),
        "forest": RandomForestRegressor(n_estimators=100, random_state=0),
        "boosting": GradientBoostingRegressor(random_state=0),
        "histogram": HistGradientBoostingRegressor(random_state=0),
    }


def messages() -> tuple[list[str], list[int]]:
    """Return texts of a hundred words, of a hundred thousand in all, and labels."""
    draw = random.Random(0)
    known = sorted({"".join(draw.choices(string.ascii_lowercase, k=draw.randint(5, 11))) for _ in range(WORDS + 5_000)})
    words = known[:WORDS]
    draw.shuffle(words)
    texts = [" ".join(words[at : at + 100]) for at in range(0, len(words), 100)]
    return texts, [at % 2 for at in range(len(texts))]


def text_model() -> Pipeline:
    return make_pipeline(TfidfVectorizer(), LogisticRegression())


def naive_model() -> bytes:
    """Return the housing model as a joblib file, with column names as after a fit on a data frame."""
    estimator = pickle.loads((BUNDLES / "housing" / "model.pkl").read_bytes())
    estimator.feature_names_in_ = np.array(find("housing").signature.names, dtype=object)
    file = io.BytesIO()
    joblib.dump(estimator, file)
    return file.getvalue()


def event(body: str) -> dict[str, Any]:
    path = "/models/housing/predict"
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "POST",
        "headers": HEADERS,
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "123456",
            "resourcePath": "/{proxy+}",
            "httpMethod": "POST",
            "path": f"/api{path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "api",
            "requestId": "871518ea-7f40-4157-bd10-45df10e34979",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": HEADERS["User-Agent"]},
            "domainName": HEADERS["Host"],
            "apiId": "abcdefghij",
        },
        "body": body,
        "isBase64Encoded": False,
    }
