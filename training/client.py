"""A model behind an endpoint, asked by the client that any program could use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from picklejar import errors
from picklejar.signature import Output, Signature
from picklejar_client import Answer, Client, ClientError, Refused

TOO_LARGE, INVALID = 413, "invalid-instances"


class EndpointError(errors.PicklejarError):
    """The endpoint cannot be reached, or refused the request; says why in its words."""


class ModelEndpoint:
    """The champion of a model at an address, with its signature; stays with the version that answers first."""

    def __init__(self, url: str, name: str, key: str | None = None) -> None:
        """Raise EndpointError."""
        with _endpoint_errors():
            self._client = Client(url, key)
            self._model = self._client.model(name)
            self.signature = _signature(self._model.describe(), name)

    @property
    def outputs(self) -> tuple[Output, ...]:
        return self.signature.outputs

    def ask(self, instance: dict[str, Any], output: Output) -> Answer:
        """Return the answer for one row; raises EndpointError."""
        with _endpoint_errors():
            return self._model.predict([instance], output)

    def answers(self, instances: bytes) -> list[list[Any]]:
        """Return the predictions for each output, of instances as an array of JSON.

        Raises:
            TooLarge, InvalidInstances: as of a predictor.
            EndpointError: it cannot be asked.
        """
        return [self._answer(b'{"instances":%b,"output":"%b"}' % (instances, each.encode())) for each in self.outputs]

    def _answer(self, body: bytes) -> list[Any]:
        with _endpoint_errors():
            try:
                answer = self._model.send(body)
            except Refused as refused:
                raise _refusal(refused) from refused
            self._model = self._client.model(self._model.name, version=answer.version)
        return answer.predictions


@contextmanager
def _endpoint_errors() -> Iterator[None]:
    try:
        yield
    # The latter for an address that is none.
    except (ClientError, ValueError) as error:
        raise EndpointError(str(error)) from error


def _signature(described: dict[str, Any], name: str) -> Signature:
    try:
        return msgspec.convert(described["signature"], Signature)
    except (msgspec.ValidationError, errors.InvalidDefinition) as error:
        raise EndpointError(f"The endpoint describes {name} in words unknown to this release: {error}") from error


def _refusal(refused: Refused) -> Exception:
    """Return the error that a predictor would have raised, where that is of the rows."""
    if refused.status == TOO_LARGE:
        return errors.TooLarge(refused.detail)
    if refused.kind != INVALID:
        return refused
    return errors.InvalidInstances([errors.BrokenRule(**rule._asdict()) for rule in refused.errors], refused.total)
