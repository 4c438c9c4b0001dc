"""Asks by the package that openapi-python-client has written; run where what that needs is installed."""

import json
import sys
from importlib import import_module
from inspect import signature


def operation_of(package, name):
    """Return the function of a model, and the type of its request."""
    api = import_module(f"{package}.api.default.predict_{name.replace('-', '_')}")
    made = signature(api.sync).parameters["body"].annotation
    return api, getattr(import_module(f"{package}.models"), made if isinstance(made, str) else made.__name__)


def main():
    asked = json.load(sys.stdin)
    sys.path.insert(0, asked["folder"])
    client = import_module(f"{asked['package']}.client").Client(base_url=asked["address"])
    answers = {"answers": {}, "refused": []}
    for name, tables in asked["models"].items():
        api, request = operation_of(asked["package"], name)
        answers["answers"][name] = [
            {
                output: api.sync(
                    client=client, body=request.from_dict({"instances": rows, "output": output})
                ).to_dict()["predictions"]
                for output in asked["outputs"][name]
            }
            for rows in tables
        ]
    for name, rows in asked["refused"]:
        api, request = operation_of(asked["package"], name)
        answer = api.sync_detailed(client=client, body=request.from_dict({"instances": rows}))
        answers["refused"].append([answer.status_code, answer.parsed.to_dict()["errors"][0]["field"]])
    json.dump(answers, sys.stdout)


main()
