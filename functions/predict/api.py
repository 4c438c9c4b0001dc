"""The routes: each takes a request apart, asks the jar, and returns the answer."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from itertools import batched
from pathlib import PurePosixPath
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from picklejar.alias import Canary
from picklejar.background import in_background
from picklejar.bucket import CHAMPION
from picklejar.errors import ModelNotFound, ModelNotReady, NoSuchFile, NotJson, TooLarge
from picklejar.manifest import Manifest
from picklejar.predictor import Answer
from picklejar.serving.jar import Jar
from picklejar.serving.shadow import Shadow

from .observation import Observation, Observer, Trial
from .problems import MEDIA_TYPE, MethodNotAllowed, NotJsonMediaType, RouteNotFound, kind_of, problem

MOST_BYTES = 5_000_000
REPLACEMENT = "\ufffd"
PREFLIGHT_SECONDS = 600
# Where S3 does not answer, each model that is looked for takes as long as it may, and a list of them no longer.
MODELS_AT_ONCE = 32
# What a version's files are handed out as. The model itself is not: a pickle is code to whoever loads it carelessly,
# and whether to give a model away is its owner's decision.
MEDIA_TYPES = {".png": "image/png", ".json": "application/json", ".md": "text/markdown; charset=utf-8"}
# A version never changes.
FOR_EVER = "public, max-age=31536000, immutable"
# What is answered depends on who asks, as long as more than one origin may.
HEADERS = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}

Event = dict[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]


def make_handler(jar: Jar, allowed_origins: tuple[str, ...], function_version: str | None = None) -> Handler:
    """Return the Lambda handler that answers API Gateway's REST events from `jar`."""
    app = APIGatewayRestResolver(cors=_cors(allowed_origins))
    Routes(app, jar).register()
    observer = Observer(function_version)

    def handler(event: Event, context: Any) -> dict[str, Any]:
        observation = observer.begin(event, context.aws_request_id)
        app.append_context(observation=observation)  # type: ignore[no-untyped-call]
        response = app.resolve(event, context)
        observation.status = response["statusCode"]
        observer.end(observation)
        observation.forget()
        return response

    return handler


class Routes:
    """The API's addresses."""

    def __init__(self, app: APIGatewayRestResolver, jar: Jar) -> None:
        self._app = app
        self._jar = jar
        self._shadow = Shadow()
        self._table: tuple[tuple[str, str, Callable[..., Response[Any]]], ...] = (
            ("GET", "/models", self.list_models),
            ("GET", "/models/<name>", self.describe_model),
            ("GET", "/models/<name>/versions/<version>/files/.+", self.read_file),
            ("POST", "/models/<name>/predict", self.predict),
            ("POST", "/models/<name>/aliases/<alias>/predict", self.predict),
            ("POST", "/models/<name>/versions/<version>/predict", self.predict_by_version),
        )

    def register(self) -> None:
        for method, rule, answer in self._table:
            self._app.route(rule, method=method)(answer)
        self._app.not_found(self._no_route)
        self._app.exception_handler(Exception)(self._problem)

    def list_models(self) -> Response[str]:
        """GET /models: every model that serves, or cannot serve now, with its title."""
        looked: list[dict[str, Any] | None] = []
        for some in batched(self._jar.names(), MODELS_AT_ONCE, strict=False):
            looked += [item.result() for item in [in_background(partial(self._entry, name)) for name in some]]
        return _json({"models": [entry for entry in looked if entry]})

    def describe_model(self, name: str) -> Response[str]:
        """GET /models/{name}: the public part of the champion's manifest, and its canary."""
        serving = self._jar.serving(name)
        self._observation.serves(serving.manifest)
        return _json(serving.manifest.public() | ({"canary": serving.canary} if serving.canary else {}))

    def read_file(self, name: str, version: str) -> Response[Any]:
        """GET /models/{name}/versions/{version}/files/{file}: a picture, the card or the golden rows."""
        file = self._app.current_event.path.split("/", 6)[-1]
        media_type = MEDIA_TYPES.get(PurePosixPath(file).suffix)
        if media_type is None:
            raise NoSuchFile(f"Of a version's files only these are handed out: {', '.join(MEDIA_TYPES)}.")
        content = self._jar.file(name, version, file)
        # API Gateway turns base64 back into bytes for image/png alone; text goes as it is.
        body = content if media_type == "image/png" else content.decode()
        return Response(HTTPStatus.OK, media_type, body, headers=HEADERS | {"Cache-Control": FOR_EVER})

    def predict(self, name: str, alias: str = CHAMPION) -> Response[str]:
        """POST /models/{name}/predict or …/aliases/{alias}/predict: predictions in the order of the instances."""
        event = self._app.current_event
        body = _body(event)
        serving = self._jar.serving(name, alias)
        if serving.canary is None:
            return _json(self._answer(body, serving.manifest))
        key = _header(event, serving.canary.key) if serving.canary.key else ""
        split_by = key.encode("utf-8", "surrogatepass") or body
        return _json(self._try(body, split_by, serving.manifest, serving.canary))

    def predict_by_version(self, name: str, version: str) -> Response[str]:
        """POST /models/{name}/versions/{version}/predict: the same by a version that need not serve."""
        body = _body(self._app.current_event)
        return _json(self._answer(body, self._jar.version(name, version)))

    def _try(self, body: bytes, split_by: bytes, champion: Manifest, canary: Canary) -> Answer:
        trial = self._observation.trial = Trial(canary, canary.takes(champion.name, split_by))
        if not trial.asked:
            return self._answer(body, champion)
        if canary.shadow:
            return self._compare(body, champion, trial)
        try:
            return self._answer(body, self._jar.candidate(champion, canary.candidate).manifest)
        except Exception as error:
            trial.error = error
        try:
            return self._answer(body, champion)
        except Exception:
            # Where the champion refuses, too, it is the caller's fault, and none of the candidate's.
            trial.error = None
            raise

    def _compare(self, body: bytes, champion: Manifest, trial: Trial) -> Answer:
        answer = self._answer(body, champion)
        try:
            candidate = self._jar.candidate(champion, trial.canary.candidate)
            trial.differences = self._shadow.differences(answer, partial(candidate.predict, body))
        except Exception as error:
            trial.error = error
        return answer

    def _answer(self, body: bytes, manifest: Manifest) -> Answer:
        self._observation.serves(manifest)
        predictor = self._jar.ready(manifest)
        if predictor is None:
            with self._observation.loading():
                predictor = self._jar.open(manifest)
        request = predictor.read(body)
        answer = predictor.answer_in_time(request)
        self._observation.rows = len(request.X)
        self._observation.outside = predictor.ranges.outside(request.X)
        return answer

    @property
    def _observation(self) -> Observation:
        observation: Observation = self._app.context["observation"]
        return observation

    def _entry(self, name: str) -> dict[str, Any] | None:
        try:
            manifest = self._jar.manifest(name)
        except ModelNotFound:
            return None
        except ModelNotReady as error:
            return {"name": name, "ready": False, "detail": str(error)}
        words = {word: getattr(manifest, word) for word in ("title", "description", "version")}
        return {"name": name, "ready": True} | words

    def _no_route(self, _: NotFoundError) -> Response[str]:
        event = self._app.current_event
        for method, rule, _answer in self._table:
            if re.fullmatch(re.sub("<[^>]+>", "[^/]+", rule), event.path):
                return self._problem(MethodNotAllowed(event.http_method, event.path, method))
        return self._problem(RouteNotFound(f"There is nothing at {event.path}; the models are at /models."))

    def _problem(self, error: Exception) -> Response[str]:
        self._observation.error = error
        status, headers, document = problem(error, self._observation.request_id)
        self._observation.problem = kind_of(document)
        return _json(document, status, MEDIA_TYPE, headers)


def _cors(allowed_origins: tuple[str, ...]) -> CORSConfig | None:
    if not allowed_origins:
        return None
    first, *others = allowed_origins
    return CORSConfig(
        first,
        extra_origins=others,
        # A canary's key may be in any header, and an origin that may call is not told which headers to call with.
        allow_headers=["*"],
        expose_headers=["Retry-After"],
        max_age=PREFLIGHT_SECONDS,
    )


def _json(
    content: Any,
    status: HTTPStatus = HTTPStatus.OK,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response[str]:
    headers = HEADERS | (headers or {})
    return Response(status, media_type, msgspec.json.encode(content).decode(), headers=headers)


def _body(event: Any) -> bytes:
    media_type = _media_type(event)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise NotJsonMediaType("Send the body as JSON, with the header Content-Type: application/json.")
    body = _decoded(event.body or "", event.is_base64_encoded)
    if len(body) > MOST_BYTES:
        raise TooLarge(
            f"The body has {len(body):,} bytes; one request takes at most {MOST_BYTES:,}. Send it in several requests."
        )
    return body


def _media_type(event: Any) -> str:
    return _header(event, "content-type").split(";")[0].strip().lower()


def _header(event: Any, name: str) -> str:
    # Of the headers as they came, because Powertools would copy all of them to find the one.
    for sent, value in (event["headers"] or {}).items():
        if sent.lower() == name:
            return str(value)
    return ""


def _decoded(body: str, is_base64: bool) -> bytes:
    if not is_base64:
        # API Gateway has put it in the place of every byte that was not UTF-8: what was sent, nobody knows any more.
        if REPLACEMENT in body:
            raise NotJson("The body is not UTF-8 text, or has U+FFFD in it, which stands for such; send JSON in UTF-8.")
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise NotJson("The body cannot be decoded.") from None
