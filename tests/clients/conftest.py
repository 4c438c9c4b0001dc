"""A server with every kind of model that others' clients ask."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.s3 import running_s3
from picklejar.serving.jar import Jar
from tests import numbered
from tests.clients.models import SECONDS_TO_LOAD, Asked, asked_of
from tests.kinds import kinds
from tests.served import api_of


@pytest.fixture(scope="session")
def url(bundles: Path, rent_bundle: Path) -> Iterator[str]:
    """The API's address, beside the page as `make start` has it, with the models that ship and one of each kind."""
    with running_s3(f"clients-{uuid.uuid4()}") as s3:
        s3.publish_all(bundles)
        s3.publish_all(rent_bundle.parent)
        for model in kinds().values():
            numbered.put(s3.store(), model)
        with api_of(Jar(s3.store())) as address:
            yield address


@pytest.fixture(scope="session")
def api(url: str) -> Iterator[httpx.Client]:
    """Asks the native API."""
    with httpx.Client(base_url=url, timeout=SECONDS_TO_LOAD) as client:
        yield client


@pytest.fixture(scope="session")
def models(api: httpx.Client) -> dict[str, Asked]:
    """What is asked of each model, with the answers of the native API."""
    return {name: asked_of(api, name) for name in ("housing", "sales", "rent", *kinds())}
