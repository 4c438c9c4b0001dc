"""The routes: each takes a request apart, asks the jar, and returns the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from itertools import batched
from posixpath import splitext
from typing import TYPE_CHECKING, Any

from picklejar.background import in_background
from picklejar.errors import JarUnreachable, ModelNotFound, ModelNotReady, NoSuchFile
from picklejar.manifest import Manifest
from picklejar.serving.jar import Jar

from .cors import Cors
from .dialects import native
from .models import Models
from .observation import Observer, turned_away
from .problems import MEDIA_TYPE, NotRestEvent, RouteNotFound, kind_of, problem
from .request import JSON, Event, Request, is_request
from .response import HEADERS, Response, json_response
from .router import Router

if TYPE_CHECKING:
    from .openapi import Description

# Where S3 does not answer, each model that is looked for takes as long as it may, and a list of them no longer.
MODELS_AT_ONCE = 32
# What a version's files are handed out as. The model itself is not: a pickle is code to whoever loads it carelessly,
# and whether to give a model away is its owner's decision.
MEDIA_TYPES = {".png": "image/png", ".json": "application/json", ".md": "text/markdown; charset=utf-8"}
# A version never changes.
FOR_EVER = "public, max-age=31536000, immutable"

Handler = Callable[[Event, Any], dict[str, Any]]


def make_handler(jar: Jar, allowed_origins: tuple[str, ...], function_version: str | None = None) -> Handler:
    """Return the Lambda handler that answers API Gateway's REST events from `jar`."""
    routes, cors = Routes(jar), Cors(allowed_origins)
    observer = Observer(function_version)

    def handler(event: Event, context: Any) -> dict[str, Any]:
        if not is_request(event):
            return _turn_away(context.aws_request_id)
        observation = observer.begin(event, context.aws_request_id)
        request = Request(event, observation)
        is_preflight = cors.is_asked and request.method == "OPTIONS"
        response = routes.preflight() if is_preflight else routes.answer(request)
        observation.status = response.status
        observer.end(observation)
        observation.forget()
        return response.result(cors.headers(request.header("origin")), has_body=request.method != "HEAD")

    return handler


def _turn_away(request_id: str) -> dict[str, Any]:
    # Raised, it would be a traceback in the log, and an event of a schedule that Lambda sends twice more.
    error = NotRestEvent(
        "This function takes events of an API Gateway REST API (payload format 1.0): httpMethod, path, headers, body."
    )
    status, headers, document = problem(error, request_id)
    turned_away(request_id, kind_of(document), str(error))
    return json_response(document, int(status), MEDIA_TYPE, headers).result({})


class Routes:
    """The API's addresses."""

    def __init__(self, jar: Jar) -> None:
        self._jar = jar
        self._models = models = Models(jar)
        self._others: Router | None = None
        predict = partial(native.predict, models)
        self._description: Description | None = None
        # Those that are asked most are looked for first.
        self._router = Router(
            ("POST", "/models/{name}/predict", predict),
            ("POST", "/models/{name}/aliases/{alias}/predict", predict),
            ("POST", "/models/{name}/versions/{version}/predict", partial(native.predict_by_version, models)),
            ("GET", "/models", self.list_models),
            ("GET", "/models/{name}", self.describe_model),
            ("GET", "/models/{name}/versions/{version}/files/{file+}", self.read_file),
            ("GET", "/openapi.json", self.describe_api),
        )

    def answer(self, request: Request) -> Response:
        """Return the answer of the request's route, or the problem document of what went wrong."""
        try:
            try:
                answer, names = self._router.find(request.method, request.path)
            except RouteNotFound:
                answer, names = self._other_dialects().find(request.method, request.path)
            response: Response = answer(request, **names)
        except Exception as error:
            return self._problem(request, error)
        return response

    def _other_dialects(self) -> Router:
        if self._others is None:
            # Only now: a cold start has no time for dialects that nobody may speak.
            self._others = import_module(".dialects.routes", __package__).router(self._models)
        return self._others

    def preflight(self) -> Response:
        """OPTIONS: every address takes the same methods, from whom the headers of its origin allow."""
        return Response(204, {"Access-Control-Allow-Methods": ",".join(sorted({*self._router.methods, "OPTIONS"}))}, "")

    def list_models(self, _: Request) -> Response:
        """GET /models: every model that serves, or cannot serve now, with its title."""
        return json_response({"models": self._of_all(self._entry)})

    def describe_api(self, request: Request) -> Response:
        """GET /openapi.json: the API and the models that serve, in OpenAPI 3.1."""
        # Imported by whoever is asked for it, and not by a cold start.
        from .openapi import Description

        self._description = self._description or Description()
        return self._description.response(self._of_all(self._ready_manifest), request.header("if-none-match"))

    def describe_model(self, request: Request, name: str) -> Response:
        """GET /models/{name}: the public part of the champion's manifest, and its canary."""
        serving = self._jar.serving(name)
        request.observation.serves(serving.manifest)
        return json_response(serving.manifest.public() | ({"canary": serving.canary} if serving.canary else {}))

    def read_file(self, _: Request, name: str, version: str, file: str) -> Response:
        """GET /models/{name}/versions/{version}/files/{file}: a picture, the card or the golden rows."""
        media_type = MEDIA_TYPES.get(splitext(file)[1])
        if media_type is None:
            raise NoSuchFile(f"Of a version's files only these are handed out: {', '.join(MEDIA_TYPES)}.")
        content = self._jar.file(name, version, file)
        # API Gateway turns base64 back into bytes for its binary types alone; text goes as it is.
        body = content if media_type == "image/png" else content.decode()
        return Response(200, HEADERS | {"Cache-Control": FOR_EVER, "Content-Type": media_type}, body)

    def _of_all[T](self, look: Callable[[str], T | None]) -> list[T]:
        """Return what `look` finds of each model, some of them at once."""
        looked: list[T | None] = []
        for some in batched(self._jar.names(), MODELS_AT_ONCE, strict=False):
            looked += [item.result() for item in [in_background(partial(look, name)) for name in some]]
        return [item for item in looked if item is not None]

    def _ready_manifest(self, name: str) -> Manifest | None:
        try:
            return self._jar.manifest(name)
        except JarUnreachable:
            # A description without this model would pass for a whole one.
            raise
        except (ModelNotFound, ModelNotReady):
            return None

    def _entry(self, name: str) -> dict[str, Any] | None:
        try:
            manifest = self._jar.manifest(name)
        except ModelNotFound:
            return None
        except ModelNotReady as error:
            return {"name": name, "ready": False, "detail": str(error)}
        words = {word: getattr(manifest, word) for word in ("title", "description", "version")}
        return {"name": name, "ready": True} | words

    def _problem(self, request: Request, error: Exception) -> Response:
        request.observation.error = error
        is_native = _is_native(request.path)
        status, headers, document = problem(error, request.observation.request_id, is_native=is_native)
        request.observation.problem = kind_of(document)
        return json_response(document, int(status), MEDIA_TYPE if is_native else JSON, headers)


def _is_native(path: str) -> bool:
    """Return whether errors at a path are problem documents: clients of other dialects show plain JSON alone."""
    segments = path.rstrip("/").split("/")
    return segments[1:2] not in (["v1"], ["v2"]) and segments[-1] not in {"invocations", "ping", "health"}
