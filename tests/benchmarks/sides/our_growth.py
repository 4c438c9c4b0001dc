"""Our calls with more and more trees, features and rows."""

from types import SimpleNamespace

from growing import calls
from predict.app import lambda_handler

from picklejar import inert
from picklejar.instances import InstanceReader
from picklejar.signature import Feature, Signature, Target


def reader(names):
    features = tuple(Feature(name=name, title="", description="", example=1.0) for name in names)
    return InstanceReader(Signature(features=features, target=Target(name="y", title="", description=""))).read


CALLS = calls(inert.loads, reader, lambda_handler, SimpleNamespace(aws_request_id="1"))
