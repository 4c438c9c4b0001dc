"""The batch on AWS's side: the state machine as it is deployed, in moto's own engine, with the real function in it."""

from __future__ import annotations

import csv
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import moto.awslambda.models
import moto.core.config
import pytest

from functions.batch import steps
from functions.batch.settings import Settings
from functions.batch.steps import make_handler
from local.s3 import KEY, REGION, LocalS3
from picklejar.batch import plan
from picklejar.batch.files import Files
from picklejar.errors import InvalidConfiguration
from picklejar.serving.jar import Jar
from tests.numbered import NAME, put, version

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "functions" / "batch" / "batch.asl.json"
ROWS = "id,x\n" + "".join(f"row {number},{number}\n" for number in range(200))

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass
class Stack:
    """The batch's part of a stack: its bucket, its state machine, and the function behind it, for a test to break."""

    s3: LocalS3
    handler: Handler
    bucket: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    machine: str = ""

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.s3.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
        )

    def drop(self, key: str, content: str | bytes) -> dict[str, Any]:
        """Upload a file, and return what S3 would tell EventBridge of it."""
        body = content.encode() if isinstance(content, str) else content
        put = self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        told = {"key": key, "size": len(body), "etag": put["ETag"], "version-id": put["VersionId"]}
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": told}}

    def execute(self, event: dict[str, Any], status: str = "SUCCEEDED") -> dict[str, Any]:
        """Run the state machine on an event to its end, and return its output."""
        states = self.client("stepfunctions")
        name = str(uuid.uuid4())
        started = states.start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(event))
        while (told := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            time.sleep(0.05)
        assert told["status"] == status, told
        output: dict[str, Any] = json.loads(told.get("output") or "{}")
        return output

    def read(self, key: str) -> str:
        body: bytes = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode()

    def keys(self, prefix: str) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [one["Key"] for one in found]


@pytest.fixture
def stack(own_s3: LocalS3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack with the model `numbered`, whose first version serves."""
    put(own_s3.store(), version(1))
    files = LocalS3(own_s3.port, f"batch-{uuid.uuid4()}")
    made = Stack(own_s3, make_handler(Jar(own_s3.store()), Files(files.store())), files.bucket)
    made.client("s3").create_bucket(Bucket=made.bucket)
    made.client("s3").put_bucket_versioning(Bucket=made.bucket, VersioningConfiguration={"Status": "Enabled"})
    # moto's engine runs the definition, and asks moto's Lambda, which would want Docker: here the function itself.
    monkeypatch.setitem(moto.core.config.default_user_config, "stepfunctions", {"execute_state_machine": True})
    monkeypatch.setenv("MOTO_PORT", str(own_s3.port))
    monkeypatch.setattr(moto.awslambda.models.LambdaFunction, "invoke", _invoking(made))
    made.machine = _deployed(made)
    yield made
    made.client("stepfunctions").delete_state_machine(stateMachineArn=made.machine)
    made.client("lambda").delete_function(FunctionName="batch")


def _invoking(stack: Stack) -> Callable[..., bytes]:
    def invoke(_: Any, body: str, _request: Any, response_headers: Any) -> bytes:
        event = json.loads(body)
        stack.asked.append(event)
        try:
            return json.dumps(stack.handler(event, None)).encode()
        # As the runtime answers for a handler that raises.
        except Exception as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    return invoke


def _deployed(stack: Stack) -> str:
    role = "arn:aws:iam::123456789012:role/batch"
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    roles = stack.client("iam")
    if not any(one["RoleName"] == "batch" for one in roles.list_roles()["Roles"]):
        role = roles.create_role(RoleName="batch", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    function = stack.client("lambda").create_function(
        FunctionName="batch", Runtime="python3.13", Role=role, Handler="batch.app.lambda_handler", Code={"ZipFile": b""}
    )
    # Nobody waits as long as in AWS.
    definition = DEFINITION.read_text().replace('"IntervalSeconds": 2', '"IntervalSeconds": 1')
    definition = definition.replace("${BatchConcurrency}", "5")
    made = stack.client("stepfunctions").create_state_machine(
        name="batch", roleArn=role, definition=definition.replace("${BatchFunctionArn}", function["FunctionArn"])
    )
    arn: str = made["stateMachineArn"]
    return arn


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_BYTES", 500)


@pytest.mark.usefixtures("small_chunks")
def test_a_file_that_is_dropped_has_its_result_errors_and_summary_beside_each_other(stack: Stack) -> None:
    event = stack.drop(f"incoming/{NAME}/2026/rows (1) + ü%.csv", ROWS + "row 200,many\n")
    output = stack.execute(event)
    result = f"results/{NAME}/2026/rows (1) + ü%.csv"
    assert sorted(stack.keys("results/")) == [result, f"{result}.errors.csv", f"{result}.summary.json"]
    rows = list(csv.DictReader(io.StringIO(stack.read(result))))
    assert [row["prediction"] for row in rows] == [*(f"{1000.0 + number}" for number in range(200)), ""]
    assert stack.read(f"{result}.errors.csv").splitlines()[1:] == ['201,x,type,"x must be a number, written like 0."']
    assert output == json.loads(stack.read(f"{result}.summary.json"))
    assert output == {
        "model": NAME,
        "version": version(1).manifest.version,
        "source": f"incoming/{NAME}/2026/rows (1) + ü%.csv",
        "source_version": event["detail"]["object"]["version-id"],
        "rows": 201,
        "refused_rows": 1,
        "empty_rows": 0,
        "absent": [],
        "refusal": None,
        "superseded": False,
    }
    # On a machine with much to do one may be tried again.
    scored = {event["chunk"] for event in stack.asked if event["step"] == "score"}
    assert scored == set(range(len(scored)))
    assert len(scored) > 3


def test_json_lines_are_answered_as_json_lines(stack: Stack) -> None:
    stack.execute(stack.drop(f"incoming/{NAME}/a.jsonl", '{"x": 1}\n{"x": 2}'))
    assert stack.read(f"results/{NAME}/a.jsonl") == (
        '{"instance":{"x": 1},"prediction":1001.0}\n{"instance":{"x": 2},"prediction":1002.0}\n'
    )


@pytest.mark.usefixtures("small_chunks")
def test_the_champion_of_the_plan_predicts_every_row_though_another_is_made_so_meanwhile(stack: Stack) -> None:
    real = stack.handler

    def moving(event: dict[str, Any], context: Any) -> Any:
        answer = real(event, context)
        if event["step"] == "plan":
            put(stack.s3.store(), version(2))
        return answer

    stack.handler = moving
    assert stack.execute(stack.drop(f"incoming/{NAME}/a.csv", ROWS))["version"] == version(1).manifest.version
    rows = csv.DictReader(io.StringIO(stack.read(f"results/{NAME}/a.csv")))
    assert {float(row["prediction"]) - float(row["x"]) for row in rows} == {1000.0}


def test_a_file_that_comes_after_a_rollback_is_not_predicted_by_what_a_warm_container_still_knows(stack: Stack) -> None:
    for number in (1, 2, 1):
        put(stack.s3.store(), version(number))
        output = stack.execute(stack.drop(f"incoming/{NAME}/a.csv", ROWS))
        assert output["version"] == version(number).manifest.version


@pytest.mark.usefixtures("small_chunks")
def test_an_event_that_comes_twice_changes_nothing(stack: Stack) -> None:
    event = stack.drop(f"incoming/{NAME}/a.csv", ROWS)
    first = stack.execute(event), stack.read(f"results/{NAME}/a.csv"), stack.keys("parts/")
    put(stack.s3.store(), version(2))
    assert (stack.execute(event), stack.read(f"results/{NAME}/a.csv"), stack.keys("parts/")) == first
    versions = stack.client("s3").list_object_versions(Bucket=stack.bucket, Prefix="parts/")["Versions"]
    assert len(versions) == len(first[2])


@pytest.mark.usefixtures("small_chunks")
def test_what_failed_for_a_moment_is_tried_again(stack: Stack) -> None:
    real, failures = stack.handler, iter([True, False])

    def failing(event: dict[str, Any], context: Any) -> Any:
        if event["step"] == "score" and event["chunk"] == 1 and next(failures, False):
            raise TimeoutError
        return real(event, context)

    stack.handler = failing
    assert stack.execute(stack.drop(f"incoming/{NAME}/a.csv", ROWS))["rows"] == 200
    assert len([event for event in stack.asked if event.get("chunk") == 1]) == 2


def test_a_file_that_was_written_over_while_it_was_scored_leaves_the_place_to_the_other(stack: Stack) -> None:
    before = stack.drop(f"incoming/{NAME}/a.csv", "x\n1\n")
    after = stack.drop(f"incoming/{NAME}/a.csv", "x\n2\n")
    assert stack.execute(after)["superseded"] is False
    assert stack.execute(before)["superseded"] is True
    assert stack.read(f"results/{NAME}/a.csv") == "x,prediction\n2,1002.0\n"


@pytest.mark.parametrize(
    ("key", "content", "sentence"),
    [
        (f"incoming/{NAME}/a.csv", "y\n1\n", "The file has no column x."),
        (f"incoming/{NAME}/a.jsonl", "\n", "The file is empty."),
        (f"incoming/{NAME}/a.xlsx", "x\n1\n", "The file's name must end in one of .csv, "),
        ("incoming/castles/a.csv", "x\n1\n", "There is no model named 'castles'."),
        ("incoming/NO NAME/a.csv", "x\n1\n", "There is no model named 'NO NAME'"),
    ],
)
def test_a_file_that_cannot_be_predicted_from_has_errors_and_no_result(
    stack: Stack, key: str, content: str, sentence: str
) -> None:
    output = stack.execute(stack.drop(key, content))
    assert output["refusal"].startswith(sentence)
    result = key.replace("incoming", "results")
    assert sorted(stack.keys("results/")) == [f"{result}.errors.csv", f"{result}.summary.json"]
    assert sentence in stack.read(f"{result}.errors.csv")


def test_a_file_that_is_too_large_for_lambdas_time_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_BYTES", 3)
    output = stack.execute(stack.drop(f"incoming/{NAME}/a.csv", "x\n1\n"))
    assert output["refusal"] == "The file has 4 bytes, and may have 3; split it."


def test_a_key_that_names_no_model_fails_the_execution_at_once(stack: Stack) -> None:
    stack.execute(stack.drop("incoming/a.csv", "x\n1\n"), status="FAILED")
    assert len(stack.asked) == 1


@pytest.mark.parametrize("missing", ["MODELS_BUCKET", "BATCH_BUCKET", "AWS_REGION"])
def test_a_missing_variable_is_named(missing: str) -> None:
    environ = dict.fromkeys({"MODELS_BUCKET", "BATCH_BUCKET", "AWS_REGION"} - {missing}, "some")
    with pytest.raises(InvalidConfiguration, match=missing):
        Settings.from_environ(environ)
