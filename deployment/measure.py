"""Measures what a request costs in time and bytes: the real handler, in processes of its own, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.gateway import rest_event
from local.s3 import KEY, REGION, LocalS3, running_s3
from picklejar.errors import BundleDamaged, PicklejarError
from picklejar.manifest import MANIFEST_FILE, Manifest, decode_manifest

PROCESSES = 5
# As many as a request may have.
ROWS = 10_000


class NotMeasured(PicklejarError):
    """The handler did not answer while it was measured; says what it did."""


@dataclass(frozen=True)
class Call:
    """A request: its rows, the bytes of its body and of its answer's, and the milliseconds of a warm call."""

    rows: int
    request_bytes: int
    answer_bytes: int
    milliseconds: float


@dataclass(frozen=True)
class Figures:
    """What a request of one row and one of many take on this machine.

    `cold_ms` is from the start of the interpreter to the first answer; `log_bytes` is the line that a request leaves,
    `metrics` the number of custom metrics that it tells of a model.
    """

    model: str
    one: Call
    many: Call
    cold_ms: float
    log_bytes: int
    metrics: int


def measure(build: Path, model: str) -> Figures:
    """Return the least of fresh processes, to which whatever else runs here only adds.

    Raises BundleDamaged, NotMeasured.
    """
    manifest = _manifest(build, model)
    with running_s3() as s3, tempfile.TemporaryDirectory() as temporary:
        s3.publish_all(build)
        one, many = (_event(manifest, rows) for rows in (1, ROWS))
        files = [Path(temporary) / name for name in ("one.json", "many.json")]
        for file, event in zip(files, (one, many), strict=True):
            file.write_text(json.dumps(event))
        runs = [_run(s3, files) for _ in range(PROCESSES)]
    taken = {name: min(run[name] for run in runs) for name in runs[0]}
    return Figures(
        model=model,
        one=Call(1, len(one["body"]), int(taken["one_answer_bytes"]), taken["one_row_ms"]),
        many=Call(ROWS, len(many["body"]), int(taken["many_answers_bytes"]), taken["many_rows_ms"]),
        cold_ms=taken["cold_ms"],
        log_bytes=int(taken["log_bytes"]),
        metrics=int(taken["metrics"]),
    )


def _manifest(build: Path, model: str) -> Manifest:
    try:
        return decode_manifest((build / model / MANIFEST_FILE).read_bytes())
    except OSError as error:
        raise BundleDamaged(f"{error.filename} cannot be read; train {model} first.") from error


def _event(manifest: Manifest, rows: int) -> dict[str, Any]:
    instance = {feature.name: feature.example for feature in manifest.signature.features}
    body = json.dumps({"instances": [instance] * rows}).encode()
    return rest_event("POST", f"/models/{manifest.name}/predict", {"content-type": "application/json"}, body)


def _run(s3: LocalS3, events: list[Path]) -> dict[str, float]:
    environment = {"MODELS_BUCKET": s3.bucket, "S3_ENDPOINT": s3.endpoint, "AWS_REGION": REGION}
    environment |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "deployment.timing", *map(str, events)]
    started = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise NotMeasured(f"The handler did not answer while it was measured: {done.stderr.strip()}")
    figures: dict[str, float] = json.loads(done.stderr)
    lines = [line for line in done.stdout.splitlines() if '"message":"request"' in line]
    told = {metric["Name"] for line in lines for metric in _told(line)}
    cold_ms = (figures.pop("answered_at") - started) * 1000
    # The line of a cold request is longer.
    return figures | {"cold_ms": cold_ms, "log_bytes": len(lines[1].encode()) + 1, "metrics": len(told)}


def _told(line: str) -> list[dict[str, Any]]:
    """Return the metrics that CloudWatch reads out of a line."""
    metrics: list[dict[str, Any]] = json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return metrics
