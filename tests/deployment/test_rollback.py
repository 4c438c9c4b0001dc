"""The code goes back to what served before, and the next deployment moves on from there."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from samcli.yamlhelper import yaml_parse

from deployment import __main__ as commands
from deployment import deploy as deployment
from deployment import onward
from deployment import rollback as rolling
from deployment.__main__ import app
from deployment.onward import deploy_onward, rolled_back
from deployment.rollback import NotRolledBack
from deployment.sam import SamFailed
from deployment.samconfig import Target
from deployment.versions import AliasMissing, AliasMoved, Versions, delete_old, read_versions, serve
from training.aws.account import Account, AwsRefused
from training.aws.stack import Stack, find_stack

# moto's CloudFormation leaves aliases alone, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..Lambda..Alias:UserWarning")

Run = Callable[..., str]


@pytest.fixture
def function(aws: Account, name: str) -> Iterator[str]:
    """A function with six versions; 2, 3 and 5 have served, and 6, which serves."""
    iam = boto3.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client: Any = boto3.client("lambda")
    client.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="a.b", Code={"ZipFile": _zipped("0")}
    )
    for number in range(1, 7):
        client.update_function_code(FunctionName=name, ZipFile=_zipped(str(number)), Publish=True)
    for number in (2, 3, 5, 6):
        client.create_alias(FunctionName=name, Name=f"served-{number}", FunctionVersion=str(number))
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="6")
    yield name
    iam.delete_role(RoleName=name)


@pytest.fixture
def stack(aws: Account, function: str) -> Stack:
    """The function's stack, of which moto has the outputs."""
    return _stack(aws, function)


@pytest.fixture
def deployed(aws: Account, function: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A stack of the function's name, whose address is asked for in what this returns."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"PredictFunction": {"Value": function}, "SiteUrl": {"Value": "https://page.example"}},
    }
    boto3.client("cloudformation").create_stack(StackName=function, TemplateBody=json.dumps(template))
    asked: list[str] = []
    monkeypatch.setattr(commands, "await_answer", lambda address, _: asked.append(address.url))
    monkeypatch.setattr(commands, "ask_contract", lambda stack, _: asked.append(stack.name))
    return asked


def test_the_code_goes_back_to_what_served_before_and_its_address_is_asked(
    run: Run, function: str, deployed: list[str]
) -> None:
    said = run(app, "rollback", "--stack", function)
    assert _live(function) == 5
    assert "Version 5 serves, and no longer 6." in said
    (row,) = (line for line in said.splitlines() if "will serve" in line)
    assert row.split()[1] == "5"
    assert deployed == ["https://page.example", function]


def test_what_was_left_is_never_gone_back_to(run: Run, aws: Account, stack: Stack, deployed: list[str]) -> None:
    run(app, "rollback", "--stack", stack.name)
    # The next deployment publishes a version, which is bad, too.
    client: Any = boto3.client("lambda")
    client.update_function_code(FunctionName=stack.name, ZipFile=_zipped("7"), Publish=True)
    client.update_alias(FunctionName=stack.name, Name="live", FunctionVersion="7")
    run(app, "rollback", "--stack", stack.name)
    assert _live(stack.name) == 5
    run(app, "rollback", "--stack", stack.name)
    assert _live(stack.name) == 3


def test_a_version_that_is_named_serves_also_one_that_is_newer(run: Run, function: str, deployed: list[str]) -> None:
    run(app, "rollback", "--stack", function, "--to", "3")
    assert _live(function) == 3
    run(app, "rollback", "--stack", function, "--to", "6")
    assert _live(function) == 6
    # What served before 6 is now 3: 5 was left for it.
    run(app, "rollback", "--stack", function)
    assert _live(function) == 3


@pytest.mark.parametrize(("typed", "words", "live"), [("n\n", [], 6), ("y\n", [], 5), ("", ["--yes"], 5)])
def test_at_a_terminal_it_asks(
    run: Run,
    function: str,
    deployed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    words: list[str],
    live: int,
) -> None:
    monkeypatch.setattr(commands, "_at_terminal", lambda: True)
    said = run(app, "rollback", "--stack", function, *words, typed=typed, status=0 if live == 5 else 1)
    assert _live(function) == live
    assert ("Let version 5 serve?" in said) is not bool(words)
    assert ("Nothing was moved." in said) is (live == 6)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("UPDATE_IN_PROGRESS", "`aws cloudformation cancel-update-stack --stack-name"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Wait for its end."),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "Wait for its end."),
    ],
)
def test_while_a_deployment_runs_nothing_is_moved(aws: Account, function: str, status: str, sentence: str) -> None:
    with pytest.raises(NotRolledBack, match=f"is {status}; nothing was moved. {sentence}"):
        rolling.plan(aws, _stack(aws, function, status), None)


def test_while_requests_are_split_nothing_is_moved(aws: Account, stack: Stack) -> None:
    weights = {"AdditionalVersionWeights": {"6": 0.1}}
    boto3.client("lambda").update_alias(  # type: ignore[attr-defined]
        FunctionName=stack.name, Name="live", FunctionVersion="5", RoutingConfig=weights
    )
    with pytest.raises(NotRolledBack, match="moves requests from version 5 to 6; nothing was moved"):
        rolling.plan(aws, stack, None)


@pytest.mark.parametrize(
    ("to", "sentence"),
    [(6, "Version 6 serves already"), (9, r"There is no version 9; nothing was moved. There are 1, 2, 3, 4, 5, 6\.")],
)
def test_a_version_that_cannot_be_gone_to_is_refused(aws: Account, stack: Stack, to: int, sentence: str) -> None:
    with pytest.raises(NotRolledBack, match=sentence):
        rolling.plan(aws, stack, to)


def test_without_a_version_that_has_served_it_says_which_there_are(aws: Account, stack: Stack) -> None:
    for number in (2, 3, 5):
        boto3.client("lambda").delete_alias(FunctionName=stack.name, Name=f"served-{number}")  # type: ignore[attr-defined]
    with pytest.raises(NotRolledBack, match=r"There are 1, 2, 3, 4, 5, of which nothing tells whether they served"):
        rolling.plan(aws, stack, None)


@pytest.mark.parametrize(
    ("snap_start", "sentence"), [("true", "With SnapStart=true only the one"), ("false", "`make deploy` keeps what")]
)
def test_without_any_other_version_it_says_why(aws: Account, stack: Stack, snap_start: str, sentence: str) -> None:
    assert delete_old(aws, read_versions(aws, stack), 0) == [1, 2, 3, 4, 5]
    with pytest.raises(NotRolledBack, match=sentence):
        rolling.plan(aws, _stack(aws, stack.name, SnapStart=snap_start), None)


def test_somebody_who_moves_the_alias_meanwhile_is_not_overruled(
    aws: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = read_versions(aws, stack)
    client: Any = aws.client("lambda")
    monkeypatch.setattr(Account, "client", lambda *_: client)
    expected = {"FunctionName": stack.name, "Name": "live", "FunctionVersion": "5", "RevisionId": versions.revision}
    with Stubber(client) as stub:
        stub.add_client_error("update_alias", "PreconditionFailedException", expected_params=expected)
        with pytest.raises(AliasMoved, match="nothing was moved here"):
            serve(aws, versions, 5)


def test_an_alias_that_is_gone_is_named(aws: Account, stack: Stack) -> None:
    boto3.client("lambda").delete_alias(FunctionName=stack.name, Name="live")  # type: ignore[attr-defined]
    with pytest.raises(AliasMissing, match="has no alias 'live'"):
        read_versions(aws, stack)


def test_old_versions_go_but_those_that_served_last_and_those_of_others(aws: Account, stack: Stack) -> None:
    client: Any = boto3.client("lambda")
    client.create_alias(FunctionName=stack.name, Name="mine", FunctionVersion="1")
    # As after a rollback: CloudFormation still has version 6.
    client.update_alias(FunctionName=stack.name, Name="live", FunctionVersion="5")
    assert delete_old(aws, read_versions(aws, stack), 1) == [2, 4]
    assert set(read_versions(aws, stack).published) == {1, 3, 5, 6}


def test_a_deployment_keeps_what_served_and_what_serves(aws: Account, stack: Stack, deployed: list[str]) -> None:
    said: list[str] = []
    client: Any = boto3.client("lambda")
    for number in (5, 6):
        client.delete_alias(FunctionName=stack.name, Name=f"served-{number}")
    client.update_alias(FunctionName=stack.name, Name="live", FunctionVersion="5")
    deployment._keep_live(aws, stack, said.append)
    client.update_alias(FunctionName=stack.name, Name="live", FunctionVersion="6")
    deployment._keep_served(aws, stack, said.append)
    versions = read_versions(aws, stack)
    assert versions.served == {2, 3, 5, 6}
    assert versions.before == 5
    assert said == ["Deleted version 1, 4 of the function, too old to go back to."]


def test_with_snapshots_only_what_serves_is_kept(aws: Account, stack: Stack) -> None:
    deployment._keep_served(aws, _stack(aws, stack.name, SnapStart="true"), lambda _: None)
    assert set(read_versions(aws, stack).published) == {6}


def test_without_the_right_to_look_at_versions_a_deployment_goes_on_and_says_so(
    aws: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> Versions:
        raise AwsRefused("These credentials lack the right lambda:ListAliases.")

    monkeypatch.setattr(deployment, "read_versions", refused)
    said: list[str] = []
    assert deployment._keep_live(aws, stack, said.append) is None
    deployment._keep_served(aws, stack, said.append)
    assert len(said) == 2
    assert all("lambda:ListAliases" in sentence for sentence in said)


@pytest.mark.parametrize("back", [True, False])
def test_only_a_stack_whose_code_was_rolled_back_is_deployed_to_in_two_steps(
    aws: Account, stack: Stack, deployed: list[str], monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    monkeypatch.setattr(deployment, "rolled_back", lambda *_: back)
    asked: list[str] = []

    def ending(name: str) -> Callable[..., None]:
        def end(*_: Any) -> None:
            asked.append(name)
            raise SamFailed

        return end

    monkeypatch.setattr(deployment, "sam_deploy", ending("at once"))
    monkeypatch.setattr(deployment, "deploy_onward", ending("in two steps"))
    with pytest.raises(SamFailed):
        deployment.deploy(aws, Target(stack.name, None, None, "default"), lambda _: None, lambda _: None)
    assert asked == ["in two steps" if back else "at once"]


class Cloud:
    """CloudFormation with CodeDeploy, as far as documented: CodeDeploy refuses an alias that names another version.

    `has` is the version that CloudFormation's alias has, and `next` what the template that was built publishes.
    """

    def __init__(self, aws: Account, function: str, publishes: int | None) -> None:
        self.aws, self.function = aws, function
        self.has, self.publishes = 6, publishes
        self.fails = False
        self.served: list[int] = []
        self.parameters: list[dict[str, str] | None] = []

    def sam_deploy(self, _: Target, __: str, template: Path, changes: dict[str, str] | None) -> None:
        alias = json.loads(template.read_text())["Resources"]["PredictFunctionAliaslive"]
        version = alias["Properties"]["FunctionVersion"]
        wanted = (self.publishes or 6) if isinstance(version, dict) else int(version)
        self.parameters.append(changes)
        if wanted == self.has:
            return
        if "UpdatePolicy" in alias and self.has != _live(self.function):
            self._serve(self.has)
            raise SamFailed("The Lambda function alias version does not match the current version in AppSpec file.")
        self._serve(wanted)
        if self.fails and "UpdatePolicy" in alias:
            self._serve(self.has)
            raise SamFailed("Another resource failed.")
        self.has = wanted

    def _serve(self, number: int) -> None:
        if number != _live(self.function):
            self.served.append(number)
            client: Any = boto3.client("lambda")
            client.update_alias(FunctionName=self.function, Name="live", FunctionVersion=str(number))


@pytest.fixture
def cloud(
    aws: Account, function: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Cloud]]:
    """Makes the cloud after a rollback from 6 to 5, whose next deployment publishes a version, or none."""

    def made(publishes: int | None) -> Cloud:
        _template(tmp_path, 6, function)
        client: Any = boto3.client("lambda")
        client.update_function_code(FunctionName=function, ZipFile=_zipped("7"), Publish=True)
        client.update_alias(FunctionName=function, Name="live", FunctionVersion="5")
        _create(function, tmp_path, Memory="1", Empty="")
        cloud = Cloud(aws, function, publishes)
        monkeypatch.setattr(onward, "sam_deploy", cloud.sam_deploy)
        monkeypatch.setattr(onward, "_publishes", lambda *_: publishes is not None)
        return cloud

    return made


def _onward(aws: Account, name: str, folder: Path) -> list[str]:
    said: list[str] = []
    stack = find_stack(aws, name)
    target = Target(name, None, None, "default", {"Memory": "2"})
    template = folder / "template.json"
    deploy_onward(aws, target, stack, read_versions(aws, stack), said.append, template, {"New": "3"})
    return said


def test_new_code_takes_the_place_of_what_serves_and_what_was_rolled_back_never_serves(
    aws: Account, cloud: Callable[[int | None], Cloud], function: str, tmp_path: Path
) -> None:
    played = cloud(7)
    assert "version 5 serves" in _onward(aws, function, tmp_path)[0]
    assert played.served == [7]
    # First what is deployed, then what samconfig.toml and the account say.
    assert played.parameters == [{"Memory": "1", "Empty": ""}, {"New": "3"}]


def test_without_that_codedeploy_would_refuse(
    aws: Account, cloud: Callable[[int | None], Cloud], function: str, tmp_path: Path
) -> None:
    played = cloud(7)
    with pytest.raises(SamFailed, match="does not match"):
        played.sam_deploy(Target(function, None, None, "default"), aws.region, tmp_path / "template.json", {})


def test_the_same_code_stays_rolled_back(
    aws: Account, cloud: Callable[[int | None], Cloud], function: str, tmp_path: Path
) -> None:
    played = cloud(None)
    assert _onward(aws, function, tmp_path) == [
        "The function's code is the one that was rolled back: version 5 goes on serving."
    ]
    assert played.served == []


def test_a_deployment_that_fails_goes_back_to_what_served(
    aws: Account, cloud: Callable[[int | None], Cloud], function: str, tmp_path: Path
) -> None:
    played = cloud(7)
    played.fails = True
    with pytest.raises(SamFailed):
        _onward(aws, function, tmp_path)
    assert played.served == [7, 5]


def test_where_cloudformation_goes_back_to_what_was_rolled_back_that_is_mended(
    aws: Account, cloud: Callable[[int | None], Cloud], function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = cloud(7)
    # As if CodeDeploy were asked all the same.
    monkeypatch.setattr(onward, "_tell", lambda *_: None)
    said: list[str] = []
    stack = find_stack(aws, function)
    with pytest.raises(SamFailed):
        deploy_onward(
            aws,
            Target(function, None, None, "default"),
            stack,
            read_versions(aws, stack),
            said.append,
            tmp_path / "template.json",
            {},
        )
    assert played.served == [6]
    assert _live(function) == 5
    assert said[-1] == "CloudFormation went back to version 6, which was rolled back; 5 serves again."


def test_what_cloudformation_goes_on_with_is_left_to_it(
    aws: Account, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = _stack(aws, function, "UPDATE_ROLLBACK_IN_PROGRESS")
    monkeypatch.setattr(onward, "find_stack", lambda *_: running)
    said: list[str] = []
    onward._hold(aws, running, 5, said.append)
    assert _live(function) == 6
    assert "once it ends, `make rollback TO=5`" in said[0]


@pytest.mark.parametrize(("made", "found"), [(6, False), (5, True)])
def test_a_rollback_is_found_by_what_cloudformation_has_made(
    aws: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch, made: int, found: bool
) -> None:
    # moto has no name of a version.
    client: Any = aws.client("cloudformation")
    opened = Account.client
    monkeypatch.setattr(
        Account, "client", lambda self, name: client if name == "cloudformation" else opened(self, name)
    )
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{stack.name}"
    listed = [
        {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": f"{arn}:{number}"}
        | {"ResourceStatus": "UPDATE_COMPLETE", "LastUpdatedTimestamp": "2026-01-01T00:00:00Z"}
        for name, kind, number in (
            ("BatchFunctionVersion0a", "AWS::Lambda::Version", 9),
            ("PredictFunctionAliaslive", "AWS::Lambda::Alias", 8),
            ("PredictFunctionVersion0b", "AWS::Lambda::Version", made),
        )
    ]
    with Stubber(client) as stub:
        stub.add_response("list_stack_resources", {"StackResourceSummaries": listed}, {"StackName": stack.name})
        assert rolled_back(aws, stack, read_versions(aws, stack)) is found


@pytest.mark.slow
def test_whether_a_deployment_publishes_a_version_is_asked_of_a_change_set(
    aws: Account, sams_bucket: None, function: str, tmp_path: Path
) -> None:
    _template(tmp_path, 6, function)
    _create(function, tmp_path)
    stack = find_stack(aws, function)
    target = Target(function, None, None, "default")
    before = set(read_versions(aws, stack).published)
    assert not onward._publishes(aws, target, stack, tmp_path / "template.json", {})
    _template(tmp_path, 7, function)
    assert onward._publishes(aws, target, stack, tmp_path / "template.json", {})
    assert set(read_versions(aws, stack).published) == before
    # moto lists those of every stack.
    left = boto3.client("cloudformation").list_change_sets(StackName=function)["Summaries"]
    assert [one for one in left if function in one["StackId"]] == []


@pytest.mark.slow
def test_cloudformation_is_told_what_serves_by_its_own_template_and_parameters(
    aws: Account, sams_bucket: None, function: str, tmp_path: Path
) -> None:
    _template(tmp_path, 6, function)
    _create(function, tmp_path, Memory='a, "b"', Empty="")
    stack = find_stack(aws, function)
    onward._tell(aws, Target(function, None, None, "default", {"Memory": "new"}), stack, 5)
    told = find_stack(aws, function)
    assert told.status == "UPDATE_COMPLETE"
    assert told.parameters == {"Memory": 'a, "b"', "Empty": ""}
    # sam writes YAML, which moto gives back as it is, and names each resource in its metadata.
    written: Any = boto3.client("cloudformation").get_template(StackName=function)["TemplateBody"]
    resources = yaml_parse(written)["Resources"]
    for resource in resources.values():
        del resource["Metadata"]
    expected = json.loads((tmp_path / "template.json").read_text())["Resources"]
    del expected["PredictFunctionAliaslive"]["UpdatePolicy"]
    expected["PredictFunctionAliaslive"]["Properties"]["FunctionVersion"] = "5"
    assert resources == expected


def _template(folder: Path, number: int, function: str) -> None:
    """Write what SAM makes of the function, as far as a rollback looks at it, and moto knows it."""
    version = f"PredictFunctionVersion{number}"
    content = {
        "Parameters": {name: {"Type": "String", "Default": "0"} for name in ("Memory", "Empty")},
        "Resources": {
            version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": function}},
            "PredictFunctionAliaslive": {
                "Type": "AWS::Lambda::Alias",
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": "a", "DeploymentGroupName": "b"}},
                "Properties": {
                    "Name": "live",
                    "FunctionName": function,
                    "FunctionVersion": {"Ref": version},
                },
            },
        },
        "Outputs": {"PredictFunction": {"Value": function}},
    }
    (folder / "template.json").write_text(json.dumps(content))


def _create(name: str, folder: Path, **parameters: str) -> None:
    boto3.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=(folder / "template.json").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def _stack(aws: Account, function: str, status: str = "UPDATE_COMPLETE", **parameters: str) -> Stack:
    return Stack("id", function, aws.region, status, parameters, {"PredictFunction": function})


def _live(function: str) -> int:
    client: Any = boto3.client("lambda")
    return int(client.get_alias(FunctionName=function, Name="live")["FunctionVersion"])


def _zipped(text: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.py", text)
    return written.getvalue()
