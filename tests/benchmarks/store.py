"""S3 in its own process, so that its work is not measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.s3 import running_s3
from tests.benchmarks.material import naive_model
from tests.benchmarks.places import BUNDLES, ROOT, WORK

NAIVE_KEY, ONNX_KEY = "naive/housing.joblib", "onnx/housing.onnx"


@contextmanager
def running_store() -> Iterator[dict[str, str]]:
    """Run S3 with every model in it, and yield its environment variables."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        endpoint, bucket = process.stdout.readline().split()
        yield {"S3_ENDPOINT": endpoint, "MODELS_BUCKET": bucket, "MODEL_KEY": NAIVE_KEY, "ONNX_KEY": ONNX_KEY}
    finally:
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    with running_s3() as s3:
        s3.publish_all(BUNDLES)
        s3.store().put(NAIVE_KEY, naive_model())
        s3.store().put(ONNX_KEY, (WORK / "housing.onnx").read_bytes())
        print(s3.endpoint, s3.bucket, flush=True)
        sys.stdin.read()
