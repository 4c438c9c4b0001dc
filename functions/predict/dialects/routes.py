"""The addresses of the other dialects: method, address, the dialect, and the function of its module that answers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ..models import Models
from ..request import Request
from ..response import Response
from ..router import Router

ROUTES = (
    ("GET", "/v2", "v2", "describe_server"),
    ("GET", "/v2/health/live", "v2", "live"),
    ("GET", "/v2/health/ready", "v2", "ready"),
    ("GET", "/v2/models/{name}", "v2", "describe_model"),
    ("GET", "/v2/models/{name}/versions/{version}", "v2", "describe_model"),
    ("GET", "/v2/models/{name}/ready", "v2", "model_ready"),
    ("GET", "/v2/models/{name}/versions/{version}/ready", "v2", "model_ready"),
    ("POST", "/v2/models/{name}/infer", "v2", "infer"),
    ("POST", "/v2/models/{name}/versions/{version}/infer", "v2", "infer"),
    ("POST", "/models/{name}/invocations", "mlflow", "invocations"),
    ("GET", "/models/{name}/ping", "mlflow", "ping"),
    ("GET", "/models/{name}/health", "mlflow", "ping"),
    ("POST", "/invocations", "mlflow", "invocations"),
    ("GET", "/ping", "mlflow", "ping"),
    ("POST", "/v1/models/{name}:predict", "v1", "predict"),
    ("GET", "/v1/models/{name}", "v1", "model_ready"),
)


def router(models: Models) -> Router:
    """Return what finds their routes."""
    return Router(*((method, address, _spoken(models, *by)) for method, address, *by in ROUTES))


def _spoken(models: Models, dialect: str, answer: str) -> Callable[..., Response]:
    """Return a route that imports its dialect when it is first asked."""

    def spoken(request: Request, **names: str) -> Response:
        request.observation.dialect = dialect
        module = import_module(f".{dialect}", __package__)
        response: Response = getattr(module, answer)(models, request, **names)
        return response

    return spoken
