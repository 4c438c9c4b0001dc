"""An S3 of one test's own, to break as it likes."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator

import httpx
import pytest

from local.s3 import LocalS3, running_s3
from local.serving import bound


@pytest.fixture(scope="session")
def shared_s3() -> Iterator[LocalS3]:
    """The one S3 that has the buckets of all tests."""
    with running_s3(bucket=f"models-{uuid.uuid4()}") as running:
        yield running


@pytest.fixture
def own_s3(shared_s3: LocalS3) -> LocalS3:
    """An S3 with an empty bucket."""
    own = dataclasses.replace(shared_s3, bucket=f"models-{uuid.uuid4()}")
    httpx.put(f"{own.endpoint}/{own.bucket}").raise_for_status()
    return own


@pytest.fixture
def no_s3() -> LocalS3:
    """An S3 that is not there: nothing listens on its port."""
    with bound(0) as free:
        port = free.getsockname()[1]
    return LocalS3(port)
