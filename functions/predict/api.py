"""The routes: each takes a request apart, asks the jar, and returns the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import batched
from posixpath import splitext
from typing import TYPE_CHECKING, Any

from picklejar.alias import Canary
from picklejar.background import in_background
from picklejar.bucket import CHAMPION
from picklejar.errors import JarUnreachable, ModelNotFound, ModelNotReady, NoSuchFile
from picklejar.manifest import Manifest
from picklejar.predictor import Answer
from picklejar.registry import Ahead
from picklejar.serving.jar import Jar
from picklejar.serving.shadow import Shadow

from .cors import Cors
from .observation import Observation, Observer, Trial, turned_away
from .problems import MEDIA_TYPE, NotRestEvent, kind_of, problem
from .request import Event, Request, is_request
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
        self._shadow = Shadow()
        self._description: Description | None = None
        self._router = Router(
            ("GET", "/openapi.json", self.describe_api),
            ("GET", "/models", self.list_models),
            ("GET", "/models/{name}", self.describe_model),
            ("GET", "/models/{name}/versions/{version}/files/{file+}", self.read_file),
            ("POST", "/models/{name}/predict", self.predict),
            ("POST", "/models/{name}/aliases/{alias}/predict", self.predict),
            ("POST", "/models/{name}/versions/{version}/predict", self.predict_by_version),
        )

    def answer(self, request: Request) -> Response:
        """Return the answer of the request's route, or the problem document of what went wrong."""
        try:
            answer, names = self._router.find(request.method, request.path)
            response: Response = answer(request, **names)
        except Exception as error:
            return self._problem(request, error)
        return response

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
        # API Gateway turns base64 back into bytes for image/png alone; text goes as it is.
        body = content if media_type == "image/png" else content.decode()
        return Response(200, HEADERS | {"Cache-Control": FOR_EVER, "Content-Type": media_type}, body)

    def predict(self, request: Request, name: str, alias: str = CHAMPION) -> Response:
        """POST /models/{name}/predict or …/aliases/{alias}/predict: predictions in the order of the instances."""
        body = request.body()
        ahead: Ahead = {}
        serving = self._jar.serving(name, alias, ahead)
        champion, canary = serving.manifest, serving.canary
        by_champion = partial(self._answer, request.observation, body, champion, ahead)
        if canary is None:
            return json_response(by_champion())
        key = request.header(canary.key) if canary.key else ""
        split_by = key.encode("utf-8", "surrogatepass") or body
        return json_response(self._try(request.observation, body, split_by, champion, canary, by_champion))

    def predict_by_version(self, request: Request, name: str, version: str) -> Response:
        """POST /models/{name}/versions/{version}/predict: the same by a version that need not serve."""
        body = request.body()
        return json_response(self._answer(request.observation, body, self._jar.version(name, version)))

    def _try(
        self,
        observation: Observation,
        body: bytes,
        split_by: bytes,
        champion: Manifest,
        canary: Canary,
        by_champion: Callable[[], Answer],
    ) -> Answer:
        trial = observation.trial = Trial(canary, canary.takes(champion.name, split_by))
        if not trial.asked:
            return by_champion()
        if canary.shadow:
            return self._compare(body, champion, trial, by_champion())
        try:
            return self._answer(observation, body, self._jar.candidate(champion, canary.candidate).manifest)
        except Exception as error:
            trial.error = error
        try:
            return by_champion()
        except Exception:
            # Where the champion refuses, too, it is the caller's fault, and none of the candidate's.
            trial.error = None
            raise

    def _compare(self, body: bytes, champion: Manifest, trial: Trial, answer: Answer) -> Answer:
        try:
            candidate = self._jar.candidate(champion, trial.canary.candidate)
            trial.differences = self._shadow.differences(answer, partial(candidate.predict, body))
        except Exception as error:
            trial.error = error
        return answer

    def _answer(self, observation: Observation, body: bytes, manifest: Manifest, ahead: Ahead | None = None) -> Answer:
        observation.serves(manifest)
        predictor = self._jar.ready(manifest)
        if predictor is None:
            with observation.loading():
                predictor = self._jar.open(manifest, ahead)
        request = predictor.read(body)
        answer = predictor.answer_in_time(request)
        observation.rows = len(request.X)
        observation.outside = predictor.ranges.outside(request.X)
        return answer

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
        status, headers, document = problem(error, request.observation.request_id)
        request.observation.problem = kind_of(document)
        return json_response(document, int(status), MEDIA_TYPE, headers)
