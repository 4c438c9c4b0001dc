"""`sam local invoke` of every event, as in the README, by who has no account."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.kept_s3 import BATCH_BUCKET, make_batch_bucket
from local.s3 import LocalS3, addresses, running_s3
from local.sam import ROOT, variables_for
from local.serving import bound
from picklejar.batch.files import Files
from tests.events import PNG, SALE, event

pytestmark = pytest.mark.slow

Invoke = Callable[..., Any]
NO_ACCOUNT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(scope="module")
def s3(bundles: Path) -> Iterator[LocalS3]:
    """An S3 with what `make s3` puts into it."""
    with running_s3(f"invoked-{uuid.uuid4()}", hosts=addresses()) as running:
        make_batch_bucket(LocalS3(running.port, BATCH_BUCKET))
        running.publish_all(bundles)
        yield running


@pytest.fixture
def invoke(built_for_sam: Path, tool: Callable[[str], str], bundles: Path, tmp_path: Path) -> Invoke:
    """Invokes a function with an event, as samconfig.toml says but for the variables, and returns its answer."""

    def invoked(function: str, name: str, variables: dict[str, Any], *options: str) -> Any:
        for file, content in (("variables", variables), ("event", event(name, bundles))):
            (tmp_path / f"{file}.json").write_text(json.dumps(content))
        command = [tool("sam"), "local", "invoke", function, "--event", str(tmp_path / "event.json")]
        command += ["--template", str(built_for_sam / "template.yaml"), "--config-file", str(ROOT / "samconfig.toml")]
        command += ["--env-vars", str(tmp_path / "variables.json"), *options]
        environment = {name: value for name, value in os.environ.items() if name not in NO_ACCOUNT}
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return invoked


@pytest.mark.parametrize(("name", "part"), [("predict", SALE), ("models", '"name":"housing"'), ("picture", PNG)])
def test_an_event_of_the_api_is_answered(s3: LocalS3, invoke: Invoke, name: str, part: str) -> None:
    answer = invoke("PredictFunction", name, variables_for(s3, []))
    assert answer["statusCode"] == 200
    assert part in answer["body"]


def test_a_file_is_planned_and_then_scored(s3: LocalS3, invoke: Invoke) -> None:
    place = invoke("BatchFunction", "plan", variables_for(s3, []))["place"]
    assert invoke("BatchFunction", "score", variables_for(s3, [])) is None
    rows = Files(LocalS3(s3.port, BATCH_BUCKET).store()).read(f"{place}/00000.rows")
    assert SALE in rows.decode()


# Where nobody listens, and where no packet comes back, as behind a firewall.
@pytest.mark.parametrize("options", [(), ("--add-host", "host.docker.internal:192.0.2.77")], ids=["refused", "silent"])
def test_without_make_s3_the_answer_says_so(invoke: Invoke, options: tuple[str, ...]) -> None:
    with bound(0) as free:
        nobody = LocalS3(free.getsockname()[1])
        answer = invoke("PredictFunction", "predict", variables_for(nobody, []), *options)
    assert answer["statusCode"] == 503
    assert "start it with `make s3`" in json.loads(answer["body"])["detail"]
