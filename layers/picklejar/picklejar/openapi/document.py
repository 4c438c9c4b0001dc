"""The document: an address for each model, and those of the models together."""

from __future__ import annotations

from collections.abc import Iterable

from picklejar.instances import MOST_INSTANCES
from picklejar.manifest import Manifest
from picklejar.openapi.names import Document, ModelNames, Names, ref
from picklejar.openapi.refusals import ALWAYS, BY_BODY, BY_NAME, PROBLEM_SCHEMAS, REFUSALS, TEXT, refusal, responses
from picklejar.openapi.schemas import schemas_of
from picklejar.signature import LONGEST_OF_ALL

# Newer releases of OpenAPI say nothing more that is needed here, and fewer tools read them.
RELEASE = "3.1.0"
# Of the addresses and bodies; a model's own version is in its answers.
API_VERSION = "1"
# The document lies beside /models, wherever the API is.
BESIDE = "."
KEY_HEADER = "x-api-key"

DESCRIPTION = (
    "Predictions of scikit-learn models. Each model has an address, which its champion answers. Below "
    "/models/{name}/aliases/{alias}/predict and /models/{name}/versions/{version}/predict the version of another "
    "alias, or any one version, takes the same kind of body, with the features of its own manifest."
)
KEY = {
    "type": "apiKey",
    "in": "header",
    "name": KEY_HEADER,
    "description": "Needed where the API has an address of its own; not at a page's address, nor on a laptop.",
}
LIST_SCHEMAS: Document = {
    "Models": {
        "description": "Every model that serves, or cannot serve now.",
        "type": "object",
        "properties": {"models": {"type": "array", "items": ref("ListedModel")}},
        "required": ["models"],
    },
    "ListedModel": {
        "description": "A model: its champion's title and version or, if it is not ready, the reason.",
        "type": "object",
        "properties": {
            "name": TEXT,
            "ready": {"type": "boolean"},
            "title": TEXT,
            "description": TEXT,
            "version": TEXT,
            "detail": TEXT,
        },
        "required": ["name", "ready"],
    },
    "Model": {
        "description": "The public part of the champion's manifest: signature, scores, statistics and more.",
        "type": "object",
        "properties": {
            "name": TEXT,
            "version": TEXT,
            "title": TEXT,
            "description": TEXT,
            "verdict": TEXT,
            "signature": {"type": "object", "description": "Features, targets and outputs."},
            "request_schema": {"type": "object", "description": "The JSON Schema of a request."},
        },
        "required": ["name", "version", "title", "description", "verdict", "signature", "request_schema"],
    },
}
LIST_PATHS: Document = {
    "/models": {
        "get": {
            "operationId": "list_models",
            "summary": "List the models",
            "responses": responses("Every model.", ref("Models"), ALWAYS),
        }
    },
    "/models/{name}": {
        "get": {
            "operationId": "describe_model",
            "summary": "Describe a model",
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": TEXT}],
            "responses": responses("What its champion's manifest says.", ref("Model"), BY_NAME),
        }
    },
}


def document_of(manifests: Iterable[Manifest], server: str = BESIDE) -> Document:
    """Return the description of an API, at `server`, that serves these models."""
    paths: Document = {}
    schemas: Document = {}
    names = Names()
    for manifest in manifests:
        own = names.of(manifest.name)
        schemas |= schemas_of(manifest, own)
        paths[f"/models/{manifest.name}/predict"] = {"post": _predict(manifest, own)}
    return {
        "openapi": RELEASE,
        "info": {"title": "Picklejar", "version": API_VERSION, "description": DESCRIPTION},
        "servers": [{"url": server}],
        # Either is enough: a page's address brings its own key, and a laptop asks for none.
        "security": [{"key": []}, {}],
        "paths": paths | LIST_PATHS,
        "components": {
            "schemas": schemas | LIST_SCHEMAS | PROBLEM_SCHEMAS,
            "responses": {f"Problem{status}": refusal(status) for status in REFUSALS},
            "securitySchemes": {"key": KEY},
        },
    }


def _predict(manifest: Manifest, names: ModelNames) -> Document:
    return {
        "operationId": names.operation,
        "summary": manifest.title,
        "description": " ".join([manifest.description, manifest.verdict, *manifest.limits]),
        "requestBody": {
            "required": True,
            "description": (
                f"1 to {MOST_INSTANCES:,} instances in at most {LONGEST_OF_ALL:,} bytes of JSON, as they are or packed "
                "with the header Content-Encoding: gzip."
            ),
            "content": {"application/json": {"schema": names.ref("Request")}},
        },
        "responses": responses("A prediction for each instance, in their order.", names.ref("Answer"), BY_BODY),
    }
