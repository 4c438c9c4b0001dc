"""The events for `sam local invoke`, by the handlers themselves; tests/sam_local has them in Lambda's runtime."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from functions.batch import steps
from functions.predict import api
from local.gateway import Context
from local.kept_s3 import make_batch_bucket
from local.s3 import LocalS3, running_s3
from picklejar.batch.files import Files
from picklejar.errors import FilesUnreachable
from picklejar.serving.jar import Jar
from tests.events import PNG, SALE, event


@pytest.fixture(scope="module")
def s3(bundles: Path) -> Iterator[LocalS3]:
    """An S3 with the models that `make s3` puts into it."""
    with running_s3(f"events-{uuid.uuid4()}") as running:
        running.publish_all(bundles)
        yield running


@pytest.mark.parametrize(("name", "part"), [("predict", SALE), ("models", '"name":"housing"'), ("picture", PNG)])
def test_an_event_of_the_api_is_answered(s3: LocalS3, bundles: Path, name: str, part: str) -> None:
    answer = api.make_handler(Jar(s3.store()), ())(event(name, bundles), Context())
    assert answer["statusCode"] == 200
    assert part in answer["body"]
    assert answer["isBase64Encoded"] is (name == "picture")


def test_a_file_is_planned_and_then_scored(s3: LocalS3, bundles: Path, caplog: pytest.LogCaptureFixture) -> None:
    # A bucket of its own: others of this process plan the same file, and would leave a plan here.
    batch = LocalS3(s3.port, f"files-{uuid.uuid4()}")
    make_batch_bucket(batch)
    files = Files(batch.store())
    handler = steps.make_handler(Jar(s3.store()), files)
    score = event("score", bundles)
    with pytest.raises(FilesUnreachable, match="plan the file first"):
        handler(score, None)
    planned = handler(event("plan", bundles), None)
    assert planned == {"place": score["place"], "chunks": [score["chunk"]]}
    assert handler(score, None) is None
    assert SALE in files.read(f"{planned['place']}/00000.rows").decode()
    # Lambda reads the level of a line only beside a timestamp of RFC 3339.
    [formatter] = {handler.formatter for handler in steps.logger.handlers}
    assert formatter
    line = json.loads(formatter.format(caplog.records[-1]))
    assert (line["level"], line["rows"]) == ("INFO", 3)
    assert datetime.fromisoformat(line["timestamp"]).tzinfo
    assert "T" in line["timestamp"]
