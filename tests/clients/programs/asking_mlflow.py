"""Asks by the client of MLflow's scoring server; run where it is installed."""

import json
import sys
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient


def client_of(address, name):
    """Return a client of a model; what it takes for a port may have a path behind it."""
    place = urlsplit(address)
    client = ScoringServerClient(place.hostname, f"{place.port}{place.path}/models/{name}")
    client.wait_server_ready(timeout=30)
    return client


def ask(client, data, outputs):
    return {output: client.invoke(data, {"output": output})["predictions"] for output in outputs}


def refused(address, name, rows):
    try:
        client_of(address, name).invoke(pd.DataFrame(rows))
    except Exception as error:
        return str(error)
    return None


def ways_of(rows, names):
    """Return what the client makes dataframe_split of, in which NaN is missing, and two kinds of inputs."""
    matrix = np.array([[row.get(name) for name in names] for row in rows], dtype=object)
    frame = pd.DataFrame(rows).astype(object).fillna(np.nan)
    return {"frame": frame, "objects": rows, "matrix": matrix}


def main():
    asked = json.load(sys.stdin)
    answers = {way: {name: [] for name in asked["models"]} for way in ("frame", "objects", "matrix")}
    for name, tables in asked["models"].items():
        client = client_of(asked["address"], name)
        for rows in tables:
            for way, data in ways_of(rows, asked["names"][name]).items():
                answers[way][name].append(ask(client, data, asked["outputs"][name]))
    answers["refused"] = [refused(asked["address"], name, rows) for name, rows in asked["refused"]]
    json.dump(answers, sys.stdout)


main()
