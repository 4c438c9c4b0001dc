"""Imports modules or sends requests to the handler, as asked by JSON on stdin; run in an interpreter of its own."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import SimpleNamespace

compiled = []
missing = {}
compile_source = SourceFileLoader.source_to_code


def note_and_compile(loader, content, path, **options):
    """Compile like Python does where it finds no bytecode that it accepts, and take note of it."""
    compiled.append(str(path))
    return compile_source(loader, content, path, **options)


def import_all(name):
    """Import a package and everything below it but what begins with an underscore; note what it misses."""
    try:
        path = getattr(importlib.import_module(name), "__path__", [])
    except ModuleNotFoundError as error:
        missing[name] = error.name
        return
    for module in pkgutil.iter_modules(path):
        if not module.name.startswith("_"):
            import_all(f"{name}.{module.name}")


def send(request):
    """Send one REST event of API Gateway to the handler and return its response."""
    handler = importlib.import_module("predict.app").lambda_handler
    event = {"headers": {}, "body": None, "isBase64Encoded": False, "requestContext": {}} | request
    response = handler(event, SimpleNamespace(aws_request_id="request-1"))
    return {"status": response["statusCode"], "body": json.loads(response["body"])}


def peak_memory():
    """Return the most bytes of memory that this process ever had at a time, the interpreter's own among them."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


SourceFileLoader.source_to_code = note_and_compile
question = json.load(sys.stdin)
for package in question.get("packages", []):
    import_all(package)
answer = {
    "responses": [send(request) for request in question.get("requests", [])],
    "files": {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())},
    "missing": missing,
    "compiled": compiled,
    "peak_memory": peak_memory(),
}
json.dump(answer, sys.stdout)
