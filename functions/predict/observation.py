"""What is noted of a request, of a load and of a switch, each for one log line that is also its metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from picklejar.alias import Canary
from picklejar.manifest import Manifest
from picklejar.ranges import Outside
from picklejar.serving.watch import Switch

from .lines import SERVICE, EventLine, LoadLine, RequestLine, SwitchLine, description, write
from .metrics import SHADOW_METRICS, embedded

LONGEST_PATH_LOGGED = 200


class Trial(msgspec.Struct):
    """What a canary did with one request.

    `differences` are between the champion's answer and a shadow's; `error` is why the candidate did not answer.
    """

    canary: Canary
    asked: bool
    differences: dict[str, float] = {}
    error: Exception | None = None


class Observation(msgspec.Struct):
    """One request; the routes and the error handler fill in what they learn."""

    method: str
    path: str
    request_id: str
    cold: bool
    started: float = msgspec.field(default_factory=time.perf_counter)
    status: int = 500
    dialect: str | None = None
    model: str | None = None
    version: str | None = None
    rows: int | None = None
    load_ms: float | None = None
    outside: Sequence[Outside] | None = None
    problem: str | None = None
    error: Exception | None = None
    trial: Trial | None = None

    def serves(self, manifest: Manifest) -> None:
        self.model, self.version = manifest.name, manifest.version

    def forget(self) -> None:
        self.error = None
        if self.trial is not None:
            self.trial.error = None

    @contextmanager
    def loading(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms = _milliseconds_since(started)


class Loading(msgspec.Struct):
    """A model loaded before a snapshot, and why it was not; no name if not even the names are known."""

    model: str | None = None
    version: str | None = None
    error: Exception | None = None
    started: float = msgspec.field(default_factory=time.perf_counter)


class Observer:
    """Watches one request after another.

    `function_version` is the function's published version, by which a deployment's alarms ask.
    """

    def __init__(self, function_version: str | None = None) -> None:
        self._function_version = function_version
        self._cold = True
        self._measures = not is_metrics_disabled()

    def begin(self, event: Mapping[str, Any], request_id: str) -> Observation:
        observation = Observation(event["httpMethod"], event["path"], request_id, self._cold)
        self._cold = False
        return observation

    def end(self, observation: Observation) -> None:
        """Write the request's line."""
        milliseconds = _milliseconds_since(observation.started)
        level, more = _level(observation), _tried(observation.trial)
        if level == logging.ERROR and observation.error is not None:
            more |= description(observation.error)
        if self._measures:
            more |= _metrics(observation, milliseconds)
        line = RequestLine(
            service=SERVICE,
            request_id=observation.request_id,
            method=observation.method,
            path=observation.path[:LONGEST_PATH_LOGGED],
            status=observation.status,
            dialect=observation.dialect,
            # A dimension of the metrics, which is never empty.
            model=observation.model or ("none" if self._measures else None),
            version=observation.version,
            rows=observation.rows,
            problem=observation.problem,
            milliseconds=milliseconds,
            load_milliseconds=observation.load_ms,
            cold=observation.cold,
            function_version=self._function_version,
            outside=observation.outside,
            **more,
        )
        write("request", line, level)


def loaded(loading: Loading) -> None:
    """Write the log line of a load before a snapshot."""
    line = LoadLine(
        service=SERVICE,
        model=loading.model,
        version=loading.version,
        milliseconds=_milliseconds_since(loading.started),
        **(description(loading.error) if loading.error else {}),
    )
    write("loaded", line, logging.ERROR if loading.error else logging.INFO)


def turned_away(request_id: str, kind: str, detail: str) -> None:
    """Write the log line of an event that is not a request, of which nothing is repeated."""
    line = EventLine(service=SERVICE, request_id=request_id, problem=kind, detail=detail)
    write("event", line, logging.WARNING)


def switched(switch: Switch) -> None:
    """Write the log line and metrics of a switch, or of why there was none."""
    error, milliseconds = switch.error, round(switch.seconds * 1000, 3)
    line = SwitchLine(
        service=SERVICE,
        model=switch.before.name,
        alias=switch.alias,
        before=switch.before.version,
        after=switch.after.version if switch.after else None,
        milliseconds=milliseconds,
        **(description(error) if error else {}),
        **({} if is_metrics_disabled() else _metrics_of_switch(error, milliseconds)),
    )
    write("switch", line, logging.ERROR if error else logging.INFO)


def _level(observation: Observation) -> int:
    if observation.status >= 500 and observation.error is not None:
        return logging.ERROR
    failed = observation.trial is not None and observation.trial.error is not None
    return logging.WARNING if failed else logging.INFO


def _tried(trial: Trial | None) -> dict[str, Any]:
    if trial is None:
        return {}
    kind = "shadow" if trial.canary.shadow else "canary"
    fields: dict[str, Any] = {"candidate": trial.canary.candidate, kind: trial.asked}
    fields |= {f"shadow_{name}": value for name, value in trial.differences.items()}
    if trial.error is not None:
        fields |= {f"candidate_{name}": value for name, value in description(trial.error).items()}
    return fields


def _metrics(observation: Observation, milliseconds: float) -> dict[str, Any]:
    status, trial = observation.status, observation.trial
    values = {
        "Latency": milliseconds,
        "ClientErrors": int(400 <= status < 500),
        "ServerErrors": int(status >= 500),
    }
    if observation.rows is not None:
        values |= {"Predictions": 1, "Rows": observation.rows}
    if observation.load_ms is not None:
        values["LoadTime"] = observation.load_ms
    if trial is not None and trial.asked:
        values |= _metrics_of_trial(trial)
    return embedded(values, also_by_version=trial is not None)


def _metrics_of_trial(trial: Trial) -> dict[str, float]:
    kind = "Shadow" if trial.canary.shadow else "Canary"
    errors = {f"{kind}Errors": int(trial.error is not None)}
    return errors | {SHADOW_METRICS[name]: value for name, value in trial.differences.items()}


def _metrics_of_switch(error: Exception | None, milliseconds: float) -> dict[str, Any]:
    values = {"SwitchErrors": int(error is not None)}
    return embedded(values if error else values | {"SwitchTime": milliseconds})


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
