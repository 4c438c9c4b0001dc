"""The steps of the state machine: plan a file, score a chunk, join the parts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from picklejar.batch.files import Files
from picklejar.batch.job import Job
from picklejar.batch.plan import Plan
from picklejar.batch.source import Source
from picklejar.errors import FileRefused
from picklejar.manifest import Manifest
from picklejar.serving.jar import Jar

INCOMING = re.compile(r"incoming/([^/]+)/(.+)", re.DOTALL)
# More could not be looked through for its rows, nor joined again, within Lambda's quarter of an hour.
MOST_BYTES = 10_000_000_000

Event = dict[str, Any]

# Lambda knows the level of a line, by which it may be told to leave some out, only beside a timestamp of this form.
logger = Logger(service="picklejar-batch", use_rfc3339=True)


def make_handler(jar: Jar, files: Files) -> Callable[[Event, Any], Any]:
    """Return the Lambda handler that takes the steps."""
    steps = Steps(jar, files)
    by_name = {"plan": steps.plan, "score": steps.score, "join": steps.join}

    def handler(event: Event, _: Any) -> Any:
        started = time.perf_counter()
        answer, plan = by_name[event["step"]](event)
        line = {"key": plan.key, "model": plan.model, "version": plan.version, "rows": plan.rows}
        milliseconds = round((time.perf_counter() - started) * 1000, 3)
        logger.info(event["step"], extra=line | {"chunk": event.get("chunk"), "milliseconds": milliseconds})
        return answer

    return handler


class Steps:
    """The steps of a file, each of which may be taken again: its result is found."""

    def __init__(self, jar: Jar, files: Files) -> None:
        self._jar, self._files = jar, files

    def plan(self, event: Event) -> tuple[Event, Plan]:
        report = event["detail"]["object"]
        key, version = report["key"], report["version-id"]
        model, file = _parts(key)
        source = Source.found(self._files, key, version)
        # What is made of another version of the file, or of another upload of the same, is another job's.
        job = Job(self._files, f"parts/{model}/{file}/{version}")
        plan = job.begin(source, model, lambda: self._champion(source, model))
        # Numbers alone: what a state hands on has 256 KiB at most, and the chunks are in the plan.
        return {"place": job.place, "chunks": list(range(len(plan.chunks)))}, plan

    def score(self, event: Event) -> tuple[None, Plan]:
        job = Job(self._files, event["place"])
        plan = job.plan()
        predictor = self._jar.open(self._version(plan))
        job.score(plan, event["chunk"], self._source(plan), predictor)
        return None, plan

    def join(self, event: Event) -> tuple[Event, Plan]:
        job = Job(self._files, event["place"])
        plan = job.plan()
        manifest = self._version(plan) if plan.refusal is None else None
        model, file = _parts(plan.key)
        summary = job.join(plan, self._source(plan), manifest, f"results/{model}/{file}")
        answer: Event = msgspec.to_builtins(summary)
        return answer, plan

    def _champion(self, source: Source, model: str) -> Manifest:
        if source.size > MOST_BYTES:
            raise FileRefused(f"The file has {source.size:,} bytes, and may have {MOST_BYTES:,}; split it.")
        return self._jar.champion_now(model)

    def _version(self, plan: Plan) -> Manifest:
        return self._jar.version(plan.model, str(plan.version))

    def _source(self, plan: Plan) -> Source:
        return Source(self._files, plan.key, plan.source_version, plan.size)


def _parts(key: str) -> tuple[str, str]:
    match = INCOMING.fullmatch(key)
    if match is None:
        raise FileRefused("A file to predict from is at incoming/<model>/<file>.")
    return match[1], match[2]
