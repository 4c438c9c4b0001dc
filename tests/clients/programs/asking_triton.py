"""Asks by tritonclient over HTTP, in JSON and in bytes; run where it is installed."""

import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

# tritonclient names no media type, and API Gateway hands over bytes unharmed by their type alone.
AS_BYTES = {"headers": {"Content-Type": "application/octet-stream"}}
# How inputs are written, and how that is sent.
WAYS = {"json": (False, {}), "binary": (True, AS_BYTES), "packed": (False, {"request_compression_algorithm": "gzip"})}
DTYPES = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def columns_of(rows):
    """Return the columns of rows that all have the same features."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def inputs_of(rows, datatypes, binary):
    inputs = []
    for name, values in columns_of(rows).items():
        # Only a floating point number can say that there is none.
        datatype = "FP64" if None in values else datatypes[name]
        array = np.array(values, dtype=DTYPES[datatype])
        tensor = triton.InferInput(name, array.shape, datatype)
        inputs.append(tensor.set_data_from_numpy(array, binary_data=binary))
    return inputs


def ask(client, name, rows, binary, sent):
    described = client.get_model_metadata(name)
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in described["inputs"]}
    outputs = [tensor["name"] for tensor in described["outputs"]]
    result = client.infer(
        name,
        inputs_of(rows, datatypes, binary),
        outputs=[triton.InferRequestedOutput(output, binary_data=binary) for output in outputs],
        **sent,
    )
    for tensor in described["outputs"]:
        assert result.get_output(tensor["name"])["datatype"] == tensor["datatype"]
    return {output: result.as_numpy(output).tolist() for output in outputs}


def usual(client, name, rows):
    """Return what is answered of one version to whoever names no outputs."""
    described = client.get_model_metadata(name)
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in described["inputs"]}
    inputs, (version,) = inputs_of(rows, datatypes, binary=False), described["versions"]
    result = client.infer(name, inputs, model_version=version, request_id="mine")
    answer = result.get_response()
    assert (answer["id"], answer["model_version"]) == ("mine", version)
    return result.as_numpy("predict").tolist()


def refused(client, name, rows, binary):
    datatypes = dict.fromkeys(rows[0], "FP64")
    try:
        client.infer(name, inputs_of(rows, datatypes, binary))
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return None


def main():
    asked = json.load(sys.stdin)
    client = triton.InferenceServerClient(asked["address"].removeprefix("http://"))
    answers = {"live": client.is_server_live(), "ready": client.is_server_ready()}
    for way in asked["ways"]:
        answers[way] = {
            name: [ask(client, name, rows, *WAYS[way]) for rows in tables] for name, tables in asked["models"].items()
        }
    answers["loaded"] = {name: client.is_model_ready(name) for name in asked["models"]}
    answers["refused"] = [refused(client, name, rows, binary) for name, rows, binary in asked["refused"]]
    (name, (rows, *_)), *_ = asked["models"].items()
    answers["usual"] = usual(client, name, rows)
    json.dump(answers, sys.stdout)


main()
