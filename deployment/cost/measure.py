"""Measures a request's time and bytes: the real handler, in its own processes, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.gateway import rest_event
from local.s3 import KEY, REGION, LocalS3, running_s3
from picklejar.errors import BundleDamaged, PicklejarError
from picklejar.manifest import MANIFEST_FILE, Manifest, decode_manifest

PROCESSES = 5
# As many as a request may have.
ROWS = 10_000
FILE_ROWS = 50_000


class NotMeasured(PicklejarError):
    """The handler did not answer; says what it did."""


@dataclass(frozen=True)
class Call:
    """A request: its rows, the bytes of both bodies, and a warm call's milliseconds."""

    rows: int
    request_bytes: int
    answer_bytes: int
    milliseconds: float


@dataclass(frozen=True)
class File:
    """A CSV file: its rows and bytes, and the milliseconds of all batch steps in a row."""

    rows: int
    bytes: int
    milliseconds: float


@dataclass(frozen=True)
class Figures:
    """What a request of one row, one of many and a file take here.

    `cold_ms` is from the interpreter's start to the first answer; `log_bytes` is a request's log line, `metrics` the
    number of custom metrics of a model.
    """

    model: str
    one: Call
    many: Call
    file: File
    cold_ms: float
    log_bytes: int
    metrics: int


def measure(build: Path, model: str) -> Figures:
    """Return the least of fresh processes: what else runs here only adds. Raises BundleDamaged, NotMeasured."""
    manifest = _manifest(build, model)
    item, many = (_event(manifest, rows) for rows in (1, ROWS))
    csv = _csv(manifest)
    with running_s3() as s3:
        s3.publish_all(build)
        client = _client(s3)
        client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
        # A file of its own for each: what is done for one is not done again.
        runs = [_run(s3, [item, many, _came(client, s3, model, number, csv)]) for number in range(PROCESSES)]
    taken = {name: min(run[name] for run in runs) for name in runs[0]}
    return Figures(
        model=model,
        one=Call(1, len(item["body"]), int(taken["one_answer_bytes"]), taken["one_row_ms"]),
        many=Call(ROWS, len(many["body"]), int(taken["many_answers_bytes"]), taken["many_rows_ms"]),
        file=File(FILE_ROWS, len(csv), taken["file_ms"]),
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


def _csv(manifest: Manifest) -> bytes:
    features = manifest.signature.features
    row = ",".join(str(feature.example) for feature in features)
    return "\n".join([",".join(feature.name for feature in features), *[row] * FILE_ROWS, ""]).encode()


def _client(s3: LocalS3) -> Any:
    return boto3.client(
        "s3", endpoint_url=s3.endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
    )


def _came(client: Any, s3: LocalS3, model: str, number: int, csv: bytes) -> dict[str, Any]:
    key = f"incoming/{model}/{number}.csv"
    version = client.put_object(Bucket=s3.bucket, Key=key, Body=csv)["VersionId"]
    return {"step": "plan", "detail": {"object": {"key": key, "version-id": version, "size": len(csv)}}}


def _run(s3: LocalS3, events: list[dict[str, Any]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary) / f"{number}.json" for number in range(len(events))]
        for file, event in zip(files, events, strict=True):
            file.write_text(json.dumps(event))
        return _timed(s3, files)


def _timed(s3: LocalS3, events: list[Path]) -> dict[str, float]:
    environment = {
        "MODELS_BUCKET": s3.bucket,
        "BATCH_BUCKET": s3.bucket,
        "S3_ENDPOINT": s3.endpoint,
        "AWS_REGION": REGION,
    }
    environment |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "deployment.cost.timing", *map(str, events)]
    started = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise NotMeasured(f"The handler did not answer while it was measured: {done.stderr.strip()}")
    figures: dict[str, float] = json.loads(done.stderr)
    lines = [line for line in done.stdout.splitlines() if '"message":"request"' in line]
    report = {metric["Name"] for line in lines for metric in _told(line)}
    cold_ms = (figures.pop("answered_at") - started) * 1000
    # The line of a cold request is longer.
    return figures | {"cold_ms": cold_ms, "log_bytes": len(lines[1].encode()) + 1, "metrics": len(report)}


def _told(line: str) -> list[dict[str, Any]]:
    metrics: list[dict[str, Any]] = json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return metrics
