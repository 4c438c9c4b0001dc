"""The client: an API, its models, and what a model answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from picklejar_client.connection import Connection, check_header
from picklejar_client.errors import NotAnApi, Refused
from picklejar_client.parts import Part, Splitter
from picklejar_client.rows import encoded_rows

TOO_LARGE = 413
# API Gateway puts it in the place of what is no UTF-8, so that the API takes one that was sent for damage.
REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True)
class ListedModel:
    """A model that the API lists; one that is not `ready` says why in `detail`."""

    name: str
    ready: bool = True
    title: str = ""
    description: str = ""
    version: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Answer:
    """The predictions for rows, in their order, by one version of a model.

    A prediction is a number, a label, or of several targets a dict of them by name; probabilities are a list for each
    row, in the order of `classes`; scores are numbers. `first` is the number of the first row, above 0 in a part alone.
    `version` is empty where there were no rows to ask about.
    """

    model: str
    version: str = ""
    predictions: list[Any] = field(default_factory=list)
    classes: tuple[Any, ...] = ()
    first: int = 0

    def __len__(self) -> int:
        return len(self.predictions)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.predictions)

    def __getitem__(self, row: int) -> Any:
        return self.predictions[row]


class Client:
    """An API of models.

    `url` goes up to and without /models. `key` is sent as x-api-key. An attempt takes at most `timeout` seconds; what
    passes, as 429, 503 and broken connections, is tried again within `retry_for` seconds, by Retry-After.
    """

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 60.0, retry_for: float = 60.0) -> None:
        """Raise ValueError for what is no address, and a key that cannot be sent."""
        self._connection = Connection(url, key, timeout, retry_for)

    def __repr__(self) -> str:
        return f"Client({self._connection.url!r})"

    def models(self) -> list[ListedModel]:
        """Return every model that serves, or cannot serve now; raises ClientError."""
        listed = self._connection.ask("/models").get("models")
        if not isinstance(listed, list) or not all(isinstance(entry, dict) and "name" in entry for entry in listed):
            raise self._connection.another()
        # What a later API says besides is left out.
        known = ListedModel.__dataclass_fields__.keys()
        return [ListedModel(**{word: entry[word] for word in known & entry.keys()}) for entry in listed]

    def model(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Model:
        """Return a model by its name, answered by its champion, a version, or what an alias names.

        `headers` are sent with each request: a canary's key is one. Nothing is asked yet. Raises ValueError.
        """
        if version is not None and alias is not None:
            raise ValueError("A model is asked by a version or by an alias, not by both.")
        for header, value in (headers or {}).items():
            check_header(header, value)
        return Model(self._connection, name, version, alias, headers or {})


class Model:
    """A model behind an API; made by `Client.model`."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        version: str | None,
        alias: str | None,
        headers: Mapping[str, str],
    ) -> None:
        self.name, self.version, self.alias = name, version, alias
        self._connection, self._headers = connection, headers
        self._names: list[str] | None = None

    def __repr__(self) -> str:
        return f"Model({self._path() + self._by()!r})"

    def describe(self) -> dict[str, Any]:
        """Return the champion's public manifest: its signature, scores and statistics; raises ClientError."""
        described: dict[str, Any] = self._connection.ask(self._path())
        signature = described.get("signature")
        features = signature.get("features") if isinstance(signature, dict) else None
        if not isinstance(features, list) or not all(isinstance(each, dict) and "name" in each for each in features):
            raise self._connection.another()
        return described

    def predict(self, rows: Iterable[Any], output: str = "predict", *, columns: Sequence[str] | None = None) -> Answer:
        """Return the predictions for all rows, in their order and of one version.

        Rows are dicts by feature, a frame, a generator of dicts, or values without names: an array, lists. These are in
        the order of `columns`, or else of the champion's features. NaN is missing. More than one request takes are sent
        in parts; the version that answers the first answers all.

        Raises:
            Refused: with the rows and fields that cannot be answered; what came before them is lost.
            Unavailable, NoAnswer, NotAnApi: the API does not answer.
            TypeError: these are no rows.
            ValueError: `columns` are needed.
        """
        parts = [*self.stream(rows, output, columns=columns)]
        if not parts:
            return Answer(self.name, self.version or "")
        predictions = [prediction for part in parts for prediction in part.predictions]
        return Answer(self.name, parts[0].version, predictions, parts[0].classes)

    def predict_proba(self, rows: Iterable[Any], *, columns: Sequence[str] | None = None) -> Answer:
        """Return a list of probabilities for each row, in the order of the answer's `classes`; as `predict`."""
        return self.predict(rows, "predict_proba", columns=columns)

    def score_samples(self, rows: Iterable[Any], *, columns: Sequence[str] | None = None) -> Answer:
        """Return how unusual each row is, the lower the more, of a model that tells outliers; as `predict`."""
        return self.predict(rows, "score_samples", columns=columns)

    def stream(
        self, rows: Iterable[Any], output: str = "predict", *, columns: Sequence[str] | None = None
    ) -> Iterator[Answer]:
        """Yield the answers part by part, as soon as they come, and keep none; else as `predict`."""
        splitter, model = Splitter(output), self
        for part in splitter.split(encoded_rows(rows, lambda: self._feature_names() if columns is None else columns)):
            for answer in model._answers(part, output, splitter):
                # An alias may be moved meanwhile, and a canary decides by the part.
                model = self._at(answer.version)
                yield answer

    def send(self, body: bytes) -> Answer:
        """Return the answer to the body of one request, which is JSON in UTF-8; raises ClientError."""
        body = body.replace(REPLACEMENT, b"\\ufffd")
        answer = self._connection.ask(f"{self._path()}{self._by()}/predict", body, self._headers)
        version, predictions, classes = answer.get("version"), answer.get("predictions"), answer.get("classes", [])
        if not isinstance(version, str) or not isinstance(predictions, list) or not isinstance(classes, list):
            raise self._connection.another()
        return Answer(self.name, version, predictions, tuple(classes))

    def _answers(self, part: Part, output: str, splitter: Splitter) -> Iterator[Answer]:
        try:
            answer = self.send(part.body(output))
        except Refused as error:
            if error.status != TOO_LARGE or len(part.rows) == 1:
                raise error.moved(part.first) from None
        else:
            if len(answer) != len(part.rows):
                raise NotAnApi(f"{self._connection.url} answered {len(answer):,} of {len(part.rows):,} rows.")
            yield replace(answer, first=part.first)
            return
        # Of some models less fits into one answer, or takes more time.
        model = self
        for half in part.halves():
            splitter.most_rows = min(splitter.most_rows, len(half.rows))
            for answer in model._answers(half, output, splitter):
                model = self._at(answer.version)
                yield answer

    def _at(self, version: str) -> Model:
        return self if version == self.version else Model(self._connection, self.name, version, None, self._headers)

    def _feature_names(self) -> list[str]:
        if self._names is None:
            if self.version is not None or self.alias is not None:
                raise ValueError("Name the `columns` of the values: only the champion's are known here.")
            self._names = [feature["name"] for feature in self.describe()["signature"]["features"]]
        return self._names

    def _path(self) -> str:
        return f"/models/{quote(self.name, safe='')}"

    def _by(self) -> str:
        if self.version is not None:
            return f"/versions/{quote(self.version, safe='')}"
        return "" if self.alias is None else f"/aliases/{quote(self.alias, safe='')}"
