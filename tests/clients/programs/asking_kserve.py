"""Asks by KServe's client for REST, by both protocols; run where it is installed."""

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES"}
DTYPES = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def request_of(name, rows, types, binary, outputs=None):
    inputs = []
    for feature in rows[0]:
        values = [row[feature] for row in rows]
        # Only a floating point number can say that there is none.
        datatype = "FP64" if None in values else DATATYPES[types[feature]]
        array = np.array(values, dtype=DTYPES[datatype])
        tensor = InferInput(feature, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        inputs.append(tensor)
    named = None if outputs is None else [RequestedOutput(output) for output in outputs]
    return InferRequest(model_name=name, infer_inputs=inputs, request_outputs=named)


async def by_v2(client, address, name, *request):
    answer = await client.infer(address, request_of(name, *request), model_name=name)
    return {output.name: output.as_numpy().tolist() for output in answer.outputs}


async def by_v1(client, address, name, rows):
    answer = await client.infer(address, {"instances": rows}, model_name=name)
    return {"predict": answer["predictions"]}


async def refused(client, address, name, rows, types):
    try:
        await client.infer(address, request_of(name, rows, types, binary=False), model_name=name)
    except httpx.HTTPStatusError as error:
        return str(error)
    return None


async def main():
    asked = json.load(sys.stdin)
    address, types = asked["address"], asked["types"]
    v1 = InferenceRESTClient(RESTConfig(protocol="v1"))
    v2 = InferenceRESTClient(RESTConfig(protocol="v2"))
    models = asked["models"].items()
    answers = {
        "live": await v2.is_server_live(address),
        "ready": await v2.is_server_ready(address),
        "loaded": {
            name: [await v1.is_model_ready(address, name), await v2.is_model_ready(address, name)] for name, _ in models
        },
        "v1": {name: [await by_v1(v1, address, name, rows) for rows in tables] for name, tables in models},
        "refused": [await refused(v2, address, name, rows, types[name]) for name, rows in asked["refused"]],
    }
    # Whoever names no outputs is answered the usual ones.
    for way, binary in (("named", False), ("json", False), ("binary", True)):
        answers[way] = {
            name: [
                await by_v2(v2, address, name, rows, types[name], binary, outputs if way == "named" else None)
                for rows in tables
            ]
            for (name, tables), outputs in zip(models, asked["outputs"].values(), strict=True)
        }
    await v1.close()
    await v2.close()
    json.dump(answers, sys.stdout)


asyncio.run(main())
